from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.xero.cursor import Cursor
from connectors.xero.dates import day, instant, modified_since, version
from connectors.xero.zones import iana_zone, zone


@pytest.mark.parametrize(
    ("text", "ms_text", "expected"),
    [
        ("2026-04-29T00:00:00", "/Date(1777420800000+0000)/", date(2026, 4, 29)),
        ("2018-10-20 00:00:00", None, date(2018, 10, 20)),
        ("2026-04-29", None, date(2026, 4, 29)),
        # The text without a zone is what was typed; the milliseconds may be of another zone.
        ("2026-04-29T00:00:00", "/Date(1777377600000+0000)/", date(2026, 4, 29)),
        (None, "/Date(1777420800000+0000)/", date(2026, 4, 29)),
        (None, "/Date(1777420800000)/", date(2026, 4, 29)),
        # Midnight of 29 April in Auckland is noon of the 28th in UTC.
        (None, "/Date(1777374000000+1300)/", date(2026, 4, 29)),
        (None, "/Date(1777438800000-0500)/", date(2026, 4, 29)),
        # Nothing is meant by these.
        (None, "/Date(0+0000)/", None),
        (None, "/Date(-62135596800000+0000)/", None),
        ("0001-01-01T00:00:00", "/Date(-62135596800000+0000)/", None),
        ("0001-01-01T00:00:00", "/Date(1777420800000+0000)/", date(2026, 4, 29)),
        ("", "", None),
        (None, None, None),
    ],
)
def test_a_day_is_what_was_typed(text: str | None, ms_text: str | None, expected: date | None) -> None:
    assert day(text, ms_text) == expected


@pytest.mark.parametrize("text", ["soon", "/Date(x)/", "2026-13-01T00:00:00", "/Date(9999999999999999+0000)/"])
def test_what_is_no_date_is_said(text: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        day(text)


@pytest.mark.parametrize("offset", ["", "+0000", "+1300", "-0800"])
def test_an_offset_never_moves_an_instant(offset: str) -> None:
    assert instant(f"/Date(1229818032087{offset})/") == datetime(2008, 12, 21, 0, 7, 12, 87000, tzinfo=UTC)


@pytest.mark.parametrize("text", ["2018-11-02T16:31:30Z", "2018-11-02 16:31:30+00:00", "2018-11-02T16:31:30"])
def test_an_instant_is_read_from_its_text_where_it_stands_alone(text: str) -> None:
    assert instant(None, text) == datetime(2018, 11, 2, 16, 31, 30, tzinfo=UTC)


@given(st.integers(min_value=0, max_value=10**13), st.integers(min_value=0, max_value=10**13))
def test_versions_sort_as_text_in_the_order_of_changes(first: int, second: int) -> None:
    texts = version(f"/Date({first}+0000)/"), version(f"/Date({second}+1300)/")
    assert (texts[0] < texts[1]) == (first < second)


def test_a_version_from_the_text_sorts_among_those_from_milliseconds() -> None:
    assert version(None, "2018-11-02T16:31:30Z") == version("/Date(1541176290000+0000)/")


@pytest.mark.parametrize("stamps", [(None, None), ("", ""), ("/Date(-5+0000)/", None), (None, "soon")])
def test_what_has_no_stamp_has_no_version(stamps: tuple[str | None, str | None]) -> None:
    assert version(*stamps) == ""


def test_if_modified_since_is_in_utc_and_whole_seconds() -> None:
    assert modified_since(datetime.fromisoformat("2026-11-20T12:00:00.9+02:00")) == "2026-11-20T10:00:00"


@pytest.mark.parametrize(
    ("name", "iana"),
    [
        ("NEWZEALANDSTANDARDTIME", "Pacific/Auckland"),
        ("New Zealand Standard Time", "Pacific/Auckland"),
        ("ROMANCESTANDARDTIME", "Europe/Paris"),
        ("GMTSTANDARDTIME", "Europe/London"),
        ("CENTRALSTANDARDTIME(MEXICO)", "America/Mexico_City"),
        ("UTC+12", "Etc/GMT-12"),
        ("UTC-11", "Etc/GMT+11"),
        ("KAMCHATKASTANDARDTIME", "Asia/Kamchatka"),
        ("Europe/Paris", "Europe/Paris"),
        ("UTC", "UTC"),
        ("MARSSTANDARDTIME", ""),
        ("", ""),
    ],
)
def test_windows_and_iana_zones_are_both_known(name: str, iana: str) -> None:
    assert iana_zone(name) == iana
    assert zone(name).key == (iana or "UTC")


def test_a_cursor_starts_ten_minutes_before_the_pull_that_wrote_it() -> None:
    written = Cursor.after(datetime(2026, 11, 20, 10, tzinfo=UTC), "org", frozenset({"Prepayments"})).write()
    read = Cursor.read(written, "org")
    assert read.since == "2026-11-20T09:50:00"
    assert read.since_for("Invoices") == "2026-11-20T09:50:00"
    assert read.since_for("Prepayments") == ""


@pytest.mark.parametrize("text", ["", "{", "[]", '{"form":2,"organisation":"org","since":"x"}', '{"since":"x"}'])
def test_a_cursor_that_cannot_be_read_reads_everything(text: str) -> None:
    assert Cursor.read(text, "org").since == ""


def test_a_cursor_of_another_organisation_reads_everything() -> None:
    written = Cursor.after(datetime(2026, 11, 20, 10, tzinfo=UTC), "org", frozenset()).write()
    assert Cursor.read(written, "another").since == ""
