"""Templates that can do nothing but print: a sandbox, a small allowed language, and overrides by folder."""

from __future__ import annotations

import re
import traceback
from importlib.resources import files
from typing import TYPE_CHECKING, Any, Final

from jinja2 import (
    BaseLoader,
    StrictUndefined,
    TemplateError,
    TemplateNotFound,
    TemplateRuntimeError,
    TemplateSyntaxError,
)
from jinja2.ext import Extension
from jinja2.lexer import Token
from jinja2.sandbox import ImmutableSandboxedEnvironment

from engine.errors import RenderError
from engine.wording import typeset
from relance.template_language import FILTERS, TESTS, TemplateRefusedError, refuse, refuse_html

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from importlib.resources.abc import Traversable
    from pathlib import Path

    from jinja2 import Environment, Template, nodes
    from jinja2.lexer import TokenStream

# No message is anywhere near these; what is has run away.
_SOURCE_LIMIT: Final = 64_000
_OUTPUT_LIMIT: Final = 2_000_000

# What a template can stumble over; anything else is a mistake of ours and shows as such.
_FAILURES: Final = (TemplateError, ArithmeticError, LookupError, RecursionError, TypeError, ValueError)

# The languages that the package has texts in.
WRITTEN: Final = frozenset({"de", "en", "es", "fr", "it", "nl"})

# A template that starts with this prefix is the package's own, so that an override can extend what it replaces.
PACKAGE_PREFIX: Final = "relance/"

_NAME: Final = re.compile(r"[A-Za-z0-9_-]+(?:[./][A-Za-z0-9_-]+)*")
# Texts that one rendering may draw on, each time it does: what builds on more has run away.
_TEXTS_LIMIT: Final = 16

__all__ = ["TemplateRefusedError"]


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
                return _checked(found, template, environment, own=folder is not self._package), str(found), lambda: True
        raise TemplateNotFound(template)

    def has(self, name: str) -> bool:
        """Tell whether a template exists in one of the folders."""
        return bool(_NAME.fullmatch(name)) and any(
            folder.joinpath(*name.split("/")).is_file() for folder in self._folders
        )

    def places(self) -> list[Traversable]:
        """List the folders, overrides first."""
        return self._folders


def _checked(found: Traversable, name: str, environment: Environment, *, own: bool) -> str:
    """Read a template; raise TemplateRefusedError where it is not what a template may be."""
    raw = found.read_bytes()
    if len(raw) > _SOURCE_LIMIT:
        raise TemplateRefusedError(f"larger than {_SOURCE_LIMIT} bytes", 1, name, str(found))
    try:
        source = raw.decode("utf-8")
    except UnicodeDecodeError as error:
        raise TemplateRefusedError("not UTF-8", 1, name, str(found)) from error
    try:
        refuse(environment.parse(source, name, str(found)), name, str(found))
        if own:
            # What can be read may still be too deep for Python, which compiles it.
            environment.compile(source, name, str(found))
    except TemplateSyntaxError:
        raise
    except (ArithmeticError, MemoryError, RecursionError, SyntaxError, ValueError) as error:
        raise TemplateRefusedError("too long or too deep to be read", 1, name, str(found)) from error
    if name.endswith(".html.j2"):
        refuse_html(source, name, str(found))
    return source


class _Sandbox(ImmutableSandboxedEnvironment):
    """Counts the texts that one rendering draws on: they can include one another, and themselves."""

    drawn = 0

    def get_template(self, name: str | Template, *args: Any, **kwargs: Any) -> Template:
        """Give a template; raise TemplateRuntimeError when one rendering has drawn on too many."""
        self.drawn += 1
        if self.drawn > _TEXTS_LIMIT:
            raise TemplateRuntimeError(f"draws on more than {_TEXTS_LIMIT} other texts; does one include itself?")
        return super().get_template(name, *args, **kwargs)


class Templates:
    """The texts of one company: the package's with the overrides laid over them; `kind` is their folder."""

    def __init__(self, overrides: Sequence[Path] = (), kind: str = "mail") -> None:
        self.loader = FolderLoader(overrides, kind)
        self._environment = _Sandbox(
            loader=self.loader,
            extensions=[_Typography],
            autoescape=lambda name: bool(name) and str(name).endswith(".html.j2"),
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            auto_reload=False,
        )
        self._environment.globals.clear()
        self._environment.filters = {k: v for k, v in self._environment.filters.items() if k in FILTERS}
        self._environment.tests = {k: v for k, v in self._environment.tests.items() if k in TESTS}

    def parts(self, name: str, data: Mapping[str, object]) -> dict[str, str]:
        """Render every block of a message, its parents' included."""
        template = self._template(name)
        self._environment.drawn = 0
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
        self._environment.drawn = 0
        try:
            return _bounded(template.root_render_func(template.new_context(dict(data))), name)
        except _FAILURES as error:
            raise _failed(name, error) from error

    def parse(self, source: str, name: str) -> nodes.Template:
        """Read a template's grammar; raise jinja2's TemplateSyntaxError where it has none."""
        return self._environment.parse(source, name)

    def load(self, name: str) -> None:
        """Compile a template; raise jinja2's TemplateSyntaxError with its line where it cannot be."""
        self._environment.drawn = 0
        self._environment.get_template(name)

    def _template(self, name: str) -> Template:
        self._environment.drawn = 0
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
