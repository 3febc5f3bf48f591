"""OAuth as values: what is asked of each provider, what its answers mean, what is not taken for an answer."""

from __future__ import annotations

import base64
import json
import threading
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import TYPE_CHECKING, Any, Final, Self
from urllib.parse import parse_qs, urlsplit

import pytest

from connectors.http_answer import Answer
from connectors.http_wire import Limits
from connectors.oauth import (
    PROVIDERS,
    QUICKBOOKS,
    SAGE,
    XERO,
    App,
    ConsentDeniedError,
    Question,
    RedirectError,
    ask,
    challenge_of,
    code_form,
    read_redirect,
)
from connectors.oauth_answers import (
    AppRefusedError,
    GrantRefusedError,
    TokenServiceError,
    read_tokens,
    tokens_of,
)
from connectors.oauth_organisations import AccessRefusedError, Organisation, list_organisations, remove_link
from connectors.oauth_wire import AnswerLostError, NothingSentError, exchange
from engine.errors import BooksUnreachableError, BooksUnreadableError
from tests.fakes.token_server import TokenServer

if TYPE_CHECKING:
    from collections.abc import Iterator

NOW: Final = datetime(2026, 3, 9, 8, 0, tzinfo=UTC)
QUESTION: Final = Question(state="the-state", verifier="v" * 43, url="")


SECRET: Final = "s:e/c r€t"


def app(provider: str = "xero", secret: str | None = SECRET) -> App:
    return App(
        provider=PROVIDERS[provider],
        client_id="id:1",
        client_secret=(lambda: secret) if secret is not None else None,
        redirect_uri="http://localhost:8765/callback",
        scopes=PROVIDERS[provider].scopes,
    )


def answer(status: int, body: object) -> Answer:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return Answer(status=status, headers={"Content-Type": "application/json"}, body=raw, url="")


# -- the question ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("provider", "page"),
    [
        ("xero", "https://login.xero.com/identity/connect/authorize"),
        ("quickbooks", "https://appcenter.intuit.com/connect/oauth2"),
        ("sage", "https://www.sageone.com/oauth2/auth/central"),
    ],
)
def test_the_consent_page_is_asked_in_the_providers_own_terms(provider: str, page: str) -> None:
    question = ask(app(provider))
    parts = urlsplit(question.url)
    asked = {key: value for key, (value,) in parse_qs(parts.query).items()}
    assert f"{parts.scheme}://{parts.netloc}{parts.path}" == page
    assert asked["client_id"] == "id:1"
    assert asked["redirect_uri"] == "http://localhost:8765/callback"
    assert asked["scope"] == " ".join(PROVIDERS[provider].scopes)
    assert asked["state"] == question.state
    assert asked.get("filter") == ("apiv3.1" if provider == "sage" else None)
    assert asked.get("code_challenge") == (challenge_of(question.verifier) if provider != "quickbooks" else None)


def test_every_question_is_another_one() -> None:
    first, second = ask(app()), ask(app())
    assert first.state != second.state
    assert first.verifier != second.verifier
    assert len(first.state) >= 32
    assert 43 <= len(first.verifier) <= 128


def test_the_challenge_is_that_of_the_standard() -> None:
    # RFC 7636, appendix B.
    verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
    assert challenge_of(verifier) == "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"


def test_least_privilege_writes_nothing_but_notes_and_mail() -> None:
    assert [scope for scope in XERO.scopes if not scope.endswith(".read")] == ["offline_access", "accounting.invoices"]
    assert [scope for scope in XERO.read_only_scopes if not scope.endswith(".read")] == ["offline_access"]
    assert (SAGE.scopes, SAGE.read_only_scopes) == (("full_access",), ("readonly",))
    assert QUICKBOOKS.scopes == ("com.intuit.quickbooks.accounting",)


# -- who we are --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("provider", ["xero", "quickbooks"])
def test_xero_and_quickbooks_know_the_app_by_basic_authentication(provider: str) -> None:
    authorization, form = app(provider).identify()
    assert base64.b64decode(authorization.removeprefix("Basic ")) == b"id%3A1:s%3Ae%2Fc+r%E2%82%ACt"
    assert form == {}


def test_sage_knows_the_app_by_the_form() -> None:
    assert app("sage").identify() == ("", {"client_id": "id:1", "client_secret": SECRET})


def test_an_app_without_a_secret_gives_its_id_only() -> None:
    assert app(secret=None).identify() == ("", {"client_id": "id:1"})


# -- the redirect ------------------------------------------------------------------------------------------------------


def test_a_code_is_read_from_the_address_whole_or_in_part() -> None:
    for start in ("http://localhost:8765/callback", "/callback", ""):
        redirected = read_redirect(f" {start}?code=c%2F1&state=the-state&realmId=9341\n", QUESTION)
        assert (redirected.code, redirected.organisation) == ("c/1", "9341")
    form = code_form(app(), redirected, QUESTION)
    assert form == {
        "grant_type": "authorization_code",
        "code": "c/1",
        "redirect_uri": "http://localhost:8765/callback",
        "code_verifier": "v" * 43,
    }


@pytest.mark.parametrize(
    "query",
    [
        "",
        "code=c",
        "code=c&state=",
        "code=c&state=the-stat",
        "code=c&state=the-statx",
        "code=c&state=the-state&state=x",
        "code=c&state=x&state=the-state",
        "code=c&code=d&state=the-state",
        "state=the-state",
        "code=&state=the-state",
        "code=%00&state=the-state",
        "code=c&state=th%C3%A9-state",
        "error=access_denied&state=other",
    ],
)
def test_what_does_not_belong_to_the_question_is_no_answer(query: str) -> None:
    with pytest.raises(RedirectError):
        read_redirect(f"/callback?{query}", QUESTION)


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("access_denied", "was not granted"),
        ("invalid_scope", r"books\.scopes"),
        ("server_error", r"\(server_error\)"),
        ("%3Cscript%3E", "did not grant access$"),
    ],
)
def test_a_no_is_told_in_words_and_nothing_strange_is_repeated(code: str, words: str) -> None:
    with pytest.raises(ConsentDeniedError, match=words):
        read_redirect(f"/?error={code}&state=the-state&error_description=x", QUESTION)


def test_an_organisation_that_is_no_id_is_left_out() -> None:
    assert read_redirect("/?code=c&state=the-state&realmId=..%2Fx", QUESTION).organisation == ""


# -- token answers -----------------------------------------------------------------------------------------------------

# providers.md §11, Sage token.
SAGE_ANSWER: Final = {
    "access_token": "eyJ.a",
    "scope": "full_access",
    "token_type": "bearer",
    "expires_in": 300,
    "refresh_token": "eyJ.r",
    "refresh_token_expires_in": 2678400,
    "requested_by_id": "x",
}


def test_lifetimes_count_from_the_moment_of_asking() -> None:
    tokens = read_tokens(answer(200, SAGE_ANSWER), SAGE, asked_at=NOW)
    assert (tokens.access, tokens.refresh, tokens.scopes) == ("eyJ.a", "eyJ.r", "full_access")
    assert tokens.access_expires_at == NOW + timedelta(seconds=300)
    assert tokens.refresh_expires_at == NOW + timedelta(days=31)
    assert tokens.consent_ends_at is None


def test_quickbooks_says_when_the_consent_itself_ends() -> None:
    given = {
        "access_token": "a",
        "refresh_token": "r",
        "expires_in": "3600",
        "x_refresh_token_expires_in": 8640000,
        "x_refresh_token_hard_expires_in": 86400,
    }
    tokens = tokens_of(given, QUICKBOOKS, asked_at=NOW)
    assert tokens.access_expires_at == NOW + timedelta(hours=1)
    assert tokens.refresh_expires_at == NOW + timedelta(days=100)
    assert tokens.consent_ends_at == NOW + timedelta(days=1)


@pytest.mark.parametrize("value", [None, 0, -5, "soon", 10**30, True, [], "9" * 5000])
def test_a_strange_lifetime_is_never_longer_than_a_day(value: Any) -> None:
    tokens = tokens_of({**SAGE_ANSWER, "expires_in": value}, SAGE, asked_at=NOW)
    assert NOW < tokens.access_expires_at <= NOW + timedelta(days=1)


def test_an_answer_without_a_new_refresh_token_keeps_the_one_used() -> None:
    assert tokens_of({"access_token": "a"}, XERO, asked_at=NOW, refresh="old").refresh == "old"


@pytest.mark.parametrize(
    "given",
    [
        {},
        {"access_token": "a"},
        {"access_token": "", "refresh_token": "r"},
        {"access_token": "a\r\nX: 1", "refresh_token": "r"},
        {"access_token": "a b", "refresh_token": "r"},
        {"access_token": 5, "refresh_token": "r"},
        {"access_token": "a", "refresh_token": None},
        {"access_token": "a", "refresh_token": "r" * 20_000},
        [],
        "x",
        None,
    ],
)
def test_a_success_without_usable_tokens_counts_as_lost_and_repeats_nothing(given: Any) -> None:
    with pytest.raises(AnswerLostError) as caught:
        read_tokens(answer(200, given), XERO, asked_at=NOW)
    assert "rrr" not in str(caught.value)


@pytest.mark.parametrize("body", [b"", b"<html>", b'{"access_token": "a', b"\xff\xfe"])
def test_a_success_that_is_no_json_counts_as_lost(body: bytes) -> None:
    with pytest.raises(AnswerLostError):
        read_tokens(answer(200, body), XERO, asked_at=NOW)


@pytest.mark.parametrize(
    ("status", "body", "error"),
    [
        (400, {"error": "invalid_grant"}, GrantRefusedError),
        (401, {"error": "invalid_grant"}, GrantRefusedError),
        (400, {"error": "invalid_client"}, AppRefusedError),
        (401, {"error": "unauthorized_client"}, AppRefusedError),
        (400, {"error": "invalid_request"}, TokenServiceError),
        (400, b"<html>", TokenServiceError),
        (400, [], TokenServiceError),
        (404, {"error": "invalid_grant"}, TokenServiceError),
        (429, {"error": "invalid_grant"}, TokenServiceError),
        (503, {"error": "invalid_grant"}, TokenServiceError),
        (307, b"", TokenServiceError),
    ],
)
def test_only_a_clear_no_to_the_grant_is_a_lost_consent(status: int, body: object, error: type[Exception]) -> None:
    with pytest.raises(error):
        read_tokens(answer(status, body), XERO, asked_at=NOW)


# -- the wire ----------------------------------------------------------------------------------------------------------


@pytest.fixture
def dripping() -> Iterator[str]:
    """A service that sends a byte and then nothing, or a header a byte at a time."""
    stop = threading.Event()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.wfile.write(b"HTTP/1.1 200 OK\r\nX: ")
            while not stop.wait(0.05):
                try:
                    self.wfile.write(b"x")
                except OSError:
                    return

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}/token"
    stop.set()
    server.shutdown()
    thread.join()
    server.server_close()


def test_a_service_that_drips_is_left_after_the_time_that_one_call_may_take(dripping: str) -> None:
    with pytest.raises(AnswerLostError, match="did not answer to the end"):
        exchange("POST", dripping, form={"refresh_token": "r"}, limits=Limits(connect=1, read=0.2, total=0.4))


def test_no_secret_goes_anywhere_without_encryption_but_to_this_machine() -> None:
    with pytest.raises(NothingSentError, match="not https"):
        exchange("POST", "http://identity.example/token", form={"refresh_token": "canary"})


# -- organisations -----------------------------------------------------------------------------------------------------


def test_sages_businesses_are_read_over_all_pages() -> None:
    names = {f"b{n}": f"Business {n}" for n in range(5)}
    with TokenServer(provider="sage", organisations=names) as server:
        reached = list_organisations(server.facts(), server.grant()["access_token"])
    assert [(one.organisation_id, one.name) for one in reached] == list(names.items())


def test_xeros_connections_are_organisations_with_the_link_that_ends_them() -> None:
    with TokenServer() as server:
        access = server.grant()["access_token"]
        assert list_organisations(server.facts(), access) == [
            Organisation(organisation_id="org-1", name="Dupont Menuiserie SARL", link="con-org-1")
        ]
        remove_link(server.facts(), access, "con-org-1")
        assert list_organisations(server.facts(), access) == []
        remove_link(server.facts(), access, "con-org-1")


def test_quickbooks_tells_the_name_of_the_company_it_named() -> None:
    with TokenServer(provider="quickbooks", organisations={"9341": "Dupont"}) as server:
        access = server.grant()["access_token"]
        assert list_organisations(server.facts(), access, "9341") == [
            Organisation(organisation_id="9341", name="Dupont")
        ]
        assert list_organisations(server.facts(), access) == []
        with pytest.raises(AccessRefusedError, match="does not reach the QuickBooks company 1"):
            list_organisations(server.facts(), access, "1")


@pytest.mark.parametrize("provider", ["xero", "quickbooks", "sage"])
def test_an_access_token_that_is_not_taken_is_told_apart_from_other_trouble(provider: str) -> None:
    with TokenServer(provider=provider) as server:
        facts = server.facts()
        with pytest.raises(AccessRefusedError):
            list_organisations(facts, "another", "9341")
    with pytest.raises(BooksUnreachableError):
        list_organisations(facts, "another", "9341")


class Scripted:
    """A service that gives one answer to everything."""

    def __init__(self, body: bytes) -> None:
        outer = self
        self.asked: list[str] = []

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                outer.asked.append(self.path)
                self.send_response(200)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        self.server = HTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"

    def __enter__(self) -> Self:
        self.thread = threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.02})
        self.thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.server.shutdown()
        self.thread.join()
        self.server.server_close()


@pytest.mark.parametrize("body", [b"<html>", b"{}", b'"x"', b'{"$items": 5}', b"[1"])
def test_what_is_no_list_of_organisations_is_said_to_be_none(body: bytes) -> None:
    with Scripted(body) as service, pytest.raises(BooksUnreadableError):
        list_organisations(replace(SAGE, base_url=service.url), "a")


def test_a_bare_list_of_businesses_is_taken_as_the_swagger_file_has_it() -> None:
    with Scripted(b'[{"id": "b1", "displayed_as": "  Martin \\n Plomberie "}, 5, {"displayed_as": "x"}]') as service:
        reached = list_organisations(replace(SAGE, base_url=service.url + "/v3.1/"), "a")
    assert reached == [Organisation(organisation_id="b1", name="Martin Plomberie")]
    assert service.asked[0].startswith("/v3.1/businesses?")


def test_a_list_whose_pages_never_end_is_cut() -> None:
    with Scripted(b'{"$items": [{"id": "b1", "displayed_as": "M"}], "$next": "/businesses?page=2"}') as service:
        assert len(list_organisations(replace(SAGE, base_url=service.url), "a")) == 1
    assert len(service.asked) <= 50
