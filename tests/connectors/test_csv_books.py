"""CSV exports as spreadsheets and accounting packages write them."""

from __future__ import annotations

import os
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.files.csvbooks import CsvBooks
from connectors.files.values import UnreadableValueError, parse_day, parse_money
from engine.errors import BooksError, BooksUnreadableError
from engine.kinds import ContactRole, CustomerKind, DueSource, ItemKind
from tests.builders import day, eur, money
from tests.fakes.fec import read

if TYPE_CHECKING:
    from pathlib import Path

    from engine.model import Customer, OpenItem

HEADER = "number,customer_id,customer,email,kind,issued_on,due_on,currency,total,balance"
ROW = "F1,C1,Client Un,ap@c1.example,invoice,2026-01-05,2026-02-04,EUR,1200.00,700.00"


def books(tmp_path: Path, *rows: str, header: str = HEADER, encoding: str = "utf-8", **settings: object) -> CsvBooks:
    path = tmp_path / "invoices.csv"
    path.write_bytes("\n".join([header, *rows, ""]).encode(encoding))
    return CsvBooks(company_id="dupont", invoices=path, **settings)  # type: ignore[arg-type]  # each test names its own


def one(tmp_path: Path, row: str, *, header: str = HEADER) -> OpenItem:
    items, completed = read(books(tmp_path, row, header=header))
    assert completed.bad_lines == ()
    (item,) = items
    return item


def customer_of(found: CsvBooks) -> Customer:
    (page,) = found.pull("").pages()
    (customer,) = page.customers
    return customer


def test_a_row_is_an_item_with_its_customer(tmp_path: Path) -> None:
    found = books(tmp_path, ROW)
    (item,), completed = read(found)
    assert (item.number, item.customer_id, item.kind) == ("F1", "C1", ItemKind.INVOICE)
    assert (item.issued_on, item.due_on, item.due_source) == (day("2026-01-05"), day("2026-02-04"), DueSource.STATED)
    assert (item.total, item.balance) == (eur("1200"), eur("700"))
    assert completed.full
    assert completed.lines == 1
    customer = customer_of(found)
    assert customer.name == "Client Un"
    assert [contact.email for contact in customer.contacts] == ["ap@c1.example"]


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "iso8859-15", "utf-16"])
@pytest.mark.parametrize("ending", ["\n", "\r\n", "\r"])
def test_delimiter_encoding_and_line_ends_are_recognised(
    tmp_path: Path, delimiter: str, encoding: str, ending: str
) -> None:
    text = (
        ending.join([HEADER, ROW.replace("Client Un", "Hôtel d’Été" if "8859" not in encoding else "Hôtel d'Été")])
        + ending
    )
    path = tmp_path / "invoices.csv"
    path.write_bytes(text.replace(",", delimiter).encode(encoding))
    found = CsvBooks(company_id="dupont", invoices=path)
    assert [str(item.balance) for item in read(found)[0]] == ["700.00"]
    assert customer_of(found).name.replace("’", "'") == "Hôtel d'Été"


def test_a_mapping_gives_the_files_own_headers(tmp_path: Path) -> None:
    own = "N° facture;Code client;Date;Échéance;Reste dû"
    mapping = {
        "number": "N° facture",
        "customer_id": "code client",
        "issued_on": "Date",
        "due_on": "echeance",
        "balance": "Reste dû",
    }
    found = books(tmp_path, "F1;C1;05/01/2026;04/02/2026;1 234,50 €", header=own, mapping=mapping)
    (item,), _ = read(found)
    assert (item.balance, item.total, item.due_on) == (eur("1234.50"), eur("1234.50"), day("2026-02-04"))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1234.50", "1234.50"),
        ("1234,50", "1234.50"),
        ("1 234,50", "1234.50"),
        ("1\u00a0234,50", "1234.50"),
        ("1\u202f234,50 €", "1234.50"),
        ("1.234,50", "1234.50"),
        ("1,234.50", "1234.50"),
        ("1'234.50", "1234.50"),
        ("€1234,5", "1234.50"),
        ("EUR 1234.50", "1234.50"),
        ("1.234.567,89", "1234567.89"),
        ("1,234", "1234.00"),
        ("1.234", "1234.00"),
        ("0.500", "0.50"),
        (",50", "0.50"),
        ("-12,00", "-12.00"),
        ("−12,00", "-12.00"),
        ("12,00-", "-12.00"),
        ("(12,00)", "-12.00"),
        ("+12", "12.00"),
    ],
)
def test_amounts_are_read_as_they_are_written(text: str, expected: str) -> None:
    assert parse_money(text, "EUR") == eur(expected)


def test_decimals_are_those_of_the_currency() -> None:
    assert parse_money("1,234", "TND") == money("1.234", "TND")
    assert parse_money("1,234", "JPY") == money("1234", "JPY")


@pytest.mark.parametrize(
    "text", ["", "abc", "12,345,6", "1.2.3", "12,3456", "1,23,456.00", "--5", "1e5", "٣", "NaN", "12 000x"]
)
def test_what_is_no_amount_is_refused(text: str) -> None:
    with pytest.raises(UnreadableValueError):
        parse_money(text, "EUR")


@pytest.mark.parametrize(
    "text", ["2026-03-31", "31/03/2026", "31.03.2026", "31-03-2026", "20260331", "31/03/26", "2026-03-31T00:00:00Z"]
)
def test_dates_are_read_in_the_usual_forms(text: str) -> None:
    assert parse_day(text) == date(2026, 3, 31)


def test_the_order_of_day_and_month_can_be_forced() -> None:
    assert parse_day("03/31/2026", "mdy") == date(2026, 3, 31)
    with pytest.raises(UnreadableValueError, match="mdy"):
        parse_day("03/31/2026")


@pytest.mark.parametrize("text", ["", "31/02/2026", "2026-13-01", "31/03/0226", "tomorrow", "45982"])
def test_what_is_no_date_is_refused(text: str) -> None:
    with pytest.raises(UnreadableValueError):
        parse_day(text)


@pytest.mark.parametrize(
    ("word", "kind"),
    [
        ("credit_note", ItemKind.CREDIT_NOTE),
        ("Avoir", ItemKind.CREDIT_NOTE),
        ("payment", ItemKind.PAYMENT),
        ("Règlement", ItemKind.PAYMENT),
    ],
)
@pytest.mark.parametrize("sign", ["", "-"])
def test_a_credit_is_negative_however_it_is_written(tmp_path: Path, word: str, kind: ItemKind, sign: str) -> None:
    item = one(tmp_path, f"A1,C1,Client,,{word},2026-01-05,,EUR,{sign}50.00,{sign}20.00")
    assert (item.kind, item.total, item.balance) == (kind, eur("-50"), eur("-20"))


def test_a_negative_invoice_is_a_credit_note(tmp_path: Path) -> None:
    item = one(tmp_path, "A1,C1,Client,,invoice,2026-01-05,,EUR,-50.00,-50.00")
    assert item.kind is ItemKind.CREDIT_NOTE


def test_an_overpaid_invoice_is_paid_and_leaves_money_to_allocate(tmp_path: Path) -> None:
    items, _ = read(books(tmp_path, ROW.replace("700.00", "-30.00")))
    assert [(item.kind, item.balance) for item in items] == [
        (ItemKind.INVOICE, eur("0")),
        (ItemKind.PAYMENT, eur("-30")),
    ]


def test_a_credit_note_names_the_invoice_it_reduces_when_there_is_one(tmp_path: Path) -> None:
    header = HEADER + ",reference"
    items, _ = read(
        books(
            tmp_path,
            ROW + ",",
            "A1,C1,Client,,avoir,2026-01-06,,EUR,50,50,F1",
            "A2,C1,Client,,avoir,2026-01-06,,EUR,50,50,F9",
            "A3,C2,Client,,avoir,2026-01-06,,EUR,50,50,F1",
            header=header,
        )
    )
    assert {item.number: item.reduces for item in items} == {"F1": "", "A1": "F1", "A2": "", "A3": ""}


def test_the_same_row_twice_counts_once(tmp_path: Path) -> None:
    items, completed = read(books(tmp_path, ROW, ROW))
    assert len(items) == 1
    assert completed.bad_lines == ()
    assert any("repeats line 2" in remark for remark in completed.remarks)


def test_the_same_number_with_another_amount_is_a_bad_line(tmp_path: Path) -> None:
    items, completed = read(books(tmp_path, ROW, ROW.replace("700.00", "500.00")))
    assert [item.balance for item in items] == [eur("700")]
    (bad,) = completed.bad_lines
    assert (bad.line, bad.file) == (3, "invoices.csv")
    assert "stands on line 2" in bad.reason


def test_the_same_number_of_another_customer_is_another_item(tmp_path: Path) -> None:
    items, _ = read(books(tmp_path, ROW, ROW.replace("C1", "C2")))
    assert len({item.item_id for item in items}) == 2


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        (ROW.replace("2026-01-05", "soon"), "no date"),
        (ROW.replace("700.00", "seven"), "no amount"),
        (ROW.replace("700.00", ""), "no balance"),
        (ROW.replace("700.00", "7000.00"), "larger than the total"),
        (ROW.replace("F1,", ","), "no number"),
        (ROW.replace("C1,", ",", 1), "no customer_id"),
        (ROW.replace("invoice", "order"), "none of invoice"),
        (ROW.replace("EUR", "EURO"), "ISO 4217"),
        (ROW.replace("Client Un", "Client, Un"), "11 fields"),
        ("F1,C1", "2 fields"),
    ],
)
def test_a_broken_row_is_reported_with_its_line_and_the_rest_is_read(tmp_path: Path, row: str, reason: str) -> None:
    items, completed = read(books(tmp_path, row, ROW.replace("F1,", "F2,", 1)))
    assert [item.number for item in items] == ["F2"]
    (bad,) = completed.bad_lines
    assert bad.line == 2
    assert reason in bad.reason


def test_more_than_one_percent_of_bad_rows_is_a_reason_for_quarantine(tmp_path: Path) -> None:
    good = [ROW.replace("F1,", f"F{index},", 1) for index in range(99)]
    assert read(books(tmp_path, *good, "broken"))[1].suspicions == ()
    assert "1 %" in read(books(tmp_path, *good[:98], "broken"))[1].suspicions[0]


def test_a_quote_that_is_never_closed_is_a_clear_error(tmp_path: Path) -> None:
    with pytest.raises(BooksUnreadableError, match="line 3 is never closed"):
        read(books(tmp_path, ROW, ROW.replace("F1,", '"F2,', 1), ROW.replace("F1,", "F3,", 1)))


def test_rows_that_a_misplaced_quote_swallowed_are_counted_as_lost(tmp_path: Path) -> None:
    rows = [ROW, ROW.replace("F1,C1", '"F2,C1'), ROW.replace("F1,C1", 'F3,"C1"'), ROW.replace("F1,", "F4,", 1)]
    items, completed = read(books(tmp_path, *rows))
    assert [item.number for item in items] == ["F1", "F4"]
    assert "lines 3 to 4 are lost" in completed.bad_lines[0].reason
    assert completed.lines == 4


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "empty"),
        (b"  \n\n", "empty"),
        (b"PK\x03\x04\0\0", "NUL bytes"),
        (b"%PDF-1.7\n%...", "no column"),
        (b"a,b,c\n1,2,3\n", "no column 'number', 'customer_id', 'issued_on', 'balance'"),
        (b"\xff\xfen\xd8", "utf-16"),
        (b"\xef\xbb\xbfnumber,\xff", "utf-8"),
    ],
)
def test_a_wrong_file_is_a_clear_error(tmp_path: Path, content: bytes, message: str) -> None:
    path = tmp_path / "invoices.csv"
    path.write_bytes(content)
    with pytest.raises(BooksUnreadableError, match=message):
        read(CsvBooks(company_id="dupont", invoices=path))


def test_a_missing_file_says_where_it_was_looked_for(tmp_path: Path) -> None:
    with pytest.raises(BooksUnreadableError, match=r"invoices\.csv does not exist"):
        read(CsvBooks(company_id="dupont", invoices=tmp_path / "invoices.csv"))


def test_a_mapping_to_a_header_that_is_not_there_shows_the_headers(tmp_path: Path) -> None:
    with pytest.raises(BooksUnreadableError, match=r"'Reste'.*'balance'"):
        read(books(tmp_path, ROW, mapping={"balance": "Reste"}))


def test_the_same_header_twice_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BooksUnreadableError, match="more than once"):
        read(books(tmp_path, ROW + ",1.00", header=HEADER + ",balance"))


def test_a_file_without_rows_is_books_without_open_items(tmp_path: Path) -> None:
    items, completed = read(books(tmp_path))
    assert items == []
    assert completed.full


def test_every_optional_column_lands_on_item_or_customer(tmp_path: Path) -> None:
    header = HEADER + ",reference,language,country,customer_kind,phone,address,owner,owner_email,payment_url,document"
    row = (
        ROW
        + ",PO 7,fr-FR,France,particulier,01 02,1 rue A | 75001 Paris,Léa,lea@firm.example,https://pay.example/F1,F1.pdf"
    )
    (tmp_path / "F1.pdf").write_bytes(b"%PDF-1.4")
    found = books(tmp_path, row, header=header)
    (item,), _ = read(found)
    customer = customer_of(found)
    assert (item.reference, item.payment_url) == ("PO 7", "https://pay.example/F1")
    assert item.document == str((tmp_path / "F1.pdf").resolve())
    assert (customer.language, customer.country, customer.kind) == ("fr", "FR", CustomerKind.CONSUMER)
    assert customer.postal_address == ("1 rue A", "75001 Paris")
    assert (customer.owner, customer.owner_email) == ("Léa", "lea@firm.example")
    assert customer.contacts[0].phone == "01 02"


def test_a_payment_link_that_is_no_web_address_is_left_out_with_a_remark(tmp_path: Path) -> None:
    items, completed = read(books(tmp_path, ROW + ",javascript:alert(1)", header=HEADER + ",payment_url"))
    assert items[0].payment_url == ""
    assert any("no web address" in remark for remark in completed.remarks)


def test_an_address_that_is_none_is_left_out_with_a_remark(tmp_path: Path) -> None:
    found = books(tmp_path, ROW.replace("ap@c1.example", "see below; ap@c1.example"))
    assert [contact.email for contact in customer_of(found).contacts] == ["ap@c1.example"]
    assert any("no e-mail address" in remark for remark in read(found)[1].remarks)


def test_contacts_add_roles_terms_and_what_the_law_needs(tmp_path: Path) -> None:
    contacts = tmp_path / "contacts.csv"
    contacts.write_text(
        "customer_id;name;email;role;language;kind;country;terms\n"
        "C1;Mme Roy;roy@c1.example;director;en;business;BE;45 jours fin de mois\n"
        "C1;Compta;compta@c1.example;;;;;\n",
        encoding="utf-8",
    )
    found = books(tmp_path, ROW.replace("2026-02-04", ""), contacts=contacts)
    (item,), _ = read(found)
    customer = customer_of(found)
    assert (item.due_on, item.due_source) == (day("2026-02-28"), DueSource.AGREED)
    assert (customer.name, customer.language, customer.country) == ("Client Un", "en", "BE")
    assert customer.kind is CustomerKind.BUSINESS
    assert [contact.email for contact in customer.with_role(ContactRole.DIRECTOR)] == ["roy@c1.example"]
    assert [contact.email for contact in customer.with_role(ContactRole.BILLING)] == [
        "compta@c1.example",
        "ap@c1.example",
    ]


def test_a_broken_contact_is_a_bad_line_of_the_contacts_file(tmp_path: Path) -> None:
    contacts = tmp_path / "contacts.csv"
    contacts.write_text("customer_id,name,email,role\nC1,A,a@c1.example,king\n", encoding="utf-8")
    _, completed = read(books(tmp_path, ROW, contacts=contacts))
    assert [(bad.file, bad.line) for bad in completed.bad_lines] == [("contacts.csv", 2)]


def test_a_due_date_without_terms_is_assumed(tmp_path: Path) -> None:
    item = one(tmp_path, ROW.replace("2026-02-04", ""))
    assert (item.due_on, item.due_source) == (day("2026-02-04"), DueSource.ASSUMED)


def test_freshness_is_the_files_own_modification_time(tmp_path: Path) -> None:
    found = books(tmp_path, ROW)
    os.utime(found.invoices, (1_700_000_000, 1_700_000_000))
    _, completed = read(found)
    assert completed.file_modified_at == datetime.fromtimestamp(1_700_000_000, tz=UTC)
    assert completed.known_until is None


def test_refresh_sees_what_changed_in_the_file(tmp_path: Path) -> None:
    found = books(tmp_path, ROW)
    (item,), _ = read(found)
    books(tmp_path, ROW.replace("700.00", "0.00").replace("Client Un", "Client Deux"))
    (again,) = found.refresh([item.item_id]).items
    assert again.balance == eur("0")


def test_a_row_that_left_the_file_is_not_refreshed(tmp_path: Path) -> None:
    found = books(tmp_path, ROW)
    (item,), _ = read(found)
    books(tmp_path, ROW.replace("F1,", "F22,", 1))
    assert found.refresh([item.item_id]).items == ()


@given(st.binary(max_size=400), st.booleans())
def test_any_bytes_are_read_or_refused_by_name(
    tmp_path_factory: pytest.TempPathFactory, junk: bytes, headed: bool
) -> None:
    path = tmp_path_factory.mktemp("fuzz") / "invoices.csv"
    path.write_bytes((HEADER.encode() + b"\n" if headed else b"") + junk)
    try:
        read(CsvBooks(company_id="dupont", invoices=path))
    except BooksError:
        return


@given(st.lists(st.sampled_from([*ROW.split(","), '"', "\n", ",", "'", "é", "-", "0"]), max_size=40))
def test_any_arrangement_of_plausible_fields_is_read_or_refused_by_name(
    tmp_path_factory: pytest.TempPathFactory, pieces: list[str]
) -> None:
    path = tmp_path_factory.mktemp("fuzz") / "invoices.csv"
    path.write_text(HEADER + "\n" + ",".join(pieces), encoding="utf-8")
    try:
        read(CsvBooks(company_id="dupont", invoices=path))
    except BooksError:
        return
