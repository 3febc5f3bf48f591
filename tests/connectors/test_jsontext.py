from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.http import Answer, encode
from connectors.jsontext import JsonTextError, is_json, parse, repeats_a_key
from engine.errors import BooksUnreadableError


def test_amounts_are_read_as_they_are_written() -> None:
    value = parse(b'{"a": 0.1, "b": 703.63, "c": 120, "d": 1e2, "e": -0.00, "f": 12345678901234567890.12}')
    assert value == {
        "a": Decimal("0.1"),
        "b": Decimal("703.63"),
        "c": 120,
        "d": Decimal("1E+2"),
        "e": Decimal("-0.00"),
        "f": Decimal("12345678901234567890.12"),
    }
    assert {type(number) for number in value.values()} == {Decimal, int}
    assert str(value["e"]) == "-0.00"


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (b"NaN", "NaN"),
        (b"[Infinity]", "Infinity"),
        (b'{"a": -Infinity}', "Infinity"),
        (b'{"a": 1, "a": 2}', "stands twice"),
        (b'{"b": {"a": 1, "a": 1}}', "stands twice"),
        (b"[" * 200_000, "nested"),
        (b"[1e999999999]", "beyond"),
        (b"[1e-999999999]", "beyond"),
        (b"[" + b"9" * 5000 + b"]", "too long"),
        (b'{"a": "\xff"}', "UTF-8"),
        (b'{"a": 1', "character"),
        (b'{"a": 1} x', "character"),
        (b"", "character"),
        (b"{'a': 1}", "character"),
    ],
)
def test_doubtful_json_is_refused_with_a_reason(text: bytes, why: str) -> None:
    with pytest.raises(JsonTextError, match=why):
        parse(text)
    with pytest.raises(BooksUnreadableError, match="no usable JSON"):
        Answer(status=200, body=text).json()


@pytest.mark.parametrize(
    ("text", "repeats"),
    [
        (b'{"a": 1, "a": 2}', True),
        (b'[{"b": {"a": 1, "a": 1}}]', True),
        (b'\xef\xbb\xbf{"a": 1, "a": 1}', True),
        (b'[{"a": 1}, {"a": 2}]', False),
        (b'{"a": NaN, "b": 1e999999999, "c": ' + b"9" * 5000 + b"}", False),
        (b"[" * 200_000, False),
        (b'{"a": 1', False),
        (b"\xff", False),
    ],
)
def test_a_key_that_stands_twice_is_found_whatever_else_is_wrong(text: bytes, repeats: bool) -> None:
    assert repeats_a_key(text) is repeats


def test_zero_is_zero_whatever_its_exponent() -> None:
    assert parse(b"[0e999]") == [0]


def test_a_name_cut_in_the_middle_of_a_character_stays_usable() -> None:
    value = parse(b'{"name": "Caf\\u00e9 \\ud83d", "pair": "\\ud83d\\ude00", "list": ["\\udc00"], "\\ud800": 1}')
    assert value == {"name": "Café \ufffd", "pair": "\U0001f600", "list": ["\ufffd"], "\ufffd": 1}
    json.dumps(value).encode()


def test_a_byte_order_mark_is_passed_over() -> None:
    assert parse(b"\xef\xbb\xbf[]") == []


@pytest.mark.parametrize("text", [b"{}", b"[]", b"null", b' {"a": [1, 2.5, "x"]} \n', b'"text"'])
def test_one_whole_text_is_json(text: bytes) -> None:
    assert is_json(text)


@pytest.mark.parametrize(
    "text", [b"", b" ", b"{", b'{"a": 1', b"[1, 2", b"{} {}", b"<html>", b"NaN", b"[" * 500_000, b'{"a": tru']
)
def test_anything_less_is_not(text: bytes) -> None:
    assert not is_json(text)


_VALUES: st.SearchStrategy[Any] = st.recursive(
    st.one_of(
        st.none(),
        st.booleans(),
        st.integers(-(10**30), 10**30),
        st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**12), max_value=10**12),
        st.text(),
    ),
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(st.text(), inner, max_size=4)),
    max_leaves=12,
)


@given(_VALUES)
def test_what_is_written_is_read_back_exactly(value: Any) -> None:
    assert parse(encode(value)) == value


def test_decimals_are_written_as_the_numbers_they_are() -> None:
    assert encode({"Amount": Decimal("541.25"), "n": 3}) == b'{"Amount":541.25,"n":3}'
    assert encode([Decimal("1E+2"), Decimal("0.10"), Decimal("1E-7")]) == b"[100,0.10,0.0000001]"
    assert encode("€") == '"€"'.encode()


@pytest.mark.parametrize("value", [0.1, [1.0], {"a": {"b": 2.5}}, b"bytes", object(), {1, 2}])
def test_a_float_and_what_has_no_form_are_not_written(value: object) -> None:
    with pytest.raises(TypeError):
        encode(value)


@pytest.mark.parametrize("value", [Decimal("NaN"), Decimal("Infinity")])
def test_what_is_no_number_is_not_written(value: Decimal) -> None:
    with pytest.raises(ValueError, match="no number"):
        encode(value)
