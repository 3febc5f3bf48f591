"""The businesses that a connected user reaches."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Protocol
from urllib.parse import parse_qsl, urlsplit

from connectors.sage.client import BASE_URL
from connectors.sage.rows import BusinessRow
from connectors.sage.values import line
from connectors.sage.wire import read_list

if TYPE_CHECKING:
    from collections.abc import Mapping

    from connectors.http import Answer

_MOST_PAGES: Final = 100


class Reader(Protocol):
    """What is needed of the transport here."""

    def read(self, url: str, *, params: Mapping[str, str] | None = None) -> Answer:
        """GET."""
        ...


def list_organisations(transport: Reader, *, base_url: str = BASE_URL) -> list[tuple[str, str]]:
    """List (id, name) of every business, in Sage's order; raises the BooksError family."""
    found: dict[str, str] = {}
    params: dict[str, str] = {}
    for _ in range(_MOST_PAGES):
        answer = transport.read(f"{base_url.rstrip('/')}/businesses", params=params or None)
        batch = read_list(answer, BusinessRow, "businesses")
        known = len(found)
        for row in batch.rows:
            found.setdefault(row.id, line(row.displayed_as) or line(row.name) or row.id)
        if batch.next is None or len(found) == known:
            break
        params = dict(parse_qsl(urlsplit(batch.next).query))
    return list(found.items())
