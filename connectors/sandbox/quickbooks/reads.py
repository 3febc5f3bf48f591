"""What may be read: queries, changes since a time, single objects, the paper form."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from connectors.sandbox.quickbooks import refusals
from connectors.sandbox.quickbooks.language import parse
from connectors.sandbox.quickbooks.refusals import Refusal, RefusedError
from connectors.sandbox.quickbooks.selection import entity_named, select
from connectors.sandbox.quickbooks.shapes import Shapes
from connectors.sandbox.quickbooks.stamps import read_instant, stamp

if TYPE_CHECKING:
    from datetime import datetime

    from connectors.sandbox.ledger import Ledger
    from connectors.sandbox.quickbooks.desk import Desk

Shape = dict[str, Any]

CDC_LOOK_BACK: Final = timedelta(days=30)
CDC_MOST_OBJECTS: Final = 1000
# Entity -> the kind of the tombstones which the ledger keeps of it.
_CDC_ENTITIES: Final = {
    "Invoice": "invoice",
    "CreditMemo": "credit_note",
    "Payment": "receipt",
    "Customer": "party",
}


def answer_query(ledger: Ledger, desk: Desk, text: str, *, links: bool) -> Shape:
    """Answer a select statement; nothing found is an empty object, without so much as the entity's name.

    Raises RefusedError for a statement that the service refuses.
    """
    statement = parse(text)
    entity = entity_named(statement.entity)
    rows = Shapes(ledger, desk, links=links).rows(entity)
    found = select(statement, rows, ledger.organisation.timezone)
    if statement.count:
        return {"QueryResponse": {"totalCount": len(found)}}
    window = found[statement.start - 1 :][: statement.rows]
    if not window:
        return {"QueryResponse": {}}
    return {"QueryResponse": {entity: window, "startPosition": statement.start, "maxResults": len(window)}}


def answer_changes(
    ledger: Ledger, desk: Desk, entities: str, since_text: str, *, now: datetime, cut_silently: bool
) -> Shape:
    """Answer a request for changes: whole objects, newest first, and a stub for each one deleted outright.

    At most 1000 objects in all, whatever more has changed. A time more than 30 days back is refused, or, with
    ``cut_silently``, answered as if it were 30 days: which of the two the service does is not known.
    """
    if not entities or not since_text:
        raise RefusedError(refusals.missing("entities" if not entities else "changedSince"))
    since = _since(ledger, since_text)
    horizon = now - CDC_LOOK_BACK
    if since < horizon and not cut_silently:
        raise RefusedError(refusals.malformed("changedSince may not lie more than 30 days back"))
    names = [_cdc_entity(name.strip()) for name in entities.split(",") if name.strip()]
    changed = [(name, row) for name in names for row in _changed(ledger, desk, name, max(since, horizon))]
    changed.sort(key=lambda pair: _moment(pair[1]["MetaData"]["LastUpdatedTime"]), reverse=True)
    told: dict[str, list[Shape]] = {name: [] for name in names}
    for name, row in changed[:CDC_MOST_OBJECTS]:
        told[name].append(row)
    answers = [
        {name: rows, "startPosition": 1, "maxResults": len(rows), "totalCount": len(rows)} if rows else {}
        for name, rows in told.items()
    ]
    return {"CDCResponse": [{"QueryResponse": answers}]}


def answer_object(ledger: Ledger, desk: Desk, entity: str, object_id: str, *, links: bool) -> Shape:
    """Answer one object by its id; what was deleted and what never was are refused alike (610)."""
    shape = Shapes(ledger, desk, links=links).row(entity, object_id)
    if shape is None:
        raise RefusedError(refusals.not_found())
    return {entity: shape}


def _since(ledger: Ledger, text: str) -> datetime:
    try:
        return read_instant(text, ledger.organisation.timezone)
    except ValueError:
        raise RefusedError(refusals.malformed(f"Invalid date/time format: {text}")) from None


def _moment(text: str) -> datetime:
    return read_instant(text, "UTC")


def _cdc_entity(name: str) -> str:
    for entity in _CDC_ENTITIES:
        if entity.lower() == name.lower():
            return entity
    raise RefusedError(
        Refusal(
            code="2010",
            message="Request has invalid or unsupported property",
            detail=f"Entity {name} is not supported by changeDataCapture",
            element=None,
        )
    )


def _changed(ledger: Ledger, desk: Desk, entity: str, since: datetime) -> list[Shape]:
    rows = Shapes(ledger, desk).rows(entity) + _deleted(ledger, entity)
    whole_second = since.replace(microsecond=0)
    return [row for row in rows if _moment(row["MetaData"]["LastUpdatedTime"]) >= whole_second]


def _deleted(ledger: Ledger, entity: str) -> list[Shape]:
    gone = [(stone.id, stone.at) for stone in ledger.tombstones if stone.kind == _CDC_ENTITIES[entity]]
    if entity == "Payment":
        gone += [(receipt.id, receipt.updated_at) for receipt in ledger.receipts.values() if receipt.deleted]
    gone += [
        (document.id, document.updated_at)
        for document in ledger.documents.values()
        if document.status == "deleted" and document.side == "sale" and document.kind == _CDC_ENTITIES[entity]
    ]
    zone = ledger.organisation.timezone
    return [
        {"domain": "QBO", "status": "Deleted", "Id": object_id, "MetaData": {"LastUpdatedTime": stamp(at, zone)}}
        for object_id, at in gone
    ]
