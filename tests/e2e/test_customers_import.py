"""Contacts imported from a file give reminders an address. F1 is due on Mon 2 Mar 2026: first on Mon 9 Mar."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.e2e.replay import company, invoice

if TYPE_CHECKING:
    from tests.e2e.replay import Replay

CONTACTS = """\
customer_id;name;email;role;language;kind;terms
A;Mme Essai;compta@a.example;;en;business;30 jours
A;M. Essai;direction@a.example;direction;;;
B;Sans adresse;pas-une-adresse;;;;
"""


def test_imported_contacts_win_over_the_books_and_what_is_no_address_is_told(replay: Replay) -> None:
    replay.books(invoice("F1", "A", due="2026-03-02", total="10.00"))
    replay.accept("2026-03-02")
    (replay.folder / "contacts.csv").write_text(CONTACTS, encoding="utf-8")
    done = replay.command("--company", "dupont", "customers", "import", "contacts.csv", "--json")
    assert done.code == 0
    assert any("line 4" in remark and "pas-une-adresse" in remark for remark in done.data["remarks"])
    assert any("books.contacts" in remark for remark in done.data["remarks"])
    shown = replay.do("customer", "A", "--json").data["customer"]
    assert (shown["language"], shown["kind"]) == ("en", "business")
    assert [(one["email"], one["role"]) for one in shown["contacts"]] == [
        ("compta@a.example", "billing"),
        ("direction@a.example", "director"),
    ]
    replay.run("2026-03-09")
    (mail,) = replay.read_mails()
    assert str(mail["To"]).endswith("<compta@a.example>")
    assert str(mail["Content-Language"]) == "en"


def test_an_import_needs_to_know_its_company(replay: Replay) -> None:
    replay.configure(company("aubin"), company("dupont"))
    (replay.folder / "contacts.csv").write_text(CONTACTS, encoding="utf-8")
    done = replay.command("customers", "import", "contacts.csv")
    assert done.code == 2
    assert "--company" in done.err
