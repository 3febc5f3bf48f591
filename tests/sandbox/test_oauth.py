"""Consents and tokens at the sandbox, by the rules of each provider."""

from __future__ import annotations

from base64 import b64encode
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

import pytest
from werkzeug.test import Client

from connectors.sandbox.ledger import Organisation
from connectors.sandbox.oauth import RULES
from connectors.sandbox.server import Sandbox
from connectors.sandbox.tokens import challenge_of

if TYPE_CHECKING:
    from werkzeug.test import TestResponse

SECRET = "s3cret"
BACK = "http://127.0.0.1:8912/callback"
FIRST = {"xero": "7d5f2b1a-0c64-4b8e-9a51-3f1f6c0f2d11", "quickbooks": "4620816365", "sage": "0d40342d0287cd6b"}
PROVIDERS = list(FIRST)


@pytest.fixture(name="sandbox")
def _sandbox() -> Sandbox:
    sandbox = Sandbox()
    for provider, key in FIRST.items():
        sandbox.add_organisation(provider, Organisation(id=key, name=f"Dupont at {provider}"))
    return sandbox


def _basic(secret: str = SECRET) -> dict[str, str]:
    return {"Authorization": "Basic " + b64encode(f"relance:{secret}".encode()).decode()}


def _authorize(sandbox: Sandbox, provider: str, **more: str) -> dict[str, str]:
    query = {
        "response_type": "code",
        "client_id": "relance",
        "redirect_uri": BACK,
        "scope": RULES[provider].scopes,
        "state": "st4te",
        **more,
    }
    answer = Client(sandbox.app).get(f"/{provider}{RULES[provider].authorize_path}", query_string=query)
    assert answer.status_code == 302
    assert answer.headers["Location"].startswith(BACK)
    return {key: values[0] for key, values in parse_qs(urlsplit(answer.headers["Location"]).query).items()}


def _post(sandbox: Sandbox, provider: str, form: dict[str, str], *, secret: str | None = SECRET) -> TestResponse:
    headers = _basic(secret) if secret is not None and provider != "sage" else {}
    if provider == "sage":
        form = {"client_id": "relance", "client_secret": secret or "", **form}
    return Client(sandbox.app).post(f"/{provider}{RULES[provider].token_path}", data=form, headers=headers)


def _redeem(sandbox: Sandbox, provider: str, code: str, **more: str) -> TestResponse:
    return _post(sandbox, provider, {"grant_type": "authorization_code", "code": code, "redirect_uri": BACK, **more})


def _refresh(sandbox: Sandbox, provider: str, token: str) -> TestResponse:
    return _post(sandbox, provider, {"grant_type": "refresh_token", "refresh_token": token})


def _granted(sandbox: Sandbox, provider: str) -> dict[str, Any]:
    return sandbox.oauth.grant(provider, [FIRST[provider]])


def _opens(sandbox: Sandbox, provider: str, token: str) -> bool:
    return not hasattr(sandbox.oauth.door(provider, token), "value")


@pytest.mark.parametrize("provider", PROVIDERS)
def test_a_consent_comes_back_with_code_and_state_and_becomes_tokens(sandbox: Sandbox, provider: str) -> None:
    back = _authorize(sandbox, provider)
    assert back["state"] == "st4te"
    assert back.get("realmId") == (FIRST[provider] if provider == "quickbooks" else None)
    tokens = _redeem(sandbox, provider, back["code"]).json
    assert tokens is not None
    assert tokens["expires_in"] == {"xero": 1800, "quickbooks": 3600, "sage": 300}[provider]
    assert _opens(sandbox, provider, tokens["access_token"])
    assert ("x_refresh_token_expires_in" in tokens) == (provider == "quickbooks")
    assert ("refresh_token_expires_in" in tokens) == (provider == "sage")


@pytest.mark.parametrize("provider", PROVIDERS)
def test_a_code_is_good_once_and_not_for_long(sandbox: Sandbox, provider: str) -> None:
    code = _authorize(sandbox, provider)["code"]
    assert _redeem(sandbox, provider, code).status_code == 200
    again = _redeem(sandbox, provider, code)
    assert (again.status_code, again.json) == (400, {"error": "invalid_grant"})
    late = _authorize(sandbox, provider)["code"]
    sandbox.clock.advance(RULES[provider].code)
    assert _redeem(sandbox, provider, late).json == {"error": "invalid_grant"}


@pytest.mark.parametrize("provider", PROVIDERS)
def test_a_code_for_another_address_is_refused(sandbox: Sandbox, provider: str) -> None:
    code = _authorize(sandbox, provider)["code"]
    answer = _redeem(sandbox, provider, code, redirect_uri="http://127.0.0.1:1/else")
    assert answer.json == {"error": "invalid_grant"}


def test_the_proof_key_must_match_its_challenge(sandbox: Sandbox) -> None:
    asked = {"code_challenge": challenge_of("a" * 43), "code_challenge_method": "S256"}
    code = _authorize(sandbox, "xero", **asked)["code"]
    assert _redeem(sandbox, "xero", code, code_verifier="b" * 43).json == {"error": "invalid_grant"}
    code = _authorize(sandbox, "xero", **asked)["code"]
    assert _redeem(sandbox, "xero", code, code_verifier="a" * 43).status_code == 200


def test_xero_takes_a_native_application_without_secret_only_with_a_proof_key(sandbox: Sandbox) -> None:
    form = {"grant_type": "authorization_code", "redirect_uri": BACK, "client_id": "relance"}
    plain = _authorize(sandbox, "xero")["code"]
    assert _post(sandbox, "xero", {**form, "code": plain}, secret=None).json == {"error": "invalid_client"}
    asked = {"code_challenge": challenge_of("a" * 43), "code_challenge_method": "S256"}
    code = _authorize(sandbox, "xero", **asked)["code"]
    answer = _post(sandbox, "xero", {**form, "code": code, "code_verifier": "a" * 43}, secret=None)
    assert answer.status_code == 200
    assert answer.json is not None
    form = {"grant_type": "refresh_token", "refresh_token": answer.json["refresh_token"], "client_id": "relance"}
    assert _post(sandbox, "xero", form, secret=None).status_code == 200


def test_quickbooks_wants_the_secret_in_the_header_and_sage_in_the_form(sandbox: Sandbox) -> None:
    form = {"grant_type": "refresh_token", "client_id": "relance", "client_secret": "s3cret"}
    tokens = _granted(sandbox, "quickbooks")
    answer = Client(sandbox.app).post(
        "/quickbooks/oauth2/v1/tokens/bearer", data={**form, "refresh_token": tokens["refresh_token"]}
    )
    assert (answer.status_code, answer.json) == (401, {"error": "invalid_client"})
    tokens = _granted(sandbox, "sage")
    answer = Client(sandbox.app).post(
        "/sage/token",
        data={"grant_type": "refresh_token", "refresh_token": tokens["refresh_token"]},
        headers=_basic(),
    )
    assert (answer.status_code, answer.json) == (401, {"error": "invalid_client"})


@pytest.mark.parametrize("provider", PROVIDERS)
def test_a_wrong_secret_is_refused_where_applications_are_named(sandbox: Sandbox, provider: str) -> None:
    sandbox.oauth.clients[provider] = {"relance": "s3cret"}
    token = sandbox.oauth.grant(provider, [FIRST[provider]], client_id="relance")["refresh_token"]
    form = {"grant_type": "refresh_token", "refresh_token": token}
    assert _post(sandbox, provider, form, secret="wr0ng").json == {"error": "invalid_client"}
    assert _post(sandbox, provider, form).status_code == 200


@pytest.mark.parametrize("provider", PROVIDERS)
def test_an_access_token_ends_with_its_time(sandbox: Sandbox, provider: str) -> None:
    token = _granted(sandbox, provider)["access_token"]
    sandbox.clock.advance(RULES[provider].access - timedelta(seconds=1))
    assert _opens(sandbox, provider, token)
    sandbox.clock.advance(timedelta(seconds=1))
    assert not _opens(sandbox, provider, token)


def test_xero_rotates_and_takes_the_old_token_for_half_an_hour(sandbox: Sandbox) -> None:
    old = _granted(sandbox, "xero")["refresh_token"]
    first = _refresh(sandbox, "xero", old).json
    assert first is not None
    assert first["refresh_token"] != old
    sandbox.clock.advance(timedelta(minutes=29))
    assert _refresh(sandbox, "xero", old).status_code == 200
    sandbox.clock.advance(timedelta(minutes=1))
    assert _refresh(sandbox, "xero", old).json == {"error": "invalid_grant"}
    assert _refresh(sandbox, "xero", first["refresh_token"]).status_code == 200
    assert sandbox.oauth.refreshes["xero"] == 3


def test_sage_takes_a_token_once_and_never_again(sandbox: Sandbox) -> None:
    old = _granted(sandbox, "sage")["refresh_token"]
    new = _refresh(sandbox, "sage", old).json
    assert new is not None
    assert len(new["refresh_token"]) >= 2048
    assert _refresh(sandbox, "sage", old).json == {"error": "invalid_grant"}
    assert _refresh(sandbox, "sage", new["refresh_token"]).status_code == 200


def test_quickbooks_changes_the_value_after_a_day_and_takes_the_one_before_for_another(sandbox: Sandbox) -> None:
    old = _granted(sandbox, "quickbooks")["refresh_token"]
    same = _refresh(sandbox, "quickbooks", old).json
    assert same is not None
    assert same["refresh_token"] == old
    sandbox.clock.advance(timedelta(hours=24))
    new = _refresh(sandbox, "quickbooks", old).json
    assert new is not None
    assert new["refresh_token"] != old
    sandbox.clock.advance(timedelta(hours=23))
    late = _refresh(sandbox, "quickbooks", old).json
    assert late is not None
    assert late["refresh_token"] == new["refresh_token"]
    sandbox.clock.advance(timedelta(hours=1))
    assert _refresh(sandbox, "quickbooks", old).json == {"error": "invalid_grant"}
    assert _refresh(sandbox, "quickbooks", new["refresh_token"]).status_code == 200


@pytest.mark.parametrize("provider", PROVIDERS)
def test_a_refresh_token_that_nobody_uses_dies(sandbox: Sandbox, provider: str) -> None:
    token = _granted(sandbox, provider)["refresh_token"]
    sandbox.clock.advance(RULES[provider].refresh)
    assert _refresh(sandbox, provider, token).json == {"error": "invalid_grant"}


@pytest.mark.parametrize("provider", PROVIDERS)
def test_a_lost_answer_rotates_all_the_same(sandbox: Sandbox, provider: str) -> None:
    old = _granted(sandbox, provider)["refresh_token"]
    sandbox.oauth.lose_next_token_answer(provider)
    with pytest.raises(ConnectionError):
        _refresh(sandbox, provider, old)
    assert sandbox.oauth.refreshes[provider] == 1
    expected = 400 if provider == "sage" else 200
    assert _refresh(sandbox, provider, old).status_code == expected


@pytest.mark.parametrize("provider", PROVIDERS)
def test_a_revoked_consent_opens_nothing_and_refreshes_nothing(sandbox: Sandbox, provider: str) -> None:
    tokens = _granted(sandbox, provider)
    sandbox.oauth.revoke_all(provider)
    assert not _opens(sandbox, provider, tokens["access_token"])
    assert _refresh(sandbox, provider, tokens["refresh_token"]).json == {"error": "invalid_grant"}


@pytest.mark.parametrize("provider", PROVIDERS)
def test_a_client_can_revoke_its_own_consent(sandbox: Sandbox, provider: str) -> None:
    tokens = _granted(sandbox, provider)
    form = {"token": tokens["refresh_token"], "client_id": "relance", "client_secret": "s3cret"}
    answer = Client(sandbox.app).post(f"/{provider}{RULES[provider].revoke_path}", data=form, headers=_basic())
    assert answer.status_code == 200
    assert provider != "sage" or answer.json == {"success": "ok"}
    assert not _opens(sandbox, provider, tokens["access_token"])


def test_a_token_of_one_provider_opens_no_other(sandbox: Sandbox) -> None:
    token = _granted(sandbox, "xero")
    assert not _opens(sandbox, "sage", token["access_token"])
    assert _refresh(sandbox, "sage", token["refresh_token"]).json == {"error": "invalid_grant"}


def test_a_person_can_say_no(sandbox: Sandbox) -> None:
    sandbox.faults.add("deny_consent")
    assert _authorize(sandbox, "xero") == {"error": "access_denied", "state": "st4te"}
    assert "code" in _authorize(sandbox, "xero")


def test_a_new_xero_application_may_not_ask_for_the_broad_scopes(sandbox: Sandbox) -> None:
    asked = {"scope": "offline_access accounting.transactions"}
    assert _authorize(sandbox, "xero", **asked)["error"] == "invalid_scope"
    sandbox.oauth.granular_scopes = False
    assert "code" in _authorize(sandbox, "xero", **asked)


def test_an_unknown_grant_is_refused(sandbox: Sandbox) -> None:
    assert _post(sandbox, "xero", {"grant_type": "password"}).json == {"error": "unsupported_grant_type"}
    assert _refresh(sandbox, "xero", "made up").json == {"error": "invalid_grant"}
    assert sandbox.oauth.exchanges == [
        ("xero", "password", "unsupported_grant_type"),
        ("xero", "refresh_token", "invalid_grant"),
    ]


def test_secrets_stay_out_of_the_call_log(sandbox: Sandbox) -> None:
    tokens = _granted(sandbox, "xero")
    _refresh(sandbox, "xero", tokens["refresh_token"])
    Client(sandbox.app).get("/xero/connections", headers={"Authorization": f"Bearer {tokens['access_token']}"})
    assert [call.status for call in sandbox.calls.of("xero")] == [200, 200]
    told = repr(sandbox.calls.of())
    assert tokens["access_token"] not in told
    assert tokens["refresh_token"] not in told
    assert "s3cret" not in told
