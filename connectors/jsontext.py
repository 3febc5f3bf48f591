"""JSON read and written exactly: decimals stay decimals, nothing doubtful is taken."""

from __future__ import annotations

import json
import re
from decimal import Decimal
from typing import Any, Final, NoReturn

import msgspec

# No amount, rate or count lies beyond; what does would cost hours in arithmetic.
_MOST_EXPONENT: Final = 100
_MOST_DEPTH: Final = 200
# An escape for half a character (UTF-16 surrogate): names are cut in the middle of an emoji.
_HALF_ESCAPED: Final = re.compile(rb"\\u[dD][89a-fA-F]")
_HALF: Final = re.compile("[\ud800-\udfff]")
_MARK: Final = b"\xef\xbb\xbf"


class JsonTextError(ValueError):
    """These bytes are no JSON that can be relied upon; the text says why, without quoting them."""


class _RepeatedKeyError(JsonTextError):
    pass


def without_mark(body: bytes) -> bytes:
    """Give the text without the byte order mark that some servers put before it."""
    return body.removeprefix(_MARK)


def is_json(body: bytes) -> bool:
    """Tell whether bytes are one whole JSON text, at the cost of reading past it once."""
    try:
        msgspec.json.decode(body, type=msgspec.Raw)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
        return False
    return True


def repeats_a_key(body: bytes) -> bool:
    """Tell whether an object of a JSON text holds a key twice, of which readers would take one or the other."""
    try:
        json.loads(without_mark(body), parse_float=str, parse_int=str, parse_constant=str, object_pairs_hook=_object)
    except _RepeatedKeyError:
        return True
    except (ValueError, RecursionError):
        # Whatever else is wrong with it is told where it is read.
        return False
    return False


def parse(body: bytes) -> Any:
    """Read a JSON text: whole numbers as int, all others as Decimal; raises JsonTextError.

    NaN, Infinity, a key that stands twice, absurd exponents and endless nesting are refused; halves of characters
    become U+FFFD.
    """
    try:
        value = json.loads(
            without_mark(body).decode(),
            parse_float=_decimal,
            parse_constant=_refuse_constant,
            object_pairs_hook=_object,
        )
    except JsonTextError:
        raise
    except UnicodeDecodeError:
        raise JsonTextError("it is not UTF-8") from None
    except json.JSONDecodeError as error:
        raise JsonTextError(f"{error.msg} at character {error.pos}") from None
    except RecursionError:
        raise JsonTextError("it is nested too deep") from None
    except ValueError:
        # int() takes no more than 4300 digits.
        raise JsonTextError("a number is too long") from None
    return _mended(value) if _HALF_ESCAPED.search(body) else value


def encode(value: object) -> bytes:
    """Write a JSON text; Decimals as the numbers they are. TypeError for a float: money never is one."""
    return msgspec.json.encode(_exact(value))


def _decimal(text: str) -> Decimal:
    number = Decimal(text)
    if number and abs(number.adjusted()) > _MOST_EXPONENT:
        raise JsonTextError("a number is beyond all measure")
    return number


def _refuse_constant(name: str) -> NoReturn:
    raise JsonTextError(f"{name} is no number")


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) != len(pairs):
        raise _RepeatedKeyError("a key stands twice in one object")
    return made


def _mended(value: Any) -> Any:
    match value:
        case str():
            return _HALF.sub("\ufffd", value)
        case list():
            return [_mended(each) for each in value]
        case dict():
            return {_mended(key): _mended(each) for key, each in value.items()}
        case _:
            return value


def _exact(value: object, depth: int = 0) -> object:
    if depth > _MOST_DEPTH:
        raise ValueError("nested too deep to be written")
    match value:
        case None | bool() | int() | str():
            return value
        case Decimal():
            if not value.is_finite():
                raise ValueError(f"{value} is no number")
            return msgspec.Raw(format(value, "f").encode())
        case list() | tuple():
            return [_exact(each, depth + 1) for each in value]
        case dict():
            return {str(key): _exact(each, depth + 1) for key, each in value.items()}
        case _:
            raise TypeError(f"{type(value).__name__} has no place in a JSON text of ours")
