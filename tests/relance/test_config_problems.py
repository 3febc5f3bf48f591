from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

import pytest

from relance.config import ConfigError, load_config
from tests.fakes.config_files import BOOKS, MAIL, company_text, config_text, plan_text, problems_in, write_config

if TYPE_CHECKING:
    from pathlib import Path


SMTP: Final = "password: {env: SMTP_PASSWORD}"


class Bad(NamedTuple):
    """A text with one mistake on the line that ends in #!, the key it is at, and a word of the advice."""

    text: str
    key: str
    advice: str


def of_company(*lines: str) -> str:
    return config_text(company_text(*lines))


def of_smtp(smtp: str) -> str:
    return of_company(f"mail: {{from: compta@dupont.example, smtp: {{{smtp}}}}} #!")


BAD: Final = {
    "an unknown key of the file": Bad("frm: {name: x} #!\n" + config_text(), "frm", "did you mean firm?"),
    "an unknown key of a company": Bad(of_company("tmezone: Europe/Paris #!"), "companies[dupont].tmezone", "timezone"),
    "an unknown key without a near one": Bad(
        of_company("bank: {zzz: 1} #!"), "companies[dupont].bank.zzz", "iban, bic"
    ),
    "an unknown key without a value": Bad(of_company("maildir: #!"), "companies[dupont].maildir", "did you mean mail"),
    "an unknown key of the books": Bad(
        of_company("books: {provider: fec, path: x, contact: c.csv} #!"), "companies[dupont].books.contact", "contacts"
    ),
    "a key written twice": Bad(of_company("language: fr", "language: en #!"), "companies[#1].language", "twice"),
    "an unknown plan": Bad(of_company("plan: standrd #!"), "companies[dupont].plan", "did you mean standard?"),
    "an unknown plan in a rule": Bad(
        of_company("plan_rules:", "  - {if: {tag: vip}, plan: softly} #!"),
        "companies[dupont].plan_rules[#1].plan",
        "there is no plan softly",
    ),
    "a rule without a condition": Bad(
        of_company("plan_rules:", "  - {if: {}, plan: standard} #!"),
        "companies[dupont].plan_rules[#1].if",
        "says nothing",
    ),
    "an offset that does not rise": Bad(
        plan_text("{id: a, offset: 5, channel: email, tone: firm}", "{id: b, offset: 5, channel: email, tone: firm} #!")
        + config_text(),
        "plans.standard.levels[b].offset",
        "later than the 5 days",
    ),
    "a level id that repeats": Bad(
        plan_text("{id: a, offset: 5, channel: email, tone: firm}", "{id: a, offset: 6, channel: email, tone: firm} #!")
        + config_text(),
        "plans.standard.levels[a].id",
        "already a level a",
    ),
    "a level named like another mail": Bad(
        plan_text("{id: thank_you, offset: 5, channel: email, tone: firm} #!") + config_text(),
        "plans.standard.levels[thank_you].id",
        "another kind of mail",
    ),
    "a deadline before the due date": Bad(
        plan_text("{id: a, offset: -5, channel: email, tone: friendly, deadline_days: 8} #!") + config_text(),
        "plans.standard.levels[a].deadline_days",
        "before the due date",
    ),
    "charges before the due date": Bad(
        plan_text("{id: a, offset: -5, channel: email, tone: friendly, charges: show} #!") + config_text(),
        "plans.standard.levels[a].charges",
        "before the due date",
    ),
    "an unknown channel": Bad(
        plan_text("{id: a, offset: 5, channel: emial, tone: firm} #!") + config_text(),
        "plans.standard.levels[a].channel",
        "email, provider, letter",
    ),
    "an offset that is no number": Bad(
        plan_text("{id: a, offset: soon, channel: email, tone: firm} #!") + config_text(),
        "plans.standard.levels[a].offset",
        "whole number",
    ),
    "an offset with a leading nought": Bad(
        plan_text("{id: a, offset: 012, channel: email, tone: firm} #!") + config_text(),
        "plans.standard.levels[a].offset",
        "whole number",
    ),
    "a plan without levels": Bad(
        "plans:\n  standard:\n    levels: [] #!\n" + config_text(), "plans.standard.levels", "at least one"
    ),
    "a gap below nought": Bad(
        plan_text("{id: a, offset: 5, channel: email, tone: firm}", settings="    min_gap_days: -1 #!\n")
        + config_text(),
        "plans.standard.min_gap_days",
        "0 or more",
    ),
    "a decimal comma": Bad(
        plan_text("{id: a, offset: 5, channel: email, tone: firm}", settings="    min_balance: 5,00 #!\n")
        + config_text(),
        "plans.standard.min_balance",
        "decimal point",
    ),
    "yes for true": Bad(
        plan_text("{id: a, offset: 5, channel: email, tone: firm}", settings="    thank_you: yes #!\n") + config_text(),
        "plans.standard.thank_you",
        "true or false",
    ),
    "redirect without an address": Bad(of_company("mode: redirect #!"), "companies[dupont].mode", "redirect_to"),
    "an unknown mode": Bad(of_company("mode: preveiw #!"), "companies[dupont].mode", "preview"),
    "a mode that sends without mail": Bad(
        config_text("  - id: dupont\n    name: D\n    mode: auto #!\n    " + BOOKS + "\n"),
        "companies[dupont].mode",
        "the company needs mail",
    ),
    "a mode that sends without a way out": Bad(
        of_company("mode: approve", "mail: {from: compta@dupont.example} #!"),
        "companies[dupont].mail",
        "give smtp, or a maildir",
    ),
    "smtp and maildir at once": Bad(
        of_company("mail: {from: compta@dupont.example, smtp: {host: localhost}, maildir: outbox} #!"),
        "companies[dupont].mail.maildir",
        "keep one of the two",
    ),
    "a literal password": Bad(
        of_smtp("host: smtp.example, username: compta, password: Sesame-42"),
        "companies[dupont].mail.smtp.password",
        "{env: NAME}",
    ),
    "a literal password that is a number": Bad(
        of_smtp("host: smtp.example, username: compta, password: 12345678"),
        "companies[dupont].mail.smtp.password",
        "{env: NAME}",
    ),
    "a literal client secret": Bad(
        of_company("books: {provider: xero, client_id: x, client_secret: Sesame-42} #!"),
        "companies[dupont].books.client_secret",
        "{env: NAME}",
    ),
    "no encryption on the network": Bad(
        of_smtp(f"host: smtp.example, security: none, username: c, {SMTP}"),
        "companies[dupont].mail.smtp.security",
        "on this machine",
    ),
    "a user name without a password": Bad(
        of_smtp("host: smtp.example, username: compta"), "companies[dupont].mail.smtp.username", "needs a password"
    ),
    "a password without a user name": Bad(
        of_smtp(f"host: smtp.example, {SMTP}"), "companies[dupont].mail.smtp.password", "needs a username"
    ),
    "a port that cannot be": Bad(
        of_smtp("host: smtp.example, port: 70000"), "companies[dupont].mail.smtp.port", "65535 or less"
    ),
    "a sender with a line end": Bad(
        of_company('mail: {from: "D\\nBcc: x@y.example <a@b.example>"} #!'), "companies[dupont].mail.from", "one line"
    ),
    "two senders": Bad(
        of_company('mail: {from: "a@b.example, c@d.example"} #!'), "companies[dupont].mail.from", "one e-mail address"
    ),
    "an address without a domain": Bad(
        of_company("contact: {email: compta@dupont} #!"), "companies[dupont].contact.email", "one e-mail address"
    ),
    "an address for redirected mail that is none": Bad(
        of_company("mode: redirect", "redirect_to: me #!"), "companies[dupont].redirect_to", "one e-mail address"
    ),
    "an IBAN with wrong check digits": Bad(
        of_company('bank: {iban: "FR76 3000 6000 0112 3456 7890 180"} #!'), "companies[dupont].bank.iban", "IBAN"
    ),
    "a BIC of the wrong length": Bad(of_company("bank: {bic: AGRIFR} #!"), "companies[dupont].bank.bic", "BIC"),
    "an unknown time zone": Bad(
        of_company("timezone: Europe/Pariss #!"), "companies[dupont].timezone", "did you mean Europe/Paris?"
    ),
    "a time zone that leads outside": Bad(of_company("timezone: ../../etc #!"), "companies[dupont].timezone", "zone"),
    "a country with several time zones and none given": Bad(
        config_text(company_text("country: US")).replace("- id: dupont", "- id: dupont #!"),
        "companies[dupont].timezone",
        "must be given for US",
    ),
    "a country written out": Bad(of_company("country: France #!"), "companies[dupont].country", "capital letters"),
    "UK for GB": Bad(of_company("country: UK #!", "timezone: Europe/London"), "companies[dupont].country", "GB"),
    "a country that is none": Bad(
        of_company("country: QQ #!", "timezone: Europe/Paris"), "companies[dupont].country", "not known"
    ),
    "an unknown part of a country": Bad(
        of_company("country: DE", "timezone: Europe/Berlin", "subdivision: XX #!"),
        "companies[dupont].subdivision",
        "part XX of DE",
    ),
    "a language written out": Bad(of_company("language: français #!"), "companies[dupont].language", "small letters"),
    "hours in the wrong order": Bad(
        of_company('send: {between: ["17:00", "09:00"]} #!'), "companies[dupont].send.between", "before the second"
    ),
    "a window of no length": Bad(
        of_company('send: {between: ["09:00", "09:00"]} #!'), "companies[dupont].send.between", "before the second"
    ),
    "an hour that does not exist": Bad(
        of_company('send: {between: ["09:00", "24:00"]} #!'), "companies[dupont].send.between[#2]", "23:59"
    ),
    "a weekday in French": Bad(of_company("send: {days: [lun]} #!"), "companies[dupont].send.days[#1]", "mon, tue"),
    "no weekday": Bad(of_company("send: {days: []} #!"), "companies[dupont].send.days", "mode: off"),
    "a closed period that ends before it begins": Bad(
        of_company("closed: [{from: 2027-01-02, to: 2026-12-24}] #!"), "companies[dupont].closed[#1].to", "before"
    ),
    "a day that does not exist": Bad(
        of_company("closed: [{from: 2026-02-30, to: 2026-12-24}] #!"), "companies[dupont].closed[#1].from", "exists"
    ),
    "a payment link without encryption": Bad(
        of_company("payment_link: http://pay.example/{number} #!"), "companies[dupont].payment_link", "https://"
    ),
    "a payment link to this machine": Bad(
        of_company("payment_link: http://localhost/{number} #!"), "companies[dupont].payment_link", "https://"
    ),
    "a payment link with an unknown place": Bad(
        of_company('payment_link: "https://pay.example/{amount}" #!'), "companies[dupont].payment_link", "{amount}"
    ),
    "a colour by name": Bad(of_company("brand: {color: blue} #!"), "companies[dupont].brand.color", "#1f5fa8"),
    "a logo that mail programs do not show": Bad(
        of_company("brand: {logo: logo.svg} #!"), "companies[dupont].brand.logo", ".png"
    ),
    "a rate above all reason": Bad(of_company("late_rate: 1215 #!"), "companies[dupont].late_rate", "100 or less"),
    "an unknown provider": Bad(
        of_company("books: {provider: sap} #!"), "companies[dupont].books.provider", "fec, csv, xero"
    ),
    "books without a provider": Bad(
        of_company("books: {path: x} #!"), "companies[dupont].books.provider", "fec, csv, xero"
    ),
    "books without a path": Bad(of_company("books: {provider: fec} #!"), "companies[dupont].books.path", "missing"),
    "an unknown column": Bad(
        of_company("books: {provider: csv, invoices: i.csv, mapping: {nmber: N}} #!"),
        "companies[dupont].books.mapping.nmber",
        "did you mean number?",
    ),
    "a delimiter of two characters": Bad(
        of_company('books: {provider: csv, invoices: i.csv, delimiter: ";;"} #!'),
        "companies[dupont].books.delimiter",
        "one character",
    ),
    "an encoding that is none": Bad(
        of_company("books: {provider: csv, invoices: i.csv, encoding: hex} #!"),
        "companies[dupont].books.encoding",
        "utf-8",
    ),
    "terms that cannot be read": Bad(
        of_company("books: {provider: fec, path: x, terms: {by_customer: {C1: soon}}} #!"),
        "companies[dupont].books.terms.by_customer.C1",
        "30 jours",
    ),
    "a provider's address without encryption": Bad(
        of_company("books: {provider: sage, client_id: x, client_secret: {env: S}, base_url: http://api.example} #!"),
        "companies[dupont].books.base_url",
        "https://",
    ),
    "a provider's address with a password": Bad(
        of_company(
            "books: {provider: sage, client_id: x, client_secret: {env: S}, base_url: https://u:p@api.example} #!"
        ),
        "companies[dupont].books.base_url",
        "password",
    ),
    "a company without a name": Bad(
        f"companies:\n  - id: dupont #!\n    {BOOKS}\n    {MAIL}\n", "companies[dupont].name", "is missing"
    ),
    "a company id with a slash": Bad(
        config_text(company_text(company_id="a/b #!")), "companies[a/b].id", "letters, digits"
    ),
    "a company id used twice": Bad(
        config_text(company_text(), company_text(company_id="Dupont #!")), "companies[Dupont].id", "already a company"
    ),
    "a company that is no mapping": Bad("companies:\n  - dupont #!\n", "companies[#1]", "keys of its own"),
    "companies that are no list": Bad("companies: {dupont: {}} #!\n", "companies", "must be a list"),
    "a plan name with a space": Bad(
        plan_text("{id: a, offset: 1, channel: email, tone: firm}").replace("standard:", "my plan: #!")
        + config_text(company_text("plan: my plan")).replace("plan: my plan", "plan: x-y", 1),
        "plans.my plan",
        "letters, digits",
    ),
}


@pytest.mark.parametrize("bad", BAD.values(), ids=[name.replace(" ", "_") for name in BAD])
def test_a_mistake_is_named_with_file_key_and_line(bad: Bad, tmp_path: Path) -> None:
    line = next(number for number, text in enumerate(bad.text.split("\n"), 1) if text.endswith("#!"))
    found = problems_in(tmp_path, bad.text)
    assert [(file, key, at) for file, key, at, message in found if bad.advice in message] == [
        ("config.yaml", bad.key, line)
    ], found


@pytest.mark.parametrize(
    ("content", "line", "advice"),
    [
        (b"", 1, "is empty"),
        (b"# nothing yet\n", 1, "is empty"),
        (b"firm: {name: x}\nplans: [\n", 3, "not valid YAML"),
        (b"firm:\n  name: Caf\xe9\n", 2, "UTF-8"),
        (b"firm: {name: x}\nplans: \x01\n", 2, "control character"),
        (b"- dupont\n", 1, "keys and values"),
        (b"dupont\n", 1, "keys and values"),
        (b"firm: {name: x}\n---\nfirm: {name: y}\n", 2, "second document"),
        (b"firm: *other\n", 1, "names nothing"),
        (b"firm: &f [*f]\n", 1, "names nothing"),
        (b"firm:\n  [a]: b\n", 2, "must be a word"),
        (b"a: " + b"[" * 100 + b"]" * 100, 1, "nested"),
        (b"#" * 8_000_001, 1, "larger than"),
    ],
)
def test_a_file_that_cannot_be_read_is_named_with_its_line(
    content: bytes, line: int, advice: str, tmp_path: Path
) -> None:
    path = tmp_path / "config.yaml"
    path.write_bytes(content)
    with pytest.raises(ConfigError) as caught:
        load_config(path)
    (problem,) = caught.value.problems
    assert (problem.file, problem.line) == (str(path), line)
    assert advice in problem.message


def test_a_missing_file_is_named_and_says_how_to_get_one(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"nowhere\.yaml: there is no such file; `relance init`") as caught:
        load_config(tmp_path / "nowhere.yaml")
    assert caught.value.problems[0].line is None


def test_a_folder_in_the_place_of_the_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="cannot be read"):
        load_config(tmp_path)


def test_references_that_would_fill_the_memory_are_refused(tmp_path: Path) -> None:
    bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n"
    bomb += "".join(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]\n" for n in range(1, 12))
    ((_, _, line, message),) = problems_in(tmp_path, bomb)
    assert line == 6
    assert "references" in message


def test_a_type_mark_is_refused_and_builds_nothing(tmp_path: Path) -> None:
    text = 'firm:\n  name: !!python/object/apply:os.system ["touch built"]\n'
    found = [entry[:3] for entry in problems_in(tmp_path, text) if "type mark" in entry[3]]
    assert found == [("config.yaml", "firm.name", 2)]
    assert not (tmp_path / "built").exists()


def test_all_problems_of_all_companies_and_files_come_at_once(tmp_path: Path) -> None:
    (tmp_path / "companies").mkdir()
    (tmp_path / "companies" / "martin.yaml").write_text(f"id: martin\nname: M\nmode: atuo\n{BOOKS}\n", encoding="utf-8")
    text = "frm: x\n" + plan_text("{id: a, offset: 5, channel: emial, tone: firm}")
    text += config_text(company_text("country: UK", "language: x"), company_text("brand: {color: red}", company_id="b"))
    assert [(file, key) for file, key, _, _ in problems_in(tmp_path, text)] == [
        ("companies/martin.yaml", "mode"),
        ("config.yaml", "frm"),
        ("config.yaml", "plans.standard.levels[a].channel"),
        ("config.yaml", "companies[dupont].country"),
        ("config.yaml", "companies[dupont].language"),
        ("config.yaml", "companies[b].brand.color"),
    ]


def test_a_literal_secret_is_never_repeated_in_the_message(tmp_path: Path) -> None:
    text = of_smtp("host: smtp.example, username: compta, password: Sesame-42")
    with pytest.raises(ConfigError) as caught:
        load_config(write_config(tmp_path, text))
    assert "Sesame" not in str(caught.value)
    assert "Sesame" not in repr(caught.value)
    assert caught.value.__cause__ is None
    assert caught.value.__context__ is None


@pytest.mark.parametrize("literal", ["*Sesame42", "!Sesame42", "'Sesame42", "{env: 'Sesame 42!'}", "[Sesame42]"])
def test_a_literal_secret_that_breaks_the_file_is_not_repeated_either(literal: str, tmp_path: Path) -> None:
    found = problems_in(tmp_path, of_smtp(f"host: s.example, username: compta, password: {literal}"))
    assert found
    assert "Sesame" not in str(found)


def test_a_problem_reads_as_one_line_with_file_and_line(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        load_config(write_config(tmp_path, of_company("mode: redirect")))
    (problem,) = caught.value.problems
    assert problem.where == f"{tmp_path}/config.yaml: companies[dupont].mode"
    assert str(problem) == (
        f"{tmp_path}/config.yaml:4: companies[dupont].mode: "
        "redirect needs redirect_to: the address that gets every mail instead"
    )
