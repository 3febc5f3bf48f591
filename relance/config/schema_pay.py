"""Sections of the configuration: how customers pay, and the papers that go with a mail."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated, Any, Final, Literal

from pydantic import AfterValidator, BeforeValidator, Field, PlainValidator, StringConstraints, ValidationInfo

from relance.config.base import Section
from relance.config.values import Bic, Context, Flag, Iban, Line, PathPattern

_LONGEST_LINE: Final = 200
_MOST_LINES: Final = 6
_PLACEHOLDER: Final = re.compile(r"\{[^{}]*\}")
_NAMED: Final = ("{number}", "{reference}")
# Anything that a reader would take for an account number.
_LIKE_AN_IBAN: Final = re.compile(r"\b[A-Z]{2}[0-9]{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,4})?\b")


class BankConfig(Section):
    """The account on which the company is paid."""

    iban: Iban | None = None
    bic: Bic | None = None
    qr_code: Flag = True
    reference: Literal["text", "rf"] = "text"


def _way_to_pay(line: str) -> str:
    if _LIKE_AN_IBAN.search(line):
        raise ValueError("must hold no account number: the account is bank.iban, where its check digits are verified")
    if "http://" in line.lower():
        raise ValueError("must hold no http:// address: customers are asked to pay over https:// alone")
    return line


def _by_language(value: Any) -> Any:
    """Read a plain list as the lines of every language."""
    return {"": value} if isinstance(value, list | tuple) else value


MeansLine = Annotated[Line, StringConstraints(max_length=_LONGEST_LINE), AfterValidator(_way_to_pay)]
MeansLines = Annotated[tuple[MeansLine, ...], Field(max_length=_MOST_LINES)]
Language = Annotated[str, StringConstraints(pattern=r"^([a-z]{2})?$")]
PaymentMeans = Annotated[dict[Language, MeansLines], BeforeValidator(_by_language)]


def _paper_pattern(value: object, info: ValidationInfo) -> str:
    pattern = value if isinstance(value, str) else ""
    named = set(_PLACEHOLDER.findall(pattern))
    if unknown := named - set(_NAMED):
        raise ValueError(
            f"{min(unknown)} is not known here; {{number}} stands for the invoice's number, {{reference}} for the order's"
        )
    if len(named) != 1:
        raise ValueError("must name the file by {number} or by {reference}, such as commandes/{reference}.pdf")
    base = info.context.base if isinstance(info.context, Context) else Path()
    return str(base / pattern.strip())


PaperPattern = Annotated[str, PlainValidator(_paper_pattern)]


class DocumentsConfig(Section):
    """Where the papers of an invoice lie: its own PDF, and what else there is of it."""

    invoice: PathPattern | None = None
    order: PaperPattern | None = None
    delivery: PaperPattern | None = None
    quote: PaperPattern | None = None

    def further(self) -> tuple[tuple[str, str], ...]:
        """List the papers besides the invoice as (kind, pattern), in the order in which they are enclosed."""
        listed = (("order", self.order), ("delivery", self.delivery), ("quote", self.quote))
        return tuple((kind, pattern) for kind, pattern in listed if pattern is not None)


def _documents(value: Any) -> Any:
    """Read a plain pattern as the invoice's."""
    return {"invoice": value} if isinstance(value, str) else value


Documents = Annotated[DocumentsConfig, BeforeValidator(_documents)]
