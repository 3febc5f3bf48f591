"""Books that are one or several French FEC exports (fichier des écritures comptables, LPF A47 A-1)."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Final

from connectors.files.contacts import ContactList, read_contacts, with_contacts
from connectors.files.documents import document_or_remark
from connectors.files.fec_books import one_ledger
from connectors.files.fec_lines import read_fec
from connectors.files.fec_report import ClassTotal, FecReport, remarks, suspicions
from connectors.files.fec_words import CHASED, AccountClass
from connectors.files.pulling import FileBooks, Reading, signature, too_many_bad_lines
from connectors.files.terms import due_date, parse_terms
from engine.errors import BooksUnreadableError
from engine.kinds import DueSource, ItemKind
from engine.model import Customer, OpenItem
from engine.money import Money, exponent
from engine.records import Completed

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import date
    from pathlib import Path

    from connectors.files.fec_books import Ledger
    from connectors.files.fec_ledger import Posting, Settled
    from connectors.files.fec_lines import FecFile
    from connectors.files.terms import Terms
    from engine.ports import Books

_SUFFIXES: Final = (".txt", ".csv", ".fec", "")


@dataclass(slots=True, kw_only=True)
class FecBooks(FileBooks):
    """The customer accounts (411) of one company's FEC: a file, or a directory whose files are one ledger.

    Due dates come from `terms_by_customer`, else from the contacts' terms (both agreed), else from `default_terms`
    (assumed). `documents` is a pattern such as `factures/{number}.pdf`, beside the files. After each pull `report` holds
    the figures of the import.
    """

    company_id: str
    path: Path
    default_terms: str = "30 jours"
    terms_by_customer: Mapping[str, str] = field(default_factory=dict)
    contacts: Path | None = None
    currency: str = "EUR"
    documents: str | None = None
    provider: str = field(default="fec", init=False)
    report: FecReport | None = field(default=None, init=False)
    _default: Terms = field(init=False)
    _agreed: dict[str, Terms] = field(init=False)
    _nothing: Money = field(init=False)
    _cached: tuple[object, Reading] | None = field(default=None, init=False)

    def __post_init__(self) -> None:
        """Read the terms; raise UnreadableTermsError where they cannot be."""
        self._default = parse_terms(self.default_terms)
        self._nothing = Money.zero(self.currency)
        self._agreed = {customer: parse_terms(text) for customer, text in self.terms_by_customer.items()}

    def _read(self) -> Reading:
        files = self._files()
        key = signature([*files, *([self.contacts] if self.contacts else [])])
        if self._cached is None or self._cached[0] != key:
            self._cached = (key, self._parse(files))
        return self._cached[1]

    def _files(self) -> list[Path]:
        if not self.path.is_dir():
            return [self.path]
        contacts = self.contacts.resolve() if self.contacts else None
        found = sorted(
            each
            for each in self.path.iterdir()
            if each.is_file()
            and each.suffix.lower() in _SUFFIXES
            and not each.name.startswith((".", "~"))
            and each.resolve() != contacts
            and not ("contact" in each.name.lower() and each.suffix.lower() == ".csv")
        )
        if not found:
            raise BooksUnreadableError(f"{self.path} holds no FEC (.txt): export the FEC into this folder")
        return found

    def _parse(self, paths: Sequence[Path]) -> Reading:
        listed = read_contacts(self.contacts) if self.contacts else ContactList()
        files = [read_fec(path) for path in paths]
        ledger = one_ledger(files)
        self.report = self._report(files, ledger)
        entries = _identified(ledger.items)
        notes = self._notes(files, ledger, listed)
        documents: dict[str, str] = {}
        if self.documents:
            documents, unusable = self._find_documents(ledger.items)
            notes += unusable
        suspected = suspicions(self.report, files, ledger)
        for file in files:
            suspected += too_many_bad_lines(file.path.name, len(file.bad_lines), file.lines)
        if self.contacts:
            suspected += too_many_bad_lines(self.contacts.name, len(listed.bad_lines), listed.lines)
        return Reading(
            items=partial(self._items, entries, listed.terms, documents),
            customers=_customers(files, ledger.items, listed),
            completed=Completed(
                full=True,
                known_until=_known_until(files),
                lines=self.report.lines,
                bad_lines=(*(bad for file in files for bad in file.bad_lines), *listed.bad_lines),
                suspicions=suspected,
                remarks=notes,
            ),
        )

    def _notes(self, files: Sequence[FecFile], ledger: Ledger, listed: ContactList) -> tuple[str, ...]:
        assert self.report is not None  # noqa: S101 (set right before; told to the type checker)
        notes = remarks(self.report, files, ledger, self.currency) + listed.remarks
        known = {each.posting.customer_id for each in ledger.items}
        unknown = sorted(set(self._agreed) - known)
        if unknown:
            notes += (f"terms.by_customer names {', '.join(unknown)}, which these books do not have",)
        for text, terms in sorted({terms.text: terms for terms in (self._default, *self._agreed.values())}.items()):
            notes += tuple(f"terms {text!r}: {remark}" for remark in terms.remarks)
        return notes

    def _report(self, files: Sequence[FecFile], ledger: Ledger) -> FecReport:
        items_sums = dict.fromkeys(CHASED, 0)
        for each in ledger.items:
            items_sums[each.posting.account_kind] += each.balance
        by_class = {
            kind: ClassTotal(
                lines=ledger.line_counts[kind],
                lines_sum=self._money(ledger.line_sums[kind]),
                items_sum=self._money(items_sums[kind]) if kind in CHASED else None,
            )
            for kind in AccountClass
        }
        return FecReport(
            files=tuple(file.path.name for file in files),
            lines=sum(file.lines for file in files),
            total_debit=self._money(sum(file.debit for file in files)),
            total_credit=self._money(sum(file.credit for file in files)),
            receivable_lines=ledger.line_counts[AccountClass.RECEIVABLE],
            receivable_sum=self._money(ledger.line_sums[AccountClass.RECEIVABLE]),
            items_sum=self._money(items_sums[AccountClass.RECEIVABLE]),
            unlettered=ledger.lettering.unlettered,
            unlettered_sum=self._money(ledger.lettering.unlettered_sum),
            groups=ledger.lettering.groups,
            unbalanced_groups=ledger.lettering.unbalanced,
            unbalanced_sum=self._money(ledger.lettering.unbalanced_sum),
            by_class=by_class,
        )

    def _find_documents(self, items: Sequence[Settled]) -> tuple[dict[str, str], tuple[str, ...]]:
        """Find the PDFs of open invoices, by PieceRef."""
        base = self.path if self.path.is_dir() else self.path.parent
        found: dict[str, str] = {}
        unusable: list[str] = []
        for ref in dict.fromkeys(e.posting.ref for e in items if e.balance > 0 and e.posting.is_numbered):
            path, remark = document_or_remark(base, self.documents or "", ref)
            if path is not None:
                found[ref] = str(path)
            elif remark:
                unusable.append(remark)
        return found, tuple(unusable)

    def _items(
        self, entries: Sequence[tuple[str, Settled]], terms: Mapping[str, Terms], documents: Mapping[str, str]
    ) -> Iterator[OpenItem]:
        """Make the items one by one, so that only a page of them lives at a time."""
        due_days: dict[tuple[str, date], date] = {}
        for item_id, entry in entries:
            posting = entry.posting
            agreed = self._agreed.get(posting.customer_id) or terms.get(posting.customer_id)
            is_invoice = posting.kind is ItemKind.INVOICE
            key = ((agreed or self._default).text, posting.issued)
            total = self._money(posting.total)
            if is_invoice and key not in due_days:
                due_days[key] = due_date(agreed or self._default, posting.issued).due_on
            yield OpenItem(
                item_id=item_id,
                customer_id=posting.customer_id,
                number=_shown_number(posting),
                kind=posting.kind,
                issued_on=posting.issued,
                due_on=due_days[key] if is_invoice else posting.issued,
                due_source=DueSource.AGREED if agreed else DueSource.ASSUMED,
                total=total,
                balance=self._balance(entry, total),
                document=documents.get(posting.ref, "") if is_invoice and posting.is_numbered else "",
                is_opening=is_invoice and not posting.is_numbered,
            )

    def _balance(self, entry: Settled, total: Money) -> Money:
        """Share the amounts that most items have in common: nothing left, or all of it."""
        if not entry.balance:
            return self._nothing
        return total if entry.balance == entry.posting.total else self._money(entry.balance)

    def _money(self, hundredths: int) -> Money:
        """Convert hundredths to the currency's minor units."""
        decimals = exponent(self.currency)
        if decimals >= 2:  # noqa: PLR2004 (an FEC has two decimals)
            return Money(minor=hundredths * 10 ** (decimals - 2), currency=self.currency)
        minor, rest = divmod(hundredths, 10 ** (2 - decimals))
        if rest:
            raise BooksUnreadableError(
                f"the FEC holds decimals that {self.currency} does not have: check the company's currency"
            )
        return Money(minor=minor, currency=self.currency)


def _identified(items: Sequence[Settled]) -> list[tuple[str, Settled]]:
    """Give each item its identity: CompAuxNum, PieceRef, PieceDate, invoiced amount, and an ordinal among equals.

    Equals are told apart by nothing but what is left of them: the open ones take the first ordinals, so that the
    identity does not hang on the order of lines and is the same when only the open ones come back as opening entries.
    """
    equals: dict[tuple[str, str, date, int], list[Settled]] = {}
    for entry in items:
        posting = entry.posting
        equals.setdefault((posting.customer_id, posting.ref, posting.issued, posting.total), []).append(entry)
    found = []
    for (customer_id, ref, issued, total), entries in equals.items():
        prefix = f"fec:{_escaped(customer_id)}:{_escaped(ref)}:{issued}:{total}"
        if len(entries) > 1:
            entries.sort(key=lambda entry: (-abs(entry.balance), entry.posting.posted, entry.posting.account))
        found += [(f"{prefix}:{ordinal}", entry) for ordinal, entry in enumerate(entries)]
    return found


def _escaped(part: str) -> str:
    return part.replace("%", "%25").replace(":", "%3A") if ":" in part or "%" in part else part


def _shown_number(posting: Posting) -> str:
    """Give the reference as number, or what a person can recognise the line by where it has none."""
    if posting.ref.strip("0 "):
        return posting.ref
    return posting.label or posting.ref or posting.issued.isoformat()


def _known_until(files: Sequence[FecFile]) -> date | None:
    """Give the last bank entry (512) of the ledger, the last entry of any account where there is none."""
    bank = [file.last_bank_day for file in files if file.last_bank_day is not None]
    return max(bank or [file.last_day for file in files if file.last_day is not None], default=None)


def _customers(files: Sequence[FecFile], items: Sequence[Settled], listed: ContactList) -> dict[str, Customer]:
    """Name the customers: CompAuxLib of the newest file, else CompteLib, else their code."""
    names: dict[str, str] = {}
    for file in sorted(files, key=lambda each: (str(each.dated or ""), str(each.last_day or ""), each.path.name)):
        names.update({account: name for account, name in file.account_names.items() if name})
        names.update(file.customer_names)
    found = dict.fromkeys(each.posting.customer_id for each in items)
    return {
        customer_id: with_contacts(
            Customer(customer_id=customer_id, name=names.get(customer_id) or customer_id), listed
        )
        for customer_id in found
    }


_: type[Books] = FecBooks
