"""Templates that can do nothing but print: a sandbox, a small allowed language, and overrides by folder."""

from __future__ import annotations

import re
import traceback
from importlib.resources import files
from typing import TYPE_CHECKING, Any, Final

from jinja2 import BaseLoader, StrictUndefined, TemplateError, TemplateNotFound, TemplateSyntaxError, nodes
from jinja2.ext import Extension
from jinja2.lexer import Token
from jinja2.sandbox import ImmutableSandboxedEnvironment

from engine.errors import RenderError
from engine.wording import typeset

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from importlib.resources.abc import Traversable
    from pathlib import Path

    from jinja2 import Environment, Template
    from jinja2.lexer import TokenStream

# No message is anywhere near these; what is has run away.
_SOURCE_LIMIT: Final = 64_000
_OUTPUT_LIMIT: Final = 2_000_000
_LOOP_DEPTH: Final = 2

# What a template can stumble over; anything else is a mistake of ours and shows as such.
_FAILURES: Final = (TemplateError, ArithmeticError, LookupError, RecursionError, TypeError, ValueError)

# The languages that the package has texts in.
WRITTEN: Final = frozenset({"de", "en", "es", "fr", "it", "nl"})

# A template that starts with this prefix is the package's own, so that an override can extend what it replaces.
PACKAGE_PREFIX: Final = "relance/"

_NAME: Final = re.compile(r"[A-Za-z0-9_-]+(?:[./][A-Za-z0-9_-]+)*")
_FILTERS: Final = frozenset({"capitalize", "first", "join", "last", "length", "lower", "trim", "upper"})
_TESTS: Final = frozenset({"defined", "even", "odd"})
_ALLOWED: Final = (
    nodes.Template, nodes.Output, nodes.TemplateData, nodes.Name, nodes.Const, nodes.Getattr, nodes.Getitem,
    nodes.If, nodes.For, nodes.CondExpr, nodes.And, nodes.Or, nodes.Not, nodes.Compare, nodes.Operand,
    nodes.Filter, nodes.Test, nodes.Block, nodes.Extends, nodes.Include, nodes.Call,
)  # fmt: skip

# What an HTML layout may not hold: code, anything fetched from elsewhere, and values outside quotation marks.
_HTML_REFUSED: Final = (
    (
        re.compile(r"<\s*(?:script|iframe|object|embed|form|link|base)\b", re.IGNORECASE),
        "this element is not for mails",
    ),
    (re.compile(r"\bon[a-z]+\s*=", re.IGNORECASE), "event handlers are not for mails"),
    (re.compile(r"javascript\s*:", re.IGNORECASE), "only https links are allowed"),
    (re.compile(r"\bsrc\s*=\s*[\"']?+(?!cid:)", re.IGNORECASE), "only embedded images (cid:) are allowed"),
    (re.compile(r"url\(|@import", re.IGNORECASE), "nothing may be fetched from elsewhere"),
    (re.compile(r"=\s*\{\{"), "put the value between quotation marks"),
    (re.compile(r"href\s*=\s*[\"'](?!https://|mailto:|\{\{)", re.IGNORECASE), "only https links are allowed"),
)


class TemplateRefusedError(TemplateSyntaxError):
    """The template does what templates may not do; the message says what and where."""


class TemplateFailedError(RenderError):
    """A template could not be rendered with what a message holds; the text says which line to mend."""

    def __init__(self, message: str, *, filename: str, line: int | None) -> None:
        super().__init__(message)
        self.filename = filename
        self.line = line


class _Typography(Extension):
    """Set the texts of the languages that we write as printers do; what the data says is left as it is."""

    def filter_stream(self, stream: TokenStream) -> Iterator[Token]:
        language = (stream.name or "").removeprefix(PACKAGE_PREFIX).partition("/")[0]
        for token in stream:
            if token.type == "data" and language in WRITTEN:
                yield Token(token.lineno, token.type, typeset(token.value, language))
            else:
                yield token


class FolderLoader(BaseLoader):
    """Finds a template in the first folder that has it, the package's own last, and refuses what it may not do."""

    def __init__(self, overrides: Sequence[Path], kind: str = "mail") -> None:
        self._package = files("templates") / kind
        self._folders: list[Traversable] = [*(folder / kind for folder in overrides), self._package]

    def get_source(self, environment: Environment, template: str) -> tuple[str, str, Callable[[], bool]]:
        """Read and check a template; its name never leaves the folders."""
        packaged = template.startswith(PACKAGE_PREFIX)
        name = template.removeprefix(PACKAGE_PREFIX)
        if not _NAME.fullmatch(name):
            raise TemplateNotFound(template)
        for folder in [self._package] if packaged else self._folders:
            found = folder.joinpath(*name.split("/"))
            if found.is_file():
                return _checked(found, template, environment), str(found), lambda: True
        raise TemplateNotFound(template)

    def has(self, name: str) -> bool:
        """Tell whether a template exists in one of the folders."""
        return bool(_NAME.fullmatch(name)) and any(
            folder.joinpath(*name.split("/")).is_file() for folder in self._folders
        )

    def places(self) -> list[Traversable]:
        """List the folders, overrides first."""
        return self._folders


def _checked(found: Traversable, name: str, environment: Environment) -> str:
    raw = found.read_bytes()
    if len(raw) > _SOURCE_LIMIT:
        raise TemplateRefusedError(f"larger than {_SOURCE_LIMIT} bytes", 1, name, str(found))
    try:
        source = raw.decode("utf-8")
    except UnicodeDecodeError as error:
        raise TemplateRefusedError("not UTF-8", 1, name, str(found)) from error
    refuse(environment.parse(source, name, str(found)), name, str(found))
    if name.endswith(".html.j2"):
        _refuse_html(source, name, str(found))
    return source


def refuse(tree: nodes.Template, name: str, filename: str) -> None:
    """Raise TemplateRefusedError at the first thing outside the allowed language: names, if, for, blocks and a few filters."""
    for node, depth in _walk(tree, 0):
        reason = _reason(node, depth)
        if reason:
            raise TemplateRefusedError(reason, node.lineno or 1, name, filename)


def _walk(node: nodes.Node, depth: int) -> Iterator[tuple[nodes.Node, int]]:
    inner = depth + 1 if isinstance(node, nodes.For) else depth
    yield node, inner
    for child in node.iter_child_nodes():
        yield from _walk(child, inner)


def _reason(node: nodes.Node, depth: int) -> str:
    """Say why a node is refused, "" when it is not."""
    if not isinstance(node, _ALLOWED):
        return f"{type(node).__name__.lower()} is not allowed in a template"
    if isinstance(node, nodes.For):
        return _loop_reason(node, depth)
    if isinstance(node, nodes.Filter):
        return "" if node.name in _FILTERS else f"the filter {node.name} is not allowed in a template"
    if isinstance(node, nodes.Test):
        return "" if node.name in _TESTS else f"the test {node.name} is not allowed in a template"
    return next((reason for kind, is_refused, reason in _REFUSED if isinstance(node, kind) and is_refused(node)), "")


def _loop_reason(node: nodes.For, depth: int) -> str:
    if depth > _LOOP_DEPTH:
        return f"loops may be nested {_LOOP_DEPTH} deep"
    if node.recursive or not isinstance(node.iter, nodes.Name | nodes.Getattr):
        return "a loop may only go through a list of the message"
    return ""


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


def _refuse_html(source: str, name: str, filename: str) -> None:
    for number, line in enumerate(source.splitlines(), start=1):
        for pattern, reason in _HTML_REFUSED:
            if pattern.search(line):
                raise TemplateRefusedError(reason, number, name, filename)


class Templates:
    """The texts of one company: the package's with the overrides laid over them; `kind` is their folder."""

    def __init__(self, overrides: Sequence[Path] = (), kind: str = "mail") -> None:
        self.loader = FolderLoader(overrides, kind)
        self._environment = ImmutableSandboxedEnvironment(
            loader=self.loader,
            extensions=[_Typography],
            autoescape=lambda name: bool(name) and str(name).endswith(".html.j2"),
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            auto_reload=False,
        )
        self._environment.globals.clear()
        self._environment.filters = {k: v for k, v in self._environment.filters.items() if k in _FILTERS}
        self._environment.tests = {k: v for k, v in self._environment.tests.items() if k in _TESTS}

    def parts(self, name: str, data: Mapping[str, object]) -> dict[str, str]:
        """Render every block of a message, its parents' included."""
        template = self._template(name)
        context = template.new_context(dict(data))
        try:
            # Running the root collects the blocks of the whole family; what it prints is not needed.
            _bounded(template.root_render_func(context), name)
            return {block: _bounded(stack[0](context), name) for block, stack in context.blocks.items()}
        except _FAILURES as error:
            raise _failed(name, error) from error

    def page(self, name: str, data: Mapping[str, object]) -> str:
        """Render a layout."""
        template = self._template(name)
        try:
            return _bounded(template.root_render_func(template.new_context(dict(data))), name)
        except _FAILURES as error:
            raise _failed(name, error) from error

    def load(self, name: str) -> None:
        """Compile a template; raise jinja2's TemplateSyntaxError with its line where it cannot be."""
        self._environment.get_template(name)

    def _template(self, name: str) -> Template:
        try:
            return self._environment.get_template(name)
        except TemplateNotFound as error:
            raise RenderError(f"there is no template {error.name}") from error
        except TemplateSyntaxError as error:
            raise RenderError(f"template {error.name}, line {error.lineno}: {error.message}") from error


def _failed(name: str, error: Exception) -> TemplateFailedError:
    """Find the innermost line of a template that an error came through."""
    filename, line = name, None
    for frame, number in traceback.walk_tb(error.__traceback__):
        template = frame.f_globals.get("__jinja_template__")
        if template is not None:
            filename, line = template.filename or name, template.get_corresponding_lineno(number)
    place = f"template {name}" if line is None else f"template {filename}, line {line}"
    return TemplateFailedError(f"{place}: {error}", filename=filename, line=line)


def _bounded(chunks: Iterable[str], name: str) -> str:
    written: list[str] = []
    size = 0
    for chunk in chunks:
        size += len(chunk)
        if size > _OUTPUT_LIMIT:
            raise RenderError(f"template {name}: the text grew beyond {_OUTPUT_LIMIT} characters")
        written.append(chunk)
    return "".join(written)
