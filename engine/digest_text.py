"""The digests of the firm's own people as plain words and figures, for the templates that lay them out."""

from __future__ import annotations

import shlex
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from engine import explain_en, explain_fr
from engine.colors import palette
from engine.digest import CompanyDay
from engine.kinds import ReminderState
from engine.money import Money, totals
from engine.wording import clean, date_text, days_text, join, locale_of, money_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import date

    from engine.creditor import Creditor
    from engine.digest import DailyDigest, Foreseen, LargeItem, OwnerDigest
    from engine.model import HistoryLine, NoticeLine

# How long the command that holds a reminder proposes; whoever types it may change it.
_HOLD_DAYS: Final = 7
# Of hundreds of companies, those with most to do are told one by one, and the rest in one line.
_SHOWN: Final = 25
_LARGEST: Final = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnerLineText:
    """An invoice that will be asked for: `last_on` is the day of its last reminder, "" for none."""

    number: str
    due_on: str
    late: str
    asked: str
    level: str
    last_on: str
    last_level: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnerNoticeText:
    """A reminder of one customer that will leave; `hold` and `take` are commands, ready to copy.

    `on` is its day where that is not the digest's own, else "".
    """

    customer: str
    on: str
    channel: str
    total: str
    needs_approval: bool
    lines: tuple[OwnerLineText, ...]
    hold: str
    take: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnerDigestText:
    """All that an account owner's digest may print."""

    language: str
    company: str
    accent: str
    accent_dark: str
    owner: str
    leaves_on: str
    count: int
    total: str
    notices: tuple[OwnerNoticeText, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class CompanyDayText:
    """How one company stands; `to_go` names the levels with their counts, `block` is a reason's name or ""."""

    name: str
    to_go: str
    to_go_count: int
    awaiting_approval: int
    tasks: int
    uncertain: int
    failed: int
    block: str
    received: str
    is_folded: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class LargeText:
    """One of the largest overdue invoices."""

    company: str
    customer: str
    number: str
    late: str
    amount: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DailyDigestText:
    """All that a collaborator's digest may print.

    `companies` are those that are shown; the last one sums up the `folded_count` others with something to do or to send
    where there are too many to show. `quiet_count` counts those with neither. `since` is "" where the digest before was yesterday's.
    """

    language: str
    company: str
    accent: str
    accent_dark: str
    name: str
    today: str
    since: str
    nothing_to_do: bool
    to_go_count: int
    to_do_count: int
    companies: tuple[CompanyDayText, ...]
    company_count: int
    folded_count: int
    quiet_count: int
    largest: tuple[LargeText, ...]
    received: str


def owner_digest_text(digest: OwnerDigest, company: Creditor, language: str, as_of: date) -> OwnerDigestText:
    """Put an account owner's digest into words."""
    colors = palette(company.brand.color)
    asked = [line.asked for one in digest.foreseen for line in one.notice.lines]
    return OwnerDigestText(
        language=language,
        company=clean(company.name),
        accent=colors.accent,
        accent_dark=colors.accent_dark,
        owner=clean(digest.owner),
        leaves_on=date_text(digest.leaves_on, language),
        count=len(digest.foreseen),
        total=_sums(totals(asked), language),
        notices=tuple(_notice(one, company.company_id, language, as_of, digest.leaves_on) for one in digest.foreseen),
    )


def daily_digest_text(digest: DailyDigest, firm: str, color: str, language: str) -> DailyDigestText:
    """Put a collaborator's digest into words: what needs them first, then what goes out, the rest folded."""
    colors = palette(color)
    told = sorted(
        (company for company in digest.companies if not company.is_quiet),
        key=lambda one: (
            not one.block,
            -(one.uncertain + one.failed),
            -one.to_do,
            -sum(one.to_go.values()),
            one.name.casefold(),
            one.company_id,
        ),
    )
    # A company that is stopped is never folded away: nothing but a person gets it going again.
    shown = max(_SHOWN, sum(bool(one.block) for one in told))
    rest = told[shown:]
    return DailyDigestText(
        language=language,
        company=clean(firm),
        accent=colors.accent,
        accent_dark=colors.accent_dark,
        name=clean(digest.collaborator.name),
        today=date_text(digest.on, language),
        since="" if digest.since >= digest.on - timedelta(days=1) else date_text(digest.since, language),
        nothing_to_do=digest.nothing_to_do,
        to_go_count=sum(sum(one.to_go.values()) for one in digest.companies),
        to_do_count=sum(one.to_do for one in digest.companies),
        companies=(
            *(_company_day(one, language) for one in told[:shown]),
            *([replace(_company_day(_together(rest), language), is_folded=True)] if rest else []),
        ),
        company_count=len(digest.companies),
        folded_count=len(rest),
        quiet_count=len(digest.companies) - len(told),
        largest=tuple(_large(one, language, digest.on) for one in largest_of(digest.companies)),
        received=_sums(_received(digest.companies), language),
    )


def largest_of(companies: Iterable[CompanyDay]) -> list[LargeItem]:
    """Give the largest overdue invoices, five for each currency; currencies are not compared with each other."""
    by_currency: dict[str, list[LargeItem]] = {}
    for company in companies:
        for one in company.largest:
            by_currency.setdefault(one.item.currency, []).append(one)
    return [
        one
        for _, found in sorted(by_currency.items(), key=lambda pair: (-len(pair[1]), pair[0]))
        for one in sorted(found, key=lambda large: (-large.item.balance.minor, large.item.due_on, large.item.item_id))[
            :_LARGEST
        ]
    ]


def _notice(one: Foreseen, company_id: str, language: str, as_of: date, leaves_on: date) -> OwnerNoticeText:
    notice, lines = one.notice, one.notice.lines
    whose = clean(lines[0].item.number) if len(lines) == 1 else ""
    target = [whose] if whose else ["--customer", one.customer.customer_id]
    until = (notice.on + timedelta(days=_HOLD_DAYS)).isoformat()
    return OwnerNoticeText(
        customer=clean(one.customer.name),
        on="" if notice.on == leaves_on else date_text(notice.on, language),
        channel=_channels(language).get(notice.channel.value, notice.channel.value),
        total=_sums(notice.totals, language),
        needs_approval=notice.needs_approval,
        lines=tuple(_line(line, one.history, language, as_of) for line in lines),
        hold=_command(company_id, "hold", *target, "--until", until),
        take=_command(company_id, "take", *target),
    )


def _channels(language: str) -> Mapping[str, str]:
    return explain_fr.CHANNELS if locale_of(language).language == "fr" else explain_en.CHANNELS


def _line(line: NoticeLine, history: Sequence[HistoryLine], language: str, as_of: date) -> OwnerLineText:
    sent = [
        one
        for one in history
        if one.item_id == line.item.item_id and one.state is ReminderState.SENT and one.offset >= 0
    ]
    last = max(sent, key=lambda one: one.sent_on, default=None)
    late = line.item.days_late(as_of)
    return OwnerLineText(
        number=clean(line.item.number),
        due_on=date_text(line.item.due_on, language),
        late=days_text(late, language) if late > 0 else "",
        asked=money_text(line.asked, language),
        level=clean(line.level_id),
        last_on=date_text(last.sent_on, language) if last is not None else "",
        last_level=clean(last.level_id) if last is not None and last.takes_level else "",
    )


def _command(company_id: str, *words: str) -> str:
    """Write a command that does in a shell exactly what it says, whatever the books put into a number."""
    return shlex.join(["relance", "--company", company_id, *(clean(word) for word in words)])


def _company_day(company: CompanyDay, language: str) -> CompanyDayText:
    levels = [f"{clean(level)} ({count})" if count > 1 else clean(level) for level, count in company.to_go.items()]
    return CompanyDayText(
        name=clean(company.name),
        to_go=join(levels, language) if levels else "",
        to_go_count=sum(company.to_go.values()),
        awaiting_approval=company.awaiting_approval,
        tasks=company.tasks,
        uncertain=company.uncertain,
        failed=company.failed,
        block=company.block,
        received=_sums(company.received, language),
    )


def _together(companies: Sequence[CompanyDay]) -> CompanyDay:
    to_go: dict[str, int] = {}
    for company in companies:
        for level, count in company.to_go.items():
            to_go[level] = to_go.get(level, 0) + count
    return CompanyDay(
        company_id="",
        name="",
        to_go=to_go,
        awaiting_approval=sum(one.awaiting_approval for one in companies),
        tasks=sum(one.tasks for one in companies),
        uncertain=sum(one.uncertain for one in companies),
        failed=sum(one.failed for one in companies),
        received=_received(companies),
    )


def _received(companies: Iterable[CompanyDay]) -> dict[str, Money]:
    return totals([money for company in companies for money in company.received.values()])


def _large(one: LargeItem, language: str, as_of: date) -> LargeText:
    return LargeText(
        company=clean(one.company),
        customer=clean(one.customer),
        number=clean(one.item.number),
        late=days_text(max(one.item.days_late(as_of), 0), language),
        amount=money_text(one.item.balance, language),
    )


def _sums(sums: Mapping[str, Money], language: str) -> str:
    return join([money_text(money, language) for money in sums.values()], language) if sums else ""
