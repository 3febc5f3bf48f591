"""One reading of Xero's books: the organisation, its customers, its documents, and last the payments."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final

from connectors.xero import map as mapping
from connectors.xero.client import Listing, XeroClient
from connectors.xero.cursor import Cursor
from connectors.xero.manners import XeroScopeError
from connectors.xero.organisation import Organisation, read_organisation
from connectors.xero.rows import CREDIT_NOTES, INVOICES, OVERPAYMENTS, PAYMENTS, PREPAYMENTS
from connectors.xero.seen import Seen
from connectors.xero.telling import Telling, nobody
from connectors.xero.walking import PAGE_SIZE, Walk
from engine.errors import ConsentNeededError
from engine.records import BadLine, Completed, Page

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Sequence

    from connectors.xero.map import Mapped
    from connectors.xero.rows import Endpoint, RowT
    from engine.model import Customer, OpenItem
    from engine.ports import Clock
    from engine.records import PaymentSeen

SALES: Final = 'Type=="ACCREC"'
OPEN: Final = "AUTHORISED"
_OPEN_WHERE: Final = f'Status=="{OPEN}"'
_ONE_IN_BAD: Final = 100
_SHOWN: Final = 5
_MOST_BAD: Final = 100


class PullUnfinishedError(RuntimeError):
    """`completed()` was asked for before the last page was out."""


@dataclass(slots=True, kw_only=True)
class XeroPull:
    """A pull from a cursor; with `reconcile` also everything that is open now."""

    client: XeroClient
    clock: Clock
    cursor: Cursor
    reconcile: bool = False
    page_size: int = PAGE_SIZE
    named: str = ""
    learnt: Callable[[Organisation], None] = lambda _: None
    knows: Callable[[Sequence[str]], Collection[str]] = nobody
    _completed: Completed | None = field(default=None, init=False)
    _seen: Seen = field(default_factory=Seen, init=False)
    _foreign: dict[str, str] = field(default_factory=dict, init=False)
    _refused: set[str] = field(default_factory=set, init=False)
    _bad: list[BadLine] = field(default_factory=list, init=False)
    _rows: int = field(default=0, init=False)
    _bad_rows: int = field(default=0, init=False)
    _assumed: list[str] = field(default_factory=list, init=False)
    _reversed: list[str] = field(default_factory=list, init=False)

    def pages(self) -> Iterator[Page]:
        """Yield pages; the items' customers come with or before them."""
        # 1. Whose books are these? What changes from here on belongs to the next pull as well.
        now = self.clock.now()
        organisation = self._organisation()
        self.learnt(organisation)
        base = organisation.currency
        after = Cursor.after(
            organisation.began(now), self.cursor.organisation, frozenset(), self._answers_as(organisation)
        )
        full = self.reconcile or not self.cursor.since
        # 2. Customers. Reconciling reads them all, since not every change of theirs is stamped.
        telling = Telling(
            client=self.client,
            page_size=self.page_size,
            contact_pages=self.cursor.contact_pages,
            knows=self.knows,
        )
        for customers in telling.changed("" if full else self.cursor.since):
            yield Page(customers=customers)
        # 3. Money on account, before the rest: a consent that is gone shows again right after.
        yield from self._on_account(telling, base)
        # 4. What is open now, before what changed: what is paid while this is read appears there.
        if self.reconcile and self.cursor.since:
            yield from self._open(telling, base)
        # 5. What changed.
        yield from self._changed(telling, base, after.since)
        # 6. Payments, whose currency their invoices say.
        yield from self._payments(base)
        self._bad.extend(telling.bad)
        self._completed = Completed(
            full=full,
            cursor=replace(after, refused=frozenset(self._refused), contact_pages=telling.contact_pages).write(),
            known_until=organisation.today(now),
            bad_lines=tuple(self._bad[:_MOST_BAD]),
            suspicions=self._suspicions() if full else (),
            remarks=self._remarks(),
        )

    def completed(self) -> Completed:
        """Say what is known after the last page."""
        if self._completed is None:
            raise PullUnfinishedError("completed() before the last page")
        return self._completed

    def _organisation(self) -> Organisation:
        """Ask whose books these are; only the first pull may know them by their name."""
        named = "" if self.cursor.since else self.named
        return read_organisation(self.client, answers_as=self.cursor.answers_as, named=named)

    def _answers_as(self, organisation: Organisation) -> str:
        given = organisation.organisation_id
        same = given.casefold() == self.cursor.organisation.casefold()
        return self.cursor.answers_as if same or not given else given

    def _on_account(self, telling: Telling, base: str) -> Iterator[Page]:
        overpayments = self._listing(OVERPAYMENTS)
        prepayments = self._listing(PREPAYMENTS)
        yield from self._allowed(
            OVERPAYMENTS.name,
            lambda: self._items(OVERPAYMENTS, overpayments, mapping.overpayments, telling, base),
        )
        yield from self._allowed(
            PREPAYMENTS.name,
            lambda: self._items(PREPAYMENTS, prepayments, mapping.prepayments, telling, base),
        )

    def _allowed(self, name: str, read: Callable[[], Iterator[Page]]) -> Iterator[Page]:
        """Read a list that an app may not be allowed to see."""
        try:
            yield from read()
        except (XeroScopeError, ConsentNeededError):
            self._refused.add(name)

    def _listing(self, endpoint: Endpoint[RowT]) -> Listing:
        return Listing(since=self.cursor.since_for(endpoint.name))

    def _open(self, telling: Telling, base: str) -> Iterator[Page]:
        open_invoices = Listing(where=SALES, statuses=OPEN)
        open_credits = Listing(where=_OPEN_WHERE)
        yield from self._items(INVOICES, open_invoices, mapping.invoices, telling, base)
        yield from self._items(CREDIT_NOTES, open_credits, mapping.credit_notes, telling, base)
        for name, read in (
            (OVERPAYMENTS.name, lambda: self._items(OVERPAYMENTS, open_credits, mapping.overpayments, telling, base)),
            (PREPAYMENTS.name, lambda: self._items(PREPAYMENTS, open_credits, mapping.prepayments, telling, base)),
        ):
            if name not in self._refused:
                yield from self._allowed(name, read)

    def _changed(self, telling: Telling, base: str, began: str) -> Iterator[Page]:
        since = self.cursor.since
        yield from self._items(
            INVOICES, Listing(since=since, where=SALES), mapping.invoices, telling, base, closing=began
        )
        yield from self._items(CREDIT_NOTES, Listing(since=since), mapping.credit_notes, telling, base, closing=began)

    def _items(
        self,
        endpoint: Endpoint[RowT],
        listing: Listing,
        read: Callable[..., Mapped],
        telling: Telling,
        base: str,
        *,
        closing: str = "",
    ) -> Iterator[Page]:
        """Read a list of documents.

        Rows that left it meanwhile may have pulled others past us: then it is read once more. After several pages
        `closing` asks again for what changed since the pull began, which moved to a page that was read before.
        """
        walk = Walk(client=self.client, endpoint=endpoint, listing=listing, page_size=self.page_size)
        yield from self._walked(walk, read, telling, base)
        if walk.shrank:
            yield from self._walked(walk, read, telling, base)
        if closing and walk.pages > 1:
            last = Listing(since=closing, where=listing.where)
            again = Walk(client=self.client, endpoint=endpoint, listing=last, page_size=self.page_size)
            yield from self._walked(again, read, telling, base)

    def _walked(self, walk: Walk[RowT], read: Callable[..., Mapped], telling: Telling, base: str) -> Iterator[Page]:
        for page in walk:
            mapped = read(page.rows, base_currency=base)
            self._note(page.count, (*page.bad, *mapped.bad))
            self._assumed.extend(mapped.assumed)
            self._reversed.extend(mapped.reversed)
            items = [item for item in mapped.items if self._is_new(item.item_id, item.version)]
            voided = [each for each in mapped.voided if self._is_new(each, "void")]
            self._foreign.update((item.item_id, item.currency) for item in items if item.currency != base)
            # The customers that are told last go with their items, into one unit of work.
            beside: tuple[Customer, ...] = ()
            for customers in telling.named({item.customer_id: mapped.names[item.customer_id] for item in items}):
                if beside:
                    yield Page(customers=beside)
                beside = customers
            payments = self._new_payments(mapped)
            if items or voided or payments:
                yield from _pages(items, beside, voided, payments)

    def _payments(self, base: str) -> Iterator[Page]:
        listing = Listing(since=self.cursor.since)
        walk = Walk(client=self.client, endpoint=PAYMENTS, listing=listing, page_size=self.page_size)
        for page in walk:
            mapped = mapping.payments(page.rows, base_currency=base, foreign=self._foreign)
            self._note(page.count, (*page.bad, *mapped.bad))
            if payments := self._new_payments(mapped):
                yield Page(payments=payments)

    def _new_payments(self, mapped: Mapped) -> tuple[PaymentSeen, ...]:
        return tuple(each for each in mapped.payments if self._is_new(each.payment_id, str(each.undone)))

    def _is_new(self, identity: str, version: str) -> bool:
        return self._seen.first_time(f"{identity}@{version}")

    def _note(self, rows: int, bad: Iterable[BadLine]) -> None:
        self._rows += rows
        before = len(self._bad)
        self._bad.extend(bad)
        self._bad_rows += len(self._bad) - before
        del self._bad[10 * _MOST_BAD :]

    def _suspicions(self) -> tuple[str, ...]:
        if self._bad_rows * _ONE_IN_BAD <= self._rows:
            return ()
        return (f"xero: {self._bad_rows} of {self._rows} rows cannot be read, more than 1 %",)

    def _remarks(self) -> tuple[str, ...]:
        found = []
        if self._assumed:
            found.append(f"no due date, 30 days after the invoice is assumed: {_some(self._assumed)}")
        if self._reversed:
            found.append(f"due before it was issued, the day of issue is taken: {_some(self._reversed)}")
        found.extend(
            f"the consent does not cover {name}: money on account of this kind is not seen; to see it, add the scope "
            "accounting.banktransactions.read and connect again"
            for name in sorted(self._refused)
        )
        return tuple(found)


def _pages(
    items: list[OpenItem], customers: tuple[Customer, ...], voided: list[str], payments: tuple[PaymentSeen, ...]
) -> Iterator[Page]:
    """Cut into pages of at most 1000 items: a server may give longer ones than asked."""
    yield Page(items=tuple(items[:PAGE_SIZE]), customers=customers, voided=tuple(voided), payments=payments)
    for start in range(PAGE_SIZE, len(items), PAGE_SIZE):
        yield Page(items=tuple(items[start : start + PAGE_SIZE]))


def _some(numbers: list[str]) -> str:
    shown = ", ".join(dict.fromkeys(numbers[:_SHOWN]))
    return shown if len(numbers) <= _SHOWN else f"{shown} and {len(numbers) - _SHOWN} more"
