"""What a template may say: print a message's values, choose, go through its lists, build on another text; nothing else."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

from jinja2 import TemplateSyntaxError, nodes

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_LOOP_DEPTH: Final = 2
# A text may repeat what it builds on once for each branch of a choice; more would double at every level of texts.
_SUPERS: Final = 2
_LONGEST_SEPARATOR: Final = 20

FILTERS: Final = frozenset({"capitalize", "first", "join", "last", "length", "lower", "trim", "upper"})
TESTS: Final = frozenset({"defined", "even", "odd"})
_ALLOWED: Final = (
    nodes.Template, nodes.Output, nodes.TemplateData, nodes.Name, nodes.Const, nodes.Getattr, nodes.Getitem,
    nodes.If, nodes.For, nodes.CondExpr, nodes.And, nodes.Or, nodes.Not, nodes.Compare, nodes.Operand,
    nodes.Filter, nodes.Test, nodes.Block, nodes.Extends, nodes.Include, nodes.Call,
)  # fmt: skip

# What an HTML layout may not hold: code, anything fetched from elsewhere, and values outside quotation marks.
_HTML_REFUSED: Final = (
    (
        re.compile(
            r"<\s*/?(?:script|iframe|frame|object|embed|applet|form|input|button|link|base|svg|math|video|audio|source|picture)\b",
            re.IGNORECASE,
        ),
        "this element is not for mails",
    ),
    (re.compile(r"<\s*meta\b[^>]*http-equiv", re.IGNORECASE), "a mail goes nowhere by itself"),
    (re.compile(r"\bon[a-z]+\s*=", re.IGNORECASE), "event handlers are not for mails"),
    (re.compile(r"(?:java|vb)script\s*:|data\s*:\s*text", re.IGNORECASE), "only https links are allowed"),
    (
        re.compile(r"\b(?:src|srcset|background|poster)\s*=\s*[\"']?+(?!cid:)", re.IGNORECASE),
        "only embedded images (cid:) are allowed",
    ),
    (re.compile(r"url\s*\(|@import|image-set|expression\s*\(|\\[0-9a-f]", re.IGNORECASE), "nothing may be fetched from elsewhere"),
    (re.compile(r"=\s*\{[{%]"), "put the value between quotation marks"),
    (re.compile(r"href\s*=\s*(?![\"'\s])", re.IGNORECASE), "put the value between quotation marks"),
    (re.compile(r"href\s*=\s*[\"'](?!https://|mailto:|\{\{)", re.IGNORECASE), "only https links are allowed"),
    (re.compile(r"href\s*=\s*[\"'][^\"']*&#", re.IGNORECASE), "write a link without character codes"),
)  # fmt: skip
# A link that stands in a value is one only where the value is a link: any other may hold what a stranger wrote.
_LINKED: Final = re.compile(r"href\s*=\s*[\"']\s*\{\{(?P<value>[^}]*)\}\}", re.IGNORECASE)
_LINK_VALUES: Final = frozenset({"payment.link", "line.link"})


class TemplateRefusedError(TemplateSyntaxError):
    """The template does what templates may not do; the message says what and where."""


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a node stands: in how many loops, and in which block."""

    loops: int = 0
    block: str = ""


def refuse(tree: nodes.Template, name: str, filename: str) -> None:
    """Raise TemplateRefusedError at the first thing outside the allowed language: names, if, for, blocks and a few filters.

    What could grow without end is outside it too: texts, blocks and includes inside a loop, a separator that is no
    constant, a text that repeats what it builds on more than twice.
    """
    supers: dict[str, int] = {}
    for node, place in _walk(tree, _Place()):
        reason = _reason(node, place)
        if isinstance(node, nodes.Call):
            supers[place.block] = supers.get(place.block, 0) + 1
            if supers[place.block] > _SUPERS:
                reason = reason or f"super() may stand {_SUPERS} times in a block"
        if reason:
            raise TemplateRefusedError(reason, node.lineno or 1, name, filename)


def refuse_html(source: str, name: str, filename: str) -> None:
    """Raise TemplateRefusedError at the first line of HTML that could act, fetch, or be led out of its place."""
    # A tag may stand on several lines: the source is looked through as a whole, and told from its top.
    found = [(match.start(), reason) for pattern, reason in _HTML_REFUSED for match in pattern.finditer(source)]
    found += [
        (match.start(), f"only {' and '.join(sorted(_LINK_VALUES))} are links")
        for match in _LINKED.finditer(source)
        if match["value"].strip() not in _LINK_VALUES
    ]
    if found:
        at, reason = min(found)
        raise TemplateRefusedError(reason, source.count("\n", 0, at) + 1, name, filename)


def _walk(node: nodes.Node, place: _Place) -> Iterator[tuple[nodes.Node, _Place]]:
    inner = place
    if isinstance(node, nodes.For):
        inner = replace(place, loops=place.loops + 1)
    elif isinstance(node, nodes.Block):
        inner = replace(place, block=node.name)
    yield node, place
    for child in node.iter_child_nodes():
        yield from _walk(child, inner)


def _reason(node: nodes.Node, place: _Place) -> str:
    """Say why a node is refused, "" when it is not."""
    if not isinstance(node, _ALLOWED):
        return f"{type(node).__name__.lower()} is not allowed in a template"
    if isinstance(node, nodes.For):
        return _loop_reason(node, place.loops + 1)
    if isinstance(node, nodes.Filter):
        return _filter_reason(node)
    if isinstance(node, nodes.Test):
        return "" if node.name in TESTS else f"the test {node.name} is not allowed in a template"
    if place.loops and isinstance(node, nodes.Block | nodes.Include):
        return f"{'a block' if isinstance(node, nodes.Block) else 'another text'} may not stand in a loop"
    return next((reason for kind, is_refused, reason in _REFUSED if isinstance(node, kind) and is_refused(node)), "")


def _loop_reason(node: nodes.For, depth: int) -> str:
    if depth > _LOOP_DEPTH:
        return f"loops may be nested {_LOOP_DEPTH} deep"
    if node.recursive or not isinstance(node.iter, nodes.Name | nodes.Getattr):
        return "a loop may only go through a list of the message"
    return ""


def _filter_reason(node: nodes.Filter) -> str:
    if node.name not in FILTERS:
        return f"the filter {node.name} is not allowed in a template"
    if node.name == "join" and not (
        _is_plain_list(node.node) and all(map(_is_separator, node.args)) and not node.kwargs
    ):
        return f"join takes a list of the message and a separator of at most {_LONGEST_SEPARATOR} characters"
    return ""


def _is_plain_list(node: nodes.Node | None) -> bool:
    return isinstance(node, nodes.Name | nodes.Getattr)


def _is_separator(node: nodes.Node) -> bool:
    return isinstance(node, nodes.Const) and isinstance(node.value, str) and len(node.value) <= _LONGEST_SEPARATOR


def _is_super(node: nodes.Call) -> bool:
    given = [*node.args, *node.kwargs, node.dyn_args, node.dyn_kwargs]
    return isinstance(node.node, nodes.Name) and node.node.name == "super" and not any(given)


def _is_named(node: nodes.Node) -> bool:
    return isinstance(getattr(node, "template", None), nodes.Const)


# What of an allowed kind is refused all the same.
_REFUSED: Final[tuple[tuple[type[nodes.Node], Callable[[Any], bool], str], ...]] = (
    (nodes.Call, lambda node: not _is_super(node), "calls are not allowed in a template"),
    (nodes.Getattr, lambda node: node.attr.startswith("_"), "names that start with _ are not part of a message"),
    (nodes.Getitem, lambda node: not isinstance(node.arg, nodes.Const), "an index must be a number"),
    (nodes.Extends, lambda node: not _is_named(node), "the other template must be named outright"),
    (nodes.Include, lambda node: not _is_named(node), "the other template must be named outright"),
)
