"""The term for filing a claim, and which debts the judgment stops (C. com. R. 622-24, L. 622-17)."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from engine.insolvency import claim_of
from engine.kinds import HoldKind, HoldReason
from tests.fakes.case_builders import decided, held, hold_of, said
from tests.fakes.customer_life import case_file, invoice

TODAY = date(2026, 3, 9)


@pytest.mark.parametrize(
    ("published", "creditor", "due"),
    [
        ("2026-03-27", "FR", "2026-05-27"),
        ("2026-12-31", "FR", "2027-02-28"),
        ("2027-12-31", "FR", "2028-02-29"),
        ("2026-11-15", "FR", "2027-01-15"),
        ("2026-03-27", "RE", "2026-07-27"),
        ("2026-03-27", "BE", "2026-07-27"),
        ("2026-10-31", "BE", "2027-02-28"),
    ],
)
def test_a_claim_is_filed_two_months_after_the_publication_four_from_elsewhere(
    published: str, creditor: str, due: str
) -> None:
    claim = claim_of(
        creditor=creditor,
        debtor="FR",
        judgment_on=date(2026, 3, 20),
        published_on=date.fromisoformat(published),
        recorded_on=TODAY,
    )
    assert (claim.due_on.isoformat(), claim.basis) == (due, "published")


def test_without_the_publication_the_day_is_never_too_late() -> None:
    judged = claim_of(creditor="FR", debtor="", judgment_on=date(2026, 3, 20), published_on=None, recorded_on=TODAY)
    assert (judged.due_on, judged.basis, judged.months) == (date(2026, 5, 20), "judgment", 2)
    unknown = claim_of(creditor="FR", debtor="", judgment_on=None, published_on=None, recorded_on=TODAY)
    assert (unknown.due_on, unknown.basis) == (TODAY, "unknown")


def test_proceedings_abroad_follow_another_law() -> None:
    claim = claim_of(creditor="FR", debtor="DE", judgment_on=date(2026, 3, 20), published_on=None, recorded_on=TODAY)
    assert (claim.due_on, claim.basis, claim.months) == (TODAY, "abroad", 0)


def test_what_was_invoiced_before_the_judgment_is_held_and_what_came_after_is_chased() -> None:
    before = invoice("F1", due_on=date(2026, 3, 2), issued_on=date(2026, 2, 9))
    after = invoice("F2", due_on=date(2026, 3, 2), issued_on=date(2026, 2, 10))
    record = replace(held(HoldKind.INSOLVENCY, customer_id="C1"), judgment_on=date(2026, 2, 10))
    outcome = decided(case_file([before, after], holds=[record]), TODAY)
    assert said(outcome) == {"F1": "hold:insolvency", "F2": "first"}
    assert dict(hold_of(outcome, "F1", HoldReason.INSOLVENCY).facts)["judgment_on"] == "2026-02-10"


def test_without_the_day_of_the_judgment_everything_is_held() -> None:
    items = [invoice("F1", due_on=date(2026, 3, 2)), invoice("F2", due_on=date(2026, 3, 2))]
    outcome = decided(case_file(items, holds=[held(HoldKind.INSOLVENCY, customer_id="C1")]), TODAY)
    assert said(outcome) == {"F1": "hold:insolvency", "F2": "hold:insolvency"}
