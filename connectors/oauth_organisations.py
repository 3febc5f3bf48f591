"""Which organisations a consent reaches: three small calls, made once when a company is connected."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote

from connectors.oauth_answers import TokenServiceError
from connectors.oauth_wire import AnswerLostError, NothingSentError, exchange
from engine.errors import BooksError, BooksUnreachableError, BooksUnreadableError

if TYPE_CHECKING:
    from connectors.http_answer import Answer
    from connectors.oauth import OAuthProvider

_OK: Final = 200
_UNAUTHORISED: Final = 401
_FORBIDDEN: Final = 403
_GONE: Final = frozenset({200, 204, 404})
_MOST_PAGES: Final = 50
_PAGE: Final = 200


class AccessRefusedError(BooksError):
    """The provider does not take this access token."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Organisation:
    """Somebody's books at a provider; `link` is Xero's id of the connection between app and organisation, else ""."""

    organisation_id: str
    name: str
    link: str = ""


def list_organisations(provider: OAuthProvider, access: str, known: str = "") -> list[Organisation]:
    """List what an access token reaches, in the provider's order.

    QuickBooks names no organisations: `known` is the one that the consent page or a person named. Raises
    AccessRefusedError, BooksUnreachableError, BooksUnreadableError.
    """
    match provider.name:
        case "xero":
            return _xero(provider, access)
        case "quickbooks":
            return [_quickbooks(provider, access, known)] if known else []
        case _:
            return _sage(provider, access)


def remove_link(provider: OAuthProvider, access: str, link: str) -> None:
    """Take an organisation away from the app (Xero: DELETE /connections/{id}); raises as `list_organisations` does."""
    answer = _call("DELETE", provider, f"{provider.connections_url}/{quote(link, safe='')}", access)
    if answer.status not in _GONE:
        _refuse(answer, provider)


def _xero(provider: OAuthProvider, access: str) -> list[Organisation]:
    """Read GET /connections (Xero identity API): tenants that are no organisation, such as a practice, are left out."""
    rows = _read(provider, provider.connections_url, access)
    return [
        Organisation(organisation_id=_text(row, "tenantId"), name=_text(row, "tenantName"), link=_text(row, "id"))
        for row in _rows(rows, provider)
        if row.get("tenantType", "ORGANISATION") == "ORGANISATION" and _text(row, "tenantId")
    ]


def _quickbooks(provider: OAuthProvider, access: str, known: str) -> Organisation:
    """Read GET /v3/company/{id}/companyinfo/{id} for the name; what does not show the company does not reach it."""
    realm = quote(known, safe="")
    url = f"{provider.base_url.rstrip('/')}/v3/company/{realm}/companyinfo/{realm}"
    answer = _call("GET", provider, url, access, {"minorversion": "75"})
    if answer.status == _FORBIDDEN:
        raise AccessRefusedError(f"this consent does not reach the QuickBooks company {known}")
    if answer.status != _OK:
        _refuse(answer, provider)
    shown = _parsed(answer, provider)
    info = shown.get("CompanyInfo") if isinstance(shown, dict) else None
    if not isinstance(info, dict):
        # A fault may stand in an answer that says 200.
        raise BooksUnreadableError(f"{provider.title} did not show the company {known}")
    return Organisation(organisation_id=known, name=_text(info, "CompanyName") or known)


def _sage(provider: OAuthProvider, access: str) -> list[Organisation]:
    """Read GET /businesses, page by page; the answer is an envelope, or a bare list as the Swagger file says."""
    url = provider.connections_url or f"{provider.base_url.rstrip('/')}/businesses"
    found: dict[str, Organisation] = {}
    for page in range(1, _MOST_PAGES + 1):
        answer = _read(provider, url, access, page=str(page), items_per_page=str(_PAGE))
        enveloped = isinstance(answer, dict)
        rows = _rows(answer.get("$items") if enveloped else answer, provider)
        for row in rows:
            if key := _text(row, "id"):
                name = _text(row, "displayed_as") or _text(row, "name") or key
                found[key] = Organisation(organisation_id=key, name=name)
        if not enveloped or not answer.get("$next") or not rows:
            break
    return list(found.values())


def _read(provider: OAuthProvider, url: str, access: str, **params: str) -> Any:
    answer = _call("GET", provider, url, access, params)
    if answer.status != _OK:
        _refuse(answer, provider)
    return _parsed(answer, provider)


def _parsed(answer: Answer, provider: OAuthProvider) -> Any:
    try:
        return answer.json()
    except BooksUnreadableError as error:
        raise BooksUnreadableError(f"{provider.title}: {error}") from None


def _call(method: str, provider: OAuthProvider, url: str, access: str, params: dict[str, str] | None = None) -> Answer:
    try:
        return exchange(method, url, authorization=f"Bearer {access}", params=params or None)
    except (NothingSentError, AnswerLostError) as error:
        raise BooksUnreachableError(f"{provider.title}: {error}") from None


def _refuse(answer: Answer, provider: OAuthProvider) -> None:
    if answer.status == _UNAUTHORISED:
        raise AccessRefusedError(f"{provider.title} does not take this access token")
    raise TokenServiceError(f"{provider.title} answered {answer.status} when asked which organisations there are")


def _rows(value: object, provider: OAuthProvider) -> list[dict[str, Any]]:
    if not isinstance(value, list):
        raise BooksUnreadableError(f"{provider.title} did not answer with a list of organisations")
    return [row for row in value if isinstance(row, dict)]


def _text(row: dict[str, Any], key: str) -> str:
    value = row.get(key)
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    return " ".join(value.split()) if isinstance(value, str) and len(value) <= _PAGE else ""
