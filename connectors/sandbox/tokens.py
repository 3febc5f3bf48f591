"""The OAuth endpoints of the three providers over HTTP: authorize, token, revoke."""

from __future__ import annotations

import binascii
from base64 import b64decode, urlsafe_b64encode
from hashlib import sha256
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlencode

from werkzeug.wrappers import Response

from connectors.sandbox.oauth import RULES, OAuth, OAuthError
from connectors.sandbox.wire import json_response

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from werkzeug.wrappers import Request

    from connectors.sandbox.faults import Fault

BROAD_SCOPES: Final = frozenset({"accounting.transactions", "accounting.transactions.read", "accounting.reports.read"})
DISCOVERY: Final = "/.well-known/openid_configuration"


class TokenDoor:
    """Answer what concerns consents; the paths come without the provider's prefix."""

    def __init__(self, oauth: OAuth, organisations: Callable[[str], Sequence[str]]) -> None:
        self._oauth = oauth
        self._organisations = organisations

    def concerns(self, provider: str, path: str) -> bool:
        """Say whether a path is one of the endpoints here."""
        rules = RULES.get(provider)
        return rules is not None and path in {
            rules.authorize_path,
            rules.token_path,
            rules.revoke_path,
            DISCOVERY,
        }

    def answer(self, provider: str, request: Request, fault: Callable[[str], Fault | None]) -> Response:
        """Answer; raise ConnectionAbortedError where the answer is to be lost."""
        rules = RULES[provider]
        if request.path == DISCOVERY:
            return self._discovery(provider, request)
        if request.path == rules.authorize_path:
            return self._authorize(provider, request, denied=fault("deny_consent") is not None)
        if request.method != "POST":
            return Response(status=405)
        if request.path == rules.revoke_path:
            return self._revoke(provider, request)
        return self._token(provider, request)

    def _authorize(self, provider: str, request: Request, *, denied: bool) -> Response:
        asked = request.args
        redirect = asked.get("redirect_uri", "")
        if asked.get("response_type") != "code" or not asked.get("client_id") or not redirect:
            return Response("invalid_request", status=400, content_type="text/plain")
        known = self._oauth.clients.get(provider)
        if known and asked["client_id"] not in known:
            return Response("unauthorized_client", status=400, content_type="text/plain")
        scopes = asked.get("scope", "")
        back = {"state": asked["state"]} if "state" in asked else {}
        if denied:
            return _redirect(redirect, {"error": "access_denied", **back})
        if not scopes or (provider == "xero" and self._oauth.granular_scopes and BROAD_SCOPES & set(scopes.split())):
            return _redirect(redirect, {"error": "invalid_scope", **back})
        if asked.get("code_challenge") and asked.get("code_challenge_method") != "S256":
            return _redirect(redirect, {"error": "invalid_request", **back})
        reach = list(self._oauth.offer.get(provider) or self._organisations(provider))
        if not RULES[provider].several_organisations:
            reach = reach[:1]
        consent = self._oauth.consent(provider, reach, scopes=scopes, client_id=asked["client_id"])
        found = {"code": self._oauth.new_code(consent, redirect, asked.get("code_challenge")), **back}
        if provider == "quickbooks":
            found["realmId"] = reach[0]
        if provider == "xero":
            found["scope"] = scopes
        return _redirect(redirect, found)

    def _token(self, provider: str, request: Request) -> Response:
        grant_type = request.form.get("grant_type", "")
        try:
            answer = self._exchange(provider, request, grant_type)
        except OAuthError as error:
            self._oauth.exchanges.append((provider, grant_type, error.code))
            return json_response({"error": error.code}, error.status)
        self._oauth.exchanges.append((provider, grant_type, "ok"))
        if provider == "quickbooks" and request.headers.get("x-include-refresh-token-hard-expires-in") == "true":
            answer["x_refresh_token_hard_expires_in"] = 5 * 365 * 86400
        if self._oauth.loses_answer(provider):
            raise ConnectionAbortedError("the answer is lost")
        return json_response(answer)

    def _exchange(self, provider: str, request: Request, grant_type: str) -> dict[str, Any]:
        form = request.form
        client_id = self._client(provider, request)
        if grant_type == "refresh_token":
            return self._oauth.refresh(provider, form.get("refresh_token", ""), client_id)
        if grant_type != "authorization_code":
            raise OAuthError("unsupported_grant_type")
        code = self._oauth.take_code(provider, form.get("code", ""))
        if code.redirect_uri != form.get("redirect_uri") or code.consent.client_id != client_id:
            raise OAuthError("invalid_grant")
        if code.challenge is not None and code.challenge != challenge_of(form.get("code_verifier", "")):
            raise OAuthError("invalid_grant")
        if code.challenge is None and not self._has_secret(provider, request):
            raise OAuthError("invalid_client", 401 if provider != "xero" else 400)
        return self._oauth.redeem(code)

    def _revoke(self, provider: str, request: Request) -> Response:
        body = request.get_json(silent=True) if request.is_json else None
        token = body.get("token", "") if isinstance(body, dict) else request.form.get("token", "")
        try:
            self._client(provider, request)
        except OAuthError as error:
            return json_response({"error": error.code}, error.status)
        found = self._oauth.revoke(provider, token)
        if provider == "sage":
            return json_response({"success": "ok"})
        # RFC 7009: an unknown token is as good as revoked; Intuit alone says 400.
        return Response(status=200 if found or provider == "xero" else 400)

    def _client(self, provider: str, request: Request) -> str:
        """Give the application's id; raise OAuthError when it does not prove itself as this provider wants it."""
        how = RULES[provider].client_auth
        basic = _basic(request)
        form = (request.form.get("client_id", ""), request.form.get("client_secret", ""))
        if how == "basic_or_pkce":
            client_id, secret = basic or form
        else:
            client_id, secret = (basic or ("", "")) if how == "basic" else form
        needs_secret = how != "basic_or_pkce" or basic is not None
        known = self._oauth.clients.get(provider)
        if (
            not client_id
            or (needs_secret and not secret)
            or (known and client_id not in known)
            or (known and secret and secret != known[client_id])
        ):
            raise OAuthError("invalid_client", 401 if provider != "xero" else 400)
        return client_id

    def _has_secret(self, provider: str, request: Request) -> bool:
        return RULES[provider].client_auth == "form" or _basic(request) is not None

    def _discovery(self, provider: str, request: Request) -> Response:
        rules = RULES[provider]
        root = request.root_url.rstrip("/")
        return json_response(
            {
                "issuer": root,
                "authorization_endpoint": root + rules.authorize_path,
                "token_endpoint": root + rules.token_path,
                "revocation_endpoint": root + rules.revoke_path,
                "userinfo_endpoint": f"{root}/v1/openid_connect/userinfo",
                "jwks_uri": f"{root}/v1/openid_connect/jwks",
            }
        )


def challenge_of(verifier: str) -> str:
    """Give the S256 challenge of a verifier (RFC 7636 section 4.2)."""
    return urlsafe_b64encode(sha256(verifier.encode()).digest()).rstrip(b"=").decode()


def _basic(request: Request) -> tuple[str, str] | None:
    kind, _, value = request.headers.get("Authorization", "").partition(" ")
    if kind.lower() != "basic":
        return None
    try:
        client_id, _, secret = b64decode(value, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return None
    return client_id, secret


def _redirect(to: str, found: dict[str, str]) -> Response:
    joined = f"{to}{'&' if '?' in to else '?'}{urlencode(found)}"
    return Response(status=302, headers={"Location": joined})
