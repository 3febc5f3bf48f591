"""The fictional books which `relance sandbox` opens: the same few customers at each provider, months of history."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Final

from connectors.sandbox.ledger import Organisation, Person

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from connectors.sandbox.clock import SandboxClock
    from connectors.sandbox.ledger import Ledger

# Ids in each provider's own form: a GUID, a realm's digits, 32 hexadecimal digits.
ORGANISATIONS: Final[Mapping[str, Organisation]] = {
    "xero": Organisation(id="6f0c1f6e-5b1d-4c67-9a44-3f3b0f6f2a01", name="Larch Joinery Example Ltd"),
    "quickbooks": Organisation(
        id="9130357766000001",
        name="Harbor Signs Example Inc",
        country="US",
        currency="USD",
        timezone="America/Los_Angeles",
    ),
    "sage": Organisation(id="0d40342d0287cd6b13555c54afca6c90", name="Moorland Print Example Ltd"),
}
# How far back the history begins, in days before the day on which the sandbox opens.
_HISTORY: Final = 100
_WORK: Final = time(9, tzinfo=UTC)


@dataclass(slots=True, kw_only=True)
class _Writer:
    """Writes a history in its order: each entry is stamped on the day on which it was written."""

    ledger: Ledger
    clock: SandboxClock
    opening: date
    now: int = -_HISTORY

    def on(self, day: int) -> date:
        """Go to the day `day` days from the opening (negative: before); entries made next bear its stamp."""
        if day < self.now:
            raise ValueError(f"day {day} comes after day {self.now} in the story")
        self.now = day
        when = self.opening + timedelta(days=day)
        self.clock.set(datetime.combine(when, _WORK))
        return when

    def invoice(self, day: int, party: str, number: str, total: str, terms: int = 30, reference: str = "") -> str:
        """Write an invoice that is due `terms` days after `day`; give its id."""
        issued = self.on(day)
        due = issued + timedelta(days=terms)
        written = self.ledger.invoice(party, Decimal(total), issued, due, number=number, reference=reference)
        return written.id


def _demo(writer: _Writer) -> None:
    """Six customers: late by a little and by a lot, partly paid, credited, without an address, and prompt."""
    writer.on(-_HISTORY)
    books = writer.ledger
    rowan = books.add_party(
        "Rowan Hotel",
        "accounts@rowan-hotel.example",
        cc_people=(Person(name="Mary Rowan", email="mary@rowan-hotel.example", role="director"),),
        phone="0100 000 001",
        address=("1 Rowan Street", "", "Exampleton"),
    ).id
    school = books.add_party("Willow School", "office@willow-school.example", address=("2 Willow Lane",)).id
    garage = books.add_party("Bridge Garage", "pay@bridge-garage.example", phone="0100 000 003").id
    bakery = books.add_party("Corner Bakery", "hello@corner-bakery.example").id
    nobody = books.add_party("Silent Partners").id
    prompt = books.add_party("Prompt Payers", "ledger@prompt.example").id

    old = writer.invoice(-95, prompt, "INV-1001", "240.00")
    writer.invoice(-80, rowan, "INV-1002", "1250.00", reference="PO 7781")
    part = writer.invoice(-65, garage, "INV-1003", "860.40")
    books.pay(old, Decimal("240.00"), writer.on(-64))
    credited = writer.invoice(-60, school, "INV-1004", "540.00")
    mistaken = writer.invoice(-58, bakery, "INV-1005", "95.00")
    writer.on(-57)
    books.void(mistaken)
    books.pay(part, Decimal("400.00"), writer.on(-40))
    books.credit_note(school, Decimal("90.00"), writer.on(-38), applies_to=credited, number="CN-0101")
    writer.invoice(-37, bakery, "INV-1006", "312.75")
    writer.invoice(-36, nobody, "INV-1007", "75.00")
    paid = writer.invoice(-33, prompt, "INV-1008", "118.90")
    books.pay(paid, Decimal("118.90"), writer.on(-20))
    writer.invoice(-20, rowan, "INV-1009", "480.00", reference="PO 7802")
    books.receive(garage, Decimal("60.00"), writer.on(-10))
    writer.invoice(-3, school, "INV-1010", "66.00")
    books.invoice(bakery, Decimal("40.00"), writer.on(-1), number="INV-1011", status="draft")


SEEDS: Final[Mapping[str, Callable[[_Writer], None]]] = {"demo": _demo, "empty": lambda _writer: None}


def write_books(ledger: Ledger, clock: SandboxClock, opening: date, seed: str) -> None:
    """Write the history `seed` into books that are still empty, its last day before `opening`; moves the clock."""
    SEEDS[seed](_Writer(ledger=ledger, clock=clock, opening=opening))
