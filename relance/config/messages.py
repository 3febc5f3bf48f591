"""From what the models refuse to sentences with a place: file, key, line, and what to do."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from relance.config.problems import Problem
from relance.config.values import closest

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pydantic import ValidationError
    from pydantic_core import ErrorDetails

    from relance.config.document import Node

_EXPECTED = {
    "bool_type": "must be true or false",
    "dict_type": "must hold keys of its own (key: value)",
    "int_from_float": "must be a whole number",
    "int_parsing": "must be a whole number",
    "int_type": "must be a whole number",
    "is_instance_of": "is not of the kind expected here",
    "list_type": "must be a list: [a, b], or one line each with a dash",
    "missing": "is missing",
    "model_attributes_type": "must hold keys of its own (key: value)",
    "model_type": "must hold keys of its own (key: value)",
    "string_type": "must be text; put it in quotes",
    "too_long": "has too many entries",
    "too_short": "has too few entries",
    "tuple_type": "must be a list: [a, b], or one line each with a dash",
}
_LIMITS = {
    "greater_than_equal": ("ge", "must be {} or more"),
    "less_than_equal": ("le", "must be {} or less"),
}
_PATTERNS = {
    "^[A-Z]{2}$": "must be a country's two capital letters, such as FR",
    "^[A-Z]{3}$": "must be a currency's three capital letters, such as EUR",
    "^#[0-9A-Fa-f]{6}$": 'must be a colour such as "#1f5fa8"',
    "^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$": "must be a short name: letters, digits, - and _, at most 64",
}


def problems_of(
    error: ValidationError, *, file: str, root: Node, raw: object, prefix: str, known: Mapping[int, Sequence[str]]
) -> list[Problem]:
    """Turn everything that a model refused into problems; `raw` is the plain value of `root`, `prefix` its name."""
    found = []
    for details in error.errors(include_url=False, include_input=False):
        loc = _aimed(details)
        key, line, parent = _locate(loc, root, raw)
        message = _sentence(details, parent, known)
        place = f"{prefix}.{key}" if prefix and key and not key.startswith("[") else prefix + key
        found.append(Problem(file=file, key=place, line=line, message=message))
    return found


def _aimed(details: ErrorDetails) -> tuple[str | int, ...]:
    """Follow a validator that points at another key than its own."""
    at = details.get("ctx", {}).get("at")
    if details["type"] == "union_tag_not_found" or details["type"] == "union_tag_invalid":
        at = "provider"
        return (*details["loc"], at)
    return (*details["loc"][:-1], *at) if at else details["loc"]


def _locate(loc: Sequence[str | int], root: Node, raw: object) -> tuple[str, int, Any]:
    """Give the name, the line and the containing raw value of a place.

    Some parts of a pydantic location are no keys (the name of a union's member): they are passed over. A key that is
    missing has the line of what it is missing from.
    """
    key, line, node, value, parent = "", root.line, root, raw, raw
    for index, part in enumerate(loc):
        step = node.child(part)
        if step is None:
            if index == len(loc) - 1 and part != "[key]" and node.entries is not None:
                return _joined(key, str(part)), line, value
            continue
        line, node = step
        parent = value
        value = value[int(part)] if isinstance(value, list) else value[str(part)] if isinstance(value, dict) else None
        key = _joined(key, _item_name(value, part)) if isinstance(parent, list) else _joined(key, str(part))
    return key, line, parent


def _item_name(value: object, position: str | int) -> str:
    """Name an entry of a list by its id where it has one, else by its place (1 is the first)."""
    named = value.get("id") if isinstance(value, dict) else None
    return f"[{named}]" if isinstance(named, (str, int)) and str(named) else f"[#{int(position) + 1}]"


def _joined(key: str, part: str) -> str:
    return f"{key}.{part}" if key and not part.startswith("[") else key + part


def _no_such_provider(books: object) -> str:
    from connectors.registry import providers  # noqa: PLC0415 (what is installed is looked through only once something is wrong)

    known = providers()
    word = books.get("provider") if isinstance(books, dict) else None
    near = closest(word, known) if isinstance(word, str) else ""
    return f"must be one of {', '.join(known)}{near}"


def _sentence(details: ErrorDetails, parent: object, known: Mapping[int, Sequence[str]]) -> str:
    kind, ctx = details["type"], details.get("ctx", {})
    if kind == "relance":
        return str(ctx["text"])
    if kind == "value_error":
        return str(ctx["error"])
    if kind == "extra_forbidden":
        keys = known.get(id(parent), ())
        word = str(details["loc"][-1])
        return f"is not a key that Relance knows{closest(word, keys) or '; the keys here are ' + ', '.join(keys)}"
    if kind in {"enum", "literal_error"}:
        return f"must be {str(ctx['expected']).replace(chr(39), '')}"
    if kind in {"union_tag_invalid", "union_tag_not_found"}:
        return _no_such_provider(parent)
    if kind in _LIMITS:
        name, sentence = _LIMITS[kind]
        return sentence.format(ctx[name])
    if kind == "string_pattern_mismatch":
        return _PATTERNS.get(str(ctx.get("pattern")), "is not written as it must be")
    return _EXPECTED.get(kind, details["msg"])
