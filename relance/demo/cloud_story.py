"""A fictional company whose books are kept at a provider: what it invoices, and customers who pay as people do."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

from relance.demo.story import Happening

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from connectors.sandbox.ledger import Ledger, Organisation, Person
    from engine.records import Reminder


@dataclass(frozen=True, slots=True, kw_only=True)
class Debtor:
    """A customer of the company."""

    name: str
    email: str
    address: str
    people: tuple[Person, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Pays:
    """Money that follows a reminder by some days: `part`, or all that is left where none is named."""

    after: str
    days: int
    part: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bill:
    """An invoice; days are those of the story, negative before its beginning. `paid_on` is money that nobody asked for.

    `hurried`: it is paid in the very minutes between the reading of the books and the leaving of a notice that asks
    for more than it.
    """

    number: str
    customer: str
    issued: int
    due: int
    total: str
    work: str
    pays: tuple[Pays, ...] = ()
    paid_on: int | None = None
    hurried: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Undone:
    """A credit note for the whole of an invoice, or (without a number) its being voided."""

    day: int
    number: str
    credit: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """All that is written of one company before the story begins."""

    company_id: str
    provider: str
    organisation: Organisation
    debtors: tuple[Debtor, ...]
    bills: tuple[Bill, ...]
    undone: tuple[Undone, ...] = ()
    happenings: tuple[Happening, ...] = ()


@dataclass(slots=True, kw_only=True)
class CloudStory:
    """The world around such a company, acted out in the sandbox's ledger."""

    scene: Scene
    ledger: Ledger
    first: date
    ids: dict[str, str] = field(default_factory=dict)
    parties: dict[str, str] = field(default_factory=dict)
    # Day, number of the invoice, amount ("": all that is left).
    coming: list[tuple[int, str, str]] = field(default_factory=list)

    @property
    def company_id(self) -> str:
        """The company."""
        return self.scene.company_id

    def open(self) -> None:
        """Write what stands in the books when the story begins."""
        for debtor in self.scene.debtors:
            party = self.ledger.add_party(debtor.name, debtor.email, cc_people=debtor.people, address=(debtor.address,))
            self.parties[debtor.name] = party.id
        self._invoice(-1)
        self.coming = [(bill.paid_on, bill.number, "") for bill in self.scene.bills if bill.paid_on is not None]

    def at(self, day: int) -> date:
        """Give a day of the story."""
        return self.first + timedelta(days=day)

    def morning(self, day: int) -> list[Happening]:
        """Write the day's invoices, payments and corrections into the books."""
        self._invoice(day)
        told = [self._pay(day, number, part) for when, number, part in self.coming if when == day]
        told += [self._undo(one) for one in self.scene.undone if one.day == day]
        return [*told, *(one for one in self.scene.happenings if one.day == day)]

    def meanwhile(self, day: int, planned: Sequence[Reminder]) -> list[Happening]:
        """Pay a hurried invoice as soon as a notice that asks for more is about to leave."""
        told = []
        for bill in self.scene.bills:
            asked = [reminder for reminder in planned if any(line.number == bill.number for line in reminder.lines)]
            if bill.hurried and self._left(bill.number) and any(len(reminder.lines) > 1 for reminder in asked):
                paid = self._pay(day, bill.number, "")
                told.append(Happening(day=day, told=f"{paid.told} La relance était prête : la facture en sort."))
        return told

    def reminded(self, day: int, reminder: Reminder) -> None:
        """Have the customer pay some days later, if this is the reminder that moves it."""
        for line in reminder.lines:
            bill = next((one for one in self.scene.bills if one.number == line.number), None)
            for pays in bill.pays if bill is not None else ():
                if pays.after == line.level_id:
                    self.coming.append((day + pays.days, line.number, pays.part))

    def _invoice(self, day: int) -> None:
        for bill in self.scene.bills:
            if bill.issued <= day and bill.number not in self.ids:
                total = Decimal(bill.total)
                written = self.ledger.invoice(
                    self.parties[bill.customer],
                    total,
                    self.at(bill.issued),
                    self.at(bill.due),
                    number=bill.number,
                    lines=((bill.work, total),),
                )
                self.ids[bill.number] = written.id

    def _pay(self, day: int, number: str, part: str) -> Happening:
        left = self._left(number)
        amount = min(Decimal(part), left) if part else left
        if amount:
            self.ledger.pay(self.ids[number], amount, self.at(day))
        what = f"une partie de {number}" if amount < left else number
        return Happening(day=day, told=f"{self._customer(number)} règle {what}.")

    def _undo(self, one: Undone) -> Happening:
        document = self.ledger.document(self.ids[one.number])
        if not one.credit:
            self.ledger.void(document.id)
            return Happening(day=one.day, told=f"La facture {one.number} est annulée dans les livres.")
        self.ledger.credit_note(
            document.party_id, document.total, self.at(one.day), applies_to=document.id, number=one.credit
        )
        return Happening(
            day=one.day,
            told=f"Un avoir est établi pour {self._customer(one.number)} : {one.credit} annule {one.number}.",
        )

    def _left(self, number: str) -> Decimal:
        return self.ledger.balance(self.ids[number]) if number in self.ids else Decimal(0)

    def _customer(self, number: str) -> str:
        return self.ledger.party(self.ledger.document(self.ids[number]).party_id).name
