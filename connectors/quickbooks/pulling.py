"""One pull of QuickBooks' books: customers, invoices, credit memos, payments, deletions, then what is open."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final, TypeVar

from connectors.quickbooks.cursor import DELETIONS, Memory, read, write
from connectors.quickbooks.customers import BATCH, CustomerDesk, batches, newest_addresses
from connectors.quickbooks.deletions import TooManyChangesError, deleted_since
from connectors.quickbooks.manners import NOT_QUERYABLE, QuickBooksRefusedError
from connectors.quickbooks.map import payment_seen
from connectors.quickbooks.paging import Walk
from connectors.quickbooks.rows import CREDIT_MEMO, CUSTOMER, INVOICE, PAYMENT, InvoiceRow, Row
from connectors.quickbooks.seeing import Sight
from connectors.quickbooks.stamps import version_text
from engine.errors import BooksRefusedError, WrongOrganisationError
from engine.money import Money
from engine.records import Completed, Page

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime

    from connectors.quickbooks.client import Client
    from connectors.quickbooks.deletions import Deletion
    from connectors.quickbooks.rows import CreditMemoRow, Entity, Selected
    from engine.ports import Clock

# Clocks of a provider's many machines differ, and what is being saved carries the stamp of its beginning.
_OVERLAP: Final = timedelta(minutes=10)
# Change data capture looks 30 days back; a day is left for clocks and zones.
_CDC_REACH: Final = timedelta(days=29)
_ONE_IN_BAD: Final = 100
_ITEM_IDS: Final = {"Invoice": "invoice", "CreditMemo": "credit_note", "Payment": "payment"}
R = TypeVar("R", bound=Row)


class PullUnfinishedError(RuntimeError):
    """`completed()` was asked for before the last page was out."""


@dataclass(slots=True, kw_only=True)
class QuickBooksPull:
    """One reading; with `reconcile` everything that is open is read as well."""

    client: Client
    clock: Clock
    cursor: str
    reconcile: bool
    page_size: int
    home_currency: Callable[[], str]
    _completed: Completed | None = field(default=None, init=False)

    def pages(self) -> Iterator[Page]:
        """Yield pages of at most 1000 rows; only the end of the last one makes the pull complete."""
        self._completed = None
        memory = read(self.cursor) if self.cursor else None
        if memory and memory.realm != self.client.realm:
            raise WrongOrganisationError(
                f"what was read before is of the QuickBooks company {memory.realm}, not of {self.client.realm}"
            )
        reading = _Reading(
            client=self.client,
            memory=memory or Memory(realm=self.client.realm),
            first=memory is None,
            reconcile=self.reconcile,
            began=self.clock.now(),
            page_size=self.page_size,
            home_currency=self.home_currency,
        )
        for page in reading.pages():
            if page.items or page.customers or page.voided or page.payments:
                yield page
        self._completed = reading.end()

    def completed(self) -> Completed:
        """Say what is known after the last page."""
        if self._completed is None:
            raise PullUnfinishedError("completed() before the last page")
        return self._completed


@dataclass(slots=True, kw_only=True)
class _Reading:
    """A pull under way; thrown away with it."""

    client: Client
    memory: Memory
    first: bool
    reconcile: bool
    began: datetime
    page_size: int
    home_currency: Callable[[], str]
    suspicions: list[str] = field(default_factory=list)
    sight: Sight = field(init=False)
    desk: CustomerDesk = field(init=False)
    seen: dict[str, dict[str, str]] = field(default_factory=dict)
    server_time: datetime | None = None

    def __post_init__(self) -> None:
        self.sight = Sight(home_currency=self.home_currency, memory=self.memory)
        self.desk = CustomerDesk(client=self.client)

    def pages(self) -> Iterator[Page]:
        """Yield what changed; then, where asked for or needed, what is open."""
        deleted_from = self.memory.marks.get(DELETIONS)
        for found, versions in self._changed(CUSTOMER):
            self.sight.rows += found.count
            self.server_time = self.server_time or found.time
            yield Page(customers=self.desk.arrived(row for row, _ in self._fresh(CUSTOMER, found, versions)))
        self.memory.marks[DELETIONS] = self.server_time or self.began
        entities: tuple[Entity[Any], ...] = (INVOICE, CREDIT_MEMO, PAYMENT)
        for entity in entities:
            for changed, changed_versions in self._changed(entity):
                yield self._page(entity, changed, changed_versions)
        if self.first:
            self.memory.invoices = self.sight.invoices
            return
        deletions = self._deletions(deleted_from)
        if deletions is None:
            self.reconcile = True
        else:
            yield self._undone(deletions)
        if self.reconcile:
            yield from self._open()
        self.memory.invoices = max(self.memory.invoices, self.sight.invoices)
        yield Page(customers=self.desk.rest())

    def end(self) -> Completed:
        """Say what is known once all pages are out."""
        sight = self.sight
        if sight.unreadable * _ONE_IN_BAD > sight.rows:
            self.suspicions.append(
                f"{sight.unreadable} of {sight.rows} rows from QuickBooks cannot be used, more than 1 %"
            )
        return Completed(
            full=self.first or self.reconcile,
            cursor=write(self.memory),
            known_until=self.began.date(),
            bad_lines=tuple(sight.bad),
            suspicions=tuple(self.suspicions),
            remarks=tuple(sight.remarks),
        )

    def _changed(self, entity: Entity[R]) -> Iterator[tuple[Selected[R], list[str]]]:
        mark = self.memory.marks.get(entity.name)
        walk = Walk(
            client=self.client, entity=entity, since=mark - _OVERLAP if mark else None, page_size=self.page_size
        )
        yield from walk.pages()
        # A stamp in the future, from a clock that was wrong, must not hide what changes until then.
        last = min(walk.last, self.began) if walk.last else None
        known = [each for each in (mark, walk.began, last) if each]
        if known:
            self.memory.marks[entity.name] = max(known)

    def _fresh(self, entity: Entity[R], found: Selected[R], versions: list[str]) -> Iterator[tuple[R, str]]:
        """Give the rows that were not seen yet in this version."""
        self.sight.refuse(found.bad)
        seen = self.seen.setdefault(entity.name, {})
        for row, version in zip(found.rows, versions, strict=True):
            known = seen.get(row.id)
            if known is None or known < version:
                seen[row.id] = version
                yield row, version

    def _page(self, entity: Entity[Any], found: Selected[Any], versions: list[str]) -> Page:
        fresh = list(self._fresh(entity, found, versions))
        self.sight.rows += len(found.bad)
        seen = self.sight.page(entity.name, fresh)
        wanted = seen.wanted
        strangers = [
            row
            for row, _ in fresh
            if isinstance(row, InvoiceRow) and row.customer_ref and row.customer_ref.value not in self.desk.told
        ]
        return seen.told(self.desk.of(wanted, newest_addresses(strangers)))

    def _deletions(self, since: datetime | None) -> tuple[Deletion, ...] | None:
        """Ask what was deleted; None where change data capture cannot say it all."""
        if since is None or self.began - since > _CDC_REACH:
            return None
        try:
            return deleted_since(self.client, since - _OVERLAP)
        except TooManyChangesError:
            return None
        except BooksRefusedError as refused:
            self.sight.remarks.append(f"what was deleted cannot be asked, so that all open items were read: {refused}")
            return None

    def _undone(self, deletions: tuple[Deletion, ...]) -> Page:
        """Tell what was deleted: items as void, payments as taken back."""
        payments = []
        for each in deletions:
            if each.entity == PAYMENT.name:
                self.memory.unapply(each.entity_id, left=False)
                if linked := self.memory.links.pop(each.entity_id, None):
                    payments += [
                        payment_seen(
                            each.entity_id, invoice_id, linked.paid_on, Money.zero(linked.currency), undone=True
                        )
                        for invoice_id in linked.invoice_ids
                    ]
        voided = tuple(f"{_ITEM_IDS[each.entity]}:{each.entity_id}" for each in deletions)
        return Page(voided=voided, payments=tuple(payments))

    def _open_credits(self) -> Iterator[tuple[Selected[CreditMemoRow], list[str]]]:
        try:
            yield from self._walk_open(CREDIT_MEMO, "Balance > '0'")
        except QuickBooksRefusedError as refused:
            if not refused.codes & NOT_QUERYABLE:
                raise
            yield from self._walk_open(CREDIT_MEMO)

    def _open(self) -> Iterator[Page]:
        """Yield everything that has a balance now."""
        any_open = False
        for found, versions in self._walk_open(INVOICE, "Balance > '0'"):
            any_open = any_open or found.count > 0
            yield self._page(INVOICE, found, versions)
        for credits_, credit_versions in self._open_credits():
            yield self._page(CREDIT_MEMO, credits_, credit_versions)
        yield from self._unapplied()
        if not any_open and self.memory.invoices:
            self._doubt_emptiness()

    def _walk_open(self, entity: Entity[R], *where: str) -> Iterator[tuple[Selected[R], list[str]]]:
        return Walk(client=self.client, entity=entity, where=where, page_size=self.page_size).pages()

    def _unapplied(self) -> Iterator[Page]:
        """Yield the payments with money left: QuickBooks cannot be asked for them, so they are remembered by id."""
        if self.memory.unapplied is None:
            for found, versions in self._walk_open(PAYMENT):
                yield self._page(PAYMENT, found, versions)
            return
        wanted = sorted(self.memory.unapplied - self.seen.get(PAYMENT.name, {}).keys())
        for batch in batches(wanted, BATCH):
            found = self.client.by_ids(PAYMENT, batch)
            self.memory.unapplied -= set(batch) - {row.id for row in found.rows}
            yield self._page(PAYMENT, found, [version_text(row.changed, row.sync_token) for row in found.rows])

    def _doubt_emptiness(self) -> None:
        """No open invoice at all: paid, or not shown? A company that had invoices still has them when they are paid."""
        try:
            count = self.client.count(INVOICE.name)
        except BooksRefusedError:
            return
        if count == 0:
            self.suspicions.append(
                f"QuickBooks shows no invoice at all where it showed {self.memory.invoices} before: is this the right"
                " company, and may this connection still see its invoices?"
            )
