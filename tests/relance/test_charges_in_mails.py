"""What a customer reads of interest and indemnity, and what no customer is ever asked for."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from engine.errors import RenderError
from engine.kinds import AddressForm, Charges, CustomerKind, DueSource, Imputation
from engine.records import PaymentSeen
from relance.rates import packaged_rates
from relance.render import MailRenderer
from tests.fakes.letterbox import DUPONT, MARTIN, NOW, TODAY, case_file, invoice, line, money, notice, reminder
from tests.fakes.pdfs import words_of
from tests.fakes.rates import table

if TYPE_CHECKING:
    from engine.creditor import Creditor
    from engine.model import Customer, NoticeLine, OpenItem
    from engine.rates import Rates

FORMAL, FINAL = "formal", "final"
# 840.00 for 41 days at 12.15 %: 11.46; + 40.
OLD = invoice("F-2026-0007", late=41, total="840.00")
SUMS = re.compile(r"pénalit|intérêt|indemnit|interest|penalt|compensation", re.IGNORECASE)


def text(
    *lines: NoticeLine,
    customer: Customer = MARTIN,
    creditor: Creditor = DUPONT,
    rates: Rates | None = None,
    language: str = "fr",
    payments: tuple[PaymentSeen, ...] = (),
) -> str:
    desk = MailRenderer(
        creditor=creditor, sender="compta@dupont.example", rates=packaged_rates() if rates is None else rates
    )
    case = replace(case_file(replace(customer, language=language)), payments=payments)
    written = desk.notice(reminder(), notice(*lines), case, TODAY, NOW).text
    return re.sub(r"\s+", " ", written)


def paid(item: OpenItem, amount: str, on: date) -> PaymentSeen:
    return PaymentSeen(payment_id="p1", item_id=item.item_id, paid_on=on, amount=money(amount))


def test_a_last_reminder_shows_the_sums_beside_a_total_that_does_not_hold_them() -> None:
    written = text(line(OLD, FINAL))
    assert "les pénalités s’élèvent à 11,46 € (au taux de 12,15 % l’an) et l’indemnité à 40,00 €" in written
    assert "Nous vous demandons de régler 840,00 €" in written
    assert "avec elles, il s’élèverait à 891,46 €" in written


def test_a_formal_notice_claims_them_with_the_lines_of_the_reckoning() -> None:
    written = text(line(OLD, FORMAL))
    assert "une somme totale de 891,46 €" in written
    assert "du 4 février 2026 au 16 mars 2026, 41 jours à 12,15 % l’an sur 840,00 €, soit 11,46 €" in written


def test_a_part_payment_splits_the_reckoning_and_its_imputation_is_told() -> None:
    # 20 days on 840.00 = 5.59; 21 days on 540.00 = 3.77.
    part = replace(OLD, balance=money("540.00"))
    seen = (paid(OLD, "300.00", date(2026, 2, 23)),)
    written = text(line(part, FORMAL), payments=seen)
    assert "20 jours à 12,15 % l’an sur 840,00 €, soit 5,59 €" in written
    assert "21 jours à 12,15 % l’an sur 540,00 €, soit 3,77 €" in written
    assert "imputés d’abord sur le principal" in written
    assert "une somme totale de 589,36 €" in written
    assert "imputés" not in text(line(part, FORMAL))
    assert "set against the principal first" in text(line(part, FORMAL), payments=seen, language="en")


@pytest.mark.parametrize("level", [FINAL, FORMAL])
@pytest.mark.parametrize("language", ["fr", "en"])
def test_an_unknown_kind_and_an_assumed_due_date_read_nothing_of_it(level: str, language: str) -> None:
    unknown = replace(MARTIN, kind=CustomerKind.UNKNOWN)
    assert not SUMS.search(text(line(OLD, level), customer=unknown, language=language))
    assumed = replace(OLD, due_source=DueSource.ASSUMED)
    assert not SUMS.search(text(line(assumed, level), language=language))


def test_a_line_whose_level_says_nothing_is_in_no_sum() -> None:
    quiet = replace(line(invoice("F-2026-0042", late=41, total="840.00"), FINAL), charges=Charges.NONE)
    written = text(line(OLD, FINAL), quiet)
    assert "pour la facture F-2026-0007, les pénalités s’élèvent à 11,46 €" in written
    assert "et l’indemnité à 40,00 €" in written


def test_a_consumer_reads_of_no_penalty_before_the_formal_notice_and_of_no_sum_in_it() -> None:
    consumer = replace(MARTIN, kind=CustomerKind.CONSUMER)
    assert not SUMS.search(text(line(OLD, FINAL), customer=consumer))
    notice_text = text(line(OLD, FORMAL), customer=consumer)
    assert "cette somme porte intérêt au taux légal" in notice_text
    assert "11,46" not in notice_text
    assert "indemnité" not in notice_text
    abroad = replace(consumer, country="BE")
    assert not SUMS.search(text(line(OLD, FORMAL), customer=abroad))


def test_a_public_buyer_reads_of_the_frozen_rate_of_public_procurement() -> None:
    public = replace(MARTIN, kind=CustomerKind.PUBLIC)
    # 10.15 % on 840.00 for 41 days: 9.58.
    written = text(line(OLD, FORMAL), customer=public)
    assert "au taux de 10,15 % l’an" in written
    assert "les intérêts s’élèvent à 9,58 € et l’indemnité forfaitaire à 40,00 €" in written
    assert "commissaire" not in written
    assert "injonction" not in written


@pytest.mark.parametrize(
    ("country", "law", "sums"),
    [
        ("DE", "§ 288", "9,69"),
        ("BE", "loi belge du 2 août 2002", "9,91"),
        ("AT", "directive 2011/7/UE", "9,58"),
    ],
)
def test_a_creditor_elsewhere_in_the_union_names_its_own_law(country: str, law: str, sums: str) -> None:
    written = text(line(OLD, FINAL), creditor=replace(DUPONT, country=country))
    assert law in written
    assert f"les intérêts s’élèvent à {sums} €" in written


def test_a_creditor_whose_law_is_not_known_says_nothing() -> None:
    for level in (FINAL, FORMAL):
        assert not SUMS.search(text(line(OLD, level), creditor=replace(DUPONT, country="CH")))


def test_another_currency_keeps_the_forty_euros_apart() -> None:
    dollars = invoice("F-2026-0008", late=41, total="840.00", currency="USD")
    written = text(line(dollars, FORMAL))
    assert "les pénalités s’élèvent à 11,46 $US" in written
    assert "à laquelle s’ajoute l’indemnité de 40,00 €" in written
    assert "une somme totale de 851,46 $US" in written


def test_where_a_rate_is_missing_shown_sums_are_left_out_and_a_formal_notice_is_not_written() -> None:
    short: Any = table(fr_business={"2025-S2": "12.15"})
    shown = text(line(OLD, FINAL), rates=short)
    assert "indemnité forfaitaire de 40 € par facture" in shown
    assert "11,46" not in shown
    with pytest.raises(RenderError, match="fr_business of 2026-S1"):
        text(line(OLD, FORMAL), rates=short)


def test_the_subject_of_a_formal_notice_needs_no_rate() -> None:
    desk = MailRenderer(creditor=DUPONT, sender="compta@dupont.example", rates=table())
    assert (
        desk.subject(notice(line(OLD, FORMAL)), case_file(), TODAY) == "Mise en demeure de payer la facture F-2026-0007"
    )


@pytest.mark.parametrize("left", ["540.00", "835.00"])
def test_a_company_may_set_part_payments_against_interest_first_and_says_so(left: str) -> None:
    # 300.00: 20 days on 840.00 = 5.59, 21 days on 545.59 = 3.81. 5.00: less than the interest that has run, so that the
    # sum stays 840.00: 5.59 and 5.87.
    part = replace(OLD, balance=money(left))
    seen = (paid(OLD, "300.00" if left == "540.00" else "5.00", date(2026, 2, 23)),)
    written = text(line(part, FORMAL), payments=seen, creditor=replace(DUPONT, imputation=Imputation.INTEREST))
    first, second, total = ("545,59", "3,81", "589,40") if left == "540.00" else ("840,00", "5,87", "886,46")
    assert "20 jours à 12,15 % l’an sur 840,00 €, soit 5,59 €" in written
    assert f"21 jours à 12,15 % l’an sur {first} €, soit {second} €" in written
    assert "imputés d’abord sur les intérêts" in written
    assert "sur le principal" not in written
    assert f"une somme totale de {total} €" in written
    english = text(
        line(part, FORMAL), payments=seen, creditor=replace(DUPONT, imputation=Imputation.INTEREST), language="en"
    )
    assert "set against interest first" in english


@pytest.mark.parametrize(
    ("imputation", "told", "base", "interest"),
    [
        (Imputation.PRINCIPAL, "imputés d’abord sur le principal", "540,00 €", "9,36 €"),
        (Imputation.INTEREST, "imputés d’abord sur les intérêts", "545,59 €", "9,40 €"),
    ],
)
def test_a_letters_annex_reckons_by_the_companys_imputation_and_the_letter_says_which(
    imputation: Imputation, told: str, base: str, interest: str
) -> None:
    part = replace(OLD, balance=money("540.00"))
    case = replace(case_file(), payments=(paid(OLD, "300.00", date(2026, 2, 23)),))
    desk = MailRenderer(
        creditor=replace(DUPONT, imputation=imputation), sender="compta@dupont.example", rates=packaged_rates()
    )
    for level in (FINAL, FORMAL):
        letter, _, annex = words_of(desk.letter(notice(line(part, level)), case, TODAY)).partition("Annexe")
        assert told in letter
        assert base in annex
        assert interest in annex


def test_the_familiar_form_reads_the_same_sums() -> None:
    friend = replace(MARTIN, address_form=AddressForm.TU)
    assert "11,46 €" in text(line(OLD, FINAL), customer=friend, creditor=replace(DUPONT, tu_when_final=True))


def firm(item: OpenItem = OLD) -> NoticeLine:
    return line(item, "firm")


LAW_NAMED = {
    "fr": "des pénalités de retard et une indemnité forfaitaire pour frais de recouvrement. Le total ci-dessus n’en comprend pas.",
    "en": "late-payment penalties and fixed compensation on invoices paid after their due date. Neither is included",
    "de": "sieht bei Zahlungsverzug Zinsen und eine Pauschale für Beitreibungskosten vor",
    "es": "intereses de demora y una indemnización fija en concepto de costes de cobro",
    "it": "interessi di mora e un risarcimento forfettario per le spese di recupero",
    "nl": "rente en een forfaitaire vergoeding voor invorderingskosten verschuldigd",
}


@pytest.mark.parametrize("form", AddressForm)
@pytest.mark.parametrize("language", LAW_NAMED)
def test_a_firm_reminder_names_the_penalties_of_the_law_without_a_figure(language: str, form: AddressForm) -> None:
    written = text(firm(), customer=replace(MARTIN, address_form=form), language=language)
    assert LAW_NAMED[language] in written
    assert "441-10" in written
    assert not re.search(r"\b40\b|11,46|12,15|11\.46|12\.15|891", written.partition("441-10")[2][:400])


def test_what_is_asked_in_a_firm_reminder_stays_the_invoice_alone() -> None:
    assert "Nous vous remercions de régler 840,00 €" in text(firm())


@pytest.mark.parametrize(
    ("country", "kind", "law"),
    [
        ("FR", CustomerKind.PUBLIC, "L. 2192-13"),
        ("DE", CustomerKind.BUSINESS, "§ 288"),
        ("ES", CustomerKind.BUSINESS, "loi espagnole 3/2004"),
        ("IT", CustomerKind.BUSINESS, "231/2002"),
        ("NL", CustomerKind.PUBLIC, "6:119a"),
        ("BE", CustomerKind.BUSINESS, "loi belge du 2 août 2002"),
        ("GB", CustomerKind.BUSINESS, "Late Payment of Commercial Debts (Interest) Act 1998"),
        ("AT", CustomerKind.BUSINESS, "directive 2011/7/UE"),
    ],
)
def test_a_firm_reminder_names_the_law_that_is_the_creditors(country: str, kind: CustomerKind, law: str) -> None:
    written = text(firm(), creditor=replace(DUPONT, country=country), customer=replace(MARTIN, kind=kind))
    assert law in written
    assert "441-10" not in written


@pytest.mark.parametrize("language", ["fr", "en"])
def test_a_british_firm_reminder_names_the_agreed_rate_and_not_the_act_that_it_replaces(language: str) -> None:
    agreed = replace(DUPONT, country="GB", late_rate=Decimal(8))
    written = text(firm(), creditor=agreed, language=language)
    assert "Act 1998" not in written
    assert ("nos conditions prévoient des intérêts" in written) is (language == "fr")
    assert not re.search(r"indemnité|compensation", written)


@pytest.mark.parametrize("language", LAW_NAMED)
def test_no_firm_reminder_names_a_penalty_where_the_law_may_give_none(language: str) -> None:
    named = re.compile(r"441-10|1231-6|2192|" + "|".join(map(re.escape, LAW_NAMED.values())))
    for kind in (CustomerKind.CONSUMER, CustomerKind.UNKNOWN):
        assert not named.search(text(firm(), customer=replace(MARTIN, kind=kind), language=language))
    assumed = replace(invoice("F-2026-0011", late=20), due_source=DueSource.ASSUMED)
    assert not named.search(text(firm(assumed), language=language))
    assert not named.search(text(firm(), firm(assumed), language=language))
    assert not named.search(text(firm(), creditor=replace(DUPONT, country="CH"), language=language))
    for level in ("before_due", "friendly"):
        assert not named.search(text(line(OLD, level), language=language))


def test_a_firm_level_that_shows_the_sums_does_not_name_the_law_twice() -> None:
    shown = text(replace(firm(), charges=Charges.SHOW))
    assert shown.count("441-10") == 1
    assert "les pénalités s’élèvent à 11,46 €" in shown
