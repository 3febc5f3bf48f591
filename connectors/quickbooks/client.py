"""QuickBooks Online's endpoints: one small method for each, every call at minor version 75."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, TypeVar
from urllib.parse import quote, urlsplit

from connectors import jsontext
from connectors.quickbooks.manners import NOT_FOUND, QuickBooksRefusedError
from connectors.quickbooks.rows import Row
from connectors.quickbooks.stamps import query_text
from engine.errors import BooksUnreadableError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from connectors.http import Answer, Transport
    from connectors.quickbooks.rows import Entity, Selected

PRODUCTION: Final = "https://quickbooks.api.intuit.com"
# The floor since August 2025, and the current version.
MINOR_VERSION: Final = "75"
MOST_ROWS: Final = 1000
_MOST_PDF: Final = 20 * 2**20
R = TypeVar("R", bound=Row)


@dataclass(frozen=True, slots=True, kw_only=True)
class Client:
    """Calls for one company of QuickBooks (its realm)."""

    transport: Transport
    realm: str
    base_url: str = PRODUCTION

    @property
    def server(self) -> str:
        """The host that is called."""
        return urlsplit(self.base_url).hostname or self.base_url

    @property
    def root(self) -> str:
        """The address under which the company's resources are."""
        return f"{self.base_url.rstrip('/')}/v3/company/{quote(self.realm, safe='')}"

    def select(
        self, entity: Entity[R], where: Sequence[str], *, order: str = "", start: int = 1, most: int = MOST_ROWS
    ) -> Selected[R]:
        """Query an entity (Intuit: data queries); at most 1000 rows."""
        conditions = [*where, *([entity.always] if entity.always else [])]
        parts = ["select * from", entity.name]
        parts += [f"where {' and '.join(conditions)}"] if conditions else []
        parts += [f"orderby {order}"] if order else []
        query = " ".join([*parts, f"startposition {start} maxresults {most}"])
        return entity.decode(self._get("query", {"query": query}).body)

    def by_ids(self, entity: Entity[R], ids: Sequence[str]) -> Selected[R]:
        """Query entities by id; what is not there is left out."""
        return self.select(entity, (f"Id in ({listed(ids)})",), most=max(len(ids), 1))

    def count(self, entity: str) -> int | None:
        """Count an entity's rows; None where the answer does not say."""
        query = f"select count(*) from {entity}"  # noqa: S608 (no value of others in it)
        found = self._get("query", {"query": query}).json()
        total = (found.get("QueryResponse") or {}).get("totalCount") if isinstance(found, dict) else None
        return total if isinstance(total, int) else None

    def changes(self, entities: Sequence[str], since: datetime) -> bytes:
        """Ask what changed, deletions included (Intuit: change data capture); at most 1000 objects, 30 days back."""
        return self._get("cdc", {"entities": ",".join(entities), "changedSince": query_text(since)}).body

    def entity(self, path: str, entity_id: str, *, include: str = "") -> dict[str, Any] | None:
        """Read one entity; None where there is none."""
        try:
            answer = self._get(f"{path}/{entity_id}", {"include": include} if include else {})
        except QuickBooksRefusedError as error:
            if NOT_FOUND in error.codes:
                return None
            raise
        found = answer.json()
        if not isinstance(found, dict):
            raise BooksUnreadableError(f"QuickBooks answered {path} with something else than an object")
        return found

    def preferences(self) -> dict[str, Any]:
        """Read the company's preferences."""
        found = self._get("preferences", {}).json()
        return found if isinstance(found, dict) else {}

    def pdf(self, invoice_id: str) -> bytes:
        """Fetch an invoice as PDF."""
        answer = self.transport.read(
            f"{self.root}/invoice/{invoice_id}/pdf",
            params={"minorversion": MINOR_VERSION},
            accept="application/pdf",
            most_bytes=_MOST_PDF,
        )
        if not answer.body.startswith(b"%PDF"):
            raise BooksUnreadableError(f"QuickBooks gave {answer.what_came()} instead of the invoice's PDF")
        return answer.body

    def send(self, invoice_id: str, *, to: str, key: str) -> Answer:
        """Let QuickBooks mail an invoice; `to` overwrites the invoice's own address, "" keeps it.

        Whether a request id keeps `send` from repeating is not documented: it is handed over once.
        """
        params = {"minorversion": MINOR_VERSION, "requestid": key}
        if to:
            params["sendTo"] = to
        return self.transport.write(
            "POST",
            f"{self.root}/invoice/{invoice_id}/send",
            body=b"",
            params=params,
            content_type="application/octet-stream",
        )

    def _get(self, path: str, params: Mapping[str, str]) -> Answer:
        return self.transport.read(f"{self.root}/{path}", params={**params, "minorversion": MINOR_VERSION})


def listed(ids: Sequence[str]) -> str:
    """Write ids for `in (...)`, their quotes escaped."""
    return ", ".join("'" + each.replace("\\", "\\\\").replace("'", "\\'") + "'" for each in ids)


def parsed(entity: str, found: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """Give the entity inside an answer about it."""
    inner = (found or {}).get(entity)
    return inner if isinstance(inner, dict) else None


def as_rows(entity: Entity[R], found: Mapping[str, Any]) -> list[R]:
    """Read one entity of an answer as the row that a query would give."""
    return entity.decode(jsontext.encode({"QueryResponse": {entity.name: [found]}})).rows
