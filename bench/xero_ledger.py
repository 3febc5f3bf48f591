"""A fictional ledger as Xero's list pages, serialised once: 5 invoices for each customer, 4 of 5 paid."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any, Final

import msgspec

PAGE: Final = 1_000
EACH: Final = 5  # invoices of a customer
ORGANISATION: Final = "b2c885a9-4bb9-4a00-9b6e-6c2bf60b1a2b"
# When the books were read first, and when they are read again.
FIRST_AT: Final = datetime(2026, 3, 10, 9, 0, tzinfo=UTC)
AGAIN_AT: Final = FIRST_AT + timedelta(hours=1)

_CHANGED_AT: Final = FIRST_AT + timedelta(minutes=30)
_TODAY: Final = FIRST_AT.date()
_DAYS: Final = 700
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_PAID_OF_FIVE: Final = 4
_CHANGED_OF_A_HUNDRED: Final = 1
_CITIES: Final = ("Lyon", "Nantes", "Lille", "Rennes", "Dijon", "Tours", "Metz", "Nancy")
_WORK: Final = (
    "Consulting, fixed price as agreed in the framework contract",
    "Maintenance of the installation, quarterly",
    "Spare parts according to the enclosed delivery note",
    "Travel and accommodation",
)


@dataclass(slots=True, kw_only=True)
class Ledger:
    """Rows of each list, newest first, serialised."""

    invoices: list[bytes] = field(default_factory=list)
    payments: list[bytes] = field(default_factory=list)
    contacts: dict[str, bytes] = field(default_factory=dict)

    def pages(self) -> dict[str, list[bytes]]:
        rows = {"Invoices": self.invoices, "Payments": self.payments, "Contacts": list(self.contacts.values())}
        return {name: pages_of(name, found) for name, found in rows.items()}


def make(count: int) -> tuple[Ledger, Ledger]:
    """Make a ledger of `count` invoices, and what of it changed an hour later: 1 % of invoices and of contacts.

    Only what is open changes: three quarters of it are paid, the others have another due date.
    """
    chance = random.Random(20260310)  # noqa: S311 (figures, not secrets)
    ledger, changed = Ledger(), Ledger()
    customers = max(count // EACH, 1)
    moving = set(chance.sample(range(customers), min(count * _CHANGED_OF_A_HUNDRED // 100, customers)))
    moved = set(chance.sample(range(customers), customers * _CHANGED_OF_A_HUNDRED // 100))
    contact: dict[str, Any] = {}
    for number in range(count):
        customer, place = divmod(number, EACH)
        if place == 0:
            contact = _contact(customer, chance)
            ledger.contacts[contact["ContactID"]] = encode(contact)
            if customer in moved:
                contact |= {"EmailAddress": "new." + contact["EmailAddress"], "UpdatedDateUTC": _ms(_CHANGED_AT)}
                changed.contacts[contact["ContactID"]] = encode(contact)
        invoice = _invoice(number, contact, chance)
        if place < _PAID_OF_FIVE:
            payment = _pay(invoice, _TODAY - timedelta(days=number % 300), chance)
            ledger.payments.append(encode(payment))
        ledger.invoices.append(encode(invoice))
        if place == _PAID_OF_FIVE and customer in moving:
            invoice |= {"UpdatedDateUTC": _ms(_CHANGED_AT), "UpdatedDateUTCString": _iso(_CHANGED_AT)}
            if customer % 4:
                changed.payments.append(encode(_pay(invoice, _TODAY, chance)))
            else:
                invoice |= _days("DueDate", _TODAY + timedelta(days=45))
            changed.invoices.append(encode(invoice))
    return ledger, changed


def _uuid(chance: random.Random) -> str:
    text = f"{chance.getrandbits(128):032x}"
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"


def _ms(moment: datetime) -> str:
    return f"/Date({(moment - _EPOCH) // timedelta(milliseconds=1)}+0000)/"


def _iso(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def _days(name: str, day: date) -> dict[str, str]:
    moment = datetime(day.year, day.month, day.day, tzinfo=UTC)
    return {f"{name}String": day.isoformat() + "T00:00:00", name: _ms(moment)}


def _contact(number: int, chance: random.Random) -> dict[str, Any]:
    city = _CITIES[number % len(_CITIES)]
    people = [
        {
            "FirstName": "Camille",
            "LastName": f"Durand {number}",
            "EmailAddress": f"accounts{number}@client{number}.example",
            "IncludeInEmails": True,
        }
    ]
    return {
        "ContactID": _uuid(chance),
        "ContactStatus": "ACTIVE",
        "Name": f"Client {number:06} SAS",
        "FirstName": "Dominique",
        "LastName": f"Martin {number}",
        "EmailAddress": f"billing@client{number}.example",
        "BankAccountDetails": "",
        "ContactPersons": people if number % 2 else [],
        "Addresses": [
            {"AddressType": "STREET", "City": "", "Region": "", "PostalCode": "", "Country": ""},
            {
                "AddressType": "POBOX",
                "AddressLine1": f"{number % 200 + 1} rue de la République",
                "City": city,
                "Region": "",
                "PostalCode": f"{10000 + number % 80000}",
                "Country": "FR",
            },
        ],
        "Phones": [
            {"PhoneType": kind, "PhoneNumber": "", "PhoneAreaCode": "", "PhoneCountryCode": ""}
            for kind in ("DDI", "FAX", "MOBILE")
        ]
        + [
            {
                "PhoneType": "DEFAULT",
                "PhoneNumber": f"{number:08}",
                "PhoneAreaCode": "4",
                "PhoneCountryCode": "33",
            }
        ],
        "UpdatedDateUTC": _ms(FIRST_AT - timedelta(minutes=number)),
        "ContactGroups": [],
        "IsSupplier": False,
        "IsCustomer": True,
        "DefaultCurrency": "EUR",
        "HasAttachments": False,
        "HasValidationErrors": False,
    }


def _invoice(number: int, contact: dict[str, Any], chance: random.Random) -> dict[str, Any]:
    lines = [_line(number, place, chance) for place in range(3)]
    net = sum((line["LineAmount"] for line in lines), Decimal(0))
    tax = sum((line["TaxAmount"] for line in lines), Decimal(0))
    issued_on = _TODAY - timedelta(days=1 + number % _DAYS)
    stamp = FIRST_AT - timedelta(seconds=30 + 7 * number)
    return {
        "Type": "ACCREC",
        "InvoiceID": _uuid(chance),
        "InvoiceNumber": f"INV-{number:07}",
        "Reference": f"P/O {number % 9973}",
        "Payments": [],
        "CreditNotes": [],
        "Prepayments": [],
        "Overpayments": [],
        "AmountDue": net + tax,
        "AmountPaid": Decimal("0.00"),
        "AmountCredited": Decimal("0.00"),
        "CurrencyRate": Decimal("1.0000000000"),
        "SentToContact": True,
        "IsDiscounted": False,
        "HasAttachments": False,
        "InvoiceAddresses": [],
        "HasErrors": False,
        "InvoicePaymentServices": [],
        "Contact": {
            "ContactID": contact["ContactID"],
            "Name": contact["Name"],
            "Addresses": [],
            "Phones": [],
            "ContactGroups": [],
            "ContactPersons": [],
            "HasValidationErrors": False,
        },
        **_days("Date", issued_on),
        **_days("DueDate", issued_on + timedelta(days=30)),
        "BrandingThemeID": "6a27abb8-3e27-4d8f-9d4b-0cbe2b6c4a10",
        "Status": "AUTHORISED",
        "LineAmountTypes": "Exclusive",
        "LineItems": lines,
        "SubTotal": net,
        "TotalTax": tax,
        "Total": net + tax,
        "UpdatedDateUTC": _ms(stamp),
        "UpdatedDateUTCString": _iso(stamp),
        "CurrencyCode": "EUR",
    }


def _line(number: int, place: int, chance: random.Random) -> dict[str, Any]:
    net = Decimal(chance.randrange(1_000, 500_000)).scaleb(-2)
    return {
        "ItemCode": f"ITEM-{place}",
        "Description": _WORK[(number + place) % len(_WORK)],
        "UnitAmount": net,
        "TaxType": "OUTPUT2",
        "TaxAmount": (net * 20 / 100).quantize(Decimal("0.01")),
        "LineAmount": net,
        "AccountCode": "706",
        "Item": {"ItemID": f"00000000-0000-4000-8000-{place:012}", "Name": f"Item {place}", "Code": f"ITEM-{place}"},
        "Tracking": [],
        "Quantity": Decimal("1.0000"),
        "LineItemID": _uuid(chance),
        "ValidationErrors": [],
    }


def _pay(invoice: dict[str, Any], paid_on: date, chance: random.Random) -> dict[str, Any]:
    """Pay an invoice in full, and give the payment as its own list shows it."""
    amount = invoice["AmountDue"]
    day = _ms(datetime(paid_on.year, paid_on.month, paid_on.day, tzinfo=UTC))
    payment = {"PaymentID": _uuid(chance), "Date": day, "Amount": amount, "Reference": "", "CurrencyRate": 1}
    nothing = Decimal("0.00")
    invoice |= {"Payments": [{**payment, "HasAccount": False, "HasValidationErrors": False}]}
    invoice |= {"AmountPaid": amount, "AmountDue": nothing, "Status": "PAID", "FullyPaidOnDate": day}
    return {
        **payment,
        "BankAmount": amount,
        "PaymentType": "ACCRECPAYMENT",
        "Status": "AUTHORISED",
        "UpdatedDateUTC": invoice["UpdatedDateUTC"],
        "HasAccount": True,
        "IsReconciled": True,
        "Account": {"AccountID": "7e05fdde-7a1c-4b6a-9c07-2f0c9ae7b5d4", "Code": "512"},
        "Invoice": {
            "Type": "ACCREC",
            "InvoiceID": invoice["InvoiceID"],
            "InvoiceNumber": invoice["InvoiceNumber"],
            "CurrencyCode": invoice["CurrencyCode"],
            "Contact": {"ContactID": invoice["Contact"]["ContactID"], "Name": invoice["Contact"]["Name"]},
        },
        "HasValidationErrors": False,
    }


def encode(value: object) -> bytes:
    """Write JSON with amounts as numbers, as Xero does."""
    return _ENCODER.encode(value)


_ENCODER: Final = msgspec.json.Encoder(decimal_format="number")


def pages_of(name: str, rows: list[bytes]) -> list[bytes]:
    """Lay rows out as the pages of a list; one empty page where there is nothing."""
    count = -(-len(rows) // PAGE)
    head = (
        '{"Id":"00000000-0000-4000-8000-000000000000","Status":"OK","ProviderName":"bench","DateTimeUTC":"%s",'
        '"pagination":{"page":%d,"pageSize":%d,"pageCount":%d,"itemCount":%d},"%s":['
    )
    return [
        (head % (_ms(AGAIN_AT), place + 1, PAGE, count, len(rows), name)).encode()
        + b",".join(rows[place * PAGE : (place + 1) * PAGE])
        + b"]}"
        for place in range(max(count, 1))
    ]


def organisation() -> bytes:
    """Serialise the one organisation."""
    row = {
        "OrganisationID": ORGANISATION,
        "Name": "Bench SARL",
        "BaseCurrency": "EUR",
        "Timezone": "ROMANCESTANDARDTIME",
        "IsDemoCompany": False,
    }
    return encode({"DateTimeUTC": _ms(AGAIN_AT), "Organisations": [row]})
