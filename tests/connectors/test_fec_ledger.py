"""What an FEC's customer accounts mean: lettering, kinds, opening entries, years and overlaps, due dates, freshness."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from connectors.files.fec import FecBooks
from connectors.files.fec_words import AccountClass
from connectors.files.terms import UnreadableTermsError
from engine.kinds import CustomerKind, DueSource, ItemKind
from tests.builders import day, eur
from tests.fakes.fec import Line, balances, opening, read, receipt, sale, written

if TYPE_CHECKING:
    from pathlib import Path

    from engine.model import OpenItem

Y26, Y27 = "123456789FEC20261231.txt", "123456789FEC20271231.txt"


def books(tmp_path: Path, *lines: list[Line], name: str = Y26, **settings: object) -> FecBooks:
    path = written(tmp_path / name, [line for group in lines for line in group])
    return FecBooks(company_id="dupont", path=path, **settings)  # type: ignore[arg-type]  # each test names its own


def items_of(found: FecBooks) -> dict[str, OpenItem]:
    return {item.number: item for item in read(found)[0]}


def remarks(found: FecBooks) -> str:
    return "\n".join(read(found)[1].remarks)


def od(account: str, amount: str, *, customer: str = "", ref: str = "OD1", **more: str) -> list[Line]:
    return [
        Line(journal="OD", account=account, amount=amount, customer=customer, ref=ref, **more),
        Line(journal="OD", account="654000", amount=amount[1:] if amount.startswith("-") else "-" + amount, ref=ref),
    ]


# lettering


def test_a_balanced_group_is_settled_and_stays_visible_with_nothing_left(tmp_path: Path) -> None:
    found = books(tmp_path, sale("F1", "C1", "100,00", letter="AA"), receipt("R1", "C1", "100,00", letter="AA"))
    items = items_of(found)
    assert (items["F1"].total, items["F1"].balance) == (eur("100"), eur("0"))
    assert (items["R1"].kind, items["R1"].balance) == (ItemKind.PAYMENT, eur("0"))


def test_payments_of_a_partial_group_extinguish_the_oldest_invoice_first(tmp_path: Path) -> None:
    found = books(
        tmp_path,
        sale("F2", "C1", "100,00", day="20260210", letter="AB"),
        sale("F1", "C1", "100,00", day="20260110", letter="AB"),
        receipt("R1", "C1", "130,00", letter="AB"),
    )
    assert balances(read(found)[0]) == {"F2": "70.00"}


def test_what_a_group_has_too_much_stays_as_credit(tmp_path: Path) -> None:
    found = books(
        tmp_path,
        sale("F1", "C1", "100,00", letter="AB"),
        receipt("R1", "C1", "80,00", day="20260201", letter="AB"),
        receipt("R2", "C1", "50,00", day="20260301", letter="AB"),
    )
    assert balances(read(found)[0]) == {"R2": "-30.00"}


def test_a_payment_lettered_with_nothing_is_money_to_allocate(tmp_path: Path) -> None:
    found = books(tmp_path, sale("F1", "C1", "100,00"), receipt("R1", "C1", "100,00", letter="AA"))
    assert balances(read(found)[0]) == {"F1": "100.00", "R1": "-100.00"}


def test_a_lettering_code_belongs_to_one_customer(tmp_path: Path) -> None:
    found = books(tmp_path, sale("F1", "C1", "100,00", letter="AA"), receipt("R1", "C2", "100,00", letter="AA"))
    assert balances(read(found)[0]) == {"F1": "100.00", "R1": "-100.00"}


def test_small_letters_are_a_partial_lettering_of_their_own(tmp_path: Path) -> None:
    found = books(
        tmp_path,
        sale("F1", "C1", "100,00", letter="aa"),
        receipt("R1", "C1", "40,00", letter="aa"),
        sale("F2", "C1", "10,00", letter="AA"),
        receipt("R2", "C1", "10,00", letter="AA"),
    )
    assert balances(read(found)[0]) == {"F1": "60.00"}


@pytest.mark.parametrize("letter", ["000", "-", "..", " "])
def test_a_padded_empty_code_is_no_lettering(tmp_path: Path, letter: str) -> None:
    found = books(tmp_path, sale("F1", "C1", "100,00", letter=letter), receipt("R1", "C1", "100,00", letter=letter))
    assert balances(read(found)[0]) == {"F1": "100.00", "R1": "-100.00"}


def test_books_in_which_nothing_is_lettered_are_held(tmp_path: Path) -> None:
    groups = [sale(f"F{i}", "C1", "10,00") + receipt(f"R{i}", "C1", "10,00") for i in range(20)]
    assert any("lettered" in suspicion for suspicion in read(books(tmp_path, *groups))[1].suspicions)
    lettered = sale("F99", "C1", "10,00", letter="A") + receipt("R99", "C1", "10,00", letter="A")
    assert read(books(tmp_path, *groups, lettered))[1].suspicions == ()


# kinds


def test_a_credit_of_a_sales_journal_is_a_credit_note_and_of_a_money_journal_a_payment(tmp_path: Path) -> None:
    found = books(
        tmp_path, sale("F1", "C1", "100,00"), sale("F7", "C1", "-20,00"), receipt("R1", "C1", "30,00", label="avoir ?")
    )
    items = items_of(found)
    assert (items["F7"].kind, items["F7"].balance) == (ItemKind.CREDIT_NOTE, eur("-20"))
    assert items["R1"].kind is ItemKind.PAYMENT


@pytest.mark.parametrize(
    ("ref", "label", "kind"),
    [
        ("OD1", "Avoir sur facture", ItemKind.CREDIT_NOTE),
        ("AV 220282", "Durand", ItemKind.CREDIT_NOTE),
        ("OD1", "Compensation", ItemKind.PAYMENT),
        ("AVIS", "Avis de paiement", ItemKind.PAYMENT),
    ],
)
def test_elsewhere_the_label_tells_a_credit_note(tmp_path: Path, ref: str, label: str, kind: ItemKind) -> None:
    found = books(tmp_path, od("411000", "-20,00", customer="C1", ref=ref, label=label))
    assert [item.kind for item in read(found)[0]] == [kind]


def test_a_negative_debit_is_a_credit(tmp_path: Path) -> None:
    lines = sale("F1", "C1", "100,00")
    minus = [Line(journal="VE", account="411000", amount="0,00", customer="C1", ref="A1")]
    path = written(tmp_path / Y26, [*lines, *minus])
    path.write_bytes(path.read_bytes().replace(b"A1\t20260105\t\t0,00", b"A1\t20260105\t\t-15,00"))
    items = items_of(FecBooks(company_id="dupont", path=path))
    assert (items["A1"].kind, items["A1"].balance) == (ItemKind.CREDIT_NOTE, eur("-15"))


def test_a_returned_payment_is_a_task_and_never_an_invoice_to_mail(tmp_path: Path) -> None:
    returned = [
        Line(journal="BQ", account="411000", amount="100,00", customer="C1", ref="REJET 12", day="20260301"),
        Line(journal="BQ", account="512000", amount="-100,00", ref="REJET 12", day="20260301"),
    ]
    assert items_of(books(tmp_path, sale("F1", "C1", "50,00"), returned))["REJET 12"].is_opening


# accounts


def test_without_an_auxiliary_the_account_is_the_customer(tmp_path: Path) -> None:
    found = books(tmp_path, sale("F1", "", "100,00", account="411MARTIN"))
    (page,) = found.pull("").pages()
    assert [(customer.customer_id, customer.name) for customer in page.customers] == [("411MARTIN", "Compte")]


def test_other_customer_accounts_are_told_apart_and_not_chased(tmp_path: Path) -> None:
    found = books(
        tmp_path,
        sale("F1", "C1", "100,00"),
        od("413000", "10,00", customer="C1"),
        od("416000", "20,00", customer="C1"),
        od("419600", "-5,00", customer="C1"),
        od("411700", "30,00", customer="C1", account_name="Clients - Retenues de garantie"),
    )
    items, completed = read(found)
    assert balances(items) == {"F1": "100.00"}
    told = "\n".join(completed.remarks)
    for sentence in ("(413): 10.00", "(416): 20.00", "(419): -5.00", "(4117): 30.00"):
        assert sentence in told
    assert completed.suspicions == ()


def test_4117_is_an_ordinary_customer_where_no_label_says_retention(tmp_path: Path) -> None:
    found = books(tmp_path, sale("F1", "", "100,00", account="411700DURAND"))
    assert balances(read(found)[0]) == {"F1": "100.00"}


def test_4117_is_retention_money_where_each_of_its_debits_says_so(tmp_path: Path) -> None:
    found = books(
        tmp_path,
        sale("F1", "C1", "95,00"),
        sale("F1", "C1", "5,00", account="411710", label="Retenue de garantie 5 %"),
    )
    assert balances(read(found)[0]) == {"F1": "95.00"}
    assert found.report is not None
    assert found.report.by_class[AccountClass.RETENTION].lines_sum == eur("5")


def test_advances_are_payments_to_allocate_and_shown_apart(tmp_path: Path) -> None:
    found = books(tmp_path, sale("F1", "C1", "100,00"), od("419100", "-40,00", customer="C1", ref="AC1"))
    items = items_of(found)
    assert (items["AC1"].kind, items["AC1"].balance, items["AC1"].customer_id) == (ItemKind.PAYMENT, eur("-40"), "C1")
    assert "advances on orders (4191): 40.00 EUR" in remarks(found)
    assert found.report is not None
    assert found.report.receivable_sum == found.report.items_sum == eur("100")


# the invariant and what is pointed out


def test_both_sums_of_the_invariant_are_told(tmp_path: Path) -> None:
    found = books(
        tmp_path,
        sale("F1", "C1", "100,00"),
        sale("F2", "C1", "50,00", letter="A"),
        receipt("R1", "C1", "20,00", letter="A"),
    )
    _, completed = read(found)
    report = found.report
    assert report is not None
    assert report.holds
    assert (report.lines, report.receivable_lines, report.receivable_sum, report.items_sum) == (
        6,
        3,
        eur("130"),
        eur("130"),
    )
    assert (report.unlettered, report.unlettered_sum) == (1, eur("100"))
    assert (report.groups, report.unbalanced_groups, report.unbalanced_sum) == (1, 1, eur("30"))
    assert report.total_debit == report.total_credit == eur("170")
    assert completed.remarks[0].startswith("open items 130.00 equal the 3 receivable lines (411) 130.00 EUR")


def test_a_credit_of_no_customer_that_equals_an_invoice_is_pointed_out(tmp_path: Path) -> None:
    found = books(
        tmp_path,
        sale("F1", "CDURAND", "812,40"),
        sale("F2", "CROY", "90,00"),
        receipt("R1", "", "812,40", label="VIR 4711"),
    )
    (told,) = [remark for remark in read(found)[1].remarks if "to the cent" in remark]
    assert all(part in told for part in ("VIR 4711", "invoice F1", "CDURAND", "812.40"))


def test_a_reference_that_stands_on_many_invoices_is_pointed_out_once(tmp_path: Path) -> None:
    found = books(tmp_path, *(sale("VE  0323", f"C{i}", f"{i}0,00") for i in range(1, 6)))
    items, completed = read(found)
    assert len({item.item_id for item in items}) == 5
    (told,) = [remark for remark in completed.remarks if "period label" in remark]
    assert "'VE 0323' stands on 5 different invoices" in told


def test_entries_of_another_currency_are_pointed_out(tmp_path: Path) -> None:
    line = Line(journal="VE", account="411000", amount="10,00", customer="C1", ref="F1", currency="USD")
    assert "USD" in remarks(books(tmp_path, [line], sale("F2", "C1", "1,00")))


# opening entries


@pytest.mark.parametrize(
    "ref", ["", "RAN", "AN", "ANO", "sans", "REPORT", "A NOUVEAU", "0000000", "SANS_PIECE_REF", "AN2027"]
)
def test_an_opening_line_without_an_invoice_number_is_a_task(tmp_path: Path, ref: str) -> None:
    (item,), completed = read(books(tmp_path, opening("C1", "500,00", ref=ref), name=Y27))
    assert item.is_opening
    assert item.number
    assert "without an invoice number (500.00 EUR)" in "\n".join(completed.remarks)


def test_an_opening_line_with_its_own_reference_is_the_invoice(tmp_path: Path) -> None:
    (item,), _ = read(books(tmp_path, opening("C1", "500,00", ref="F1", piece_day="20261105"), name=Y27))
    assert (item.is_opening, item.number, item.issued_on) == (False, "F1", day("2026-11-05"))


def both(tmp_path: Path, first: list[Line], second: list[Line]) -> tuple[dict[str, OpenItem], FecBooks, FecBooks]:
    """Read a first year, then the folder with both years: the earlier items, and both books."""
    folder = tmp_path / "exports"
    folder.mkdir()
    written(folder / Y26, first)
    earlier = FecBooks(company_id="dupont", path=folder)
    before = items_of(earlier)
    written(folder / Y27, second)
    return before, earlier, FecBooks(company_id="dupont", path=folder)


def test_an_invoice_that_comes_back_next_year_is_the_same_item(tmp_path: Path) -> None:
    before, _, found = both(
        tmp_path,
        sale("F1", "C1", "1200,00", day="20261105"),
        opening("C1", "1200,00", ref="F1", piece_day="20261105"),
    )
    after = items_of(found)
    assert after["F1"] == before["F1"]
    (tmp_path / "exports" / Y26).unlink()
    assert items_of(found)["F1"] == before["F1"]


def test_both_years_together_count_the_debt_once_and_hold_the_invariant(tmp_path: Path) -> None:
    _, _, found = both(
        tmp_path,
        sale("F1", "C1", "1200,00", day="20261105"),
        opening("C1", "1200,00", ref="F1", piece_day="20261105"),
    )
    items, completed = read(found)
    assert balances(items) == {"F1": "1200.00"}
    assert completed.suspicions == ()


def test_a_payment_of_the_new_year_settles_the_item_of_the_old_one(tmp_path: Path) -> None:
    before, _, found = both(
        tmp_path,
        sale("F1", "C1", "1200,00", day="20261105"),
        opening("C1", "1200,00", ref="F1", piece_day="20261105", letter="A")
        + receipt("R1", "C1", "1200,00", day="20270115", letter="A"),
    )
    (paid,) = found.refresh([before["F1"].item_id]).items
    assert paid.balance == eur("0")


def test_one_line_that_sums_up_a_customer_becomes_the_invoices_it_sums_up(tmp_path: Path) -> None:
    before, _, found = both(
        tmp_path,
        sale("F1", "C1", "1200,00", day="20261105") + sale("F2", "C1", "300,00", day="20261206"),
        opening("C1", "1500,00") + sale("F3", "C1", "10,00", day="20270110"),
    )
    after = items_of(found)
    assert after["F1"] == before["F1"]
    assert after["F2"] == before["F2"]
    assert balances(after.values()) == {"F1": "1200.00", "F2": "300.00", "F3": "10.00"}


def test_a_sum_that_the_earlier_invoices_do_not_come_to_stays_a_task(tmp_path: Path) -> None:
    _, _, found = both(tmp_path, sale("F1", "C1", "1200,00", day="20261105"), opening("C1", "900,00"))
    items, completed = read(found)
    assert [(item.number, item.balance, item.is_opening) for item in items] == [("RAN", eur("900"), True)]
    assert any("do not account for 1 items" in remark for remark in completed.remarks)


def test_the_rest_of_a_part_paid_invoice_is_still_that_invoice(tmp_path: Path) -> None:
    before, _, found = both(
        tmp_path,
        sale("F1", "C1", "1200,00", day="20261105", letter="a")
        + receipt("R1", "C1", "500,00", day="20261220", letter="a"),
        opening("C1", "700,00", ref="F1", piece_day="20261105"),
    )
    after = items_of(found)
    assert after["F1"].item_id == before["F1"].item_id
    assert (after["F1"].total, after["F1"].balance) == (eur("1200"), eur("700"))
    assert after["R1"].balance == eur("0")


def test_an_opening_entry_that_lost_the_invoices_own_date_is_recognised_by_reference_and_amount(tmp_path: Path) -> None:
    before, _, found = both(tmp_path, sale("F1", "C1", "1200,00", day="20261105"), opening("C1", "1200,00", ref="F1"))
    assert items_of(found)["F1"] == before["F1"]


def test_lines_without_numbers_are_recognised_by_their_amounts(tmp_path: Path) -> None:
    before, _, found = both(
        tmp_path,
        sale("F1", "C1", "100,00", day="20261105") + sale("F2", "C1", "250,00", day="20261206"),
        opening("C1", "250,00", ref="sans", letter="A")
        + opening("C1", "100,00", ref="sans")
        + receipt("R1", "C1", "250,00", day="20270110", letter="A"),
    )
    after = items_of(found)
    assert after["F2"].item_id == before["F2"].item_id
    assert (after["F2"].balance, after["F1"].balance) == (eur("0"), eur("100"))


def test_what_was_settled_last_year_stays_settled(tmp_path: Path) -> None:
    before, _, found = both(
        tmp_path,
        sale("F1", "C1", "100,00", letter="A") + receipt("R1", "C1", "100,00", letter="A"),
        sale("F2", "C2", "5,00", day="20270110") + opening("C2", "1,00"),
    )
    assert items_of(found)["F1"] == before["F1"]


def test_an_invoice_and_its_unlettered_payment_that_the_new_year_no_longer_brings_are_settled(tmp_path: Path) -> None:
    _, _, found = both(
        tmp_path,
        sale("F1", "C1", "100,00") + receipt("R1", "C1", "100,00"),
        opening("C2", "1,00"),
    )
    assert items_of(found)["F1"].balance == eur("0")


def test_years_without_opening_entries_are_one_ledger(tmp_path: Path) -> None:
    _, _, found = both(
        tmp_path,
        sale("F1", "C1", "100,00", letter="B") + sale("F2", "C1", "30,00"),
        receipt("R1", "C1", "100,00", day="20270110", letter="B"),
    )
    assert balances(read(found)[0]) == {"F2": "30.00"}


def test_three_years_in_a_row_keep_an_identity(tmp_path: Path) -> None:
    before, _, found = both(
        tmp_path,
        sale("F1", "C1", "1200,00", day="20261105"),
        opening("C1", "1200,00", day="20270101"),
    )
    written(tmp_path / "exports" / "123456789FEC20281231.txt", opening("C1", "1200,00", day="20280101"))
    items, completed = read(found)
    assert items == [before["F1"]]
    assert completed.suspicions == ()


# overlaps


def test_a_payment_seen_in_the_next_file_settles_the_item(tmp_path: Path) -> None:
    path = written(tmp_path / Y26, sale("F1", "C1", "100,00"))
    found = FecBooks(company_id="dupont", path=path)
    (open_item,), _ = read(found)
    written(path, sale("F1", "C1", "100,00", letter="A") + receipt("R1", "C1", "100,00", letter="A"))
    (paid,) = found.refresh([open_item.item_id]).items
    assert (paid.item_id, paid.balance) == (open_item.item_id, eur("0"))


def test_entries_that_stand_in_two_files_count_once_and_the_newer_lettering_wins(tmp_path: Path) -> None:
    early = sale("F1", "C1", "100,00") + sale("F2", "C1", "40,00", day="20260110")
    written(tmp_path / "mars.txt", early)
    later = sale("F1", "C1", "100,00", letter="A") + early[2:] + receipt("R1", "C1", "100,00", letter="A")
    written(tmp_path / "juin.txt", later)
    items, completed = read(FecBooks(company_id="dupont", path=tmp_path))
    assert balances(items) == {"F2": "40.00"}
    assert any("count once" in remark for remark in completed.remarks)
    assert completed.suspicions == ()


def test_a_draft_that_was_corrected_in_the_newer_file_counts_as_corrected(tmp_path: Path) -> None:
    same = [line for i in range(1, 5) for line in sale(f"F{i}", "C1", f"{i}0,00")]
    written(tmp_path / "a.txt", [*same, *sale("F9", "C1", "100,00", day="20260106")])
    written(tmp_path / "b.txt", [*same, *sale("F9", "C1", "120,00", day="20260106"), *receipt("R", "C2", "1,00")])
    items, completed = read(FecBooks(company_id="dupont", path=tmp_path))
    assert [str(item.balance) for item in items if item.number == "F9"] == ["120.00"]
    assert any("not in the newer file any more" in remark for remark in completed.remarks)


def test_renumbered_entries_still_count_once(tmp_path: Path) -> None:
    lines = sale("F1", "C1", "100,00")
    written(tmp_path / "a.txt", lines)
    later = [Line(journal=one.journal, account=one.account, amount=one.amount, number="77", customer=one.customer, ref=one.ref, label=one.label) for one in lines]  # fmt: skip
    written(tmp_path / "b.txt", [*later, *receipt("R1", "C2", "1,00")])
    assert balances(read(FecBooks(company_id="dupont", path=tmp_path))[0]) == {"F1": "100.00", "R1": "-1.00"}


def test_files_that_follow_each_other_add_up(tmp_path: Path) -> None:
    written(tmp_path / "q1.txt", sale("F1", "C1", "100,00", day="20260105"))
    written(tmp_path / "q2.txt", sale("F2", "C1", "40,00", day="20260405"))
    assert balances(read(FecBooks(company_id="dupont", path=tmp_path))[0]) == {"F1": "100.00", "F2": "40.00"}


def test_one_misdated_entry_does_not_hide_another_files_entries(tmp_path: Path) -> None:
    written(tmp_path / Y26, sale("F1", "C1", "100,00", day="20260605") + sale("F2", "C1", "40,00", day="20261205"))
    written(tmp_path / Y27, sale("F3", "C1", "7,00", day="20270105") + sale("F4", "C1", "1,00", day="20260101"))
    found = balances(read(FecBooks(company_id="dupont", path=tmp_path))[0])
    assert found == {"F1": "100.00", "F2": "40.00", "F3": "7.00", "F4": "1.00"}


def test_the_same_file_twice_counts_once(tmp_path: Path) -> None:
    lines = sale("F1", "C1", "100,00") + sale("F1", "C1", "100,00")
    written(tmp_path / "a.txt", lines)
    written(tmp_path / "b.txt", lines)
    items, _ = read(FecBooks(company_id="dupont", path=tmp_path))
    assert [str(item.balance) for item in items] == ["100.00", "100.00"]


# identity, due dates, freshness, customers


def test_identity_does_not_hang_on_entry_journal_line_or_lettering(tmp_path: Path) -> None:
    first = items_of(books(tmp_path, sale("F1", "C1", "100,00"), sale("F2", "C1", "5,00")))
    moved = sale("F1", "C1", "100,00", letter="Z")
    second = items_of(books(tmp_path, sale("F2", "C1", "5,00"), moved, receipt("R", "C1", "1,00", letter="Z")))
    assert first["F1"].item_id == second["F1"].item_id


def test_of_equal_invoices_the_open_one_keeps_the_first_ordinal_wherever_it_stands(tmp_path: Path) -> None:
    paid, open_one = sale("F1", "C1", "10,00", letter="A"), sale("F1", "C1", "10,00")
    cash = receipt("R", "C1", "10,00", letter="A")
    first, _ = read(books(tmp_path, paid, cash, open_one))
    second, _ = read(books(tmp_path, open_one, cash, paid))
    only_open = {item.item_id for item in first if item.balance.minor}
    assert only_open == {item.item_id for item in second if item.balance.minor}
    assert all(item_id.endswith(":0") for item_id in only_open)
    assert len({item.item_id for item in first}) == 3


def test_a_part_paid_invoice_comes_before_its_settled_equal(tmp_path: Path) -> None:
    paid = sale("F1", "C1", "10,00", letter="A") + receipt("R1", "C1", "10,00", letter="A")
    part_paid = sale("F1", "C1", "10,00", letter="b") + receipt("R2", "C1", "4,00", letter="b")
    for order in ([*paid, *part_paid], [*part_paid, *paid]):
        items, _ = read(books(tmp_path, order))
        assert [item.item_id[-2:] for item in items if item.balance == eur("6")] == [":0"]


def test_due_dates_are_agreed_by_customer_and_assumed_by_default(tmp_path: Path) -> None:
    contacts = tmp_path / "contacts.csv"
    contacts.write_text(
        "customer_id,email,terms,kind\nC2,ap@c2.example,60 jours,public\nC1,ap@c1.example,comptant,\n", encoding="utf-8"
    )
    found = books(
        tmp_path,
        sale("F1", "C1", "1,00"),
        sale("F2", "C2", "1,00"),
        sale("F3", "C3", "1,00"),
        terms_by_customer={"C1": "45 jours fin de mois", "C9": "comptant"},
        contacts=contacts,
    )
    items, completed = read(found)
    assert {item.number: (item.due_on.isoformat(), item.due_source) for item in items} == {
        "F1": ("2026-02-28", DueSource.AGREED),
        "F2": ("2026-03-06", DueSource.AGREED),
        "F3": ("2026-02-04", DueSource.ASSUMED),
    }
    (page,) = found.pull("").pages()
    by_id = {customer.customer_id: customer for customer in page.customers}
    assert by_id["C2"].kind is CustomerKind.PUBLIC
    assert [contact.email for contact in by_id["C1"].contacts] == ["ap@c1.example"]
    assert any("names C9" in remark for remark in completed.remarks)


def test_terms_that_cannot_be_read_are_refused_before_any_file_is(tmp_path: Path) -> None:
    with pytest.raises(UnreadableTermsError):
        FecBooks(company_id="dupont", path=tmp_path, default_terms="whenever")


def test_freshness_is_the_last_bank_entry_else_the_last_entry(tmp_path: Path) -> None:
    late = sale("F9", "C1", "1,00", day="20260630")
    assert read(books(tmp_path, late, receipt("R", "C1", "1,00", day="20260220")))[1].known_until == day("2026-02-20")
    assert read(books(tmp_path, late, sale("F1", "C1", "1,00")))[1].known_until == day("2026-06-30")


def test_the_pdf_of_an_open_invoice_goes_with_it(tmp_path: Path) -> None:
    (tmp_path / "F1.pdf").write_bytes(b"%PDF-1.4")
    found = books(tmp_path, sale("F1", "C1", "1,00"), sale("F/2", "C1", "1,00"), documents="{number}.pdf")
    items = items_of(found)
    assert items["F1"].document == str((tmp_path / "F1.pdf").resolve())
    assert items["F/2"].document == ""
    assert "cannot stand in a file name" in remarks(found)


def test_reading_the_same_file_again_gives_the_same_items(tmp_path: Path) -> None:
    lines = [*sale("F1", "C1", "10,00"), *sale("F1", "C1", "10,00"), *receipt("R", "C1", "3,00")]
    first, _ = read(FecBooks(company_id="dupont", path=written(tmp_path / Y26, lines)))
    second, _ = read(FecBooks(company_id="dupont", path=written(tmp_path / Y26, lines)))
    assert first == second
