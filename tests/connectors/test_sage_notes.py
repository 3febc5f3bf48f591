"""Our block in the notes of a contact: bounded, newest first, and never in the way of what people write there."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.sage.notes import BEGIN, END, NoRoomError, merged, taken_apart

MARKER = "[rem:0123456789ab]"
LINE = f"First reminder sent by e-mail on 22 November 2026: SI-12 {MARKER}"


def marked(number: int) -> str:
    return f"[rem:{number:012x}]"


def test_the_first_line_goes_below_what_the_user_wrote() -> None:
    text = merged("Calls on Mondays only", LINE, MARKER, 4000)
    assert text.splitlines() == ["Calls on Mondays only", BEGIN, LINE, END]


def test_empty_notes_hold_our_block_alone() -> None:
    assert merged("", LINE, MARKER, 4000) == f"{BEGIN}\n{LINE}\n{END}"


def test_the_newest_line_stands_first_and_the_users_text_stays_above_and_below() -> None:
    before = merged("above\r\nmore above", f"older {marked(1)}", marked(1), 4000) + "\nbelow"
    after = taken_apart(merged(before, LINE, MARKER, 4000))
    assert after.lines == (LINE, f"older {marked(1)}")
    assert after.above == "above\r\nmore above\n"
    assert after.below.strip() == "below"


def test_the_oldest_lines_are_dropped_first() -> None:
    text = "keep me"
    for number in range(40):
        text = merged(text, f"reminder {number} " + "x" * 60 + f" {marked(number)}", marked(number), 1000)
    assert len(text) <= 1000
    numbers = [int(line.split()[1]) for line in taken_apart(text).lines]
    assert numbers == list(range(39, 39 - len(numbers), -1))
    assert len(numbers) > 5
    assert text.startswith("keep me\n")


def test_a_line_is_cut_but_its_marker_is_kept_where_there_is_little_room() -> None:
    own = "u" * 870
    text = merged(own, LINE, MARKER, 1000)
    assert len(text) <= 1000
    assert text.startswith(own)
    assert MARKER in text


def test_full_notes_leave_no_room() -> None:
    with pytest.raises(NoRoomError):
        merged("u" * 3990, LINE, MARKER, 4000)


def test_a_lost_end_line_loses_nothing_of_the_users() -> None:
    text = f"above\n{BEGIN}\nolder {marked(1)}\nthe user wrote on\nand on"
    notes = taken_apart(text)
    assert notes.lines == (f"older {marked(1)}",)
    assert notes.below == "the user wrote on\nand on"


def test_what_somebody_typed_inside_our_block_moves_below_it() -> None:
    text = f"{BEGIN}\nnew {marked(2)}\nmy own remark\nold {marked(1)}\n{END}"
    after = merged(text, LINE, MARKER, 4000)
    assert taken_apart(after).lines == (LINE, f"new {marked(2)}", f"old {marked(1)}")
    assert "my own remark" in taken_apart(after).below


def test_a_note_of_several_lines_becomes_one() -> None:
    assert taken_apart(merged("", f"one\ntwo\n{MARKER}", MARKER, 4000)).lines == (f"one two {MARKER}",)


@given(
    st.text(alphabet=st.characters(codec="utf-8"), max_size=300),
    st.lists(st.integers(0, 2**40), unique=True, max_size=8),
    st.integers(600, 1200),
)
def test_the_users_text_survives_whatever_is_written(own: str, numbers: list[int], limit: int) -> None:
    text = own
    for number in numbers:
        text = merged(text, f"reminder {marked(number)}", marked(number), limit)
        assert len(text) <= limit
        assert marked(number) in text
    assert text.startswith(own)
