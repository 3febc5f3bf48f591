"""Answers that are spoiled on purpose, in ways that any of the services' answers can be."""

from __future__ import annotations

import re
import zlib
from typing import TYPE_CHECKING, Any, Final

from werkzeug.wrappers import Response

from connectors.sandbox.wire import dumps, loads

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from threading import Event

    from connectors.sandbox.dialect import Dialect

HTML: Final = "<!DOCTYPE html><html><head><title>Just a moment</title></head><body>Please wait</body></html>"

_AMOUNT: Final = re.compile(r'("[A-Za-z_$]+"):(-?\d+\.\d+)')
_DUE: Final = re.compile(r'"(?:DueDate|DueDateString|due_date)":"[^"]*",?')
_DUE_STAMP: Final = re.compile(r'("DueDate":)"[^"]*"')
_DUE_TEXT: Final = re.compile(r'"DueDateString":"[^"]*",?')
_DUE_DAY: Final = re.compile(r'("due_date":)"[^"]*"')
# What says which page of a list is asked for; QuickBooks' whole question is one text.
_PLACE: Final = frozenset({"page", "query", "updated_or_created_since"})
_MEBIBYTE: Final = b"\0" * 2**20


def _no_due_date(text: str) -> str:
    return _DUE.sub("", text).replace(",}", "}")


def _epoch_zero(text: str) -> str:
    if "/Date(" in text:
        return _DUE_TEXT.sub("", _DUE_STAMP.sub(r'\1"/Date(0+0000)/"', text)).replace(",}", "}")
    return _DUE_DAY.sub(r'\1"1970-01-01"', _DUE_STAMP.sub(r'\1"1970-01-01"', text))


# Each takes the text of an answer and gives it spoiled.
TEXT_FAULTS: Final[dict[str, Callable[[str], str]]] = {
    "nan": lambda text: _AMOUNT.sub(r"\1:NaN", text, count=1),
    "duplicate_key": lambda text: _AMOUNT.sub(r"\1:\2,\1:0.01", text, count=1),
    "string_amounts": lambda text: _AMOUNT.sub(r'\1:"\2"', text),
    "no_due_date": _no_due_date,
    "epoch_zero_date": _epoch_zero,
}

# Faults that put something else in the place of an answer.
WHOLE_FAULTS: Final = ("html", "deep", "truncate", "drip", "big", "gzip_bomb")


def whole(name: str, answer: Response, stopping: Event) -> Response:
    """Put something else in the place of an answer."""
    if name == "html":
        return Response(HTML, status=200, content_type="text/html; charset=utf-8")
    if name == "deep":
        return Response("[" * 100_000 + "]" * 100_000, status=200, content_type="application/json")
    body = answer.get_data()
    if name == "truncate":
        spoiled = Response([body[: len(body) // 2]], status=answer.status_code, headers=answer.headers)
        spoiled.headers["Content-Length"] = str(len(body))
        spoiled.headers["Connection"] = "close"
        return spoiled
    headers = {"Connection": "close"}
    if name == "gzip_bomb":
        headers["Content-Encoding"] = "gzip"
        return Response(_bomb(), status=200, content_type="application/json", headers=headers)
    pieces = _drip(body, stopping) if name == "drip" else _endless(stopping)
    return Response(pieces, status=200, content_type="application/json", headers=headers)


def _drip(body: bytes, stopping: Event) -> Iterator[bytes]:
    """Give a byte a moment, spaces first: it ends when the client leaves or the sandbox stops."""
    yield body[:1]
    while not stopping.wait(0.02):
        yield b" "


def _endless(stopping: Event) -> Iterator[bytes]:
    yield b'{"pad":"'
    while not stopping.is_set():
        yield b"x" * 65536


def _bomb() -> Iterator[bytes]:
    """Give 1 GiB of zeros, packed a thousandfold."""
    packer = zlib.compressobj(wbits=31)
    for _ in range(1024):
        piece = packer.compress(_MEBIBYTE)
        if piece:
            yield piece
    yield packer.flush()


class Rows:
    """Faults that change which rows a list answers."""

    def __init__(self, dialect: Dialect) -> None:
        self._dialect = dialect
        self._last: dict[str, Any] = {}

    def spoil(
        self, answer: Response, path: str, asked: Iterable[tuple[str, str]] = (), *, empty: bool, duplicate: bool
    ) -> tuple[Response, bool]:
        """Give the answer, spoiled as asked, and whether it is a page of a list at all.

        `asked` is the query: a row comes twice in one list, not in another that is filtered otherwise.
        """
        if answer.status_code != 200 or not (answer.content_type or "").startswith("application/json"):  # noqa: PLR2004 (HTTP's own word for fine)
            return answer, False
        payload = loads(answer.get_data())
        rows = self._dialect.rows_of(payload)
        if rows is None:
            return answer, False
        if empty:
            answer.set_data(dumps(self._dialect.emptied(payload)))
            return answer, True
        filters = sorted((name, value) for name, value in asked if name not in _PLACE)
        this = f"{path} {filters} {_kind(payload, rows)}"
        before = self._last.get(this)
        if rows:
            self._last[this] = rows[-1]
        if duplicate and before is not None:
            rows.insert(0, before)
            answer.set_data(dumps(payload))
        return answer, True


def _kind(payload: Any, rows: list[Any]) -> str:
    """Give the name under which rows stand: one address may list entities of any kind."""
    if not isinstance(payload, dict):
        return ""
    own = next((name for name, value in payload.items() if value is rows), "")
    return own or next((found for value in payload.values() if (found := _kind(value, rows))), "")
