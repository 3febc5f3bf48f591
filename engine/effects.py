"""What reminding brought: money that came in after each level, and promises that were kept."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from fractions import Fraction
from typing import TYPE_CHECKING, Final

from engine.ledgered import percent
from engine.money import Money

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import date
    from decimal import Decimal

    from engine.ledgered import Ledger, LevelSent, PromiseJudged

# Fewer cases than this tell nothing of a level.
ENOUGH_CASES: Final = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class LevelEffect:
    """What came in within some days after a level, and no later than the day of the next one.

    `cases` are the items that it left for, long enough ago to judge; `answered` those for which money came in. `asked`
    is what was open then, `collected` what came in, `rate` the one in percent of the other (None where nothing was
    open). `too_few` says that there are not enough cases to conclude anything.
    """

    level_id: str
    cases: int
    answered: int
    asked: Money
    collected: Money
    rate: Decimal | None
    too_few: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class PromisesKept:
    """Promises that fell due: how many were kept, in percent of their number and of their amounts (None without any).

    `partly` counts the broken ones of which something had come in.
    """

    fallen_due: int
    kept: int
    partly: int
    by_number: Decimal | None
    by_amount: Decimal | None


def level_effects(
    ledger: Ledger, levels: Sequence[LevelSent], as_of: date, *, within_days: int
) -> tuple[LevelEffect, ...]:
    """Give the effect of each level, in the order in which they first left.

    Money that comes in on the very day of a level is the effect of the one before it: a transfer takes a day. A level
    is judged once all its days are over, so that recent ones do not look weaker than they are.
    """
    sent: dict[str, list[LevelSent]] = {}
    for level in sorted(levels, key=lambda one: (one.sent_on, one.level_id, one.item_id)):
        if level.item_id in ledger.invoices:
            sent.setdefault(level.item_id, []).append(level)
    cases: dict[str, list[tuple[Money, Money]]] = {}
    for item_id, steps in sent.items():
        item = ledger.invoices[item_id]
        for index, step in enumerate(steps):
            end = step.sent_on + timedelta(days=within_days)
            if end > as_of:
                continue
            if index + 1 < len(steps):
                end = min(end, steps[index + 1].sent_on)
            came = [p.amount for p in ledger.received(item) if step.sent_on < p.on <= end]
            collected = sum(came, start=Money.zero(ledger.currency))
            cases.setdefault(step.level_id, []).append((ledger.balance_on(item, step.sent_on), collected))
    order = dict.fromkeys(step.level_id for step in sorted(levels, key=lambda one: one.sent_on))
    return tuple(_effect(level_id, cases[level_id], ledger.currency) for level_id in order if level_id in cases)


def _effect(level_id: str, cases: Sequence[tuple[Money, Money]], currency: str) -> LevelEffect:
    asked = sum((open_then for open_then, _ in cases), start=Money.zero(currency))
    collected = sum((came for _, came in cases), start=Money.zero(currency))
    return LevelEffect(
        level_id=level_id,
        cases=len(cases),
        answered=sum(1 for _, came in cases if came.minor > 0),
        asked=asked,
        collected=collected,
        rate=_share(collected.minor, asked.minor),
        too_few=len(cases) < ENOUGH_CASES,
    )


def promises_kept(promises: Iterable[PromiseJudged], currency: str) -> PromisesKept:
    """Count the promises of a currency that were kept, by number and by amount."""
    due = [promise for promise in promises if promise.amount.currency == currency]
    kept = [promise for promise in due if promise.kept]
    return PromisesKept(
        fallen_due=len(due),
        kept=len(kept),
        partly=sum(1 for p in due if not p.kept and p.received is not None and p.received.minor > 0),
        by_number=_share(len(kept), len(due)),
        by_amount=_share(sum(p.amount.minor for p in kept), sum(p.amount.minor for p in due)),
    )


def _share(part: int, whole: int) -> Decimal | None:
    return percent(Fraction(part, whole)) if whole > 0 else None
