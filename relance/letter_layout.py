"""What a letter's page says and where: the same words as the mail's, placed for an envelope with a window."""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Final, cast

from engine.qr import code_svg
from engine.wording import clean, locale_of
from relance.pictures import is_printable

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from engine.creditor import Creditor
    from engine.model import Customer

Words = dict[str, Any]

# An address has six lines at most, a seventh for the country (NF Z 10-011); a window shows no more.
_ADDRESS_LINES: Final = 6
_FORMATS: Final = {"image/png": "png", "image/jpeg": "jpg", "image/gif": "gif"}
_TOWN: Final = re.compile(r"(?:^|[\n,] *)[A-Z-]{0,3}\d{4,5} +(?P<town>[^\n,]+)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """Where things lie on an A4 sheet, in millimetres from its top left corner.

    `left`, `top`, `width`, `height` are the place of the address, `folds` the heights at which the sheet is folded,
    `body` where the text begins; `signature` counts from the left margin. `back` puts the sender on one small line above the address.
    """

    left: float
    top: float
    width: float
    height: float
    folds: tuple[float, ...]
    body: float
    sender_left: float
    sender_top: float
    sender_width: float
    signature: float
    back: bool = False


# French DL envelope (110 x 220), window 45 x 100 or 35 x 100 on the right, 20 mm from both edges; folded in three the
# sheet has 10 mm of play across and 11 mm along. What shows through both windows however it slides: x 100 to 190, y 55
# to 79 (35 mm) or 45 to 79 (45 mm). Printing services ask for a box from x 110 to 195 and y 55 to 88
# (https://edics.fr/rediger-vos-adresses-les-bonnes-pratiques/, read 2026-11-23): ours lies in the part common to both.
RIGHT: Final = Window(
    left=108, top=55, width=82, height=33, folds=(99, 198), body=100,
    sender_left=25, sender_top=18, sender_width=76, signature=85,
)  # fmt: skip

# DIN 5008 form B: address zone 27.3 mm high from y 62.7, text from x 25, folds at 105 and 210, sender on the right.
LEFT: Final = Window(
    left=25, top=62.7, width=80, height=27.3, folds=(105, 210), body=104,
    sender_left=125, sender_top=22, sender_width=65, signature=0, back=True,
)  # fmt: skip

WINDOWS: Final = {"right": RIGHT, "left": LEFT}
# Where envelopes have their window on the left; elsewhere it is on the right, as in France.
_LEFT_COUNTRIES: Final = frozenset({"AT", "CH", "DE", "DK", "GB", "IE", "NL", "NO", "SE", "US"})


def window_for(country: str, wanted: str = "") -> Window:
    """Give the window that a company's envelopes have: the one it asks for, else its country's."""
    return WINDOWS.get(wanted) or (LEFT if country in _LEFT_COUNTRIES else RIGHT)


def letter_layout(
    data: Mapping[str, object],
    labels: Mapping[str, str],
    creditor: Creditor,
    customer: Customer,
    *,
    window: Window,
    annex: Words | None = None,
    test: bool = False,
) -> Words:
    """Lay a letter's words out for the press.

    `data` are a message's parts, paragraphs and content as `Wording.data` gives them, `labels` the letter's own words,
    `annex` the page on interest. `test` marks a letter that must not be posted.
    """
    parts, paragraphs = cast("Mapping[str, str]", data["parts"]), cast("Mapping[str, list[str]]", data["paragraphs"])
    company = cast("Mapping[str, Any]", data["company"])
    registered = data["channel"] == "registered_letter"
    return {
        "lang": str(data["language"]).replace("_", "-").partition("-")[0].lower(),
        "window": asdict(window),
        "accent": company["accent"],
        "test": labels["test"] if test else "",
        "logo": _logo(creditor),
        "sender": _sender(company, creditor, parts),
        "recipient": _recipient(customer, cast("Mapping[str, Any]", data["customer"])["contact"], creditor),
        "sending": f"{parts['label_registered']} {labels['number_to_fill_in']}" if registered else "",
        "today": data["today"],
        "dated": _dated(creditor, parts["label_date"]),
        "subject_label": f"{parts['label_subject']}{parts['label_colon']}",
        "subject": parts["subject"],
        "heading": parts.get("heading", ""),
        "salutation": parts["salutation"],
        "before": [*paragraphs.get("promise", ()), *paragraphs["opening"]],
        "columns": {
            "number": parts["label_invoice"],
            "issued": labels["column_issued"],
            "due": parts["label_due"],
            "late": labels["column_late"],
            "amount": parts["label_amount"],
            "paid": labels["column_paid"],
            "remaining": parts["label_remaining"],
            "sum": parts["label_total"],
        },
        "tables": [_table(table, parts) for table in _dicts(data["tables"]) if table["lines"]],
        "request": paragraphs["request"],
        "after": [*paragraphs["charges"], *paragraphs["warning"]],
        "payment": _payment(cast("Mapping[str, Any]", data["payment"]), parts),
        "also_open": _also_open(data, parts),
        "closing": [*paragraphs["enclosed"], *paragraphs["courtesy"]],
        "formula": [*paragraphs["question"], *paragraphs["closing"]],
        "signatory": {
            "name": company["signatory"] or company["contact"],
            "title": company["title"] if company["signatory"] else "",
        },
        "mandate": parts["label_mandate"],
        "page": labels["page"],
        "annex": annex,
    }


def town_of(address: str) -> str:
    """Find the town behind the postcode of an address; "" where there is no such thing."""
    found = _TOWN.search(address)
    return clean(found["town"]) if found else ""


def _dicts(value: object) -> list[Mapping[str, Any]]:
    return cast("list[Mapping[str, Any]]", value)


def _logo(creditor: Creditor) -> Words | None:
    """Give the logo as the press reads it; one that cannot be printed safely is left out, and the name stands alone."""
    logo = creditor.brand.logo
    if logo is None or logo.media_type not in _FORMATS or not is_printable(logo.content):
        return None
    return {"content": list(logo.content), "format": _FORMATS[logo.media_type]}


def _sender(company: Mapping[str, Any], creditor: Creditor, parts: Mapping[str, str]) -> Words:
    address = [clean(line) for line in re.split(r"\n|, ", creditor.legal.address) if clean(line)]
    phone = f"{parts['label_phone']} {company['phone']}" if company["phone"] else ""
    legal = [company["name"], *company["legal"], company["address"]]
    return {
        "name": company["name"],
        "lines": [one for one in (*address, phone, company["email"]) if one],
        "back": " · ".join([company["name"], *address]),
        "legal": [one for one in legal if one],
    }


def _recipient(customer: Customer, contact: str, creditor: Creditor) -> list[str]:
    """Write the address as envelopes show it: six lines at most, then the country where it is another one."""
    name = clean(customer.name)
    lines = [clean(line) for line in customer.postal_address if clean(line)]
    head = [name, contact] if contact and contact != name else [name]
    room = _ADDRESS_LINES - len(head)
    if len(lines) > room:
        # What stands first goes together: street, postcode and town keep their lines.
        lines = [", ".join(lines[: len(lines) - room + 1]), *lines[len(lines) - room + 1 :]]
    abroad = customer.country if customer.country and customer.country != creditor.country else ""
    country = str(locale_of(creditor.language).territories.get(abroad, "")).upper()
    written = {line.casefold() for line in lines}
    return [*head, *lines, *([country] if country and country.casefold() not in written else [])]


def _dated(creditor: Creditor, label: str) -> str:
    town = town_of(creditor.legal.address)
    # "Le 3 mars 2026" stands alone, "Lyon, le 3 mars 2026" after the town.
    return f"{town}, {label[:1].lower()}{label[1:]}" if town else label


def _table(table: Mapping[str, Any], parts: Mapping[str, str]) -> Words:
    wanted = ("number", "reference", "issued_on", "due_on", "late", "total", "paid", "remaining", "disputed", "debtor")
    return {
        "lines": [{name: line[name] for name in wanted} for line in _dicts(table["lines"])],
        "credits": [
            {"label": _credit(credit, parts), "amount": credit["amount"]} for credit in _dicts(table["credits"])
        ],
        "total": table["total"],
    }


def _credit(credit: Mapping[str, Any], parts: Mapping[str, str]) -> str:
    if credit["is_sum"]:
        return parts["label_credits"]
    kind = parts["label_receipt" if credit["is_payment"] else "label_credit"]
    dated = f"{parts['label_issued']} {credit['issued_on']}" if credit["issued_on"] else ""
    return " ".join(part for part in (kind, credit["number"], dated) if part)


def _payment(payment: Mapping[str, Any], parts: Mapping[str, str]) -> Words | None:
    def row(label: str, value: str) -> list[str]:
        return [f"{parts[label]}{parts['label_colon']}", value]

    rows: list[Sequence[str]] = []
    if payment["iban"]:
        rows += [row("label_holder", payment["holder"]), row("label_iban", payment["iban"])]
        rows += [row("label_bic", payment["bic"])] if payment["bic"] else []
        rows += [row("label_quote", payment["reference"] or parts["label_quote_many"])]
    if payment["link"]:
        rows += [row("label_link", payment["link"])]
    rows += [["", line] for line in payment["means"]]
    if not rows:
        rows = [["", parts["label_no_account"]]]
    qr = code_svg(payment["code"]) if payment["code"] else ""
    return {"title": parts["label_pay"], "rows": rows, "qr": qr, "qr_label": parts["label_scan"]}


def _also_open(data: Mapping[str, object], parts: Mapping[str, str]) -> Words | None:
    if not data["also_open_count"]:
        return None
    colon, rows = parts["label_colon"], list[str]()
    for table in _dicts(data["tables"]):
        rows += [
            f"{parts['label_invoice']} {line['number']}{colon} {line['remaining']}, {parts['label_due'].lower()} {line['due_on']}"
            + (f" – {line['debtor']}" if line["debtor"] else "")
            for line in _dicts(table["also_open"])
        ]
        rows += [f"{parts['label_statement']}{colon} {table['statement']}"] if table["statement"] else []
    return {"title": f"{parts['label_also_open']}{colon}", "rows": rows}
