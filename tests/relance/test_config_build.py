from __future__ import annotations

from datetime import date, time
from decimal import Decimal
from typing import TYPE_CHECKING, Final

import pytest

from engine.creditor import BankAccount, Logo
from engine.kinds import AddressForm, Channel, Charges, ContactRole, CustomerKind, Grouping, Imputation, Tone
from engine.model import Customer
from engine.plan import Level
from engine.rules import choose
from engine.standing import NOTHING_KNOWN
from relance.config.build import calendar_of, creditor_of, planning_fingerprint, plans_of, rules_of
from relance.config.logo import MAX_LOGO_BYTES, LogoError, read_logo
from relance.config.schema_people import FirmConfig
from tests.fakes.config_files import company, company_text, config, config_text, plan_text

if TYPE_CHECKING:
    from pathlib import Path


LEVEL: Final = "{id: a, offset: 5, channel: email, tone: firm, deadline_days: 8}"
PIXEL: Final = b"\x89PNG\r\n\x1a\n" + b"fictional"


def fingerprint(folder: Path, *lines: str, head: str = "") -> str:
    loaded = config(folder, config_text(company_text(*lines), head=head))
    return planning_fingerprint(loaded.companies[0], plans_of(loaded))


def test_a_plan_becomes_the_plan_of_the_engine(tmp_path: Path) -> None:
    head = plan_text(
        "{id: a, offset: 30, channel: letter, tone: final, deadline_days: 10, charges: show, to: other, cc: [director],"
        " approval: true, template: mine}",
        settings='    group: invoice\n    min_gap_days: 0\n    min_balance: "1.5"\n    thank_you: false\n'
        "    ask_after_days_late: 90\n    promise_tolerance: 2\n",
    )
    plan = plans_of(config(tmp_path, config_text(head=head)))["standard"]
    assert (plan.plan_id, plan.group, plan.min_gap_days, plan.thank_you) == ("standard", Grouping.INVOICE, 0, False)
    assert (plan.min_balance, plan.promise_tolerance, plan.ask_after_days_late) == (Decimal("1.5"), Decimal(2), 90)
    assert plan.levels == (
        Level(
            level_id="a",
            offset=30,
            channel=Channel.LETTER,
            tone=Tone.FINAL,
            deadline_days=10,
            charges=Charges.SHOW,
            approval=True,
            to=(ContactRole.OTHER,),
            cc=(ContactRole.DIRECTOR,),
            template="mine",
        ),
    )


def test_a_customers_own_plan_goes_before_rules_and_the_first_rule_before_the_next(tmp_path: Path) -> None:
    head = plan_text(LEVEL) + "".join(f"  {name}:\n    levels:\n      - {LEVEL}\n" for name in ("gentle", "public"))
    found = company(
        tmp_path,
        "plan_rules:",
        "  - {if: {tag: vip, kind: public}, plan: gentle}",
        "  - {if: {kind: public}, plan: public}",
        head=head,
    )
    public, vip = CustomerKind.PUBLIC, ("vip",)

    def chosen(customer: Customer) -> str:
        return choose(rules_of(found), found.plan, customer, NOTHING_KNOWN).plan_id

    assert chosen(Customer(customer_id="1", name="C")) == "standard"
    assert chosen(Customer(customer_id="1", name="C", tags=vip)) == "standard"
    assert chosen(Customer(customer_id="1", name="C", kind=public)) == "public"
    assert chosen(Customer(customer_id="1", name="C", kind=public, tags=vip)) == "gentle"
    assert chosen(Customer(customer_id="1", name="C", kind=public, plan="standard")) == "standard"


def test_the_calendar_is_the_companys(tmp_path: Path) -> None:
    found = calendar_of(
        company(
            tmp_path,
            "country: DE",
            "subdivision: BY",
            'send: {days: [sun, tue], between: ["08:15", "11:45"], holidays: false}',
            "closed: [{from: 2026-12-24, to: 2027-01-02}]",
        )
    )
    assert (found.country, found.subdivision, found.timezone) == ("DE", "BY", "Europe/Berlin")
    assert (found.send_days, found.opens, found.closes) == (frozenset({1, 6}), time(8, 15), time(11, 45))
    assert not found.keep_holidays
    assert date(2027, 1, 2) in found.closed[0]
    assert date(2027, 1, 3) not in found.closed[0]


def test_a_postcode_in_strasbourg_keeps_the_holidays_of_alsace(tmp_path: Path) -> None:
    saint_stephen = date(2025, 12, 26)
    assert calendar_of(company(tmp_path, "postcode: 67000")).is_holiday(saint_stephen)
    assert not calendar_of(company(tmp_path, "postcode: 75001")).is_holiday(saint_stephen)
    assert not calendar_of(company(tmp_path)).is_holiday(saint_stephen)


def test_a_creditor_is_the_company_as_its_customers_read_it(tmp_path: Path) -> None:
    (tmp_path / "logo.png").write_bytes(PIXEL)
    found = creditor_of(
        company(
            tmp_path,
            'legal: {form: SARL, capital: "10 000 €", siren: 912345678, rcs: RCS Lyon, vat: FR00, address: "1 rue A\\n69000 Lyon"}',
            "signatory: {name: Jeanne Dupont, title: Gérante}",
            "contact: {name: Paul Martin, phone: 04, email: paul@dupont.example}",
            "address: tu",
            "late_rate: 12.15",
            "imputation: interest",
            "bank: {iban: FR76 3000 6000 0112 3456 7890 189, bic: AGRIFRPP}",
            "payment_link: https://pay.example/{number}",
            'brand: {logo: logo.png, color: "#1f5fa8"}',
            "mandate: {signed_on: 2026-01-15}",
        ),
        FirmConfig(name="Cabinet Exemple"),
    )
    assert (found.company_id, found.name, found.firm_name) == ("dupont", "Dupont Menuiserie", "Cabinet Exemple")
    assert (found.legal.capital, found.legal.siren, found.legal.address) == (
        "10 000 €", "912345678", "1 rue A\n69000 Lyon",
    )  # fmt: skip
    assert (found.signatory.title, found.contact.email) == ("Gérante", "paul@dupont.example")
    assert found.bank == BankAccount(iban="FR7630006000011234567890189", bic="AGRIFRPP")
    assert found.payment_link == "https://pay.example/{number}"
    assert found.brand.color == "#1f5fa8"
    assert found.brand.logo == Logo(content=PIXEL, media_type="image/png")
    assert (found.address_form, found.language, found.country) == (AddressForm.TU, "fr", "FR")
    assert (found.late_rate, found.mandate_signed_on) == (Decimal("12.15"), date(2026, 1, 15))
    assert found.imputation is Imputation.INTEREST


def test_a_company_without_an_account_asks_for_no_transfer_to_one(tmp_path: Path) -> None:
    found = creditor_of(company(tmp_path), FirmConfig())
    assert (found.bank, found.brand.logo, found.payment_link, found.firm_name) == (None, None, "", "")


def test_a_logo_is_a_picture_of_a_reasonable_size(tmp_path: Path) -> None:
    logo = tmp_path / "logo.png"
    with pytest.raises(LogoError, match="cannot be read"):
        read_logo(logo)
    logo.write_bytes(b"\xff\xd8\xff" + b"x" * (MAX_LOGO_BYTES - 3))
    assert read_logo(logo).media_type == "image/jpeg"
    logo.write_bytes(PIXEL + b"x" * MAX_LOGO_BYTES)
    with pytest.raises(LogoError, match="larger than 500 kB"):
        read_logo(logo)
    logo.write_bytes(b"<svg/>")
    with pytest.raises(LogoError, match="not a PNG"):
        read_logo(logo)


def test_the_planning_fingerprint_stays_when_nothing_changed_that_decides(tmp_path: Path) -> None:
    base = fingerprint(tmp_path, head=plan_text(LEVEL))
    assert base == fingerprint(tmp_path, head=plan_text(LEVEL))
    assert base == fingerprint(tmp_path, 'brand: {color: "#000000"}', "late_rate: 9", head=plan_text(LEVEL))
    assert base == fingerprint(tmp_path, head=plan_text(LEVEL, settings="    min_balance: 5.000\n"))
    assert base == fingerprint(tmp_path, "send: {days: [fri, thu, wed, tue, mon]}", head=plan_text(LEVEL))


@pytest.mark.parametrize(
    ("line", "head"),
    [
        ("language: fr", plan_text(LEVEL.replace("offset: 5", "offset: 6"))),
        ("language: fr", plan_text(LEVEL.replace("deadline_days: 8", "deadline_days: 9"))),
        ("language: fr", plan_text(LEVEL, settings="    min_gap_days: 6\n")),
        ("language: fr", plan_text(LEVEL) + f"  other:\n    levels:\n      - {LEVEL}\n"),
        ("plan_rules: [{if: {tag: a}, plan: standard}]", plan_text(LEVEL)),
        ("closed: [{from: 2026-12-24, to: 2026-12-24}]", plan_text(LEVEL)),
        ("postcode: 67000", plan_text(LEVEL)),
        ("timezone: Europe/London", plan_text(LEVEL)),
        ("send: {holidays: false}", plan_text(LEVEL)),
        ("mode: auto", plan_text(LEVEL)),
    ],
)
def test_the_planning_fingerprint_follows_plans_rules_mode_and_calendar(line: str, head: str, tmp_path: Path) -> None:
    assert fingerprint(tmp_path, line, head=head) != fingerprint(tmp_path, head=plan_text(LEVEL))
