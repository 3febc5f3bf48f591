"""What a provider answered, whole and decompressed."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from requests.structures import CaseInsensitiveDict

from connectors import jsontext
from engine.errors import BooksUnreadableError

if TYPE_CHECKING:
    from collections.abc import Mapping

_BEGINNING: Final = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """One answer; header names in any case. `body` and `headers` may hold personal data and are kept out of repr."""

    status: int
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    body: bytes = field(default=b"", repr=False)
    url: str = field(default="", repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "headers", CaseInsensitiveDict(self.headers))

    @property
    def succeeded(self) -> bool:
        """Whether the status says that what was asked was done."""
        return 200 <= self.status < 300  # noqa: PLR2004 (RFC 9110 §15.3)

    def header(self, name: str) -> str:
        """Give a header's value, "" where there is none."""
        return self.headers.get(name, "").strip()

    def json(self) -> Any:
        """Read the body: int for whole numbers, Decimal for all others; BooksUnreadableError says what came instead."""
        try:
            return jsontext.parse(self.body)
        except jsontext.JsonTextError as error:
            raise BooksUnreadableError(f"the answer is no usable JSON: {self.what_came()} ({error})") from None

    def what_came(self) -> str:
        """Say in words what the body is, without quoting it."""
        start = self.body[:_BEGINNING].lstrip().lower()
        size = f"{len(self.body)} bytes"
        if not start:
            return "an empty body"
        if start.startswith((b"<!doctype html", b"<html")):
            return f"an HTML page of {size}, as a proxy or a maintenance page gives"
        if start.startswith(b"<"):
            return f"XML of {size}"
        if start.startswith(b"%pdf"):
            return f"a PDF of {size}"
        if start.startswith((b"{", b"[")):
            return f"JSON of {size} that is " + ("doubtful" if jsontext.is_json(self.body) else "broken or cut short")
        return f"{size} of {self.header('Content-Type').partition(';')[0] or 'no stated type'}"
