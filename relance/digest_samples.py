"""Made-up digests that walk through what one can say, so that a mistake in their texts is found before one is sent."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from engine.digest_text import (
    CompanyDayText,
    DailyDigestText,
    LargeText,
    OwnerDigestText,
    OwnerLineText,
    OwnerNoticeText,
)
from relance.digest_mail import DAILY, OWNER

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

DIGESTS: Final = (OWNER, DAILY)

_BLOCKS: Final = ("", "quarantined", "stale_books", "backlog_not_accepted", "own_reminders")

_OLD: Final = OwnerLineText(
    number="F1", due_on="1", late="2", asked="10", level="firm", last_on="1", last_level="friendly"
)
_NEW: Final = replace(_OLD, late="", last_on="", last_level="")
_NOTICE: Final = OwnerNoticeText(
    customer="Client",
    on="",
    channel="mail",
    total="10",
    needs_approval=False,
    lines=(_NEW,),
    hold="relance hold F1",
    take="relance take F1",
)
_BUSY: Final = CompanyDayText(
    name="Exemple",
    to_go="firm (2)",
    to_go_count=2,
    awaiting_approval=2,
    tasks=2,
    uncertain=2,
    failed=2,
    block="",
    received="10",
)
_ONE: Final = replace(_BUSY, to_go="firm", to_go_count=1, awaiting_approval=1, tasks=1, uncertain=1, failed=1)
_CALM: Final = replace(_BUSY, to_go="", to_go_count=0, awaiting_approval=0, tasks=0, uncertain=0, failed=0, received="")
_LARGE: Final = LargeText(company="Exemple", customer="Client", number="F1", late="2", amount="10")


def digest_samples(name: str, language: str) -> Iterator[OwnerDigestText | DailyDigestText]:
    """Give contents for one of DIGESTS: one of everything and several, all set and nothing."""
    yield from _owners(language) if name == OWNER else _days(language)


def _owners(language: str) -> Iterator[OwnerDigestText]:
    several = replace(_NOTICE, on="3", needs_approval=True, lines=(_OLD, _NEW))
    for owner, notices in (("Claire", (_NOTICE,)), ("", (_NOTICE, several))):
        yield OwnerDigestText(
            language=language,
            company="Exemple",
            accent="#1f5fa8",
            accent_dark="#1f5fa8",
            owner=owner,
            leaves_on="3",
            count=len(notices),
            total="10",
            notices=notices,
        )


def _days(language: str) -> Iterator[DailyDigestText]:
    stopped = [replace(_BUSY, block=block) for block in _BLOCKS]
    folded = replace(_BUSY, name="", is_folded=True)
    yield _day(language, [], all_companies=1)
    yield _day(language, [_ONE], all_companies=1)
    yield _day(language, [_BUSY, _ONE, _CALM, folded], all_companies=6, folded=2, quiet=1)
    yield _day(language, [*stopped, folded], all_companies=9, folded=1, quiet=2)


def _day(
    language: str, companies: Sequence[CompanyDayText], *, all_companies: int, folded: int = 0, quiet: int = 0
) -> DailyDigestText:
    return DailyDigestText(
        language=language,
        company="Cabinet",
        accent="#1f5fa8",
        accent_dark="#1f5fa8",
        name="Claire" if companies else "",
        today="3",
        since="1" if companies else "",
        nothing_to_do=not companies,
        to_go_count=sum(one.to_go_count for one in companies),
        to_do_count=sum(one.tasks + one.awaiting_approval for one in companies),
        companies=tuple(companies),
        company_count=all_companies,
        folded_count=folded,
        quiet_count=quiet,
        largest=(_LARGE,) if companies else (),
        received="10" if companies else "",
    )
