"""Payment terms in words: the published examples of both readings, and what people write."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.files.terms import UnreadableTermsError, due_date, parse_terms
from tests.builders import day


def due(text: str, issued: str) -> str:
    return due_date(parse_terms(text), day(issued)).due_on.isoformat()


def alternatives(text: str, issued: str) -> dict[str, str]:
    reading = due_date(parse_terms(text), day(issued))
    return {other.reading[0]: other.due_on.isoformat() for other in reading.alternatives}


@pytest.mark.parametrize(
    ("issued", "days_first", "month_first", "net_60"),
    [
        ("2026-01-15", "2026-03-31", "2026-03-17", "2026-03-16"),
        ("2026-02-15", "2026-04-30", "2026-04-14", "2026-04-16"),
        ("2026-03-10", "2026-04-30", "2026-05-15", "2026-05-09"),
        ("2026-10-05", "2026-11-30", "2026-12-15", "2026-12-04"),
        ("2026-10-22", "2026-12-31", "2026-12-15", "2026-12-21"),
        ("2026-12-20", "2027-02-28", "2027-02-14", "2027-02-18"),
    ],
)
def test_45_days_end_of_month_has_two_admitted_readings(
    issued: str, days_first: str, month_first: str, net_60: str
) -> None:
    assert due("45 jours fin de mois", issued) == days_first
    assert alternatives("45 jours fin de mois", issued) == {"B": month_first}
    assert due("60 jours", issued) == net_60


def test_30_days_end_of_month_has_three_practices() -> None:
    assert due("30 jours fin de mois", "2026-01-31") == "2026-03-31"
    assert alternatives("30 jours fin de mois", "2026-01-31") == {"B": "2026-03-02", "C": "2026-02-28"}
    assert due("30 jours fin de mois", "2026-01-15") == "2026-02-28"
    assert alternatives("30 jours fin de mois", "2026-01-15") == {"B": "2026-03-02", "C": "2026-02-28"}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("30 jours", "2026-02-14"),
        ("30 jours nets", "2026-02-14"),
        ("à 30 jours net date de facture", "2026-02-14"),
        ("30 jours à compter de la date de facture", "2026-02-14"),
        ("30 jours date d'émission de facture", "2026-02-14"),
        ("30j", "2026-02-14"),
        ("60 jours", "2026-03-16"),
        ("fin de mois", "2026-01-31"),
        ("fin de mois le 15", "2026-02-15"),
        ("fin de mois le 10", "2026-02-10"),
        ("30 jours fin de mois le 15", "2026-03-15"),
        ("30 jours FDM", "2026-02-28"),
        ("à réception", "2026-01-15"),
        ("A RECEPTION DE FACTURE", "2026-01-15"),
        ("comptant", "2026-01-15"),
        ("Paiement comptant", "2026-01-15"),
        ("30 days", "2026-02-14"),
        ("net 30", "2026-02-14"),
        ("Net 30 days", "2026-02-14"),
        ("30 days end of month", "2026-02-28"),
        ("30 days EOM", "2026-02-28"),
        ("due on receipt", "2026-01-15"),
        ("2 mois", "2026-03-15"),
    ],
)
def test_terms_are_read_as_people_write_them(text: str, expected: str) -> None:
    assert due(text, "2026-01-15") == expected


@pytest.mark.parametrize("text", ["45\u00a0JOURS\u202ffin  de mois", "45 jours, fin de mois.", "45 Jours Fin De Mois"])
def test_case_spaces_and_punctuation_do_not_matter(text: str) -> None:
    assert due(text, "2026-01-15") == "2026-03-31"


def test_the_15th_itself_counts_when_the_end_falls_on_it() -> None:
    assert alternatives("45 jours fin de mois le 15", "2026-03-10") == {"B": "2026-05-15"}


def test_a_31st_falls_on_the_last_day_of_a_short_month() -> None:
    assert due("30 jours le 31", "2026-01-15") == "2026-02-28"


@pytest.mark.parametrize("text", ["60 jours fin de mois", "90 jours", "75 days", "3 mois"])
def test_terms_beyond_the_legal_maximum_are_read_and_said_to_be(text: str) -> None:
    reading = due_date(parse_terms(text), day("2026-01-15"))
    assert any("L441-10" in remark for remark in reading.remarks)


@pytest.mark.parametrize("text", ["60 jours", "45 jours fin de mois", "30 jours fin de mois", "comptant"])
def test_lawful_terms_carry_no_remark(text: str) -> None:
    assert due_date(parse_terms(text), day("2026-01-01")).remarks == ()


def test_a_day_of_the_month_that_leads_beyond_60_days_is_said() -> None:
    assert due_date(parse_terms("30 jours fin de mois le 15"), day("2026-01-03")).remarks


@pytest.mark.parametrize("text", ["", "30", "bientôt", "le 15", "jours", "30 jours le 45", "1000 jours", "fin", "net"])
def test_terms_that_cannot_be_read_are_refused_with_examples(text: str) -> None:
    with pytest.raises(UnreadableTermsError, match="45 jours fin de mois"):
        parse_terms(text)


@given(st.text(max_size=40))
def test_any_text_is_read_or_refused_by_name(text: str) -> None:
    try:
        terms = parse_terms(text)
    except UnreadableTermsError:
        return
    assert due_date(terms, date(2026, 1, 31)).due_on >= date(2026, 1, 31)


@given(st.dates(date(2000, 1, 1), date(2100, 1, 1)), st.integers(0, 120))
def test_the_end_of_a_month_is_one_and_no_reading_comes_before_the_invoice(issued: date, days: int) -> None:
    reading = due_date(parse_terms(f"{days} jours fin de mois"), issued)
    assert (reading.due_on.replace(day=28) - issued).days <= days + 31
    assert reading.due_on.month != date.fromordinal(reading.due_on.toordinal() + 1).month
    assert all(other.due_on >= issued for other in reading.alternatives)
