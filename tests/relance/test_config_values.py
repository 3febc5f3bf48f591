from __future__ import annotations

import json
from datetime import date, time
from decimal import Decimal
from pathlib import Path
from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.kinds import AddressForm, Channel, Charges, Mode, Tone
from relance.config import ConfigError, UnknownCompanyError, load_config
from relance.config.document import Document, parse_document
from relance.config.schema_books import CsvBooks, FecBooks, XeroBooks
from relance.config.schema_mail import Security
from tests.fakes.config_files import company, company_text, config, config_text, plan_text, problems_in, write_config

ROOT: Final = Path(__file__).resolve().parents[2]
SCENARIOS: Final = ROOT / "../shared/conformance/scenarios.py"


def plain(text: str) -> object:
    document = Document(file="test.yaml")
    parse_document(text.encode(), document)
    assert document.root is not None, document.problems
    return document.root.plain()


@pytest.mark.parametrize(
    "text",
    [
        "no",
        "NO",
        "on",
        "off",
        "yes",
        "y",
        "True",
        "012",
        "0x1f",
        "0o17",
        "1_000",
        "12:30",
        "190:20:30",
        "12.15",
        "1e3",
        ".5",
        ".inf",
        ".nan",
        "+5",
        "-0",
        "2026-2-3",
        "2026-02-30",
        "2026-02-03 10:00",
        "=",
        "<<",
        "1234567890123456789",
    ],
)
def test_text_that_yaml_would_guess_about_stays_as_it_was_written(text: str) -> None:
    assert plain(f"a: {text}") == {"a": text}


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("true", True),
        ("false", False),
        ("null", None),
        ("~", None),
        ("", None),
        ("0", 0),
        ("-12", -12),
        ("30", 30),
        ("2026-12-24", date(2026, 12, 24)),
        ('"30"', "30"),
        ("'true'", "true"),
        ('""', ""),
    ],
)
def test_only_true_false_null_whole_numbers_and_dates_are_typed(text: str, value: object) -> None:
    read = plain(f"a: {text}")
    assert isinstance(read, dict)
    found = read["a"]
    assert found == value
    assert type(found) is type(value)


def test_a_key_is_always_text() -> None:
    assert plain("{001: a, true: b, 2026-01-01: c, null: d}") == {
        "001": "a",
        "true": "b",
        "2026-01-01": "c",
        "null": "d",
    }


def test_a_reference_stands_for_what_it_names() -> None:
    assert plain("a: &x {b: [1]}\nc: *x\n") == {"a": {"b": [1]}, "c": {"b": [1]}}


def test_norway_is_a_country_and_not_false(tmp_path: Path) -> None:
    assert company(tmp_path, "country: NO").country == "NO"


def test_a_decimal_stays_exact(tmp_path: Path) -> None:
    assert company(tmp_path, "late_rate: 12.15").late_rate == Decimal("12.15")


def test_a_number_is_text_where_text_is_meant(tmp_path: Path) -> None:
    found = company(tmp_path, "legal: {siren: 912345678}", "contact: {phone: +33400000000}", "postcode: 01000")
    assert (found.legal.siren, found.contact.phone, found.postcode) == ("912345678", "+33400000000", "01000")


def test_hours_without_quotes_are_hours(tmp_path: Path) -> None:
    assert company(tmp_path, "send: {between: [08:30, 12:30]}").send.between == (time(8, 30), time(12, 30))


def test_an_offset_may_have_a_plus(tmp_path: Path) -> None:
    head = plan_text("{id: a, offset: +5, channel: email, tone: firm}")
    assert config(tmp_path, config_text(head=head)).plans["standard"].levels[0].offset == 5


def test_a_key_without_a_value_counts_as_absent(tmp_path: Path) -> None:
    found = company(tmp_path, "timezone:", "send:", "closed: null", "redirect_to: ~", "bank: {iban: null}")
    assert (found.timezone, found.send.between, found.closed) == ("Europe/Paris", (time(9, 0), time(17, 0)), ())
    assert (found.redirect_to, found.bank.iban) == (None, None)


def test_a_company_that_says_little_has_the_documented_defaults(tmp_path: Path) -> None:
    loaded = config(tmp_path, config_text())
    found = loaded.companies[0]
    assert loaded.data_dir == tmp_path / "relance-data"
    assert (found.mode, found.plan, found.address) == (Mode.PREVIEW, "standard", AddressForm.VOUS)
    assert (found.country, found.timezone, found.language) == ("FR", "Europe/Paris", "fr")
    assert found.send.days == ("mon", "tue", "wed", "thu", "fri")
    assert found.send.between == (time(9, 0), time(17, 0))
    assert found.send.holidays
    assert isinstance(found.books, CsvBooks)
    assert (found.books.max_age_days, found.books.delimiter) == (5, "auto")


def test_without_plans_there_is_the_standard_plan(tmp_path: Path) -> None:
    plan = config(tmp_path, config_text()).plans["standard"]
    assert [(level.level_id, level.offset) for level in plan.levels] == [
        ("pre_due", -5), ("first", 5), ("second", 15), ("third", 30), ("formal", 45),
    ]  # fmt: skip
    assert (plan.min_gap_days, plan.min_balance, plan.thank_you) == (5, Decimal("5.00"), True)
    assert [level.deadline_days for level in plan.levels] == [None, 8, 8, 8, 8]
    assert [level.charges for level in plan.levels[2:]] == [Charges.NONE, Charges.SHOW, Charges.CLAIM]
    assert plan.levels[-1].channel is Channel.REGISTERED_LETTER


@pytest.mark.parametrize("written", ["", ", approval: false", ", approval: true"])
def test_a_formal_notice_is_approved_by_a_person_whatever_is_written(written: str, tmp_path: Path) -> None:
    head = plan_text(f"{{id: f, offset: 45, channel: letter, tone: formal{written}}}")
    (level,) = config(tmp_path, config_text(head=head)).plans["standard"].levels
    assert (level.tone, level.approval) == (Tone.FORMAL, True)


def test_time_zone_and_language_follow_the_country(tmp_path: Path) -> None:
    british, belgian = company(tmp_path, "country: GB"), company(tmp_path, "country: BE")
    assert (british.timezone, british.language) == ("Europe/London", "en")
    assert (belgian.timezone, belgian.language) == ("Europe/Brussels", "fr")
    languages = {country: company(tmp_path, f"country: {country}").language for country in ("DE", "AT", "IT", "IE")}
    assert languages == {"DE": "de", "AT": "de", "IT": "it", "IE": "en"}


def test_a_path_starts_from_the_folder_of_the_main_file(tmp_path: Path) -> None:
    books = "books: {provider: fec, path: exports/, contacts: /srv/c.csv, documents: 'factures/{number}.pdf'}"
    found = company(tmp_path, books, "brand: {logo: logo.PNG}").books
    assert isinstance(found, FecBooks)
    assert (found.path, found.contacts) == (tmp_path / "exports", Path("/srv/c.csv"))
    assert found.documents is not None
    assert found.documents.invoice == f"{tmp_path}/factures/{{number}}.pdf"


@pytest.mark.parametrize(("security", "port"), [("starttls", 587), ("tls", 465)])
def test_the_port_follows_the_security(security: Security, port: int, tmp_path: Path) -> None:
    found = company(tmp_path, f"mail: {{from: a@b.example, smtp: {{host: smtp.example, security: {security}}}}}")
    assert found.mail is not None
    assert found.mail.smtp is not None
    assert found.mail.smtp.port == port


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "127.1.2.3", '"::1"'])
def test_a_server_on_this_machine_needs_no_encryption(host: str, tmp_path: Path) -> None:
    smtp = f"{{host: {host}, port: 2525, security: none}}"
    found = company(tmp_path, "mode: auto", f"mail: {{from: a@b.example, smtp: {smtp}}}")
    assert found.mail is not None
    assert found.mail.smtp is not None
    assert found.mail.smtp.security is Security.NONE


def test_a_sender_is_shown_as_a_header_shows_it(tmp_path: Path) -> None:
    found = [
        company(tmp_path, f"mail: {{from: {text}}}").mail for text in ('"Dupont, M. <a@b.example>"', "a@b.example")
    ]
    assert [str(mail.sender) for mail in found if mail] == ['"Dupont, M." <a@b.example>', "a@b.example"]


def test_a_cloud_provider_is_read_with_its_own_addresses(tmp_path: Path) -> None:
    found = company(
        tmp_path,
        "books: {provider: xero, organisation: O, client_id: x, client_secret: {env: S}, base_url: http://127.0.0.1:8080/api.xro/2.0}",
    ).books
    assert isinstance(found, XeroBooks)
    assert found.base_url == "http://127.0.0.1:8080/api.xro/2.0"


def test_a_tabulator_may_be_named(tmp_path: Path) -> None:
    found = company(tmp_path, "books: {provider: csv, invoices: i.csv, delimiter: tab}").books
    assert isinstance(found, CsvBooks)
    assert found.delimiter == "\t"


def test_a_company_may_have_a_file_of_its_own(tmp_path: Path) -> None:
    (tmp_path / "companies").mkdir()
    text = "id: martin\nname: Martin\nbooks: {provider: csv, invoices: martin.csv}\n"
    (tmp_path / "companies" / "martin.yaml").write_text(text, encoding="utf-8")
    loaded = config(tmp_path, config_text())
    assert [found.company_id for found in loaded.companies] == ["dupont", "martin"]
    books = loaded.company("martin").books
    assert isinstance(books, CsvBooks)
    assert books.invoices == tmp_path / "martin.csv"


def test_companies_may_all_be_in_files_of_their_own(tmp_path: Path) -> None:
    (tmp_path / "companies").mkdir()
    text = "id: martin\nname: Martin\nbooks: {provider: csv, invoices: martin.csv}\n"
    (tmp_path / "companies" / "martin.yaml").write_text(text, encoding="utf-8")
    assert [c.company_id for c in config(tmp_path, "firm: {name: Cabinet}\n").companies] == ["martin"]


def test_a_company_file_that_would_not_be_read_is_pointed_out(tmp_path: Path) -> None:
    (tmp_path / "companies").mkdir()
    (tmp_path / "companies" / "martin.yml").write_text("id: martin\n", encoding="utf-8")
    ((file, _, _, message),) = problems_in(tmp_path, config_text())
    assert (file, "rename" in message) == ("companies/martin.yml", True)


def test_the_same_company_in_two_files_is_refused_in_the_second(tmp_path: Path) -> None:
    (tmp_path / "companies").mkdir()
    text = "name: Martin\nid: dupont\nbooks: {provider: csv, invoices: martin.csv}\n"
    (tmp_path / "companies" / "martin.yaml").write_text(text, encoding="utf-8")
    ((file, key, line, _),) = problems_in(tmp_path, config_text())
    assert (file, key, line) == ("companies/martin.yaml", "id", 2)


def test_an_unknown_company_is_answered_with_the_nearest(tmp_path: Path) -> None:
    with pytest.raises(UnknownCompanyError, match="no company dupnt; did you mean dupont"):
        config(tmp_path, config_text(company_text())).company("dupnt")


@pytest.mark.spec
def test_the_configuration_of_the_conformance_scenarios_loads(tmp_path: Path) -> None:
    if not SCENARIOS.exists():
        pytest.skip("the scenarios are not beside this checkout")
    names: dict[str, str] = {}
    text = SCENARIOS.read_text(encoding="utf-8")
    written = text[text.index("CFG = ") : text.index("def rel(")]
    exec(written, names)  # noqa: S102 (the text of one constant of a file that we are given)
    books = "{provider: csv, invoices: invoices.csv, max_age_days: 9999}"
    loaded = config(tmp_path, names["CFG"].format(thank="true", books=books))
    assert loaded.companies[0].mode is Mode.AUTO
    assert len(loaded.plans["standard"].levels) == 5


def assert_loads_or_has_problems(path: Path) -> None:
    try:
        load_config(path)
    except ConfigError as error:
        if not error.problems:
            pytest.fail("refused without a reason")


yaml_bits: Final = st.sampled_from(
    [
        "firm",
        "plans",
        "companies",
        "levels",
        "id",
        "offset",
        "books",
        "provider",
        "fec",
        "csv",
        "path",
        "mail",
        "from",
        ": ",
        "\n",
        "\n  ",
        "\n    ",
        "- ",
        "{",
        "}",
        "[",
        "]",
        ",",
        '"',
        "'",
        "&a ",
        "*a",
        "!x ",
        "<<",
        "#",
        "|",
        "? ",
        "true",
        "null",
        "5",
        "2026-01-01",
        "\t",
        "%",
        "---",
        "...",
        "é",
        "\0",
        "@",
        "9" * 30,
        "send",
        "between",
        "12:30",
    ]
)


@given(st.one_of(st.binary(max_size=200), st.lists(yaml_bits, max_size=40).map(lambda bits: "".join(bits).encode())))
def test_any_text_is_a_configuration_or_a_list_of_problems(
    tmp_path_factory: pytest.TempPathFactory, content: bytes
) -> None:
    path = tmp_path_factory.mktemp("any") / "config.yaml"
    path.write_bytes(content)
    assert_loads_or_has_problems(path)


values: Final = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8) | st.sampled_from(["fec", "csv", "email", "auto"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)
company_keys: Final = st.sampled_from(
    [
        "id",
        "name",
        "legal",
        "signatory",
        "contact",
        "country",
        "subdivision",
        "postcode",
        "timezone",
        "language",
        "address",
        "mode",
        "redirect_to",
        "plan",
        "plan_rules",
        "late_rate",
        "imputation",
        "books",
        "mail",
        "send",
        "closed",
        "bank",
        "payment_link",
        "brand",
        "mandate",
    ]
)


@given(
    firm=values,
    plans=values,
    level=st.dictionaries(st.sampled_from(["id", "offset", "channel", "tone", "deadline_days", "cc"]), values),
    companies=st.lists(st.dictionaries(company_keys, values, max_size=6), max_size=2),
)
def test_any_values_are_a_configuration_or_a_list_of_problems(
    tmp_path_factory: pytest.TempPathFactory, firm: object, plans: object, level: object, companies: object
) -> None:
    if isinstance(plans, dict):
        plans = {**plans, "standard": {"levels": [level]}}
    # JSON is YAML that any value can be written in.
    text = json.dumps({"firm": firm, "plans": plans, "companies": companies})
    folder = tmp_path_factory.mktemp("any")
    assert_loads_or_has_problems(write_config(folder, text))


def test_a_date_may_stand_in_quotes(tmp_path: Path) -> None:
    (closed,) = company(tmp_path, 'closed: [{from: "2026-12-24", to: 2027-01-02}]').closed
    assert (closed.first, closed.last) == (date(2026, 12, 24), date(2027, 1, 2))
