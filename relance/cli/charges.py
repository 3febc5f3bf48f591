"""Commands for what the law gives a creditor: interest, rates check. They need no configuration."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from engine.errors import RelanceError
from relance.cli.context import ExitStatus, as_json_option, print_json, say, warn

if TYPE_CHECKING:
    from datetime import date, datetime
    from decimal import Decimal

    from engine.money import Money
    from relance.documents import Document

_ISO = click.DateTime(formats=["%Y-%m-%d"])


class WrongAmountError(RelanceError):
    """An amount, a rate or a payment is not written as it can be read."""


@click.command()
@click.option("--country", required=True, help="The creditor's country: FR, DE, ES, IT, NL, BE, GB, another of the EU.")
@click.option("--amount", required=True, help="What was owed on the due date, VAT included: 1234.50.")
@click.option("--currency", default=None, help="ISO 4217 code (else GBP for GB, EUR for all others).")
@click.option("--due", required=True, type=_ISO, help="The due date.")
@click.option("--until", type=_ISO, help="The day to reckon to, included (else today).")
@click.option("--consumer", is_flag=True, help="The customer is a consumer (else a business).")
@click.option("--public", is_flag=True, help="The customer is a public buyer.")
@click.option("--rate", help="The contract's rate, percent a year.")
@click.option("--payment", "payments", metavar="DATE=AMOUNT", multiple=True, help="A part payment; may be repeated.")
@click.option(
    "--imputation",
    type=click.Choice(["principal", "interest"]),
    default="principal",
    show_default=True,
    help="What a part payment settles first.",
)
@click.option("--formal-notice", type=_ISO, help="The day a formal notice was given (consumers).")
@click.option(
    "--day-count",
    type=click.Choice(["act/365", "act/act", "30/360"]),
    default="act/365",
    show_default=True,
    help="How days become a part of a year.",
)
@click.option(
    "--rates", "rates_file", type=click.Path(path_type=Path), help="A file of rates laid over the known ones."
)
@click.option("--language", type=click.Choice(["fr", "en"]), help="The language of the words (else that of $LANG).")
@as_json_option
def interest(
    *,
    country: str,
    amount: str,
    currency: str | None,
    due: datetime,
    until: datetime | None,
    consumer: bool,
    public: bool,
    rate: str | None,
    payments: tuple[str, ...],
    imputation: str,
    formal_notice: datetime | None,
    day_count: str,
    rates_file: Path | None,
    language: str | None,
    as_json: bool,
) -> ExitStatus:
    """Reckon statutory interest and the fixed sum for one invoice, with the lines of the reckoning."""
    from engine.charges import statement_of  # noqa: PLC0415 (loaded when called)
    from engine.claims import Claim  # noqa: PLC0415 (loaded when called)
    from engine.day_count import DayCount  # noqa: PLC0415 (loaded when called)
    from engine.kinds import Imputation  # noqa: PLC0415 (loaded when called)
    from relance.cli.interest_table import show_interest  # noqa: PLC0415 (loaded when called)
    from relance.interest import interest_document  # noqa: PLC0415 (loaded when called)
    from relance.rates import rates_with  # noqa: PLC0415 (loaded when called)

    home = _country(country)
    code = _currency(currency, home)
    claim = Claim(
        principal=_money(amount, code),
        due_on=due.date(),
        until=until.date() if until is not None else _today(),
        country=home,
        kind=_kind(consumer=consumer, public=public),
        contract_rate=_rate(rate),
        payments=tuple(_payment(text, code) for text in payments),
        imputation=Imputation(imputation),
        formal_notice_on=formal_notice.date() if formal_notice is not None else None,
        day_count=DayCount(day_count),
    )
    spoken = language or _spoken()
    statement = statement_of(claim, rates_with(rates_file))
    document = interest_document(claim, statement, spoken)
    if as_json:
        print_json(document)
    else:
        show_interest(claim, statement, document, spoken)
    return ExitStatus.DONE


def _spoken() -> str:
    """Give the language of the terminal: French where it says so, else English."""
    told = next((os.environ[name] for name in ("LC_ALL", "LC_MESSAGES", "LANG") if os.environ.get(name)), "")
    return "fr" if told.lower().startswith("fr") else "en"


def _today() -> date:
    from relance.clock import SystemClock  # noqa: PLC0415 (only where no day is given)

    return SystemClock().now().date()


def _kind(*, consumer: bool, public: bool) -> Any:
    from engine.kinds import CustomerKind  # noqa: PLC0415 (loaded when called)

    if consumer and public:
        raise WrongAmountError("a customer is a consumer or a public buyer, not both: leave out --consumer or --public")
    return CustomerKind.CONSUMER if consumer else CustomerKind.PUBLIC if public else CustomerKind.BUSINESS


def _country(text: str) -> str:
    from relance.config.places import SLIPS  # noqa: PLC0415 (loaded when called)

    code = text.strip().upper()
    return SLIPS.get(code, code)


def _currency(text: str | None, country: str) -> str:
    if text is None:
        return "GBP" if country == "GB" else "EUR"
    code = text.strip().upper()
    if len(code) != len("EUR") or not code.isascii() or not code.isalpha():
        raise WrongAmountError(f"{text} is not a currency's code of three letters, such as EUR")
    return code


def _decimal(text: str, what: str) -> Decimal:
    from decimal import Decimal  # noqa: PLC0415 (loaded when called)
    from re import fullmatch  # noqa: PLC0415 (the same)

    if not fullmatch(r"[0-9]{1,15}(\.[0-9]{1,6})?", text.strip()):
        raise WrongAmountError(f"{what} {text} must be a number with a decimal point, such as 1234.50")
    return Decimal(text.strip())


def _money(text: str, currency: str) -> Money:
    from engine.money import InexactAmountError, Money  # noqa: PLC0415 (loaded when called)

    try:
        return Money.of(_decimal(text, "the amount"), currency)
    except InexactAmountError as error:
        raise WrongAmountError(str(error)) from error


def _rate(text: str | None) -> Decimal | None:
    return _decimal(text, "the rate") if text is not None else None


def _payment(text: str, currency: str) -> tuple[date, Money]:
    from datetime import date  # noqa: PLC0415 (loaded when called)

    written, _, amount = text.partition("=")
    try:
        paid_on = date.fromisoformat(written.strip())
    except ValueError:
        raise WrongAmountError(f"the payment {text} must be written DATE=AMOUNT, such as 2026-06-10=500.00") from None
    money = _money(amount, currency)
    if money.minor == 0:
        raise WrongAmountError(f"the payment {text} is of nothing")
    return paid_on, money


@click.group()
def rates() -> None:
    """Look after the rates of interest that Relance reckons with."""


@rates.command("check")
@click.argument("file", type=click.Path(path_type=Path))
@as_json_option
def check_rates(file: Path, *, as_json: bool) -> ExitStatus:
    """Check a file of rates before it is named in the configuration, and say what it brings."""
    from relance.rates import packaged_rates  # noqa: PLC0415 (loaded when called)
    from relance.rates.checking import check_table  # noqa: PLC0415 (the same)
    from relance.rates.reading import read_table  # noqa: PLC0415 (the same)

    checked = check_table(read_table(file), packaged_rates())
    document: Document = {
        "ok": not checked.problems,
        "problems": [{"where": one.where, "message": one.message} for one in checked.problems],
        "warnings": [{"where": one.where, "message": one.message} for one in checked.warnings],
        "new": [
            {
                "series": one.series,
                "half_year": str(one.half_year),
                "rate": f"{one.rate:f}",
                "was": f"{one.was:f}" if one.was is not None else None,
            }
            for one in checked.new
        ],
    }
    if as_json:
        print_json(document)
    else:
        for problem in checked.problems:
            warn(f"{file}: {problem}")
        for warning in checked.warnings:
            warn(f"{file}: look at this: {warning}")
        for one in checked.new:
            say(f"{one.series} {one.half_year}: {one.rate}" + (f" (was {one.was})" if one.was is not None else ""))
        say("ok" if not checked.problems else f"{len(checked.problems)} problems")
    return ExitStatus.NEEDS_A_PERSON if checked.problems else ExitStatus.DONE
