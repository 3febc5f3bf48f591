"""A list request: filters, order, pages."""

from __future__ import annotations

from math import ceil
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

from connectors.sandbox.xero.shapes import Detail
from connectors.sandbox.xero.stamps import read_since
from connectors.sandbox.xero.where import WhereError, condition, ordering

if TYPE_CHECKING:
    from collections.abc import Mapping

    from werkzeug.wrappers import Request

    from connectors.sandbox.ledger import Ledger
    from connectors.sandbox.xero.resources import Resource

DEFAULT_PAGE_SIZE: Final = 100
# Larger ones are taken for this one without a word.
LARGEST_PAGE: Final = 1000


class QueryError(ValueError):
    """The query cannot be read."""


def listed(resource: Resource, ledger: Ledger, request: Request, *, since_includes: bool) -> dict[str, Any]:
    """Give the answer's own part: the rows, and where they are a page the pagination; raise QueryError."""
    asked = request.args
    try:
        entries = _entries(resource, ledger, request, since_includes=since_includes)
        glances = [{**resource.glance(ledger, entry), "": entry} for entry in entries]
        for name, field in resource.lists.items():
            wanted = _wanted(asked, name, field)
            if wanted is not None:
                glances = [glance for glance in glances if str(glance[field]) in wanted]
        if resource.name == "Contacts" and not _yes(asked, "includeArchived"):
            glances = [glance for glance in glances if glance["ContactStatus"] == "ACTIVE"]
        if "where" in asked:
            holds = condition(asked["where"])
            glances = [glance for glance in glances if holds(glance)]
        term = asked.get("searchTerm", "").lower()
        if term:
            glances = [glance for glance in glances if any(term in str(value).lower() for value in glance.values())]
        ordered = ordering(asked.get("order", resource.order))(glances)
    except WhereError as error:
        raise QueryError(str(error)) from None
    summary = resource.summary and _yes(asked, "summaryOnly")
    if not summary and "page" not in asked and "pageSize" not in asked:
        return {resource.name: [resource.shape(ledger, glance[""], Detail.LIST) for glance in ordered]}
    page = _number(asked, "page", 1)
    size = min(_number(asked, "pageSize", DEFAULT_PAGE_SIZE), LARGEST_PAGE)
    shown = ordered[(page - 1) * size : page * size]
    detail = Detail.SUMMARY if summary else Detail.PAGE
    return {
        "pagination": {
            "page": page,
            "pageSize": size,
            "pageCount": ceil(len(ordered) / size),
            "itemCount": len(ordered),
        },
        resource.name: [resource.shape(ledger, glance[""], detail) for glance in shown],
    }


def _entries(resource: Resource, ledger: Ledger, request: Request, *, since_includes: bool) -> list[Any]:
    since = read_since(request.headers.get("If-Modified-Since"))
    if since is None:
        return list(resource.entries(ledger))
    return [
        entry
        for entry in resource.entries(ledger)
        if resource.updated_at(entry) > since or (since_includes and resource.updated_at(entry) == since)
    ]


def _wanted(asked: Mapping[str, str], name: str, field: str) -> set[str] | None:
    if not asked.get(name):
        return None
    values = {value.strip().strip('"') for value in asked[name].split(",")}
    if not field.endswith("ID"):
        return values
    try:
        return {str(UUID(value)) for value in values}
    except ValueError:
        raise QueryError(f"{name} holds what is no id") from None


def _number(asked: Mapping[str, str], name: str, otherwise: int) -> int:
    try:
        value = int(asked.get(name, otherwise))
    except ValueError:
        raise QueryError(f"{name} is no number") from None
    if value < 1:
        raise QueryError(f"{name} begins with 1")
    return value


def _yes(asked: Mapping[str, str], name: str) -> bool:
    return asked.get(name, "").lower() == "true"
