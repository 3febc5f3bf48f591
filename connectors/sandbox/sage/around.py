"""What stands around the books: the businesses, their settings, the list of statuses."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from connectors.sandbox.sage import asked, people, shapes
from connectors.sandbox.sage.wire import Page, RefusedError, envelope, not_found
from connectors.sandbox.wire import json_response

if TYPE_CHECKING:
    from werkzeug.wrappers import Request, Response

    from connectors.sandbox.dialect import Context
    from connectors.sandbox.ledger import Ledger

# "$items_per_page": 2147483647, in the best-practices guide's answer of GET /businesses.
_ALL_BUSINESSES: Final = 2_147_483_647


def businesses(request: Request, context: Context, keys: list[str]) -> Response:
    """Answer /businesses, /businesses/lead and /businesses/{id}: what the consent reaches."""
    _only_get(request)
    now = context.clock.now()
    organisations = [context.ledgers[key].organisation for key in context.reach]
    if not keys:
        shown = [people.business(organisation, now=now) for organisation in organisations]
        answer, _, _ = envelope("/businesses", {}, shown, Page(number=1, size=_ALL_BUSINESSES))
        return json_response({**answer, "$items": shown})
    if len(keys) > 1 or not organisations:
        raise not_found()
    for organisation in organisations:
        if keys[0] in {"lead", organisation.id}:
            return json_response(people.business(organisation, now=now, full=True))
    raise not_found()


def _only_get(request: Request) -> None:
    if request.method != "GET":
        raise RefusedError(405, "MethodNotAllowed", "The method is not allowed for this resource.")


def settings(request: Request, context: Context, ledger: Ledger, collection: str) -> Response:
    """Answer /financial_settings and /email_settings, to be read only."""
    _only_get(request)
    asked.refuse_unknown(request.args, frozenset())
    now = context.clock.now()
    if collection == "email_settings":
        return json_response(people.email_settings(now=now))
    return json_response(people.financial_settings(ledger.organisation, now=now))


def statuses(request: Request, keys: list[str]) -> Response:
    """Answer /artefact_statuses and /artefact_statuses/{key}."""
    _only_get(request)
    known = {key: shapes.base("artefact_statuses", key, label) for key, label in shapes.STATUSES.items()}
    if not keys:
        page = asked.page_of(request.args)
        answer, first, end = envelope("/artefact_statuses", request.args, list(known), page)
        return json_response({**answer, "$items": list(known.values())[first:end]})
    if keys[0] not in known or len(keys) > 1:
        raise not_found()
    return json_response(known[keys[0]])
