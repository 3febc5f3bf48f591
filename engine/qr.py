"""The EPC QR code of a credit transfer (EPC069-12 v2.1): what a banking application reads, as text, PNG and SVG."""

from __future__ import annotations

from base64 import b64decode
from typing import TYPE_CHECKING, Final

from engine.wording import clean

if TYPE_CHECKING:
    from segno import QRCode

    from engine.money import Money

LONGEST_PAYLOAD: Final = 331
LONGEST_TEXT: Final = 140
LONGEST_NAME: Final = 70
# What follows RF and its two check digits (ISO 11649).
_LONGEST_OWN_REFERENCE: Final = 21
# In cents (EPC069-12 §2.4): one cent up to 999 999 999.99.
_SMALLEST: Final = 1
_LARGEST: Final = 99_999_999_999
# Room in UTF-8 for a name of 70 letters that take two bytes each.
_NAME_BYTES: Final = 140
_UTF_8: Final = "1"
# Countries of the euro transfer scheme; outside the economic area the transfer needs a BIC (EPC409-09).
_ECONOMIC_AREA: Final = "AT BE BG CY CZ DE DK EE ES FI FR GR HR HU IE IS IT LI LT LU LV MT NL NO PL PT RO SE SI SK"
_NEIGHBOURS: Final = "AD AL CH GB GI MC MD ME MK RS SM VA"
# A reader needs four light modules around the code (ISO/IEC 18004).
_QUIET_ZONE: Final = 4


def transfer_payload(*, holder: str, iban: str, bic: str, amount: Money, text: str = "", reference: str = "") -> str:
    """Write a transfer order down for a banking application; "" where there can be none.

    There is none for any currency but the euro, for an account outside SEPA, or for an amount that the scheme does not
    carry. `iban` is a valid one, as the configuration holds it. `reference` is an RF reference and takes the place of
    `text`. Names and texts lose line breaks and control characters, and what is too long for the code: a name after 70
    characters, a text after 140.
    """
    iban, bic = iban.replace(" ", "").upper(), bic.replace(" ", "").upper()
    name = _cut(clean(holder), LONGEST_NAME, _NAME_BYTES)
    if not (name and amount.currency == "EUR" and _SMALLEST <= amount.minor <= _LARGEST and _reachable(iban, bic)):
        return ""
    # Everything is in the order of the guideline; nothing may follow the last element.
    head = ("BCD", "002", _UTF_8, "SCT", bic, name, iban, f"EUR{_plain(amount)}", "", reference)
    if reference or not text:
        return "\n".join(head).rstrip("\n")
    room = LONGEST_PAYLOAD - len("\n".join((*head, "")).encode())
    return "\n".join((*head, _cut(clean(text), LONGEST_TEXT, room))).rstrip("\n")


def rf_reference(number: str) -> str:
    """Make the RF reference (ISO 11649) of an invoice's number; "" where the number has no room in one."""
    from stdnum.iso7064 import mod_97_10  # noqa: PLC0415 (only companies that ask for such references)

    own = "".join(char for char in number.upper() if char.isascii() and char.isalnum())
    if not own or len(own) > _LONGEST_OWN_REFERENCE:
        return ""
    return f"RF{mod_97_10.calc_check_digits(f'{own}RF')}{own}"


def reference_text(numbers: list[str], otherwise: str) -> str:
    """Say what a transfer pays: the invoices' numbers where they all fit into 140 characters, else the other words."""
    listed = ", ".join(clean(number) for number in numbers)
    return listed if 0 < len(listed) <= LONGEST_TEXT else clean(otherwise)


def code_png(payload: str, *, scale: int = 6) -> bytes:
    """Draw a payload as PNG, black on white with its quiet zone; `scale` is pixels for each module."""
    uri = _code(payload).png_data_uri(scale=scale, border=_QUIET_ZONE, dark="black", light="white")
    return b64decode(uri.partition(",")[2])


def code_svg(payload: str) -> str:
    """Draw a payload as an SVG document, black on white with its quiet zone."""
    drawn = _code(payload).svg_inline(border=_QUIET_ZONE, dark="black", light="white", omitsize=True)
    return drawn.replace("<svg ", '<svg xmlns="http://www.w3.org/2000/svg" ', 1)


def _code(payload: str) -> QRCode:
    import segno  # noqa: PLC0415 (slow to load, and only what is sent draws codes)

    # Level M and no better, as the guideline says; bytes, so that no other mode is chosen for a part.
    return segno.make_qr(payload.encode(), error="m", boost_error=False)


def _reachable(iban: str, bic: str) -> bool:
    country = iban[:2]
    return country in _ECONOMIC_AREA.split(" ") or (country in _NEIGHBOURS.split(" ") and bool(bic))


def _plain(amount: Money) -> str:
    """Write an amount as the guideline does: a point, and no zeros at the end."""
    return f"{amount.amount:f}".rstrip("0").rstrip(".")


def _cut(text: str, characters: int, size: int) -> str:
    """Shorten a text to so many characters and bytes of UTF-8."""
    short = text[:characters].encode("utf-8", "ignore")[:size].decode("utf-8", "ignore")
    return short.strip()
