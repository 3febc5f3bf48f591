"""What leaves: addresses, subject and bytes; nothing from the books can do more than be read."""

from __future__ import annotations

import re
from dataclasses import replace
from email import message_from_bytes, policy
from email.message import EmailMessage

import pytest

from engine.creditor import Brand, Logo
from engine.errors import RenderError
from engine.kinds import AddressForm, Charges, CustomerKind, DueSource
from engine.model import Contact, Customer, Notice, OpenItem
from engine.records import Attachment
from relance.render import MailRenderer
from tests.fakes.letterbox import (
    DUPONT,
    MARTIN,
    NOW,
    TODAY,
    case_file,
    invoice,
    line,
    notice,
    reminded,
    reminder,
    renderer,
    scenes,
)

PNG = b"\x89PNG\r\n\x1a\n" + bytes(64)
PDF = b"%PDF-1.7\n%%EOF\n"
FRIENDLY = notice(line(invoice(), "friendly"))


def mail(content: bytes) -> EmailMessage:
    message = message_from_bytes(content, policy=policy.default)
    assert isinstance(message, EmailMessage)
    return message


def body(content: bytes, kind: str) -> str:
    found = mail(content).get_body((kind,))
    assert found is not None
    text: str = found.get_content()
    return text.replace("\r\n", "\n")


def html_of(given: Notice, customer: Customer = MARTIN) -> str:
    return renderer().html(given, case_file(customer), TODAY)


def test_a_mail_goes_to_one_address_with_copies_inside_the_same_customer() -> None:
    copied = replace(FRIENDLY, cc=(Contact(email="direction@martin.example", name="Direction"),))
    envelope = renderer().notice(reminder(), copied, case_file(), TODAY, NOW)
    assert envelope.recipients == ("compta@martin.example", "direction@martin.example")
    assert envelope.sender == "compta@dupont.example"
    message = mail(envelope.content)
    assert message["To"] == "Madame Martin <compta@martin.example>"
    assert message["Cc"] == "Direction <direction@martin.example>"
    assert message["Message-ID"] == "<r-0123456789abcdef@dupont.example>"
    assert message["Content-Language"] == "fr"
    assert body(envelope.content, "plain") == envelope.text


def test_a_reminder_answers_the_customers_last_one() -> None:
    again = replace(reminder(), previous_message_ids=("<a@dupont.example>", "<b@dupont.example>"))
    message = mail(renderer().notice(again, FRIENDLY, case_file(), TODAY, NOW).content)
    assert message["In-Reply-To"] == "<b@dupont.example>"
    assert message["References"].split() == ["<a@dupont.example>", "<b@dupont.example>"]


def test_the_same_notice_makes_the_same_bytes() -> None:
    first, second = (renderer().notice(reminder(), FRIENDLY, case_file(), TODAY, NOW) for _ in range(2))
    assert first == second


def test_a_rehearsal_goes_to_the_test_address_alone_and_says_for_whom_it_was() -> None:
    copied = replace(FRIENDLY, cc=(Contact(email="direction@martin.example"),))
    desk = renderer(redirect_to="essai@dupont.example")
    envelope = desk.notice(reminder(rehearsal=True), copied, case_file(), TODAY, NOW)
    assert envelope.recipients == ("essai@dupont.example",)
    message = mail(envelope.content)
    assert message["To"] == "essai@dupont.example"
    assert message["Cc"] is None
    assert message["Subject"].startswith("[TEST → compta@martin.example] Rappel")
    assert envelope.title == message["Subject"]
    assert "compta@martin.example" in body(envelope.content, "plain").splitlines()[0]
    assert "compta@martin.example" in body(envelope.content, "html")


def test_a_rehearsal_without_a_test_address_never_becomes_a_real_mail() -> None:
    with pytest.raises(RenderError, match="redirect_to"):
        renderer().notice(reminder(rehearsal=True), FRIENDLY, case_file(), TODAY, NOW)


def test_with_a_test_address_no_mail_goes_anywhere_else() -> None:
    desk = renderer(redirect_to="essai@dupont.example")
    envelope = desk.notice(reminder(), FRIENDLY, case_file(), TODAY, NOW)
    assert envelope.recipients == ("essai@dupont.example",)


def test_a_blind_copy_is_in_the_envelope_and_in_no_header() -> None:
    desk = MailRenderer(creditor=DUPONT, sender="compta@dupont.example", bcc="archive@dupont.example")
    envelope = desk.notice(reminder(), FRIENDLY, case_file(), TODAY, NOW)
    assert envelope.recipients == ("compta@martin.example", "archive@dupont.example")
    assert b"archive@" not in envelope.content


def test_a_notice_without_an_address_is_not_written() -> None:
    with pytest.raises(RenderError, match="no address"):
        renderer().notice(reminder(), replace(FRIENDLY, to=None), case_file(), TODAY, NOW)
    with pytest.raises(RenderError, match="no address"):
        renderer().thank_you(reminder(), [invoice()], case_file(replace(MARTIN, contacts=())), TODAY, NOW)


def test_a_formal_notice_is_a_task_that_says_what_to_post() -> None:
    given, history = scenes()["letter"]
    envelope = renderer().notice(reminder(given.channel), given, case_file(history=history), TODAY, NOW)
    assert envelope.title == ("Mise en demeure à imprimer et poster en recommandé : Martin Rénovation, 840,00 €")
    assert envelope.content.startswith(b"%PDF-")
    assert envelope.recipients == ()
    assert envelope.due_on == TODAY
    assert "Lettre recommandée avec avis de réception" in envelope.text


def test_a_tasks_title_speaks_the_companys_language_and_its_letter_the_customers() -> None:
    given, history = scenes()["letter"]
    abroad = replace(MARTIN, language="en")
    envelope = renderer().notice(reminder(given.channel), given, case_file(abroad, history), TODAY, NOW)
    assert envelope.title.startswith("Mise en demeure")
    assert "We hereby give you formal notice" in envelope.text


def test_subject_and_title_are_those_of_what_is_sent() -> None:
    for given, history in scenes().values():
        case = case_file(history=history)
        envelope = renderer().notice(reminder(given.channel), given, case, TODAY, NOW)
        assert renderer().subject(given, case, TODAY) == envelope.title


def test_the_last_amicable_reminder_says_vous_unless_asked_otherwise() -> None:
    friend = replace(MARTIN, address_form=AddressForm.TU)
    final = notice(line(invoice(late=31), "final"))
    case = case_file(friend)
    assert "Nous vous demandons" in renderer().notice(reminder(), final, case, TODAY, NOW).text
    kept = renderer(replace(DUPONT, tu_when_final=True))
    assert "Je te demande" in kept.notice(reminder(), final, case, TODAY, NOW).text
    formal = notice(line(invoice(late=46), "formal"))
    assert "nous vous mettons en demeure" in kept.notice(reminder(), formal, case, TODAY, NOW).text


def test_a_language_without_texts_gets_english() -> None:
    envelope = renderer().notice(reminder(), FRIENDLY, case_file(replace(MARTIN, language="pl")), TODAY, NOW)
    assert "Unless we are mistaken" in envelope.text
    assert mail(envelope.content)["Content-Language"] == "en"


def test_a_consumers_subject_tells_no_debt() -> None:
    for kind in ("friendly", "firm", "final"):
        given = notice(line(invoice(late=40), kind))
        case = case_file(replace(MARTIN, kind=CustomerKind.CONSUMER))
        assert renderer().subject(given, case, TODAY) == "Votre facture F-2026-0042"


@pytest.mark.parametrize("kind", [CustomerKind.CONSUMER, CustomerKind.UNKNOWN])
def test_only_a_business_is_told_of_the_commercial_penalties(kind: CustomerKind) -> None:
    for level in ("final", "formal"):
        given = notice(line(invoice(late=60), level))
        text = renderer().notice(reminder(), given, case_file(replace(MARTIN, kind=kind)), TODAY, NOW).text
        assert "40" not in text.replace("30006000011234567890189", "").split("IBAN")[0]
        assert "L." not in text
        assert "441" not in text


def test_a_public_body_is_told_of_no_order_to_pay() -> None:
    given = notice(line(invoice(late=60), "formal"))
    public = case_file(replace(MARTIN, kind=CustomerKind.PUBLIC))
    text = renderer().notice(reminder(), given, public, TODAY, NOW).text
    assert "injonction" not in text
    assert "commande publique" in text


def test_nothing_is_said_of_charges_before_a_firm_reminder_or_on_an_assumed_date() -> None:
    friendly = notice(line(invoice(late=6), "friendly"))
    assert "441" not in renderer().notice(reminder(), friendly, case_file(), TODAY, NOW).text
    assumed = replace(invoice(late=40), due_source=DueSource.ASSUMED)
    final = notice(replace(line(assumed, "final"), charges=Charges.SHOW))
    assert "441" not in renderer().notice(reminder(), final, case_file(), TODAY, NOW).text


def test_only_what_was_sent_after_the_due_date_is_called_a_message_before() -> None:
    item = invoice(late=16)
    (sent,) = reminded(item, 10)
    given = notice(line(item, "firm"))
    for history in ((replace(sent, offset=-5),), (replace(sent, item_id="other"),)):
        text = renderer().notice(reminder(), given, case_file(history=history), TODAY, NOW).text
        assert "Malgré" not in text
    assert "Malgré" in renderer().notice(reminder(), given, case_file(history=(sent,)), TODAY, NOW).text


def test_credits_that_do_not_add_up_are_shown_as_one_line_so_that_the_table_does() -> None:
    text = (
        renderer().notice(reminder(), notice(line(invoice(), "friendly", taken="200.00")), case_file(), TODAY, NOW).text
    )
    assert "Avoirs et règlements à déduire" in text
    assert "-200,00" in text


def test_the_logo_travels_inside_the_mail() -> None:
    desk = renderer(replace(DUPONT, brand=Brand(color="#1f5fa8", logo=Logo(content=PNG, media_type="image/png"))))
    message = mail(desk.notice(reminder(), FRIENDLY, case_file(), TODAY, NOW).content)
    images = [part for part in message.walk() if part.get_content_type() == "image/png"]
    assert [part["Content-ID"] for part in images] == ["<logo>", "<payment-code>"]
    assert 'src="cid:logo"' in body(message.as_bytes(), "html")


def documents(size: int) -> MailRenderer:
    def document(item: OpenItem) -> Attachment | None:
        content = PDF + b" " * (size - len(PDF))
        return Attachment(filename=f"{item.number}.pdf", content=content, media_type="application/pdf")

    return MailRenderer(creditor=DUPONT, sender="compta@dupont.example", document=document)


def test_an_invoice_is_enclosed_and_the_mail_says_so() -> None:
    envelope = documents(100).notice(reminder(), FRIENDLY, case_file(), TODAY, NOW)
    names = [part.get_filename() for part in mail(envelope.content).iter_attachments()]
    assert names == ["F-2026-0042.pdf"]
    assert "La facture est jointe à ce message." in envelope.text


def test_invoices_too_large_for_a_mail_stay_out_and_are_not_announced() -> None:
    envelope = documents(8_000_000).notice(reminder(), FRIENDLY, case_file(), TODAY, NOW)
    assert list(mail(envelope.content).iter_attachments()) == []
    assert "jointe" not in envelope.text


def test_html_needs_nothing_from_elsewhere_and_names_its_language() -> None:
    page = html_of(FRIENDLY)
    assert '<html lang="fr"' in page
    assert "http" not in page
    assert "<link" not in page
    assert "prefers-color-scheme: dark" in page


def test_a_payment_link_is_https_or_nothing() -> None:
    def page(link: str) -> str:
        return renderer(replace(DUPONT, payment_link=link)).html(FRIENDLY, case_file(), TODAY)

    assert 'href="https://pay.example/F-2026-0042"' in page("https://pay.example/{number}")
    for hostile in ("javascript:alert(1)", "http://pay.example/", "https://pay.example@evil.example/", 'https://x" y'):
        assert "href" not in page(hostile), hostile
    booked = notice(line(replace(invoice(), payment_url="javascript:alert(1)"), "friendly"))
    assert "href" not in html_of(booked)


def test_an_invoice_number_cannot_leave_its_place_in_a_link() -> None:
    given = notice(line(replace(invoice(), number='1/../"><b>?x=#'), "friendly"))
    page = renderer(replace(DUPONT, payment_link="https://pay.example/{number}")).html(given, case_file(), TODAY)
    assert 'href="https://pay.example/1%2F..%2F%22%3E%3Cb%3E%3Fx%3D%23"' in page


HOSTILE = (
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "Martin\r\nBcc: evil@evil.example",
    "Martin\u202e)elbaeugap( 00,001\u202c",
    "{{ company.name }}{% raw %}",
    "Martin\x00\x1b[31m\u2028Ligne",
)


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_name_is_only_ever_read(name: str) -> None:
    hostile = replace(MARTIN, name=name, contacts=(replace(MARTIN.contacts[0], name=name),))
    item = replace(invoice(), number=name, reference=name)
    given = notice(line(item, "friendly"), to=hostile.contacts[0])
    envelope = renderer().notice(reminder(), given, case_file(hostile), TODAY, NOW)
    assert envelope.recipients == ("compta@martin.example",)
    message = mail(envelope.content)
    assert message["Bcc"] is None
    assert message["To"].addresses[0].addr_spec == "compta@martin.example"
    page = body(envelope.content, "html")
    assert "<script" not in page
    assert re.findall("<img[^>]*src=[^ >]*", page) == re.findall('<img[^>]*src="cid:payment-code"', page)
    assert page.count("<img") == 1
    for text in (envelope.text, page, envelope.title):
        assert not {"\u202e", "\u202c", "\x00", "\x1b", "\u2028", "\r"} & set(text)
        assert "Dupont MenuiserieDupont" not in text
    assert "\nBcc:" not in envelope.text
