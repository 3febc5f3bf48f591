"""Several FEC files as one ledger: what overlaps counts once, and a new year's opening replaces the year before; pure."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace
from datetime import date
from typing import TYPE_CHECKING, Final

from connectors.files.fec_ledger import Journals, Lettering, Posting, Settled, bring_forward, posting_of, settle
from connectors.files.fec_words import CHASED, AccountClass, names_retention

if TYPE_CHECKING:
    from collections.abc import Sequence

    from connectors.files.fec_lines import FecFile, FecLine

# A newer file replaces what an older one holds for the same days when it repeats at least this share of it.
_REPEATED_SHARE: Final = 2


@dataclass(slots=True, kw_only=True)
class Part:
    """What one file adds to the ledger once overlaps are taken out."""

    file: FecFile
    lines: list[FecLine]


@dataclass(slots=True, kw_only=True)
class Ledger:
    """One ledger of customer accounts, in hundredths.

    `items` are of the accounts that are chased. `line_sums` and `line_counts` are those of the ledger's lines for each
    class of account, counted before any allocation.
    """

    items: list[Settled] = field(default_factory=list)
    lettering: Lettering = field(default_factory=Lettering)
    line_sums: Counter[AccountClass] = field(default_factory=Counter)
    line_counts: Counter[AccountClass] = field(default_factory=Counter)
    remarks: list[str] = field(default_factory=list)


def one_ledger(files: Sequence[FecFile]) -> Ledger:
    """Make one ledger of all files in a directory.

    A line is recognised in another file by journal, entry date, account, customer, reference and amounts (never by
    EcritureNum, which drafts change). Of two files that hold the same days, the newer one's entries count, and the older
    one's only for the other days; where they hold different entries for the same days, each entry counts once.
    """
    ledger = Ledger()
    parts = _without_overlaps(files, ledger.remarks)
    parts.sort(key=lambda part: (part.file.first_day or date.min, part.file.dated or date.min))
    retention = _retention_accounts(parts)
    postings = [_postings(part, retention) for part in parts]
    start, lines = _count(postings, ledger)
    # A line of nothing owes nothing: it counts as a line and makes no item.
    chased = [posting for posting in lines if posting.account_kind in CHASED and posting.amount]
    closed: list[Settled] = []
    if start:
        openings = [posting for posting in chased if posting.opens]
        brought, closed, lost = bring_forward(openings, _earlier(postings[:start]))
        chased = brought + [posting for posting in chased if not posting.opens]
        _remark_on_lost(lost, parts[start].file.path.name, ledger.remarks)
    receivable, ledger.lettering = settle(p for p in chased if p.account_kind is AccountClass.RECEIVABLE)
    advances, _ = settle(p for p in chased if p.account_kind is AccountClass.ADVANCE)
    ledger.items = receivable + advances + closed
    return ledger


def _earlier(postings: Sequence[Sequence[Posting]]) -> list[Settled]:
    """Settle the books before an opening entry, themselves perhaps several years."""
    start = _last_opening(postings)
    lines = [p for part in postings[start:] for p in part if p.account_kind in CHASED and p.amount]
    if not start:
        return settle(lines)[0]
    brought, closed, _ = bring_forward([p for p in lines if p.opens], _earlier(postings[:start]))
    return settle(brought + [p for p in lines if not p.opens])[0] + closed


def _count(postings: Sequence[Sequence[Posting]], ledger: Ledger) -> tuple[int, list[Posting]]:
    """Find where the ledger starts, and sum its lines by class of account before anything is allocated."""
    start = _last_opening(postings)
    lines = [posting for part in postings[start:] for posting in part]
    for posting in lines:
        ledger.line_sums[posting.account_kind] += posting.amount
        ledger.line_counts[posting.account_kind] += 1
    return start, lines


def _last_opening(postings: Sequence[Sequence[Posting]]) -> int:
    """Find the newest part whose opening entries restate all customer balances before it."""
    for index in range(len(postings) - 1, 0, -1):
        if any(posting.opens and posting.account_kind is AccountClass.RECEIVABLE for posting in postings[index]):
            return index
    return 0


def _retention_accounts(parts: Sequence[Part]) -> frozenset[str]:
    """List the 4117 accounts that hold retention money: their name says so, or the label of each of their debits does."""
    named: dict[str, bool] = {}
    labels: dict[str, list[bool]] = {}
    for part in parts:
        for line in part.lines:
            if line.account.startswith(AccountClass.RETENTION):
                named[line.account] = named.get(line.account, False) or names_retention(
                    part.file.account_names.get(line.account, "")
                )
                if line.amount > 0:
                    labels.setdefault(line.account, []).append(names_retention(line.label))
    return frozenset(account for account, says_so in named.items() if says_so or all(labels.get(account, [False])))


def _postings(part: Part, retention: frozenset[str]) -> list[Posting]:
    journals = Journals(part.file.journals)
    found = []
    for line in part.lines:
        posting = posting_of(line, journals, part.file.journal_names.get(line.journal, ""))
        if line.account in retention:
            posting = _as_retention(posting)
        found.append(posting)
    return found


def _as_retention(posting: Posting) -> Posting:
    return replace(posting, account_kind=AccountClass.RETENTION)


def _without_overlaps(files: Sequence[FecFile], remarks: list[str]) -> list[Part]:
    ordered = sorted(
        files, key=lambda file: (file.dated or date.min, file.last_day or date.min, file.lines, file.path.name)
    )
    parts = [Part(file=file, lines=list(file.receivables)) for file in ordered]
    for index, older in enumerate(parts):
        for newer in parts[index + 1 :]:
            _drop_what_is_newer(older, newer, remarks)
    return parts


def _drop_what_is_newer(older: Part, newer: Part, remarks: list[str]) -> None:
    first, last = newer.file.first_day, newer.file.last_day
    if first is None or last is None:
        return
    within = [line for line in older.lines if first <= line.posted <= last]
    if not within:
        return
    there = Counter(_likeness(line) for line in newer.lines)
    repeated: set[int] = set()
    for line in within:
        if there[_likeness(line)] > 0:
            there[_likeness(line)] -= 1
            repeated.add(id(line))
    names = f"{older.file.path.name} and {newer.file.path.name}"
    if len(repeated) * _REPEATED_SHARE >= len(within):
        gone = {id(line) for line in within}
        changed = len(within) - len(repeated)
        note = f"; {changed} of them are not in the newer file any more and are left out" if changed else ""
        remarks.append(f"{names} overlap: {len(within)} lines of customer accounts count once{note}")
    else:
        gone = repeated
        if repeated:
            remarks.append(f"{names} share {len(repeated)} lines of customer accounts, which count once")
    older.lines = [line for line in older.lines if id(line) not in gone]


def _likeness(line: FecLine) -> tuple[str, date, str, str, str, date, int]:
    return line.journal, line.posted, line.account, line.customer_id, line.ref, line.issued, line.amount


def _remark_on_lost(lost: Sequence[Settled], name: str, remarks: list[str]) -> None:
    if lost:
        customers = sorted({each.posting.customer_id for each in lost})
        shown = ", ".join(customers[:5]) + (" …" if len(customers) > 5 else "")  # noqa: PLR2004 (a sentence, not a list)
        remarks.append(
            f"the opening entries of {name} do not account for {len(lost)} items that were open in the file before"
            f" (customers {shown}): they are not shown any more"
        )
