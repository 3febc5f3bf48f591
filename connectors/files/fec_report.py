"""What an FEC import says of itself: the totals it checks, what it leaves out, and what to look at."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from connectors.files.fec_words import AccountClass
from engine.kinds import ItemKind

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from connectors.files.fec_books import Ledger
    from connectors.files.fec_ledger import Settled
    from connectors.files.fec_lines import FecFile
    from engine.money import Money

_LEFT_OUT: Final = {
    AccountClass.RETENTION: "retention money (4117)",
    AccountClass.BILL: "bills of exchange (413)",
    AccountClass.DOUBTFUL: "doubtful customers (416)",
    AccountClass.OTHER_CREDIT: "other customer credits (419)",
}
# A reference that stands on this many different invoices is no invoice number.
_SHARED_BY: Final = 4
_MOST_NAMED: Final = 20
_CANDIDATES: Final = 3
# So many payments with not one letter: the books are not allocated at all.
_UNALLOCATED_PAYMENTS: Final = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class ClassTotal:
    """Lines of one class of customer account, their sum, and the sum of the open items made from them (None: none are made)."""

    lines: int
    lines_sum: Money
    items_sum: Money | None


@dataclass(frozen=True, slots=True, kw_only=True)
class FecReport:
    """The figures of an import. `receivable_*` and the lettering figures are of the 411 accounts.

    `lines`, `total_debit` and `total_credit` are of all files as they stand; the rest of the one ledger they make.
    """

    files: tuple[str, ...]
    lines: int
    total_debit: Money
    total_credit: Money
    receivable_lines: int
    receivable_sum: Money
    items_sum: Money
    unlettered: int
    unlettered_sum: Money
    groups: int
    unbalanced_groups: int
    unbalanced_sum: Money
    by_class: Mapping[AccountClass, ClassTotal] = field(default_factory=dict)

    @property
    def holds(self) -> bool:
        """Tell whether the open items add up to the lines of their accounts, class by class."""
        return all(each.items_sum is None or each.items_sum == each.lines_sum for each in self.by_class.values())

    @property
    def sentence(self) -> str:
        """Say both sums of the invariant."""
        verdict = "equal" if self.holds else "DIFFER FROM"
        return (
            f"open items {self.items_sum} {verdict} the {self.receivable_lines} receivable lines (411)"
            f" {self.receivable_sum} {self.receivable_sum.currency}; {self.unlettered} lines are not lettered"
            f" ({self.unlettered_sum}), {self.unbalanced_groups} of {self.groups} groups are partial ({self.unbalanced_sum})"
        )


def suspicions(report: FecReport, files: Sequence[FecFile], ledger: Ledger) -> tuple[str, ...]:
    """List what makes these books unfit to send from until a person has looked."""
    found = [] if report.holds else [report.sentence]
    found += [
        f"{file.path.name}: total debit {_plain(file.debit)} and total credit {_plain(file.credit)} differ: the file is incomplete or damaged"
        for file in files
        if file.debit != file.credit
    ]
    payments = sum(1 for each in ledger.items if each.posting.kind is ItemKind.PAYMENT and each.balance)
    if not report.groups and payments >= _UNALLOCATED_PAYMENTS:
        found.append(
            f"nothing is lettered (EcritureLet) and {payments} payments are not allocated: paid invoices cannot be told"
            " from unpaid ones; letter the customer accounts (lettrage) and export again"
        )
    return tuple(found)


def remarks(report: FecReport, files: Sequence[FecFile], ledger: Ledger, currency: str) -> tuple[str, ...]:
    """List what to point out that stops nothing, the invariant first."""
    found = [report.sentence, *ledger.remarks]
    for kind, name in _LEFT_OUT.items():
        total = report.by_class.get(kind)
        if total and total.lines_sum.minor:
            found.append(f"{name}: {total.lines_sum} {currency} on {total.lines} lines, not chased as invoices")
    advances = report.by_class.get(AccountClass.ADVANCE)
    if advances and advances.lines_sum.minor:
        found.append(f"advances on orders (4191): {-advances.lines_sum} {currency}, shown as payments to allocate")
    openings = [each for each in ledger.items if each.balance > 0 and not each.posting.is_numbered]
    if openings:
        total_of_openings = _plain(sum(each.balance for each in openings))
        found.append(
            f"{len(openings)} open lines without an invoice number ({total_of_openings} {currency}) are tasks for a person:"
            " opening entries and returned payments are never mailed as invoices"
        )
    found += _shared_references(ledger.items)
    found += _credits_without_customer(ledger.items)
    foreign = sorted(set().union(*(file.currencies for file in files)) - {currency})
    if foreign:
        found.append(f"entries in {', '.join(foreign)} are asked in {currency}, as they stand in the books")
    return tuple(found)


def _shared_references(items: Iterable[Settled]) -> list[str]:
    invoices: dict[str, set[tuple[object, ...]]] = defaultdict(set)
    for each in items:
        posting = each.posting
        if posting.kind is ItemKind.INVOICE and posting.is_numbered:
            invoices[posting.ref].add((posting.customer_id, posting.issued, posting.total))
    shared = Counter({ref: len(found) for ref, found in invoices.items() if len(found) >= _SHARED_BY})
    if not shared:
        return []
    ref, count = shared.most_common(1)[0]
    others = f" (and {len(shared) - 1} other references likewise)" if len(shared) > 1 else ""
    label = (
        f"PieceRef {ref!r} stands on {count} different invoices{others}: it looks like a period label, not an invoice"
        " number; set the accounting package to export the invoice number as reference"
    )
    return [label]


def _credits_without_customer(items: Sequence[Settled]) -> list[str]:
    collective = {each.posting.account for each in items if each.posting.has_auxiliary}
    nameless = [
        each
        for each in items
        if each.balance < 0 and not each.posting.has_auxiliary and each.posting.account in collective
    ]
    if not nameless:
        return []
    invoices: dict[int, list[Settled]] = defaultdict(list)
    for each in items:
        if each.balance > 0 and each.posting.kind is ItemKind.INVOICE and each.posting.has_auxiliary:
            invoices[each.balance].append(each)
    return [
        _equal_to_the_cent(credit, invoice)
        for credit in nameless[:_MOST_NAMED]
        for invoice in invoices[-credit.balance][:_CANDIDATES]
    ]


def _equal_to_the_cent(credit: Settled, invoice: Settled) -> str:
    return (
        f"the credit {credit.posting.label or credit.posting.ref!r} of {credit.posting.issued} on account"
        f" {credit.posting.account} names no customer and equals invoice {invoice.posting.ref} of customer"
        f" {invoice.posting.customer_id} to the cent ({_plain(invoice.balance)}): is it its payment?"
    )


def _plain(hundredths: int) -> str:
    sign = "-" if hundredths < 0 else ""
    return f"{sign}{abs(hundredths) // 100}.{abs(hundredths) % 100:02d}"
