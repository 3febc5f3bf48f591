"""Which organisations a consent reaches (GET connections), for a person to choose one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from connectors.xero.client import BASE_URL
from engine.errors import BooksUnreadableError

if TYPE_CHECKING:
    from connectors.http import Transport

_API: Final = "/api.xro/2.0"
_ORGANISATION: Final = "ORGANISATION"


def list_organisations(transport: Transport, *, base_url: str = BASE_URL) -> list[tuple[str, str]]:
    """List (id, name) by name; practices and other things that have no books are left out."""
    said = transport.read(connections_url(base_url)).json()
    if not isinstance(said, list):
        raise BooksUnreadableError("Xero's answer lists no connections")
    found = [
        (str(each["tenantId"]), str(each.get("tenantName") or each["tenantId"]))
        for each in said
        if isinstance(each, dict)
        and each.get("tenantId")
        and str(each.get("tenantType") or _ORGANISATION).upper() == _ORGANISATION
    ]
    return sorted(dict(found).items(), key=lambda organisation: organisation[1].casefold())


def connections_url(base_url: str) -> str:
    """Give the address of the list of connections, which stands beside the accounting API."""
    return base_url.rstrip("/").removesuffix(_API) + "/connections"
