"""The answer in XML, which Xero gives to whoever does not ask for JSON."""

from __future__ import annotations

from typing import Any
from xml.sax.saxutils import escape


def xml_of(payload: dict[str, Any]) -> str:
    """Write an answer as elements: a list holds elements named in the singular."""
    return f"<Response>{_inner(payload)}</Response>"


def _inner(value: object, name: str = "Item") -> str:
    if isinstance(value, dict):
        return "".join(f"<{key}>{_inner(inner, key.removesuffix('s'))}</{key}>" for key, inner in value.items())
    if isinstance(value, list):
        return "".join(f"<{name}>{_inner(inner)}</{name}>" for inner in value)
    if isinstance(value, bool):
        return str(value).lower()
    return "" if value is None else escape(str(value))
