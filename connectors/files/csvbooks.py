"""Books that are a CSV export of open items."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from connectors.files.contacts import ContactList, merged, read_contacts, with_contacts
from connectors.files.csv_rows import COLUMNS, REQUIRED, RowRules, read_row
from connectors.files.documents import document_or_remark, named_document
from connectors.files.pulling import FileBooks, Reading, signature, too_many_bad_lines
from connectors.files.table import open_table
from connectors.files.terms import parse_terms
from connectors.files.values import DATE_FORMATS, UnreadableValueError
from engine.errors import BooksUnreadableError
from engine.kinds import ItemKind
from engine.records import Completed

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from connectors.files.table import Table
    from engine.model import Customer, OpenItem
    from engine.ports import Books


@dataclass(slots=True, kw_only=True)
class _Gathered:
    """What the rows read so far add up to."""

    items: dict[str, OpenItem] = field(default_factory=dict)
    origin: dict[str, int] = field(default_factory=dict)
    customers: dict[str, Customer] = field(default_factory=dict)
    remarks: list[str] = field(default_factory=list)


@dataclass(slots=True, kw_only=True)
class CsvBooks(FileBooks):
    """The open items of one company in a CSV file.

    An item is customer, kind and number. The same number twice for one customer counts once when the rows say the same;
    where they differ, both name a different debt under one identity: the later row is a bad line. A row that left the
    file is not reported here at all: whether it was paid cannot be known.

    `documents` is a pattern such as `factures/{number}.pdf`, beside the file. `date_format` (dmy, mdy, ymd) and
    `encoding` force what is otherwise recognised; `default_terms` gives an assumed due date where a row has none.
    """

    company_id: str
    invoices: Path
    mapping: Mapping[str, str] = field(default_factory=dict)
    delimiter: str = "auto"
    contacts: Path | None = None
    default_currency: str = "EUR"
    date_format: str = "auto"
    encoding: str = "auto"
    default_terms: str = "30 jours"
    documents: str | None = None
    provider: str = field(default="csv", init=False)
    _cached: tuple[object, Reading] | None = field(default=None, init=False)

    def __post_init__(self) -> None:
        """Refuse settings that no file could satisfy."""
        parse_terms(self.default_terms)
        if self.date_format not in DATE_FORMATS:
            raise BooksUnreadableError(f"date_format {self.date_format!r} is none of {', '.join(DATE_FORMATS)}")

    def _read(self) -> Reading:
        key = signature([self.invoices, *([self.contacts] if self.contacts else [])])
        if self._cached is None or self._cached[0] != key:
            self._cached = (key, self._parse())
        return self._cached[1]

    def _parse(self) -> Reading:
        listed = read_contacts(self.contacts) if self.contacts else ContactList()
        # Taken before the content: a file replaced in between then looks older than it is, never fresher.
        modified = self.invoices.stat().st_mtime if self.invoices.exists() else 0.0
        table = open_table(
            self.invoices,
            canonical=COLUMNS,
            required=REQUIRED,
            mapping=self.mapping,
            delimiter=self.delimiter,
            encoding=self.encoding,
        )
        rules = RowRules(
            default_currency=self.default_currency,
            date_format=self.date_format,
            default_terms=parse_terms(self.default_terms),
            terms=listed.terms,
        )
        gathered = _Gathered()
        for line, row in table.rows():
            try:
                self._add(line, row, rules, gathered)
            except UnreadableValueError as error:
                table.bad(line, str(error))
        _name_reduced_invoices(gathered.items)
        self._find_documents(gathered)
        customers = {key: with_contacts(value, listed) for key, value in gathered.customers.items()}
        items = tuple(gathered.items.values())
        return Reading(
            items=lambda: items,
            customers=customers,
            completed=self._completed(table, listed, gathered.remarks, modified),
        )

    def _add(self, line: int, row: Mapping[str, str], rules: RowRules, gathered: _Gathered) -> None:
        result = read_row(row, rules)
        for item in result.items:
            before = gathered.items.get(item.item_id)
            if before is not None and before != item:
                raise UnreadableValueError(
                    f"number {item.number!r} of customer {item.customer_id} stands on line"
                    f" {gathered.origin[item.item_id]} with other amounts or dates; a number must name one {item.kind}"
                )
            if before is not None:
                gathered.remarks.append(f"line {line} repeats line {gathered.origin[item.item_id]} and counts once")
        for item in result.items:
            gathered.items.setdefault(item.item_id, item)
            gathered.origin.setdefault(item.item_id, line)
        customer_id = result.customer.customer_id
        known = gathered.customers.get(customer_id)
        gathered.customers[customer_id] = merged(known, result.customer) if known else result.customer
        gathered.remarks += [remark for remark in result.remarks if remark not in gathered.remarks[-20:]]

    def _find_documents(self, gathered: _Gathered) -> None:
        """Replace the name of each open invoice's PDF by its path; what cannot be attached is left out with a remark."""
        base = self.invoices.parent
        for item_id, item in gathered.items.items():
            document, remark = "", ""
            if item.kind is ItemKind.INVOICE and item.balance.minor > 0:
                if item.document:
                    path, remark = named_document(base, item.document)
                    remark = remark or ("" if path else f"{item.document!r} of invoice {item.number} does not exist")
                    document = str(path or "")
                elif self.documents:
                    path, remark = document_or_remark(base, self.documents, item.number)
                    document = str(path or "")
            if remark:
                gathered.remarks.append(remark)
            if document != item.document:
                gathered.items[item_id] = replace(item, document=document)

    def _completed(self, table: Table, listed: ContactList, remarks: Sequence[str], modified: float) -> Completed:
        unreadable = len(table.bad_lines) + table.lost
        suspicions = too_many_bad_lines(table.path.name, unreadable, table.lines)
        if self.contacts:
            suspicions += too_many_bad_lines(self.contacts.name, len(listed.bad_lines), listed.lines)
        return Completed(
            full=True,
            file_modified_at=datetime.fromtimestamp(modified, tz=UTC),
            lines=table.lines,
            bad_lines=(*table.bad_lines, *listed.bad_lines),
            suspicions=suspicions,
            remarks=(*remarks, *listed.remarks),
        )


def _name_reduced_invoices(items: dict[str, OpenItem]) -> None:
    """Fill `reduces` of credit notes whose reference is the number of an invoice of the same customer."""
    invoices = {(item.customer_id, item.number) for item in items.values() if item.kind is ItemKind.INVOICE}
    for item_id, item in items.items():
        if item.kind is ItemKind.CREDIT_NOTE and (item.customer_id, item.reference) in invoices:
            items[item_id] = replace(item, reduces=item.reference)


_: type[Books] = CsvBooks
