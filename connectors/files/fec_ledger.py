"""From lines of customer accounts to open items: kinds, lettering, and what an opening entry brings forward; pure.

Amounts are in hundredths, debit positive.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from connectors.files.fec_words import is_number, is_opening_entry, names_credit_note
from engine.kinds import ItemKind

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from datetime import date

    from connectors.files.fec_lines import FecLine
    from connectors.files.fec_words import AccountClass

# A journal is of sales or of money when lines of the one kind outnumber those of the other this many times.
_CLEARLY: Final = 2


@dataclass(slots=True, kw_only=True, eq=False)
class Posting:
    """A line of a customer account as the trade sees it; never changed once made (not frozen for the same reason as FecLine).

    `amount` is what it moves in this ledger, `total` what was invoiced or paid in the first place: they differ where an
    opening entry brings forward the rest of an invoice. `opens` says that it is part of an opening entry, `is_numbered`
    that `ref` can be an invoice number and the line an invoice or credit.
    """

    account: str
    customer_id: str
    has_auxiliary: bool
    account_kind: AccountClass
    kind: ItemKind
    ref: str
    issued: date
    posted: date
    amount: int
    total: int
    letter: str
    label: str
    opens: bool
    is_numbered: bool


@dataclass(slots=True, kw_only=True, eq=False)
class Settled:
    """A posting and what is left of it; never changed once made."""

    posting: Posting
    balance: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Lettering:
    """How far the books allocate payments: lines without a letter, groups, and groups that do not come to zero."""

    unlettered: int = 0
    unlettered_sum: int = 0
    groups: int = 0
    unbalanced: int = 0
    unbalanced_sum: int = 0


class Journals:
    """What each journal of a file is for, told by the accounts that it moves."""

    def __init__(self, counts: Mapping[tuple[str, str], int]) -> None:
        self._sales: Counter[str] = Counter()
        self._money: Counter[str] = Counter()
        for (journal, prefix), count in counts.items():
            if prefix.startswith("70"):
                self._sales[journal] += count
            elif prefix.startswith(("51", "53", "58")):
                self._money[journal] += count

    def is_sales(self, journal: str) -> bool:
        """Tell whether a journal books sales (70x)."""
        return self._sales[journal] > _CLEARLY * self._money[journal]

    def is_money(self, journal: str) -> bool:
        """Tell whether a journal books money received and paid (51x, 53x, 58x)."""
        return self._money[journal] > _CLEARLY * self._sales[journal]


def posting_of(line: FecLine, journals: Journals, journal_name: str) -> Posting:
    """Say what a line is.

    A debit is an invoice. A credit is a credit note in a sales journal, a payment in a money journal, and elsewhere what
    its reference or label says, a payment when they say nothing. A debit of a money journal (a returned payment, a
    refund) has no invoice number of its own, whatever reference it carries.
    """
    opens = is_opening_entry(line.journal, journal_name, line.ref, line.label)
    is_money = not opens and journals.is_money(line.journal)
    if line.amount > 0:
        kind = ItemKind.INVOICE
    elif opens or not journals.is_sales(line.journal):
        is_note = not is_money and names_credit_note(line.ref, line.label)
        kind = ItemKind.CREDIT_NOTE if is_note else ItemKind.PAYMENT
    else:
        kind = ItemKind.CREDIT_NOTE
    return Posting(
        account=line.account,
        customer_id=line.customer_id,
        has_auxiliary=line.has_auxiliary,
        account_kind=line.kind,
        kind=kind,
        ref=line.ref,
        issued=line.issued,
        posted=line.posted,
        amount=line.amount,
        total=line.amount,
        letter=line.letter,
        label=line.label,
        opens=opens,
        is_numbered=is_number(line.ref, in_opening=opens) and not (is_money and kind is ItemKind.INVOICE),
    )


def settle(postings: Iterable[Posting]) -> tuple[list[Settled], Lettering]:
    """Apply the lettering (lettrage) of one ledger.

    Codes are re-used from customer to customer, so a group is (CompteNum, CompAuxNum, EcritureLet). A group that comes
    to zero is settled; in any other, credits extinguish the oldest debits first, and what they exceed them by stays on
    the newest credits. A line without a letter is open.
    """
    groups: dict[tuple[str, str, str], list[Posting]] = defaultdict(list)
    settled: list[Settled] = []
    for posting in postings:
        if posting.letter:
            groups[posting.account, posting.customer_id, posting.letter].append(posting)
        else:
            settled.append(Settled(posting=posting, balance=posting.amount))
    lettering = Lettering(
        unlettered=len(settled), unlettered_sum=sum(each.balance for each in settled), groups=len(groups)
    )
    unbalanced = unbalanced_sum = 0
    for group in groups.values():
        rest = sum(posting.amount for posting in group)
        if rest:
            unbalanced, unbalanced_sum = unbalanced + 1, unbalanced_sum + rest
        settled += _extinguish(group, rest)
    return settled, replace(lettering, unbalanced=unbalanced, unbalanced_sum=unbalanced_sum)


def _extinguish(group: list[Posting], rest: int) -> list[Settled]:
    """Leave a group's rest on its newest lines of that sign; all others are settled."""
    if not rest:
        return [Settled(posting=posting, balance=0) for posting in group]
    settled = []
    for posting in sorted(group, key=lambda each: (each.issued, each.posted), reverse=True):
        balance = 0
        if rest and (posting.amount > 0) == (rest > 0):
            balance = posting.amount if abs(posting.amount) < abs(rest) else rest
            rest -= balance
        settled.append(Settled(posting=posting, balance=balance))
    return settled


def bring_forward(
    openings: Sequence[Posting], before: Sequence[Settled]
) -> tuple[list[Posting], list[Settled], list[Settled]]:
    """Recognise in a new year's opening entries the items of the year before.

    Gives the openings with the identity of what they bring forward (one line that sums up a customer becomes the lines
    that it sums up, where they come to it to the cent), the earlier items that the new year no longer moves and that
    stay as settled, and those that the new year's opening does not account for.
    """
    by_customer: dict[tuple[str, AccountClass], tuple[list[Posting], list[Settled]]] = defaultdict(lambda: ([], []))
    for opening in openings:
        by_customer[opening.customer_id, opening.account_kind][0].append(opening)
    for earlier in before:
        by_customer[earlier.posting.customer_id, earlier.posting.account_kind][1].append(earlier)
    brought: list[Posting] = []
    closed: list[Settled] = []
    lost: list[Settled] = []
    for opened, earlier_items in by_customer.values():
        matcher = _Matcher(opened, earlier_items)
        brought += matcher.brought
        closed += [each for each in matcher.earlier if not each.balance]
        still_open = [each for each in matcher.earlier if each.balance]
        if sum(each.balance for each in still_open) == 0:
            # The new year starts without them: what they owed and what they had paid cancelled out.
            closed += [replace(each, balance=0) for each in still_open]
        else:
            lost += still_open
    return brought, closed, lost


class _Matcher:
    """One customer's opening lines against their items of the year before, surest likeness first."""

    def __init__(self, openings: Sequence[Posting], earlier: Sequence[Settled]) -> None:
        self.brought: list[Posting] = []
        self.earlier = sorted(earlier, key=lambda each: (each.balance == 0, each.posting.issued))
        self._left = list(openings)
        # 1. The same reference, date and invoiced amount: the item itself, whether the books saw it paid or not.
        self._match(lambda o: (o.ref, o.issued, o.amount), lambda e: (e.posting.ref, e.posting.issued, e.posting.total))
        # From here on only items that were still open can be what an opening line brings forward.
        self._settled = [each for each in self.earlier if not each.balance]
        self.earlier = [each for each in self.earlier if each.balance]
        # 2. The same reference and date, and what was left of it.
        self._match(lambda o: (o.ref, o.issued, o.amount), lambda e: (e.posting.ref, e.posting.issued, e.balance))
        # 3. The same reference and what was left, where the opening entry lost the invoice's own date.
        self._match(
            lambda o: (o.ref, o.amount) if o.is_numbered and o.issued == o.posted else None,
            lambda e: (e.posting.ref, e.balance),
        )
        # 4. A line without a number, to the cent; equal ones oldest first.
        self._match(lambda o: None if o.is_numbered else o.amount, lambda e: e.balance)
        # 5. A line that sums up all else that the customer owed; or several, where they are of one lettering.
        self._expand()
        self.brought += self._left
        self.earlier += self._settled

    def _match(self, opening_key: Callable[[Posting], object], earlier_key: Callable[[Settled], object]) -> None:
        available: dict[object, list[Settled]] = defaultdict(list)
        for each in self.earlier:
            available[earlier_key(each)].append(each)
        left: list[Posting] = []
        taken: list[Settled] = []
        for opening in self._left:
            key = opening_key(opening)
            candidates = available.get(key) if key is not None else None
            if candidates:
                taken.append(candidates.pop(0))
                self.brought.append(_as_brought(opening, taken[-1], opening.amount))
            else:
                left.append(opening)
        identities = {id(each) for each in taken}
        self._left = left
        self.earlier = [each for each in self.earlier if id(each) not in identities]

    def _expand(self) -> None:
        unnumbered = [opening for opening in self._left if not opening.is_numbered]
        if len({(opening.account, opening.letter) for opening in unnumbered}) != 1:
            return
        if (
            sum(opening.amount for opening in unnumbered) != sum(each.balance for each in self.earlier)
            or not self.earlier
        ):
            return
        self.brought += [_as_brought(unnumbered[0], each, each.balance) for each in self.earlier]
        self.earlier = []
        self._left = [opening for opening in self._left if opening.is_numbered]


def _as_brought(opening: Posting, earlier: Settled, amount: int) -> Posting:
    """Give an opening line the identity of the item that it brings forward."""
    item = earlier.posting
    return replace(
        opening,
        kind=item.kind,
        ref=item.ref,
        issued=item.issued,
        amount=amount,
        total=item.total,
        label=item.label or opening.label,
        is_numbered=item.is_numbered,
    )
