"""The kinds of value a configuration holds, each with the check and the advice that go with it."""

from __future__ import annotations

import re
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, time
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final, Literal
from urllib.parse import urlsplit

from pydantic import BeforeValidator, Field, PlainValidator, Strict, StringConstraints, ValidationInfo

from engine.channels.addresses import Mailbox
from relance.config.secrets import Secret, parse_secret

if TYPE_CHECKING:
    from collections.abc import Iterable

_ATEXT: Final = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
_LABEL: Final = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_ISO_DAY: Final = re.compile(r"\d{4}-\d{2}-\d{2}")
_ADDRESS: Final = re.compile(rf"(?P<local>{_ATEXT}(?:\.{_ATEXT})*)@(?P<domain>{_LABEL}(?:\.{_LABEL})+|localhost)")
_NAMED: Final = re.compile(r"(?P<name>[^<>]*)<(?P<address>[^<>]*)>")
_HOUR: Final = re.compile(r"(?P<hour>[0-9]{2}):(?P<minute>[0-9]{2})")
_PLACEHOLDER: Final = re.compile(r"\{[^{}]*\}")
_LOOPBACK: Final = re.compile(r"localhost|127(?:\.[0-9]{1,3}){3}|::1")
_MAX_LOCAL: Final = 64
_MAX_ADDRESS: Final = 254


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """What the checks of a value need to know besides the value: the folder of relative paths, the plans there are.

    `known` remembers, for each mapping that was read (by identity), the keys that it may have.
    """

    base: Path
    plan_ids: tuple[str, ...] = ()
    known: dict[int, tuple[str, ...]]


def closest(word: str, known: Iterable[str]) -> str:
    """Give the sentence "did you mean …?" for the known word nearest to a mistyped one, "" where none is near."""
    import difflib  # noqa: PLC0415 (needed only once something is wrong)

    near = difflib.get_close_matches(word, list(known), n=1, cutoff=0.6)
    return f"; did you mean {near[0]}?" if near else ""


def is_loopback(host: str) -> bool:
    """Tell whether a host name or address is this machine itself."""
    return _LOOPBACK.fullmatch(host.lower()) is not None


def _base(info: ValidationInfo) -> Path:
    return info.context.base if isinstance(info.context, Context) else Path()


def _text(value: object) -> str:
    # A number is text where text is meant (a SIREN, a postcode): whole numbers keep their digits.
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    if not isinstance(value, str):
        raise ValueError("must be text; put it in quotes")  # noqa: TRY004 (pydantic collects ValueError only)
    return value.strip()


def _line(value: object) -> str:
    text = _text(value)
    if not text:
        raise ValueError("is empty; write it or leave the key out")
    if not text.isprintable():
        raise ValueError("must be one line without control characters")
    return text


def _lines(value: object) -> str:
    text = _text(value)
    if not all(line.isprintable() for line in text.split("\n")):
        raise ValueError("must not hold control characters")
    return text


def _path(value: object, info: ValidationInfo) -> Path:
    return _base(info) / (value if isinstance(value, Path) else _line(value))


def _path_pattern(value: object, info: ValidationInfo) -> str:
    pattern = _line(value)
    if unknown := set(_PLACEHOLDER.findall(pattern)) - {"{number}"}:
        raise ValueError(f"{min(unknown)} is not known here; {{number}} stands for the invoice's number")
    return str(_base(info) / pattern)


def _address(value: object) -> str:
    text = _line(value)
    match = _ADDRESS.fullmatch(text)
    if match is None or len(match["local"]) > _MAX_LOCAL or len(text) > _MAX_ADDRESS:
        raise ValueError("must be one e-mail address such as compta@dupont.example, in plain ASCII (xn--… for others)")
    return text


def _mailbox(value: object) -> Mailbox:
    text = _line(value)
    match = _NAMED.fullmatch(text)
    if match is None:
        return Mailbox(address=_address(text))
    return Mailbox(address=_address(match["address"].strip()), name=match["name"].strip().strip('"').strip())


def _secret(value: object, info: ValidationInfo) -> Secret:
    return parse_secret(value, _base(info))


def _whole(value: object) -> object:
    # `offset: +5` is what people write; YAML 1.2 reads it as a number and we keep digits that may be a telephone's.
    if isinstance(value, str) and re.fullmatch(r"\+[1-9][0-9]{0,8}", value):
        return int(value)
    return value


def _decimal(value: object) -> Decimal:
    if isinstance(value, int) and not isinstance(value, bool):
        return Decimal(value)
    if isinstance(value, str) and re.fullmatch(r"-?[0-9]{1,15}(\.[0-9]{1,6})?", value.strip()):
        return Decimal(value.strip())
    raise ValueError('must be a number with a decimal point, such as "5.00"')


def _hour(value: object) -> time:
    match = _HOUR.fullmatch(value.strip()) if isinstance(value, str) else None
    try:
        return time(int(match["hour"]), int(match["minute"])) if match else _no_hour()
    except ValueError:
        return _no_hour()


def _no_hour() -> time:
    raise ValueError('must be a time of day between "00:00" and "23:59"')


def _day(value: object) -> date:
    if isinstance(value, date):
        return value
    # A date in quotes is a text to YAML, and a date to whoever wrote it.
    if isinstance(value, str) and _ISO_DAY.fullmatch(value):
        with suppress(ValueError):
            return date.fromisoformat(value)
    raise ValueError("must be a date that exists, such as 2026-12-24")


def _url(value: object) -> str:
    text = _line(value)
    try:
        parts = urlsplit(text)
        host, named = parts.hostname or "", parts.username is not None or parts.password is not None
        _ = parts.port
    except ValueError:
        raise ValueError("must be a web address such as https://api.example") from None
    if not host or " " in text or parts.scheme not in {"https", "http"}:
        raise ValueError("must be a web address such as https://api.example")
    if named:
        raise ValueError("must not hold a user name or password")
    if parts.scheme == "http" and not is_loopback(host):
        raise ValueError("must begin with https:// (http:// only for this machine itself)")
    return text


def _payment_link(value: object) -> str:
    text = _line(value)
    if unknown := set(_PLACEHOLDER.findall(text)) - {"{number}"}:
        raise ValueError(f"{min(unknown)} is not known here; {{number}} stands for the invoice's number")
    if not text.lower().startswith("https://"):
        raise ValueError("must begin with https://: customers are asked to pay there")
    return _url(text)


def _iban(value: object) -> str:
    from stdnum import iban  # noqa: PLC0415 (slow to load, and needed only where there is a bank account)
    from stdnum.exceptions import ValidationError  # noqa: PLC0415 (see above)

    try:
        return str(iban.validate(_line(value)))
    except ValidationError:
        raise ValueError("is not a valid IBAN: its check digits or its length are wrong") from None


def _bic(value: object) -> str:
    from stdnum import bic  # noqa: PLC0415 (slow to load, and needed only where there is a bank account)
    from stdnum.exceptions import ValidationError  # noqa: PLC0415 (see above)

    try:
        return str(bic.validate(_line(value)))
    except ValidationError:
        raise ValueError("is not a valid BIC: 8 or 11 letters and digits, such as AGRIFRPP") from None


Line = Annotated[str, BeforeValidator(_line)]
Lines = Annotated[str, BeforeValidator(_lines)]
Text = Annotated[str, BeforeValidator(_text)]
Flag = Annotated[bool, Strict()]
Whole = Annotated[int, BeforeValidator(_whole), Strict(), Field(ge=-3650, le=3650)]
Count = Annotated[int, Strict(), Field(ge=0, le=100_000)]
Port = Annotated[int, Strict(), Field(ge=1, le=65_535)]
Amount = Annotated[Decimal, BeforeValidator(_decimal), Field(ge=0)]
Day = Annotated[date, PlainValidator(_day)]
Hour = Annotated[time, PlainValidator(_hour)]
FilePath = Annotated[Path, PlainValidator(_path)]
PathPattern = Annotated[str, PlainValidator(_path_pattern)]
HostName = Annotated[str, BeforeValidator(_line), StringConstraints(to_lower=True, pattern=rf"^{_LABEL}(\.{_LABEL})+$")]
EmailAddress = Annotated[str, PlainValidator(_address)]
Sender = Annotated[Mailbox, PlainValidator(_mailbox)]
SecretRef = Annotated[Secret, PlainValidator(_secret)]
Url = Annotated[str, PlainValidator(_url)]
PaymentLink = Annotated[str, PlainValidator(_payment_link)]
Iban = Annotated[str, PlainValidator(_iban)]
Bic = Annotated[str, PlainValidator(_bic)]
Color = Annotated[str, BeforeValidator(_line), StringConstraints(pattern=r"^#[0-9A-Fa-f]{6}$")]
Identifier = Annotated[str, BeforeValidator(_line), StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$")]
Weekday = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
