"""People work in the books while Relance reads them: a ledger, its connector and a store, without commands or sockets.

`Office` carries out scripts: what happens in the ledger, how time passes, and readings, undisturbed or not. After each it
compares what is stored with the ledger, which is the judge. All time is the sandbox's: what would wait moves it.
"""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final, NamedTuple, Self

from connectors.http import Settings, Transport
from connectors.quickbooks.books import QuickBooksBooks
from connectors.quickbooks.manners import QuickBooksManners
from connectors.sage.books import SageBooks
from connectors.sage.manners import SageManners
from connectors.sandbox.clock import SandboxClock
from connectors.sandbox.ledger import Ledger, Organisation
from connectors.sandbox.mischief import Rows
from connectors.sandbox.server import Sandbox
from connectors.xero.books import XeroBooks
from connectors.xero.manners import XeroManners
from engine.syncing import sync_company
from engine.trusted import TrustedBooks
from state.store import Store
from tests.e2e.cloud import PROVIDERS
from tests.fakes.wsgi import NEVER, Wire, wired

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from pathlib import Path

    from connectors.http import Manners
    from connectors.sandbox.entries import Document, Receipt, ReceiptKind
    from engine.model import OpenItem
    from engine.syncing import SyncReport

COMPANY: Final = "dupont"
BEGINNING: Final = datetime(2026, 2, 16, 8, 0, tzinfo=UTC)
# What passes between two events: nothing, a second, more than any overlap, so long that open items are read whole.
SPANS: Final = (
    timedelta(0),
    timedelta(seconds=1),
    timedelta(minutes=3),
    timedelta(minutes=25),
    timedelta(hours=6),
    timedelta(hours=21),
    timedelta(days=3),
)
A_DAY: Final = timedelta(hours=21)
_ASSUMED: Final = timedelta(days=30)
_FOR_EVER: Final = 1_000_000
_OLD: Final = "OLD"


_CONNECTORS: Final[dict[str, tuple[Callable[[], Manners], Callable[..., Any]]]] = {
    "xero": (XeroManners, XeroBooks),
    "quickbooks": (QuickBooksManners, QuickBooksBooks),
    "sage": (SageManners, SageBooks),
}


class Step(NamedTuple):
    """Something that happens: its name and two numbers that say to what, and how much."""

    name: str
    which: int = 0
    much: int = 0


class Pull(NamedTuple):
    """A reading: what happens between its pages, how many calls it gets before the link breaks, and how it is spoiled.

    `empty` lists come empty, fewer than a reading has: what is asked by id after them is answered. That hides from the
    store what it has not seen yet, and nothing else.
    """

    between: tuple[Step, ...] = ()
    calls: int = NEVER
    twice: bool = False
    empty: int = 0
    later: timedelta = timedelta(0)


class Reread(NamedTuple):
    """What is open, asked for by id right now."""


class Owed(NamedTuple):
    """An open item, as ledger and store must agree on it."""

    number: str
    balance: str
    due_on: date
    customer: str
    currency: str


@dataclass(slots=True, kw_only=True)
class Tokens:
    """Tokens without a vault."""

    sandbox: Sandbox
    provider: str
    organisation: str
    _held: str = ""

    def access_token(self) -> str:
        return self._held or self.renew("")

    def renew(self, refused: str) -> str:
        del refused
        granted = self.sandbox.oauth.grant(self.provider, [self.organisation])
        self._held = str(granted["access_token"])
        return self._held


class NoBudget:
    """A day without limits."""

    def before_call(self, now: datetime) -> None:
        pass

    def after_call(self, now: datetime, left: int | None) -> None:
        pass

    def park(self, until: datetime, reason: str) -> None:
        pass


@dataclass(slots=True, kw_only=True)
class Office:
    """The ledger, its books as the connector gives them, and the store; see the module's docstring."""

    provider: str
    path: Path
    page_size: int = 1000
    sandbox: Sandbox = field(init=False)
    ledger: Ledger = field(init=False)
    books: TrustedBooks = field(init=False)
    store: Store = field(init=False)
    wire: Wire = field(init=False)
    # What silent changes hid until the next reading of everything that is open.
    hidden: set[str] = field(default_factory=set)
    # What nothing but another change will show.
    beyond: set[str] = field(default_factory=set)
    _open_all_along: set[str] = field(default_factory=set)
    _ticks: float = 0.0
    _held: ExitStack = field(default_factory=ExitStack)

    def __enter__(self) -> Self:
        identity = PROVIDERS[self.provider].organisations[0]
        self.sandbox = Sandbox(clock=SandboxClock(BEGINNING))
        self.ledger = self.sandbox.add_organisation(
            self.provider,
            Organisation(
                id=identity,
                name="Dupont Menuiserie SARL",
                country="FR",
                currency="EUR",
                timezone=PROVIDERS[self.provider].timezone,
            ),
        )
        self.wire = wired(self.sandbox.app)
        self.books = TrustedBooks(inner=self._connector(identity))
        self.store = self._held.enter_context(Store.open(self.path, now=self.now))
        for name in ("Rowan", "Willow", "Birch"):
            self.ledger.add_party(name, f"ap@{name.lower()}.example")
        # Books without a single invoice are doubted; this one stays, and is paid.
        old = self.ledger.invoice(self._party(0), Decimal(1), date(2026, 1, 2), date(2026, 2, 1), number=_OLD)
        self.ledger.pay(old.id, Decimal(1), date(2026, 2, 2))
        return self

    def __exit__(self, *_: object) -> None:
        self._held.close()
        assert not self.sandbox.crashes, self.sandbox.crashes[0]

    @property
    def now(self) -> datetime:
        return self.sandbox.clock.now()

    def _connector(self, identity: str) -> Any:
        manners, connector = _CONNECTORS[self.provider]
        transport = Transport(
            manners=manners(),
            tokens=Tokens(sandbox=self.sandbox, provider=self.provider, organisation=identity),
            clock=self.sandbox.clock,
            budget=NoBudget(),
            wait=lambda seconds: self.sandbox.clock.advance(timedelta(seconds=seconds)),
            settings=Settings(attempts=2),
            session=self.wire.session,
            organisation=identity,
            monotonic=self._monotonic,
        )
        return connector(
            company_id=COMPANY,
            organisation=identity,
            transport=transport,
            clock=self.sandbox.clock,
            base_url=self.sandbox.urls(self.provider)["base_url"],
            page_size=self.page_size,
        )

    def _monotonic(self) -> float:
        """Let time pass between two calls, so that no minute is ever full."""
        self._ticks += 0.5
        return self._ticks

    # -- what happens -------------------------------------------------------------------------------------------------

    def carry_out(self, script: Iterable[Step | Pull | Reread]) -> None:
        """Carry out a script; every reading is judged."""
        for one in script:
            match one:
                case Step():
                    self.happen(one)
                case Pull():
                    self.pull(one)
                case Reread():
                    self.reread()

    def happen(self, step: Step) -> None:
        """Change the ledger, or let time pass; what is not possible now is left out."""
        # Nobody is faster than Xero's stamps; the others' stamps know whole seconds only.
        self.sandbox.clock.advance(timedelta(milliseconds=1))
        with self.ledger.lock:
            getattr(self, f"_{step.name}")(step.which, step.much)
        self._open_all_along &= self.owed().keys()

    def _wait(self, which: int, _much: int) -> None:
        self.sandbox.clock.advance(SPANS[which % len(SPANS)])

    def _bill(self, which: int, much: int) -> None:
        due = date(2026, 3, 1) + timedelta(days=much % 40)
        party = self._party(which)
        self.ledger.invoice(
            party, Decimal(much * 7 % 90 + 10), due - timedelta(days=30), due, currency="USD" if much % 5 == 4 else None
        )

    def _bill_undated(self, which: int, much: int) -> None:
        self.ledger.invoice(self._party(which), Decimal(much % 90 + 10), date(2026, 2, 1), None)

    def _draft(self, which: int, _much: int) -> None:
        self.ledger.invoice(self._party(which), Decimal(10), date(2026, 2, 1), date(2026, 3, 1), status="draft")

    def _approve(self, which: int, _much: int) -> None:
        if draft := _one(which, [each for each in self.ledger.documents.values() if each.status == "draft"]):
            self.ledger.edit(draft.id, status="open")

    def _pay(self, which: int, much: int) -> None:
        if invoice := _one(which, self._open("invoice")):
            self.ledger.pay(invoice.id, _part(self.ledger.balance(invoice.id), much), self.now.date())

    def _undo(self, which: int, _much: int) -> None:
        if receipt := _one(which, [each for each in self.ledger.receipts.values() if not each.deleted]):
            self.ledger.undo(receipt.id)

    def _delete_payment(self, which: int, _much: int) -> None:
        if receipt := _one(which, [each for each in self.ledger.receipts.values() if not each.deleted]):
            if self.provider == "xero":
                self.hidden.add(self._on_account_id(receipt))
            self.ledger.delete(receipt.id)

    def _credit(self, which: int, much: int) -> None:
        if invoice := _one(which, self._open("invoice")):
            amount = Decimal(much % 60 + 1)
            self.ledger.credit_note(
                invoice.party_id, amount, self.now.date(), applies_to=invoice.id, currency=invoice.currency
            )

    def _credit_free(self, which: int, much: int) -> None:
        self.ledger.credit_note(self._party(which), Decimal(much % 60 + 1), self.now.date())

    def _allocate(self, which: int, much: int) -> None:
        if credit := _one(which, self._open("credit_note")):
            same = [each for each in self._open("invoice") if _whose(each) == _whose(credit)]
            if invoice := _one(much, same):
                most = min(self.ledger.credit_left(credit.id), self.ledger.balance(invoice.id))
                self.ledger.allocate(credit.id, invoice.id, _part(most, much))

    def _receive(self, which: int, much: int) -> None:
        kind: ReceiptKind = "prepayment" if much % 3 == 2 and self.provider == "xero" else "overpayment"
        self.ledger.receive(self._party(which), Decimal(much % 60 + 1), self.now.date(), kind=kind)

    def _apply(self, which: int, much: int) -> None:
        if receipt := _one(which, self._on_account()):
            same = [each for each in self._open("invoice") if _whose(each) == _whose(receipt)]
            if invoice := _one(much, same):
                most = min(receipt.unapplied, self.ledger.balance(invoice.id))
                self.ledger.apply(receipt.id, invoice.id, _part(most, much))

    def _void(self, which: int, _much: int) -> None:
        if document := _one(which, self._untouched()):
            self.ledger.void(document.id)

    def _delete(self, which: int, _much: int) -> None:
        if document := _one(which, self._untouched()):
            if self.provider == "xero":
                # Nothing else leaves no trace there; it must be noticed all the same.
                self.hidden.add(f"{document.kind}:{document.id}")
            self.ledger.delete(document.id)

    def _move_due(self, which: int, much: int) -> None:
        if invoice := _one(which, self._open("invoice")):
            self.ledger.edit(invoice.id, due_on=invoice.issued_on + timedelta(days=much % 60))

    def _move_due_silently(self, which: int, much: int) -> None:
        if invoice := _one(which, self._open("invoice")):
            self.ledger.edit(invoice.id, silently=True, due_on=invoice.issued_on + timedelta(days=much % 60))
            self.hidden.add(f"invoice:{invoice.id}")

    def _hand_over(self, which: int, much: int) -> None:
        """Let an invoice be somebody else's."""
        fresh = [each for each in self._untouched() if each.kind == "invoice"]
        if invoice := _one(which, fresh):
            self.ledger.edit(invoice.id, party_id=self._party(much))

    def _edit_contact(self, which: int, much: int) -> None:
        self.ledger.edit_party(self._party(which), email=f"accounts{much}@customer{which}.example")

    def _party(self, which: int) -> str:
        return list(self.ledger.parties)[which % len(self.ledger.parties)]

    def _open(self, kind: str) -> list[Document]:
        return [each for each in self.ledger.open_documents() if each.kind == kind]

    def _on_account(self) -> list[Receipt]:
        return [each for each in self.ledger.receipts.values() if each.unapplied and not each.deleted]

    def _untouched(self) -> list[Document]:
        """Give what may be voided or deleted: against what money or credit stands, only QuickBooks lets that happen."""
        return [
            each
            for each in self.ledger.documents.values()
            if each.status == "open"
            and each.number != _OLD
            and (
                self.provider == "quickbooks"
                or not (
                    self.ledger.settlements(each.id)
                    or self.ledger.allocations_to(each.id)
                    or self.ledger.allocations_from(each.id)
                )
            )
        ]

    # -- readings -----------------------------------------------------------------------------------------------------

    def pull(self, pull: Pull) -> SyncReport:
        """Read the books into the store as a run does, and judge what is stored then."""
        self.sandbox.clock.advance(pull.later)
        faults, lists = self.sandbox.faults, PROVIDERS[self.provider].lists
        for step in pull.between:
            faults.add("between_pages", path=lists, change=self._later(step))
        # A row may come again on the next page, not in a later reading.
        self.sandbox._rows[self.provider] = Rows(self.sandbox.dialects[self.provider])
        if pull.twice:
            faults.add("duplicate_rows", times=_FOR_EVER, path=lists)
        if pull.empty:
            faults.add("empty_list", times=pull.empty, path=lists)
        before, hidden = set(self.stored()), set(self.hidden)
        self._open_all_along = set(self.owed())
        self.wire.adapter.left = pull.calls
        report = sync_company(COMPANY, self.books, self.store, seen_on=self.now.date(), clock=self.sandbox.clock)
        self.wire.adapter.left = NEVER
        taken = {fault.name for fault in faults.taken}
        faults.clear()
        faults.taken.clear()
        after = {item.item_id: item for item in self._items()}
        # What is not shown any more is not called settled; and what is owed is shown, if not in a list then by its id
        # (which QuickBooks is asked for by a list as well).
        by_id = self.provider != "quickbooks" or "empty_list" not in taken
        wrongly = {key for key in before & self._open_all_along if key not in after or (by_id and after[key].unseen)}
        assert not wrongly, f"called settled or gone, and open all along: {sorted(wrongly)}"
        if report.error:
            assert pull.calls != NEVER, report.error
            return report
        if report.mode == "full":
            self.hidden -= hidden
        if "empty_list" in taken:
            stored, owed = self.stored(), self.owed()
            self.hidden |= {key for key in owed if stored.get(key) != owed[key]}
            if self.provider == "quickbooks":
                # Nothing asks it for payments with money left, other than those that are known or changed.
                self.beyond |= {key for key in self.hidden if key.startswith("payment:")}
        elif "between_pages" not in taken:
            self.agrees(without=self.hidden)
        return report

    def reconcile(self) -> None:
        """Read once more undisturbed, so that everything open is read whole: ledger and store agree on all of it."""
        report = self.pull(Pull(later=A_DAY))
        assert (report.mode, report.error, report.quarantine) == ("full", "", ())
        self.agrees()
        self.reread()

    def reread(self) -> None:
        """Ask for all that is stored by id, as right before a mail, and compare with the ledger at this instant."""
        stored = [item.item_id for item in self._items()]
        if not stored:
            return
        page = self.books.refresh(stored)
        owed = self.owed()
        shown = {item.item_id: _owed(item) for item in page.items if item.balance.minor}
        assert shown == {key: owed[key] for key in stored if key in owed}
        assert not owed.keys() & set(page.voided)
        self.store.apply_refresh(COMPANY, stored, page, seen_on=self.now.date(), now=self.now)
        after = self.stored()
        assert {key: after[key] for key in stored if key in after} == shown

    def _later(self, step: Step) -> Callable[[], object]:
        def changed() -> None:
            self.sandbox.clock.advance(timedelta(seconds=1))
            self.happen(step)

        return changed

    # -- what must agree ----------------------------------------------------------------------------------------------

    def agrees(self, without: Iterable[str] = ()) -> None:
        """Compare what is stored with the ledger."""
        stored, owed = self.stored(), self.owed()
        for each in (*without, *self.beyond):
            stored.pop(each, None)
            owed.pop(each, None)
        assert stored == owed, _difference(stored, owed)
        # Who owes nothing is not written to: Xero does not call somebody a customer who only paid in advance.
        for party_id in sorted({item.customer for key, item in stored.items() if key.startswith("invoice:")}):
            customer, party = self.store.customer(COMPANY, party_id), self.ledger.parties[party_id]
            told = (customer.name, [each.email for each in customer.contacts])
            assert told == (party.name, [party.email]), f"stored {told}, the ledger has {party.name}, {party.email}"

    def owed(self) -> dict[str, Owed]:
        """Give what the ledger shows open, by the ids that the connector gives."""
        found: dict[str, Owed] = {}
        for document in self.ledger.open_documents():
            is_invoice = document.kind == "invoice"
            balance = self.ledger.balance(document.id) * (1 if is_invoice else -1)
            due = (document.due_on or document.issued_on + _ASSUMED) if is_invoice else document.issued_on
            found[f"{document.kind}:{document.id}"] = Owed(
                number=document.number,
                balance=str(balance),
                due_on=max(due, document.issued_on),
                customer=document.party_id,
                currency=document.currency,
            )
        for receipt in self._on_account():
            found[self._on_account_id(receipt)] = Owed(
                number="", balance=str(-receipt.unapplied), due_on=receipt.on, customer=receipt.party_id,
                currency=receipt.currency,
            )  # fmt: skip
        return found

    def _on_account_id(self, receipt: Receipt) -> str:
        name = "payment"
        if self.provider == "xero":
            name = "prepayment" if receipt.kind == "prepayment" else "overpayment"
        return f"{name}:{receipt.id}"

    def stored(self) -> dict[str, Owed]:
        """Give what the store holds as open."""
        return {item.item_id: _owed(item) for item in self._items() if not item.unseen}

    def _items(self) -> list[OpenItem]:
        return [row.item for row in self.store.items(COMPANY)]


def _difference(stored: dict[str, Owed], owed: dict[str, Owed]) -> str:
    keys = sorted(key for key in stored | owed if stored.get(key) != owed.get(key))
    return "\n".join(f"{key}: stored {stored.get(key)}, the ledger has {owed.get(key)}" for key in keys)


def _one(which: int, among: Sequence[Any]) -> Any:
    return among[which % len(among)] if among else None


def _part(whole: Decimal, much: int) -> Decimal:
    """Give all of it, or a part."""
    return whole if much % 2 == 0 else max(Decimal("0.01"), (whole * (much % 10) / 10).quantize(Decimal("0.01")))


def _whose(entry: Document | Receipt) -> tuple[str, str]:
    return entry.party_id, entry.currency


def _owed(item: OpenItem) -> Owed:
    return Owed(
        number="" if item.item_id.startswith(("payment:", "overpayment:", "prepayment:")) else item.number,
        balance=str(item.balance),
        due_on=item.due_on,
        customer=item.customer_id,
        currency=item.currency,
    )
