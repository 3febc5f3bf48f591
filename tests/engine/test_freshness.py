"""How far books are known, and what stops a whole company."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from engine.freshness import company_block, known_until
from engine.kinds import HoldReason, Mode
from engine.model import CompanyBlock
from engine.records import CompanyState

TODAY = date(2026, 3, 20)
NOW = datetime(2026, 3, 20, 9, 0, tzinfo=UTC)
FINE = CompanyState(company_id="dupont", backlog_accepted=True, synced_at=NOW, sync_complete=True, file_modified_at=NOW)


def block(state: CompanyState, mode: Mode = Mode.AUTO, *, as_of: date = TODAY, max_age: int = 5) -> CompanyBlock | None:
    return company_block(state, mode, max_age_days=max_age, as_of=as_of, now=NOW)


def reason(state: CompanyState, mode: Mode = Mode.AUTO, *, as_of: date = TODAY) -> HoldReason | None:
    stopped = block(state, mode, as_of=as_of)
    return stopped.reason if stopped else None


def test_a_company_with_fresh_books_and_an_accepted_backlog_may_send() -> None:
    assert [reason(FINE, mode) for mode in (Mode.AUTO, Mode.APPROVE, Mode.REDIRECT, Mode.PREVIEW)] == [None] * 4


def test_mode_off_stops_a_company() -> None:
    assert reason(FINE, Mode.OFF) is HoldReason.MODE_OFF


def test_a_company_in_quarantine_sends_nothing_and_says_why() -> None:
    stopped = block(replace(FINE, quarantine=("sums differ", "bad lines")))
    assert stopped == CompanyBlock(reason=HoldReason.QUARANTINED, detail="sums differ; bad lines")


def test_a_sync_that_did_not_finish_sends_nothing() -> None:
    assert reason(replace(FINE, sync_complete=False)) is HoldReason.QUARANTINED


@pytest.mark.parametrize("mode", [Mode.APPROVE, Mode.AUTO])
def test_nothing_leaves_before_the_backlog_is_accepted(mode: Mode) -> None:
    assert reason(replace(FINE, backlog_accepted=False), mode) is HoldReason.BACKLOG_NOT_ACCEPTED


@pytest.mark.parametrize("mode", [Mode.PREVIEW, Mode.REDIRECT])
def test_what_reaches_no_customer_needs_no_accepted_backlog(mode: Mode) -> None:
    assert reason(replace(FINE, backlog_accepted=False), mode) is None


@pytest.mark.parametrize(("last_entry", "expected"), [("2026-03-15", None), ("2026-03-14", HoldReason.STALE_BOOKS)])
def test_an_fec_is_as_fresh_as_its_last_bank_entry_before_the_business_date(
    last_entry: str, expected: HoldReason | None
) -> None:
    known = date.fromisoformat(last_entry)
    assert reason(replace(FINE, known_until=known)) is expected
    # A file written a minute ago with old entries is old.
    assert known_until(replace(FINE, known_until=known), TODAY, NOW) == known


def test_entries_dated_after_the_business_day_make_books_known_up_to_it_and_no_further() -> None:
    assert known_until(replace(FINE, known_until=date(2026, 6, 30)), TODAY, NOW) == TODAY


@pytest.mark.parametrize(("age", "expected"), [(5, None), (6, HoldReason.STALE_BOOKS)])
def test_a_csv_is_as_old_as_its_file_against_the_real_clock(age: int, expected: HoldReason | None) -> None:
    old = replace(FINE, file_modified_at=NOW - timedelta(days=age))
    assert reason(old) is expected
    # A business date in the past or future does not make the file younger or older.
    assert reason(old, as_of=date(2027, 1, 4)) is expected
    assert known_until(old, TODAY, NOW) == TODAY - timedelta(days=age)


def test_a_providers_books_are_as_old_as_their_last_complete_sync() -> None:
    provider = replace(FINE, file_modified_at=None, synced_at=NOW - timedelta(days=2))
    assert known_until(provider, TODAY, NOW) == date(2026, 3, 18)
    stopped = block(provider, max_age=1)
    assert stopped == CompanyBlock(reason=HoldReason.STALE_BOOKS, detail="2026-03-18")


@pytest.mark.parametrize(("hours", "expected"), [(24, None), (24.1, HoldReason.STALE_BOOKS)])
def test_a_providers_day_is_24_hours_and_not_a_date(hours: float, expected: HoldReason | None) -> None:
    provider = replace(FINE, file_modified_at=None, synced_at=NOW - timedelta(hours=hours))
    stopped = block(provider, max_age=1)
    assert (stopped.reason if stopped else None) is expected


def test_a_file_from_the_future_is_as_fresh_as_today() -> None:
    assert known_until(replace(FINE, file_modified_at=NOW + timedelta(hours=3)), TODAY, NOW) == TODAY


def test_books_that_were_never_read_are_older_than_any_limit() -> None:
    never = replace(FINE, file_modified_at=None, synced_at=None)
    assert reason(never) is HoldReason.STALE_BOOKS


def test_the_reason_told_is_the_one_that_a_person_must_clear_first() -> None:
    worst = replace(FINE, quarantine=("x",), backlog_accepted=False, known_until=date(2020, 1, 1))
    assert reason(worst, Mode.OFF) is HoldReason.MODE_OFF
    assert reason(worst) is HoldReason.QUARANTINED
    assert reason(replace(worst, quarantine=())) is HoldReason.STALE_BOOKS
