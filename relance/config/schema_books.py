# ruff: noqa: TC001 (pydantic reads these annotations when the program runs)
"""Sections of the configuration: where the books of a company are, one model for each provider."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal

from pydantic import AfterValidator, Discriminator, Field, Strict, Tag, ValidationInfo, field_validator

from relance.config.base import Section, problem_at, section
from relance.config.schema_pay import Documents
from relance.config.secrets import HOW_TO, Secret, SecretSource, parse_secret
from relance.config.values import Context, Count, FilePath, Flag, Line, SecretRef, Url, closest

if TYPE_CHECKING:
    from collections.abc import Iterator

# The canonical columns of a CSV of open items (design: configuration).
CSV_COLUMNS: Final = (
    "number", "customer_id", "customer", "email", "kind", "issued_on", "due_on", "currency", "total", "balance",
    "reference", "language", "country", "customer_kind", "phone", "address", "owner", "owner_email", "payment_url",
    "document",
)  # fmt: skip

# Names of options whose values are secrets, whatever the connector.
_SECRET_NAME: Final = re.compile(
    r"(?:^|[_-])(?:password|passwd|passphrase|secret|token|credentials?|(?:api|private|secret|access)[_-]?key)$",
    re.IGNORECASE,
)
# Where the provider's consent page sends the browser; the app at the provider must have the same address.
REDIRECT_URI: Final = "http://localhost:8765/callback"


def _readable_terms(text: str) -> str:
    from connectors.files.terms import UnreadableTermsError, parse_terms  # noqa: PLC0415 (only where terms are given)

    try:
        parse_terms(text)
    except UnreadableTermsError as error:
        raise ValueError(str(error)) from None
    return text


def _one_scope(text: str) -> str:
    if " " in text or not text.isascii():
        raise ValueError("must be one scope, such as accounting.invoices; several are a list")
    return text


Terms = Annotated[Line, AfterValidator(_readable_terms)]
Scope = Annotated[Line, AfterValidator(_one_scope)]
Minutes = Annotated[int, Strict(), Field(ge=5, le=1440)]
Calls = Annotated[int, Strict(), Field(ge=50, le=1_000_000)]
NoteLength = Annotated[int, Strict(), Field(ge=100, le=4000)]


class TermsConfig(Section):
    """Payment terms for books that hold no due dates: one for everybody (assumed), others by customer (agreed)."""

    default: Terms | None = None
    by_customer: dict[Line, Terms] = section()


class FecBooks(Section):
    """Books read from FEC exports: one file, or a folder of them."""

    provider: Literal["fec"]
    path: FilePath
    terms: TermsConfig = section()
    contacts: FilePath | None = None
    max_age_days: Count = 5
    documents: Documents | None = None


class CsvBooks(Section):
    """Books read from a CSV of open items."""

    provider: Literal["csv"]
    invoices: FilePath
    mapping: dict[Line, Line] = section()
    delimiter: str = "auto"
    date_format: Literal["auto", "dmy", "mdy", "ymd"] = "auto"
    encoding: Line = "auto"
    contacts: FilePath | None = None
    max_age_days: Count = 5
    documents: Documents | None = None

    @field_validator("mapping")
    @classmethod
    def _names_known_columns(cls, mapping: dict[str, str]) -> dict[str, str]:
        for name in mapping:
            if name not in CSV_COLUMNS:
                known = closest(name, CSV_COLUMNS) or f"; the columns are {', '.join(CSV_COLUMNS)}"
                raise problem_at(f"is not a column that Relance knows{known}", "mapping", name)
        return mapping

    @field_validator("encoding")
    @classmethod
    def _is_an_encoding(cls, value: str) -> str:
        try:
            " ".encode("ascii" if value == "auto" else value)
        except (LookupError, ValueError):
            raise ValueError("must be auto or an encoding such as utf-8, cp1252 or iso8859-15") from None
        return value

    @field_validator("delimiter")
    @classmethod
    def _is_one_character(cls, value: str) -> str:
        named = {"tab": "\t", "\\t": "\t"}.get(value, value)
        if named == "auto" or (len(named) == 1 and not named.isalnum() and named not in "\"'\r\n"):
            return named
        raise ValueError('must be auto, tab, or the one character between columns, such as ";"')


class _CloudBooks(Section):
    """What the three cloud providers have in common; the addresses are the provider's own unless given."""

    organisation: Line | None = None
    client_id: Line
    base_url: Url | None = None
    token_url: Url | None = None
    authorize_url: Url | None = None
    connections_url: Url | None = None
    revoke_url: Url | None = None
    redirect_uri: Url = REDIRECT_URI
    scopes: tuple[Scope, ...] = ()
    poll_minutes: Minutes = 60
    calls_per_day: Calls | None = None
    notes: Flag = True
    note_length: NoteLength | None = None
    attach_invoices: Flag = True


class XeroBooks(_CloudBooks):
    """Books kept in Xero; an app of the kind "mobile or desktop" has no secret (PKCE)."""

    provider: Literal["xero"]
    client_secret: SecretRef | None = None


class QuickBooksBooks(_CloudBooks):
    """Books kept in QuickBooks Online."""

    provider: Literal["quickbooks"]
    client_secret: SecretRef
    notes_in: Literal["attachable", "private_note"] = "attachable"


class SageBooks(_CloudBooks):
    """Books kept in Sage Business Cloud Accounting."""

    provider: Literal["sage"]
    client_secret: SecretRef


class PluginBooks(Section):
    """Books read by a connector of another distribution, which alone knows what its `options` mean.

    An option is a plain value, a list or a mapping of them, or a secret in the place of any value.
    """

    provider: Line
    options: dict[Line, Any] = section()
    poll_minutes: Minutes = 60
    notes: Flag = True
    attach_invoices: Flag = True

    @field_validator("options")
    @classmethod
    def _keeps_no_secret(cls, options: dict[str, Any], info: ValidationInfo) -> dict[str, Any]:
        base = info.context.base if isinstance(info.context, Context) else Path()
        return {name: _option(value, base, "options", name) for name, value in options.items()}

    def secrets(self) -> list[tuple[tuple[str, ...], Secret]]:
        """List the secrets among the options, each with its keys."""
        return list(_secrets(self.options, ("options",)))


def _option(value: Any, base: Path, *keys: str) -> Any:
    if isinstance(value, dict) and len(value) == 1 and next(iter(value)) in list(SecretSource):
        try:
            return parse_secret(value, base)
        except ValueError as error:
            raise problem_at(str(error), *keys) from None
    if isinstance(value, str) and _SECRET_NAME.search(keys[-1]):
        raise problem_at(HOW_TO, *keys)
    if isinstance(value, dict):
        return {str(name): _option(inner, base, *keys, str(name)) for name, inner in value.items()}
    if isinstance(value, list):
        return [_option(inner, base, *keys) for inner in value]
    return value


def _secrets(value: Any, keys: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], Secret]]:
    if isinstance(value, Secret):
        yield keys, value
    elif isinstance(value, dict):
        for name, inner in value.items():
            yield from _secrets(inner, (*keys, name))
    elif isinstance(value, list):
        for inner in value:
            yield from _secrets(inner, keys)


def _kind(books: Any) -> str | None:
    """Tell which model reads a section by its provider; None where there is no such provider."""
    if not isinstance(books, dict):
        # Any of them says that it must hold keys of its own.
        return getattr(books, "provider", "csv")
    provider = books.get("provider")
    if provider in _OURS:
        return str(provider)
    from connectors.registry import registered  # noqa: PLC0415 (what is installed is looked through only where it is used)

    return _PLUGIN if any(one.name == provider for one in registered()) else None


_PLUGIN: Final = "plugin"
_OURS: Final = ("fec", "csv", "xero", "quickbooks", "sage")
CloudBooks = XeroBooks | QuickBooksBooks | SageBooks
Books = Annotated[
    Annotated[FecBooks, Tag("fec")]
    | Annotated[CsvBooks, Tag("csv")]
    | Annotated[XeroBooks, Tag("xero")]
    | Annotated[QuickBooksBooks, Tag("quickbooks")]
    | Annotated[SageBooks, Tag("sage")]
    | Annotated[PluginBooks, Tag(_PLUGIN)],
    Discriminator(_kind),
]
