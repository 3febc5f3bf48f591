"""python-quickbooks over our transport: its endpoints and write models, and nothing of its ways with tokens and errors.

What it is not used for, and why: its list models go through floats and are four times slower; `save()` of an existing
object is a full update that writes nulls over fields it does not know; its change data capture strips the offset of
an instant; it takes a 429 for a mistake in the call; `Attachable.save()` has no place for a request id, and `send()`
none either.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from connectors import jsontext
from connectors.quickbooks.client import MINOR_VERSION
from engine.errors import WriteUnknownError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from connectors.http import Answer, Transport
    from connectors.quickbooks.client import Client

_POST: Final = "POST"


@dataclass(frozen=True, slots=True)
class _Response:
    """As much of a requests.Response as the library reads; errors never reach it, the transport raised them."""

    status_code: int
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """What stands in for the library's OAuth session; the token is put on by the transport."""

    transport: Transport
    # The library writes it into a header that goes no further than `request`.
    access_token: str = ""

    def request(
        self, method: str, url: str, *, headers: Mapping[str, str], params: Mapping[str, Any], data: Any
    ) -> _Response:
        """Hand a call of the library to the transport."""
        query = {name: str(value) for name, value in params.items()}
        if method.upper() != _POST:
            return _response(self.transport.read(url, params=query))
        body = data if isinstance(data, bytes) else str(data or "").encode()
        # A request id makes a second arrival harmless (Intuit: "repeats return the original answer").
        answer = self.transport.write(
            _POST,
            url,
            body=body,
            params=query,
            content_type=headers.get("Content-Type", "application/json"),
            repeatable="requestid" in query,
        )
        return _response(answer)


def _response(answer: Answer) -> _Response:
    return _Response(answer.status, answer.body.decode("utf-8", "replace"))


def library(client: Client) -> Any:
    """Make the library's client for one company; nothing is called, looked up or renewed."""
    from quickbooks import QuickBooks  # noqa: PLC0415 (slow to import, and only writing needs it)

    # Without an auth_client its constructor neither refreshes a token nor asks for the discovery document.
    made = QuickBooks(company_id=client.realm, minorversion=int(MINOR_VERSION), use_decimal=True)
    made.session = Session(transport=client.transport)
    made.api_url_v3 = f"{client.base_url.rstrip('/')}/v3"
    return made


def attach_note(client: Client, *, entity: str, entity_id: str, text: str, key: str) -> str:
    """Attach a note to a document that is never sent along with it; give the note's id."""
    from quickbooks.objects.attachable import Attachable  # noqa: PLC0415 (slow to import, and only writing needs it)
    from quickbooks.objects.base import AttachableRef, Ref  # noqa: PLC0415 (the same)

    note, tie, to = Attachable(), AttachableRef(), Ref()
    to.type, to.value = entity, entity_id
    tie.EntityRef, tie.IncludeOnSend = to, False
    # The models begin with empty texts and lists, which say nothing and could be refused.
    del to.name, tie.CustomField, note.SyncToken
    note.AttachableRef, note.Note = [tie], text
    return _written("Attachable", lambda made: made.create_object("Attachable", note.to_json(), request_id=key), client)


def update_sparsely(client: Client, entity: str, fields: Mapping[str, Any], *, key: str) -> str:
    """Change the named fields of an entity and no others; give its id."""
    body = jsontext.encode({**fields, "sparse": True}).decode()
    return _written(entity, lambda made: made.update_object(entity, body, request_id=key), client)


def _written(entity: str, write: Callable[[Any], object], client: Client) -> str:
    """Carry a write out and give the entity's id; what was taken but not understood may have been carried out."""
    from quickbooks.exceptions import QuickbooksException  # noqa: PLC0415 (slow to import, and only writing needs it)

    try:
        answer = write(library(client))
    except (QuickbooksException, TypeError, ValueError, LookupError) as error:
        # The library takes an answer apart without looking at what it is.
        raise WriteUnknownError(
            f"QuickBooks' answer to a write of {entity} cannot be read: {type(error).__name__}"
        ) from None
    made = answer.get(entity) if isinstance(answer, dict) else None
    if not isinstance(made, dict) or not made.get("Id"):
        raise WriteUnknownError(f"QuickBooks answered a write of {entity} without showing what it wrote")
    return str(made["Id"])
