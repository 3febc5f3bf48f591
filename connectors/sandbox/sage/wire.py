"""How Sage words what it refuses, and the envelope of its lists."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

# The guides show "$itemsPerPage" in older samples; the live answers "$items_per_page".
_SIZE = "$items_per_page"
_OLD_SIZE = "$itemsPerPage"


class RefusedError(Exception):
    """A request that the service answers with an error.

    The body is an array of one error, as the guides document it; a fault can ask for the single object that some
    answers are.
    """

    def __init__(self, status: int, code: str, message: str, source: str = "") -> None:
        """Take the HTTP status, `$dataCode`, `$message` and `$source`."""
        super().__init__(message)
        self.status = status
        self.code = code
        self.source = source

    def body(self) -> list[dict[str, str]]:
        """Build the error array."""
        return [error(self.code, str(self), self.source)]


def error(code: str, message: str, source: str = "") -> dict[str, str]:
    """Build one error of an error array."""
    return {"$severity": "error", "$dataCode": code, "$message": message, "$source": source}


def invalid(message: str, source: str) -> RefusedError:
    """Refuse a value: 422."""
    return RefusedError(422, "RecordInvalid", message, source)


def not_found() -> RefusedError:
    """Refuse an id or a path that is not there: 404."""
    return RefusedError(404, "RecordNotFound", "The requested resource was not found.")


def forbidden() -> RefusedError:
    """Refuse what the user's role does not allow: 403."""
    return RefusedError(
        403, "MultiUserAccessDenied", "The current user is not allowed to access that resource with that method."
    )


def unauthorized(message: str) -> RefusedError:
    """Refuse who asks: 401."""
    return RefusedError(401, "AuthorizationFailure", message)


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """One page asked of a list: its number from 1 and how many rows it holds."""

    number: int
    size: int


def envelope(
    path: str, query: Mapping[str, str], rows: Sequence[Any], page: Page, *, old_spelling: bool = False
) -> tuple[dict[str, Any], int, int]:
    """Wrap a list; returns the envelope without its items, and the slice of `rows` that is the page.

    A page beyond the last one answers the last one, as the pagination guide says: only `$next` ends a list.
    """
    last = max(1, -(-len(rows) // page.size))
    number = min(page.number, last)
    start = (number - 1) * page.size

    def link(target: int) -> str | None:
        if not 1 <= target <= last:
            return None
        kept = {key: value for key, value in query.items() if key not in {"page", "items_per_page"}}
        return f"{path}?{urlencode({'page': target, 'items_per_page': page.size, **kept})}"

    return (
        {
            "$total": len(rows),
            "$page": number,
            "$next": link(number + 1),
            "$back": link(number - 1),
            _OLD_SIZE if old_spelling else _SIZE: page.size,
        },
        start,
        start + page.size,
    )
