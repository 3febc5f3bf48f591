"""Which providers there are: ours, and those that other distributions bring by the entry-point group `relance.connectors`."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import cache
from importlib.metadata import entry_points
from typing import TYPE_CHECKING, Any, Final, Protocol

from engine.errors import BooksError, BooksUnreadableError, ConsentNeededError
from engine.ports import Books

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from importlib.metadata import EntryPoint
    from pathlib import Path

    from connectors.http import Manners, TokenSource, Transport
    from engine.ports import Clock

GROUP: Final = "relance.connectors"
BUILT_IN: Final = ("fec", "csv", "xero", "quickbooks", "sage")
# It is a word of the configuration and the name of a folder.
_NAME: Final = re.compile(r"[a-z][a-z0-9_-]{0,31}")
_BOOKS: Final = tuple(name for name in vars(Books) if not name.startswith("_"))


class NoSuchProviderError(BooksError):
    """No installed distribution brings a connector of this name."""


class ProviderClashError(BooksError):
    """Several distributions bring a connector of the same name: which one is meant cannot be told."""


class BrokenConnectorError(BooksUnreadableError):
    """A connector of another distribution cannot be loaded or does not open: this stops the companies that use it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StaticToken:
    """The TokenSource of a provider whose token is written in the configuration and never renewed."""

    token: str = field(repr=False)
    provider: str = "the provider"

    def access_token(self) -> str:
        """Give the token."""
        return self.token

    def renew(self, refused: str) -> str:
        """Tell that there is no other one; raises ConsentNeededError."""
        del refused
        raise ConsentNeededError(
            f"{self.provider} does not take the token of the configuration: put a valid one where books.options finds it"
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class PluginSettings:
    """What a connector of another distribution is opened with, for one company and one pass.

    `options` are the values under `books.options`, with every `{env: …}`, `{file: …}` and `{keyring: …}` replaced by the
    secret itself. `base` is the folder from which relative paths of the configuration start. `folder` belongs to this
    company's connector alone: it exists, and outlives the pass.
    """

    company_id: str
    provider: str
    options: Mapping[str, Any] = field(repr=False)
    base: Path
    folder: Path
    clock: Clock
    connect: Callable[[Manners, TokenSource, str], Transport] = field(repr=False)

    def transport(self, manners: Manners, tokens: TokenSource | str, *, organisation: str = "") -> Transport:
        """Give the transport under every connector of ours, for a provider's own manners; it is closed after the pass.

        `tokens` is who keeps them, or a token that never changes. `organisation` says whose minute is counted ("" where
        the provider counts by app).
        """
        source = StaticToken(token=tokens, provider=self.provider) if isinstance(tokens, str) else tokens
        return self.connect(manners, source, organisation)


class Connector(Protocol):
    """What an entry point of the group names: an object, a module or a class that opens books."""

    def open(self, settings: PluginSettings) -> Books:
        """Open a company's books for one pass; raises one of the BooksError family.

        Nothing is read yet: what is wrong with the settings is said here (BooksRefusedError), what is wrong with the
        books when they are read.
        """
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Registered:
    """A provider that a distribution brings."""

    name: str
    distribution: str
    version: str
    point: EntryPoint = field(repr=False)

    def __str__(self) -> str:
        return f"{self.distribution} {self.version}"


@cache
def registered() -> tuple[Registered, ...]:
    """List what other distributions register, usable or not, by name; nothing of theirs is loaded."""
    found = [
        Registered(
            name=point.name,
            distribution=point.dist.name if point.dist is not None else "an unnamed distribution",
            version=point.dist.version if point.dist is not None else "",
            point=point,
        )
        for point in entry_points(group=GROUP)
    ]
    return tuple(sorted(found, key=lambda one: (one.name, one.distribution)))


def providers() -> tuple[str, ...]:
    """List the words that `provider` may be: ours first, then those of other distributions."""
    return (*BUILT_IN, *sorted({one.name for one in registered() if not unusable(one)}))


def unusable(one: Registered) -> str:
    """Say why a registration is not used, "" where it is."""
    if one.name in BUILT_IN:
        return f"{one} registers the provider {one.name}, which is built in and cannot be replaced: uninstall it"
    if not _NAME.fullmatch(one.name):
        return (
            f"{one} registers the provider {one.name!r}, which is no usable name: small letters, digits, - and _, "
            "at most 32, a letter first"
        )
    same = [str(each) for each in registered() if each.name == one.name]
    if len(same) > 1:
        return f"{' and '.join(same)} both register the provider {one.name}: uninstall all but one"
    return ""


def find(name: str) -> Registered:
    """Find who brings a provider; raises NoSuchProviderError, or ProviderClashError where it is not one alone."""
    found = [one for one in registered() if one.name == name]
    for one in found:
        if why := unusable(one):
            raise ProviderClashError(why)
    if not found:
        raise NoSuchProviderError(f"there is no provider {name}; there is {', '.join(providers())}")
    return found[0]


def open_books(one: Registered, settings: PluginSettings) -> Books:
    """Load a connector and open a company's books with it; whatever it does wrong is one of the BooksError family."""
    connector = _attempt(one, "cannot be loaded", one.point.load)
    if not callable(getattr(connector, "open", None)):
        raise BrokenConnectorError(f"{one.point.value} of {one} has no method open(settings): it is no connector")
    books: Books = _attempt(one, "does not open", lambda: connector.open(settings))
    lacks = _attempt(one, "does not open", lambda: [name for name in _BOOKS if not hasattr(books, name)])
    if lacks:
        raise BrokenConnectorError(
            f"the connector {one.name} of {one} gives {type(books).__name__}, which lacks {', '.join(lacks)} of Books"
        )
    if books.provider != one.name:
        raise BrokenConnectorError(f"the connector {one.name} of {one} says that its provider is {books.provider!r}")
    return books


def _attempt(one: Registered, what: str, do: Callable[[], Any]) -> Any:
    try:
        return do()
    except BooksError:
        raise
    except (Exception, SystemExit) as error:
        raise BrokenConnectorError(
            f"the connector {one.name} of {one} {what}: {type(error).__name__}: {error}"
        ) from error
