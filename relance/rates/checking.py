"""What is wrong with an update of the rates, what should be looked at, and what it brings."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import ROUND_CEILING, Decimal
from typing import TYPE_CHECKING, Final

from engine.rates import HalfYear, Rates
from relance.rates.reading import RateProblem

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from engine.rates import RateEntry
    from relance.rates.reading import TableFile

_HALF: Final = Decimal("0.5")
# The German base rate has followed the ECB's since then.
_SINCE: Final = HalfYear(2016, 2)

_MRO: Final = "ecb_mro"


def _plus(points: str) -> Callable[[Decimal], Decimal]:
    return lambda rate: rate + Decimal(points)


def _belgian(rate: Decimal) -> Decimal:
    """Add eight points and round up to the half point."""
    return ((rate + 8) / _HALF).to_integral_value(ROUND_CEILING) * _HALF


# What follows from the ECB's rate by law.
_BY_LAW: Final[dict[str, Callable[[Decimal], Decimal]]] = {
    "fr_business": _plus("10"),
    "es_business": _plus("8"),
    "it_business": _plus("8"),
    "nl_business": _plus("8"),
    "be_business": _belgian,
}
# What has followed from it so far.
_SO_FAR: Final[dict[str, Callable[[Decimal], Decimal]]] = {"de_base": _plus("-0.88")}


@dataclass(frozen=True, slots=True, kw_only=True)
class NewRate:
    """A rate that an update brings: of a half-year that was not known, or in the place of another (`was`)."""

    series: str
    half_year: HalfYear
    rate: Decimal
    was: Decimal | None = None


@dataclass(slots=True, kw_only=True)
class Checked:
    """The result: `problems` refuse the file, `warnings` are to be looked at."""

    problems: list[RateProblem] = field(default_factory=list)
    warnings: list[RateProblem] = field(default_factory=list)
    new: list[NewRate] = field(default_factory=list)


def check_table(update: TableFile, known: Rates) -> Checked:
    """Check a file of rates against those that are known already."""
    checked = Checked(problems=list(update.problems))
    merged = known.laid_over(update.rates)
    for name, series in sorted(update.rates.series.items()):
        if name not in known.series:
            message = f"is not a series of this project; there is {', '.join(sorted(known.series))}"
            checked.problems.append(RateProblem(where=f"series.{name}", message=message))
            continue
        for half_year, entry in sorted(series.entries.items()):
            _compare(checked, update, known, name, half_year, entry)
        checked.problems += _gaps(name, merged)
    checked.problems += _derived(merged, update.rates, _BY_LAW, "by law it is {expected}: ECB {mro}")
    checked.warnings += _derived(merged, update.rates, _SO_FAR, "so far it was {expected} with an ECB rate of {mro}")
    checked.warnings += _alone(merged, update.rates)
    return checked


def _compare(
    checked: Checked, update: TableFile, known: Rates, name: str, half_year: HalfYear, entry: RateEntry
) -> None:
    """Accept what is new, and a change of what was known only where the file says what it corrects."""
    where = f"series.{name}.{half_year}"
    before = known.series[name].entries.get(half_year)
    corrects = update.corrects.get((name, half_year))
    if before is None:
        if corrects is not None:
            checked.problems.append(RateProblem(where=where, message="corrects a rate, but none is known"))
        checked.new.append(NewRate(series=name, half_year=half_year, rate=entry.rate))
    elif before.rate not in {entry.rate, corrects}:
        message = (
            f'{entry.rate} contradicts the {before.rate} that is known; if it is a correction, say "corrects": '
            f'"{before.rate}"'
        )
        checked.problems.append(RateProblem(where=where, message=message))
    elif entry.rate != before.rate:
        checked.new.append(NewRate(series=name, half_year=half_year, rate=entry.rate, was=before.rate))


def _gaps(name: str, merged: Rates) -> Iterator[RateProblem]:
    entries = merged.series[name].entries
    half_year, last = min(entries, default=None), max(entries, default=None)
    while half_year is not None and last is not None and half_year < last:
        half_year = half_year.next
        if half_year not in entries:
            message = f"{half_year} is missing between half-years that are there"
            yield RateProblem(where=f"series.{name}", message=message)


def _derived(
    merged: Rates, update: Rates, rules: dict[str, Callable[[Decimal], Decimal]], sentence: str
) -> Iterator[RateProblem]:
    """Compare what follows from the ECB's rate with it, wherever the update touches one of the two."""
    base = merged.series[_MRO].entries if _MRO in merged.series else {}
    for name, rule in rules.items():
        series = merged.series.get(name)
        for half_year, entry in sorted(series.entries.items()) if series is not None else ():
            mro = base.get(half_year)
            if (
                mro is None
                or (rules is _SO_FAR and half_year < _SINCE)
                or not _touches(update, (name, _MRO), half_year)
            ):
                continue
            if entry.rate != (expected := rule(mro.rate)):
                message = f"{entry.rate} does not fit: " + sentence.format(expected=expected, mro=mro.rate)
                yield RateProblem(where=f"series.{name}.{half_year}", message=message)


def _touches(update: Rates, names: tuple[str, ...], half_year: HalfYear) -> bool:
    return any(name in update.series and half_year in update.series[name].entries for name in names)


def _alone(merged: Rates, update: Rates) -> Iterator[RateProblem]:
    """Say where a new half-year has one of two rates that belong together."""
    base = merged.series[_MRO].entries if _MRO in merged.series else {}
    for name in (*_BY_LAW, *_SO_FAR):
        series = update.series.get(name)
        for half_year in sorted(series.entries) if series is not None else ():
            if half_year not in base:
                message = f"cannot be compared: {_MRO} of {half_year} is not known"
                yield RateProblem(where=f"series.{name}.{half_year}", message=message)
