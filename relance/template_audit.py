"""A page as a mail program gets it, looked through for what acts, fetches, tells on its reader, or leads elsewhere."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from collections.abc import Iterator

_FORBIDDEN: Final = frozenset(
    {
        "applet", "audio", "base", "button", "embed", "form", "frame", "iframe", "input", "link", "math", "object",
        "picture", "script", "source", "svg", "video",
    }
)  # fmt: skip
_FETCHING: Final = frozenset({"src", "srcset", "background", "poster", "data", "action", "formaction", "ping"})
_FETCHED_STYLE: Final = re.compile(r"url\s*\(|@import|image-set|expression\s*\(|-moz-binding|\\[0-9a-f]", re.IGNORECASE)
_URL: Final = re.compile(r"\b(?P<scheme>https?|ftp|file)://(?P<rest>[^\s\"'<>{}]*)", re.IGNORECASE)


def audit_page(page: str) -> list[str]:
    """List what a finished page may not hold, each once."""
    reader = _Reader()
    reader.feed(page)
    reader.close()
    return list(dict.fromkeys(reader.found))


def foreign_links(source: str, hosts: frozenset[str] | None) -> Iterator[tuple[int, str]]:
    """Find addresses written out in a text that are not https, or lead to a host that is not the company's (line, why)."""
    for found in _URL.finditer(source):
        line = source.count("\n", 0, found.start()) + 1
        if found["scheme"].lower() != "https":
            yield line, f"{found[0]}: only https links are allowed"
            continue
        link = found[0].rstrip(".,;:!?)»")
        host = urlsplit(link).hostname or ""
        if hosts is not None and host not in hosts and not any(host.endswith(f".{one}") for one in hosts):
            yield line, f"{link}: leads to {host or 'no host'}, which is not the company's; add it to link_hosts"


class _Reader(HTMLParser):
    """Reads a page the way a mail program does, and notes what it may not hold."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.found: list[str] = []
        self._in_style = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._in_style = tag == "style"
        if tag in _FORBIDDEN:
            self.found.append(f"the page has a {tag} element, which is not for mails")
        given = {name: (value or "").strip() for name, value in attrs}
        if tag == "meta" and "http-equiv" in given:
            self.found.append("the page goes elsewhere by itself (meta http-equiv)")
        for name, value in given.items():
            if reason := _attribute_reason(tag, name, value):
                self.found.append(reason)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        self._in_style = False

    def handle_endtag(self, tag: str) -> None:
        if tag == "style":
            self._in_style = False

    def handle_data(self, data: str) -> None:
        if self._in_style and _FETCHED_STYLE.search(data):
            self.found.append("the style sheet fetches something from elsewhere")


def _attribute_reason(tag: str, name: str, value: str) -> str:
    """Say why an attribute is refused, "" when it is not."""
    if name.startswith("on"):
        return f"the page has an event handler ({name})"
    if name == "href" and not value.lower().startswith(("https://", "mailto:")):
        return f"the page links to {value[:40]!r}; only https links are allowed"
    if name in _FETCHING and not (tag == "img" and name == "src" and value.startswith("cid:")):
        return f"the page fetches {value[:40]!r} from elsewhere: only embedded images (cid:) are allowed, and nothing tells who opened the mail"
    if name == "style" and _FETCHED_STYLE.search(value):
        return "a style fetches something from elsewhere"
    return ""
