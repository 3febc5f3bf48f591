from __future__ import annotations

from dataclasses import replace

import pytest

from engine.kinds import AddressForm, ContactRole, CustomerKind, PaymentMethod
from engine.model import Customer
from state.customer_settings import SETTINGS
from state.errors import CustomerSettingError, UnknownCustomerError
from tests.builders import contact, customer, day, invoice
from tests.state.conftest import C, Desk


def test_a_customer_is_read_back_as_the_books_gave_them(desk: Desk) -> None:
    full = Customer(
        customer_id="C1",
        name="Client Un",
        kind=CustomerKind.PUBLIC,
        language="fr",
        address_form=AddressForm.TU,
        contacts=(contact(), contact("chef@client.example", ContactRole.DIRECTOR)),
        tags=("grand-compte",),
        country="FR",
        postal_address=("1 rue des Lilas", "75001 Paris"),
        owner="Anne",
        owner_email="anne@dupont.example",
        payment_method=PaymentMethod.TRANSFER,
        payer_id="C9",
        pay_days=(10, 25),
        plan="gentle",
        timezone="Europe/Paris",
        do_not_contact=True,
    )
    desk.sync(customers=(full,))
    assert desk.store.customer(C, "C1") == full


def test_contacts_that_the_books_change_or_drop_are_theirs_from_then_on(desk: Desk) -> None:
    director = contact("chef@client.example", ContactRole.DIRECTOR)
    desk.sync(customers=(customer(contacts=(contact(), director)),))
    for contacts in ((contact("new@client.example"), director), (contact("new@client.example"),), ()):
        desk.sync(customers=(customer(contacts=contacts),))
        assert desk.store.customer(C, "C1").contacts == contacts


def test_the_customers_that_the_books_have_told_of_are_known_and_those_of_items_alone_are_not(desk: Desk) -> None:
    desk.sync(invoice("F1", "C2"), customers=(customer(),))
    assert desk.store.known_customers(C, ["C1", "C2", "C3"]) == {"C1"}
    assert desk.store.known_customers("other", ["C1"]) == set()


def test_what_a_person_sets_wins_and_survives_every_sync(desk: Desk) -> None:
    books = customer(kind=CustomerKind.UNKNOWN)
    desk.sync(invoice("F1"), customers=(books,))
    desk.store.set_customer(C, "C1", "kind", "public", "anne", desk.later())
    desk.store.set_customer(C, "C1", "email", "compta@client.example", "anne", desk.later())
    desk.sync(invoice("F1"), customers=(replace(books, kind=CustomerKind.BUSINESS, language="en"),))
    found = desk.store.customer(C, "C1")
    assert (found.kind, found.language) == (CustomerKind.PUBLIC, "en")
    assert found.contacts == (contact("compta@client.example"),)


def test_a_setting_taken_away_gives_the_books_their_say_again(desk: Desk) -> None:
    desk.sync(customers=(customer(kind=CustomerKind.BUSINESS),))
    for key, value in (("kind", "consumer"), ("email", "x@client.example")):
        desk.store.set_customer(C, "C1", key, value, "anne", desk.later())
        desk.store.set_customer(C, "C1", key, "", "anne", desk.later())
    assert desk.store.customer(C, "C1") == customer(kind=CustomerKind.BUSINESS)


def test_each_role_is_taken_from_the_highest_layer_that_has_it(desk: Desk) -> None:
    director = contact("chef@client.example", ContactRole.DIRECTOR)
    desk.sync(customers=(customer(contacts=(contact("books@client.example"), director)),))
    imported = customer(name="", contacts=(contact("import@client.example"),))
    assert desk.store.import_contacts(C, [imported], "anne", desk.later()) == 1
    found = desk.store.customer(C, "C1")
    assert found.contacts == (contact("import@client.example"), director)
    assert found.name == "Client Un"
    desk.store.set_customer(C, "C1", "email", "person@client.example", "anne", desk.later())
    assert desk.store.customer(C, "C1").with_role(ContactRole.BILLING) == (contact("person@client.example"),)


def test_an_import_is_idempotent_and_replaces_the_one_before(desk: Desk) -> None:
    desk.sync(invoice("F1"))
    first = replace(customer(), language="en", kind=CustomerKind.PUBLIC)
    assert desk.store.import_contacts(C, [first], "anne", desk.later()) == 1
    assert desk.store.import_contacts(C, [first], "anne", desk.later()) == 0
    assert desk.store.import_contacts(C, [customer()], "anne", desk.later()) == 1
    assert desk.store.customer(C, "C1").language == ""


def test_every_key_that_may_be_set_changes_the_customer(desk: Desk) -> None:
    values = {
        "name": "Client Deux", "kind": "public", "language": "en", "address": "tu", "tags": "a, b", "plan": "gentle",
        "timezone": "America/Montreal", "country": "BE", "owner": "Anne", "owner_email": "anne@dupont.example",
        "payment_method": "cheque", "payer": "C9", "pay_days": "25,10", "do_not_contact": "yes",
        "email": "new@client.example", "director_email": "chef@client.example", "pace": "+7",
        "pace_until": "2026-12-31", "subdivision": "6AE", "postcode": "67000",
        "do_not_write_to": "Chef@client.example",
    }  # fmt: skip
    assert values.keys() == SETTINGS.keys()
    desk.sync(customers=(customer(), customer("C9")))
    for key, value in values.items():
        before = desk.store.customer(C, "C1")
        assert desk.store.set_customer(C, "C1", key, value, "anne", desk.later()) != before, key
    found = desk.store.customer(C, "C1")
    assert (found.tags, found.pay_days, found.do_not_contact) == (("a", "b"), (10, 25), True)
    assert [(one.email, one.barred) for one in found.contacts] == [
        ("new@client.example", False),
        ("chef@client.example", True),
    ]
    assert not found.with_role(ContactRole.DIRECTOR)
    assert (found.pace_days, found.pace_until) == (7, day("2026-12-31"))


@pytest.mark.parametrize(
    ("key", "value", "said"),
    [
        ("shoe_size", "42", "cannot be set"),
        ("kind", "friend", "business, consumer"),
        ("language", "french", "two small letters"),
        ("country", "fr", "two capital letters"),
        ("address", "sie", "vous, tu"),
        ("timezone", "Mars/Olympus", "IANA"),
        ("timezone", "../etc/passwd", "IANA"),
        ("pay_days", "0", "1 to 31"),
        ("pay_days", "10;20", "1 to 31"),
        ("do_not_contact", "maybe", "yes or no"),
        ("pace", "0", "from \\+1 to"),
        ("pace", "-7", "from \\+1 to"),
        ("pace", "+91", "from \\+1 to"),
        ("pace_until", "31/12/2026", "a date such as"),
        ("pace_until", "2026-02-30", "a date such as"),
        ("payment_method", "barter", "transfer"),
        ("email", "a@x.example, b@x.example", "one e-mail address"),
        ("email", "a@x.example\nBcc: b@x.example", "one e-mail address"),
        ("email", "nobody", "one e-mail address"),
        ("do_not_write_to", "nobody", "e-mail addresses"),
        ("payer", "C9", "has no customer C9"),
        ("payer", "C1", "their own payer"),
        ("owner", "Anne\r\nBcc: x", "one line"),
    ],
)
def test_a_value_that_makes_no_sense_is_refused_and_nothing_changes(
    desk: Desk, key: str, value: str, said: str
) -> None:
    desk.sync(customers=(customer(),))
    with pytest.raises(CustomerSettingError, match=said):
        desk.store.set_customer(C, "C1", key, value, "anne", desk.later())
    assert desk.store.customer(C, "C1") == customer()
    assert desk.events() == []


def test_a_customer_whom_nothing_names_cannot_be_set(desk: Desk) -> None:
    assert not desk.store.has_customer(C, "C404")
    with pytest.raises(UnknownCustomerError):
        desk.store.set_customer(C, "C404", "kind", "public", "anne", desk.later())
    with pytest.raises(UnknownCustomerError):
        desk.store.customer(C, "C404")


def test_a_customer_known_only_by_an_invoice_goes_by_their_id(desk: Desk) -> None:
    desk.sync(invoice("F1", "C7"))
    assert desk.store.customer(C, "C7") == Customer(customer_id="C7", name="C7")
    assert desk.store.case_file(C, "C7", rehearsal=False).customer.name == "C7"


def test_a_failed_address_stays_failed_until_a_person_sets_it_again(desk: Desk) -> None:
    desk.sync(invoice("F1"), customers=(customer(),))
    desk.quiet()
    desk.store.mark_address_failed(C, "AP@client.example", "550 no such user", desk.later())
    assert desk.due() == ["C1"]
    desk.sync(invoice("F1"), customers=(customer(name="Client Renommé"),))
    assert desk.store.customer(C, "C1").contacts[0].failed
    assert desk.store.customer(C, "C1").with_role(ContactRole.BILLING) == ()
    desk.store.set_customer(C, "C1", "email", "ap@client.example", "anne", desk.later())
    assert not desk.store.customer(C, "C1").contacts[0].failed


def test_what_a_person_sets_has_the_customer_looked_at_again(desk: Desk) -> None:
    desk.sync(invoice("F1"), invoice("F2", "C2"))
    desk.quiet()
    desk.store.set_customer(C, "C1", "plan", "gentle", "anne", desk.later())
    assert desk.due() == ["C1"]
    desk.store.import_contacts(C, [customer("C2")], "anne", desk.later())
    assert desk.due() == ["C1", "C2"]
    assert desk.events() == ["customer_set", "customer_imported"]
