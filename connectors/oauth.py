"""OAuth 2 as Xero, QuickBooks Online and Sage speak it: addresses, scopes, lifetimes and requests, as values."""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Final
from urllib.parse import parse_qsl, quote_plus, urlencode, urlsplit, urlunsplit

from engine.errors import BooksError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

# RFC 7636 §4.1 asks for 43 characters at least.
_VERIFIER_BYTES: Final = 48
_STATE_BYTES: Final = 24
_MOST_CODE: Final = 4096


class ClientAuth(StrEnum):
    """How an app with a secret says who it is at the token address."""

    BASIC = "basic"
    FORM = "form"


class RedirectError(BooksError):
    """What came back from the provider's consent page is no answer to the question that was asked."""


class ConsentDeniedError(BooksError):
    """The person did not agree on the provider's consent page, or the provider refused the app."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OAuthProvider:
    """What a provider's documentation says of its OAuth.

    `connections_url` lists what a token reaches; "" where that is an address below `base_url`. `spare_seconds`: an access
    token with less left is renewed before it is used. `lost_grace`: how long after a renewal whose answer was lost the
    same refresh token may be posted again; later, and where it is nothing, it is posted once more and no further.
    `revokes_all`: to give one refresh token back ends every connection of the same person and app.
    """

    name: str
    title: str
    authorize_url: str
    token_url: str
    revoke_url: str
    base_url: str
    connections_url: str
    scopes: tuple[str, ...]
    read_only_scopes: tuple[str, ...]
    client_auth: ClientAuth
    pkce: bool
    access_seconds: int
    refresh_days: int
    spare_seconds: int
    lost_grace: timedelta
    revokes_json: bool = False
    revokes_all: bool = False


# developer.xero.com: guides/oauth2, faq/oauth2; scopes in the fine grain that apps made since March 2026 must use.
XERO: Final = OAuthProvider(
    name="xero",
    title="Xero",
    authorize_url="https://login.xero.com/identity/connect/authorize",
    token_url="https://identity.xero.com/connect/token",  # noqa: S106 (an address)
    revoke_url="https://identity.xero.com/connect/revocation",
    base_url="https://api.xero.com/api.xro/2.0",
    connections_url="https://api.xero.com/connections",
    scopes=(
        "offline_access",
        "accounting.invoices",
        "accounting.payments.read",
        "accounting.contacts.read",
        "accounting.settings.read",
    ),
    read_only_scopes=(
        "offline_access",
        "accounting.invoices.read",
        "accounting.payments.read",
        "accounting.contacts.read",
        "accounting.settings.read",
    ),
    client_auth=ClientAuth.BASIC,
    pkce=True,
    access_seconds=1800,
    refresh_days=60,
    spare_seconds=120,
    lost_grace=timedelta(minutes=30),
    # xero_python.api_client.oauth2: "remove all a user's connections using refresh token".
    revokes_all=True,
)

# developer.intuit.com: OAuth 2.0; there is one scope, for reading and writing, and PKCE is not documented.
QUICKBOOKS: Final = OAuthProvider(
    name="quickbooks",
    title="QuickBooks Online",
    authorize_url="https://appcenter.intuit.com/connect/oauth2",
    token_url="https://oauth.platform.intuit.com/oauth2/v1/tokens/bearer",  # noqa: S106 (an address)
    revoke_url="https://developer.api.intuit.com/v2/oauth2/tokens/revoke",
    base_url="https://quickbooks.api.intuit.com",
    connections_url="",
    scopes=("com.intuit.quickbooks.accounting",),
    read_only_scopes=("com.intuit.quickbooks.accounting",),
    client_auth=ClientAuth.BASIC,
    pkce=False,
    access_seconds=3600,
    refresh_days=100,
    spare_seconds=120,
    lost_grace=timedelta(),
    # As intuitlib.client.AuthClient.revoke does.
    revokes_json=True,
)

# developer.sage.com: accounting/guides/authenticating; no grace is documented, so a refresh token counts as used once.
SAGE: Final = OAuthProvider(
    name="sage",
    title="Sage Accounting",
    authorize_url="https://www.sageone.com/oauth2/auth/central?filter=apiv3.1",
    token_url="https://oauth.accounting.sage.com/token",  # noqa: S106 (an address)
    revoke_url="https://oauth.accounting.sage.com/revoke",
    base_url="https://api.accounting.sage.com/v3.1",
    connections_url="",
    scopes=("full_access",),
    read_only_scopes=("readonly",),
    client_auth=ClientAuth.FORM,
    pkce=True,
    access_seconds=300,
    refresh_days=31,
    spare_seconds=45,
    lost_grace=timedelta(),
)

PROVIDERS: Final[Mapping[str, OAuthProvider]] = {one.name: one for one in (XERO, QUICKBOOKS, SAGE)}


@dataclass(frozen=True, slots=True, kw_only=True)
class App:
    """The user's own app at a provider; `provider` has the addresses that the configuration gave.

    `client_secret` fetches the secret when it is needed; None for an app without one (PKCE alone).
    """

    provider: OAuthProvider
    client_id: str
    client_secret: Callable[[], str] | None = field(default=None, repr=False)
    redirect_uri: str = ""
    scopes: tuple[str, ...] = ()

    def identify(self) -> tuple[str, dict[str, str]]:
        """Give the Authorization header and the form fields by which the app says who it is to the log-in service."""
        if self.client_secret is None:
            return "", {"client_id": self.client_id}
        secret = self.client_secret()
        if self.provider.client_auth is ClientAuth.FORM:
            return "", {"client_id": self.client_id, "client_secret": secret}
        # RFC 6749 §2.3.1: both parts are form-encoded first.
        pair = f"{quote_plus(self.client_id)}:{quote_plus(secret)}".encode()
        return f"Basic {base64.b64encode(pair).decode('ascii')}", {}


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """One visit to the consent page: what only its own answer can know. `verifier` is "" without PKCE."""

    state: str = field(repr=False)
    verifier: str = field(repr=False)
    url: str = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Redirected:
    """The answer of the consent page; `organisation` is the one that QuickBooks names there, else ""."""

    code: str = field(repr=False)
    organisation: str = ""


def challenge_of(verifier: str) -> str:
    """Give the S256 challenge of a verifier (RFC 7636 §4.2)."""
    digest = hashlib.sha256(verifier.encode("ascii")).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode("ascii")


def ask(app: App) -> Question:
    """Make the address of the consent page, with a state and a verifier that nobody can guess."""
    state = secrets.token_urlsafe(_STATE_BYTES)
    verifier = secrets.token_urlsafe(_VERIFIER_BYTES) if app.provider.pkce else ""
    fields = {
        "response_type": "code",
        "client_id": app.client_id,
        "redirect_uri": app.redirect_uri,
        "scope": " ".join(app.scopes),
        "state": state,
    }
    if verifier:
        fields |= {"code_challenge": challenge_of(verifier), "code_challenge_method": "S256"}
    parts = urlsplit(app.provider.authorize_url)
    query = urlencode([*parse_qsl(parts.query, keep_blank_values=True), *fields.items()])
    return Question(state=state, verifier=verifier, url=urlunsplit(parts._replace(query=query)))


def read_redirect(address: str, question: Question) -> Redirected:
    """Read the address to which the consent page sent the browser.

    Raises RedirectError where it does not belong to this question or holds no code, ConsentDeniedError where the answer
    is no.
    """
    query = urlsplit(address.strip()).query
    fields: dict[str, str] = {}
    for name, value in parse_qsl(query, keep_blank_values=True):
        if name in fields:
            raise RedirectError(f"the address names {name[:40]!a} twice")
        fields[name] = value
    if not hmac.compare_digest(fields.get("state", "").encode(), question.state.encode()):
        raise RedirectError("the address does not belong to this log-in: its state is another one")
    if "error" in fields:
        raise ConsentDeniedError(_denied(fields["error"]))
    code = fields.get("code", "")
    if not code or len(code) > _MOST_CODE or not code.isascii() or not code.isprintable():
        raise RedirectError("the address holds no code")
    return Redirected(code=code, organisation=_identifier(fields.get("realmId", "")))


def code_form(app: App, redirected: Redirected, question: Question) -> dict[str, str]:
    """Give the form that exchanges a code for tokens, without the app's identification."""
    form = {"grant_type": "authorization_code", "code": redirected.code, "redirect_uri": app.redirect_uri}
    return form | ({"code_verifier": question.verifier} if question.verifier else {})


def refresh_form(refresh: str) -> dict[str, str]:
    """Give the form that renews tokens, without the app's identification."""
    return {"grant_type": "refresh_token", "refresh_token": refresh}


def error_word(value: object) -> str:
    """Give an OAuth error code such as invalid_grant as it may be shown, "" for anything else."""
    text = value if isinstance(value, str) else ""
    most = 40
    return text if text and len(text) <= most and text.replace("_", "").isalnum() and text.isascii() else ""


def _denied(code: str) -> str:
    if code == "access_denied":
        return "access was not granted on the provider's page"
    if code == "invalid_scope":
        return "the provider does not give this app what it asked for (invalid_scope): see books.scopes"
    word = error_word(code)
    return "the provider did not grant access" + (f" ({word})" if word else "")


def _identifier(value: str) -> str:
    return value if value.isascii() and value.isalnum() else ""
