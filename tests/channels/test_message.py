"""The bytes of a mail, read back by the standard library's parser, and looked at whole."""

from __future__ import annotations

import re
import unicodedata
from datetime import UTC, datetime
from email import message_from_bytes
from email.header import decode_header, make_header
from email.message import EmailMessage
from email.policy import default
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from engine.channels.addresses import Mailbox, UnusableAddressError, parse_mailbox, wire_address
from engine.channels.files import UnusableAttachmentError, attachable_name
from engine.channels.message import InlineImage, UnusableMessageError, envelope_recipients
from engine.channels.wire import refuse_unfit
from engine.records import Attachment
from tests.fakes.mails import CUSTOMER, MESSAGE_ID, SENDER, a_message

GOLDEN = Path(__file__).with_name("golden_message.eml")
PDF = Attachment(filename="Facture F-2026-001.pdf", content=b"%PDF-1.7\n%%EOF\n", media_type="application/pdf")
LOGO = InlineImage(name="logo", content=b"\x89PNG\r\n\x1a\n" + bytes(range(256)), media_type="image/png")


def read(content: bytes) -> EmailMessage:
    message = message_from_bytes(content, policy=default)
    assert isinstance(message, EmailMessage)
    assert refuse_unfit(content) == ""
    assert content.isascii()
    return message


def text_of(message: EmailMessage, kind: str) -> str:
    part = message.get_body((kind,))
    assert part is not None
    return str(part.get_content()).replace("\r\n", "\n")


def the_full_message() -> bytes:
    return a_message(
        cc=[Mailbox(address="direction@client.example", name="Müller, Jörg")],
        reply_to=Mailbox(address="anne@dupont.example", name='Anne "Nini" Dupont'),
        subject="Rappel : facture F-2026-001 – échéance du 25 février 2026 dépassée",
        text="Bonjour,\n\nMerci de régler la facture F-2026-001 (1 234,50 €).\n.\n-- \nAnne Dupont\n",
        html='<html><body><img src="cid:logo" alt=""><p>Merci de régler la facture <b>F-2026-001</b> (1 234,50 €).</p></body></html>',
        images=[LOGO],
        attachments=[
            PDF,
            Attachment(filename="../Relevé n° 3.PDF", content=b"%PDF-1.4\n", media_type="application/pdf"),
        ],
        in_reply_to="<r-0@dupont.example>",
        references=["<r-00@dupont.example>", "<r-0@dupont.example>"],
    )


def test_the_whole_mail_is_the_one_that_was_looked_at(tmp_path: Path) -> None:
    now = tmp_path / GOLDEN.name
    now.write_bytes(the_full_message())
    assert now.read_bytes() == GOLDEN.read_bytes(), f"look at {now}; if it is right, it is the new {GOLDEN.name}"


def test_the_same_input_gives_the_same_bytes() -> None:
    assert the_full_message() == the_full_message()
    assert a_message() != a_message(message_id="<r-other@dupont.example>")


def test_the_headers_say_who_to_whom_when_and_that_a_machine_wrote() -> None:
    message = read(the_full_message())
    assert message["From"].addresses[0].addr_spec == SENDER
    assert [one.addr_spec for one in message["To"].addresses] == [CUSTOMER]
    assert [(one.display_name, one.addr_spec) for one in message["Cc"].addresses] == [
        ("Müller, Jörg", "direction@client.example")
    ]
    assert message["Reply-To"].addresses[0].display_name == 'Anne "Nini" Dupont'
    assert message["Subject"] == "Rappel : facture F-2026-001 – échéance du 25 février 2026 dépassée"
    assert message["Date"].datetime == datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
    assert message["Message-ID"] == MESSAGE_ID
    assert message["In-Reply-To"] == "<r-0@dupont.example>"
    assert message["References"].split() == ["<r-00@dupont.example>", "<r-0@dupont.example>"]
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["Content-Language"] == "fr"
    assert message["X-Reminder-Key"] == "dupont-0123456789ab"
    assert message["MIME-Version"] == "1.0"
    for absent in ("List-Unsubscribe", "Bcc", "Precedence", "Sender"):
        assert absent not in message


def test_text_html_pictures_and_documents_come_out_as_they_went_in() -> None:
    message = read(the_full_message())
    assert text_of(message, "plain").startswith("Bonjour,\n\nMerci de régler la facture F-2026-001 (1 234,50 €).\n.\n")
    assert "<b>F-2026-001</b> (1 234,50 €)" in text_of(message, "html")
    assert message.get_content_type() == "multipart/mixed"
    kinds = [part.get_content_type() for part in message.walk()]
    assert kinds == [
        "multipart/mixed",
        "multipart/alternative",
        "text/plain",
        "multipart/related",
        "text/html",
        "image/png",
        "application/pdf",
        "application/pdf",
    ]
    documents = list(message.iter_attachments())
    assert [part.get_filename() for part in documents] == ["Facture F-2026-001.pdf", "Relevé n° 3.pdf"]
    assert [part.get_content() for part in documents] == [b"%PDF-1.7\n%%EOF\n", b"%PDF-1.4\n"]
    picture = next(part for part in message.walk() if part.get_content_type() == "image/png")
    assert picture["Content-ID"] == "<logo>"
    assert picture.get_content() == LOGO.content
    assert max(len(line) for line in the_full_message().split(b"\r\n")) <= 76


def test_a_text_mail_has_one_part() -> None:
    assert read(a_message(html="")).get_content_type() == "text/plain"


def test_long_lines_and_other_alphabets_stay_within_the_limits() -> None:
    for text in ("x" * 5000, "é" * 5000, "日本語" * 2000, "mot " * 3000, "=" * 3000):
        content = a_message(text=text, html=f"<p>{text}</p>")
        assert max(len(line) for line in content.split(b"\r\n")) <= 76
        assert text_of(read(content), "plain") == text + "\n"


def test_a_long_identifier_is_neither_cut_nor_encoded() -> None:
    long = f"<r-{'0' * 32}@{'a' * 60}.{'b' * 60}.example>"
    content = a_message(message_id=long, in_reply_to=long, references=[long] * 3)
    assert f"Message-ID: {long}\r\n".encode() in content
    assert f"References: {long}\r\n {long}\r\n {long}\r\n".encode() in content


def test_a_long_thread_keeps_its_first_and_its_newest_identifiers() -> None:
    ids = [f"<r-{number}@dupont.example>" for number in range(100)]
    kept = read(a_message(references=ids))["References"].split()
    assert kept == [ids[0], *ids[-19:]]


def test_a_foreign_domain_is_written_in_its_dns_form() -> None:
    content = a_message(to=Mailbox(address="ap@münchen.example", name="Müller"))
    assert b"<ap@xn--mnchen-3ya.example>" in content
    assert envelope_recipients(to=Mailbox(address="ap@münchen.example")) == ("ap@xn--mnchen-3ya.example",)


def test_blind_copies_are_in_the_envelope_and_nowhere_else() -> None:
    to, copy, blind = (Mailbox(address=f"{who}@client.example") for who in ("to", "cc", "blind"))
    assert envelope_recipients(to=to, cc=[copy, to], bcc=[blind]) == (
        "to@client.example",
        "cc@client.example",
        "blind@client.example",
    )
    assert b"blind" not in a_message(to=to, cc=[copy])


def test_a_rehearsal_shows_that_it_is_one_everywhere_and_names_nobody_else_as_addressee() -> None:
    redirect = Mailbox(address="anne@dupont.example", name="Anne")
    content = a_message(redirect_to=redirect, cc=[Mailbox(address="direction@client.example")])
    message = read(content)
    assert [one.addr_spec for one in message["To"].addresses] == ["anne@dupont.example"]
    assert "Cc" not in message
    assert message["Subject"] == f"[TEST → {CUSTOMER}] Rappel : facture F-2026-001"
    first = f"TEST : ce message est destiné à {CUSTOMER}. Il ne lui a pas été envoyé."
    assert text_of(message, "plain").splitlines()[0] == first
    assert re.search(rf"<body><p [^>]*>{re.escape(first)}</p><p>", text_of(message, "html"))
    english = read(a_message(redirect_to=redirect, language="en-GB", html="<p>no body</p>"))
    assert text_of(english, "html").startswith("<p style=")
    assert f"TEST: this message is meant for {CUSTOMER}." in text_of(english, "html")
    to = Mailbox(address=CUSTOMER)
    assert envelope_recipients(to=to, cc=[to], bcc=[to], redirect_to=redirect) == ("anne@dupont.example",)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"subject": " \r\n "}, "subject is empty"),
        ({"message_id": "r-1@dupont.example"}, "not a Message-ID"),
        ({"message_id": "<a b@dupont.example>"}, "not a Message-ID"),
        ({"references": ["<a@b.example>\r\nEvil: 1"]}, "not a Message-ID"),
        ({"in_reply_to": "<a@b.example> <c@d.example>"}, "not a Message-ID"),
        ({"date": datetime(2026, 1, 1)}, "time zone"),  # noqa: DTZ001  # what is refused
        ({"language": "fr\r\nEvil: 1"}, "not a language"),
        ({"reminder_key": "a\r\nEvil: 1"}, "one word"),
        ({"reminder_key": "clé"}, "one word"),
    ],
)
def test_what_makes_no_good_mail_is_refused_with_its_reason(changes: dict[str, object], said: str) -> None:
    with pytest.raises(UnusableMessageError, match=said):
        a_message(**changes)


HOSTILE = [
    "Client\r\nBcc: thief@evil.example",
    "Client\nBcc: thief@evil.example",
    "Client\rBcc: thief@evil.example",
    "Client\x0bBcc: thief@evil.example",
    "Client\x85Bcc: thief@evil.example",
    "Client\u2028Bcc: thief@evil.example",
    "Client\u2029\r\n\r\nbody",
    "=?utf-8?q?a=0D=0ABcc:_thief@evil.example?=",
    "=?utf-8?b?YQ0KQmNjOiB0aGllZkBldmlsLmV4YW1wbGU=?=",
    '"=?utf-8?q?=0D=0A?=" <thief@evil.example>',
    "a <thief@evil.example>, b",
    "a@evil.example, b@evil.example",
    '" <thief@evil.example>, "',
    "\\",
    '"',
    "(comment",
    "group: a@evil.example;",
    "\u202eelpmaxe.live",
    "null\0byte",
    "\ud800",
    "é" * 500,
    "x" * 2000,
    "mot " * 500,
    "a@evil.example>",
    "",
    " ",
    "<script>alert(1)</script>",
    "名前" * 60,
    "👩‍👩‍👧" * 40,
]


def check_harmless(content: bytes) -> EmailMessage:
    """Say that whatever went into a name or a subject, the headers are the usual ones, each once, to the usual people."""
    message = read(content)
    usual = ["From", "To", "Cc", "Reply-To", "Subject", "Date", "Message-ID", "Auto-Submitted", "X-Reminder-Key"]
    assert message.keys() == [*usual, "MIME-Version", "Content-Type", "Content-Language"]
    assert [one.addr_spec for one in message["From"].addresses] == [SENDER]
    assert [one.addr_spec for one in message["To"].addresses] == [CUSTOMER]
    assert [one.addr_spec for one in message["Cc"].addresses] == ["cc@client.example", "dd@client.example"]
    assert [one.addr_spec for one in message["Reply-To"].addresses] == ["reply@dupont.example"]
    assert not any(part.defects for part in message.walk())
    head = content.partition(b"\r\n\r\n")[0]
    assert all(len(line) <= 998 and line.strip() for line in head.split(b"\r\n"))
    # RFC 2047 §2: an encoded word has at most 75 characters and stands in a line of at most 76.
    assert all(len(line) <= 76 for line in head.split(b"\r\n") if b"=?" in line)
    return message


def hostile_message(name: str, subject: str) -> bytes:
    return a_message(
        sender=Mailbox(address=SENDER, name=name),
        to=Mailbox(address=CUSTOMER, name=name),
        cc=[Mailbox(address="cc@client.example", name=name), Mailbox(address="dd@client.example", name=name)],
        reply_to=Mailbox(address="reply@dupont.example", name=name),
        subject=f"Rappel {subject}",
        text=f"Bonjour {name}",
        html=f"<p>{len(name)}</p>",
    )


@pytest.mark.parametrize("text", HOSTILE, ids=lambda text: ascii(text[:30]))
def test_no_name_or_subject_can_add_a_header_or_an_address(text: str) -> None:
    check_harmless(hostile_message(text, text))


@settings(max_examples=50)
@given(
    name=st.text(max_size=300) | st.text(alphabet='=?utf-8qb_0DA\r\n <>@,;:"\\()é', max_size=120),
    subject=st.text(max_size=300) | st.text(alphabet="=?utf-8qb_0DA\r\n <>@,é日", max_size=200),
)
@example(name="=?utf-8?q?=0D=0AEvil:_1?=", subject="=?utf-8?q?=0D=0AEvil:_1?=")
def test_no_text_whatever_can_add_a_header_or_an_address(name: str, subject: str) -> None:
    check_harmless(hostile_message(name, subject))


NICE = st.text(alphabet=st.characters(categories=["L", "Nd"]), min_size=1, max_size=12)


@settings(max_examples=50)
@given(words=st.lists(NICE | st.sampled_from(["(SARL)", "&", "n°", '"x"', "a,b", "=?"]), min_size=1, max_size=12))
def test_names_and_subjects_are_read_back_as_they_were_written(words: list[str]) -> None:
    text = unicodedata.normalize("NFC", " ".join(words))[:110].strip()
    content = a_message(to=Mailbox(address=CUSTOMER, name=text), subject=text)
    message = read(content)
    # The parser of addresses in older Pythons leaves a space between encoded words; RFC 2047 §6.2 says to drop it.
    raw = str(message_from_bytes(content)["To"]).rpartition("<")[0].strip()
    assert text in {str(make_header(decode_header(raw))), message["To"].addresses[0].display_name}
    assert message["Subject"] == text


@pytest.mark.parametrize(
    "address",
    [
        "",
        "nobody",
        "@client.example",
        "ap@",
        "ap@client",
        "ap@@client.example",
        "ap @client.example",
        "ap@client.example, b@client.example",
        "ap@client.example\r\nBcc: x@evil.example",
        "ap@client.example ",
        "Claire <ap@client.example>",
        ".ap@client.example",
        "a..p@client.example",
        '"a p"@client.example',
        "ap@[192.0.2.1]",
        "ap@-client.example",
        "ap@client..example",
        "ap@client.example.",
        f"{'a' * 65}@client.example",
        f"ap@{'a' * 64}.example",
        f"ap@{'a.' * 130}example",
        "zoé@client.example",
        "ap@straße.example",
        "ap@a\u200db.example",
        "ap@client\0.example",
        "ap@client\u2028.example",
    ],
    ids=ascii,
)
def test_an_address_that_cannot_be_written_to_is_refused_by_name(address: str) -> None:
    with pytest.raises(UnusableAddressError) as refused:
        wire_address(address)
    assert refused.value.address == address
    with pytest.raises(UnusableAddressError):
        a_message(to=Mailbox(address=address))
    with pytest.raises(UnusableAddressError):
        envelope_recipients(to=Mailbox(address=CUSTOMER), bcc=[Mailbox(address=address)])


@settings(max_examples=50)
@given(st.text(max_size=80) | st.from_regex(r"[a-z\x00-\x20<>,@.é-]{1,20}@[a-zé.\r\n-]{1,20}", fullmatch=True))
def test_what_passes_as_an_address_is_one_ascii_word(text: str) -> None:
    try:
        wire = wire_address(text)
    except UnusableAddressError:
        return
    assert re.fullmatch(r"[!-;=?-~]+@[A-Za-z0-9.-]+", wire)
    assert not set(wire) & set('<>,;:"()[]\\ ')
    assert wire_address(wire) == wire


@pytest.mark.parametrize(
    ("text", "mailbox"),
    [
        ("compta@dupont.example", Mailbox(address=SENDER)),
        ("Dupont Menuiserie <compta@dupont.example>", Mailbox(address=SENDER, name="Dupont Menuiserie")),
        ('"Dupont, \\"père\\" & fils" <compta@dupont.example>', Mailbox(address=SENDER, name='Dupont, "père" & fils')),
        (" Été  SARL<compta@dupont.example> ", Mailbox(address=SENDER, name="Été SARL")),
    ],
)
def test_a_mailbox_is_read_as_people_write_it(text: str, mailbox: Mailbox) -> None:
    assert parse_mailbox(text) == mailbox


@pytest.mark.parametrize(
    "text", ["a <b@c.example>, d <e@f.example>", "a <b@c.example> d", "a <<b@c.example>>", "a <>", ""]
)
def test_two_mailboxes_or_none_are_refused(text: str) -> None:
    with pytest.raises(UnusableAddressError):
        parse_mailbox(text)


@pytest.mark.parametrize(
    ("filename", "name"),
    [
        ("F-2026-001.pdf", "F-2026-001.pdf"),
        ("../../etc/passwd", "etc-passwd.pdf"),
        ("..\\..\\x.exe", "x.exe.pdf"),
        ("", "document.pdf"),
        (".pdf", "document.pdf"),
        ("a\r\nContent-Type: text/html\r\n\r\nx.pdf", "a Content-Type- text-html x.pdf"),
        ("\u202efdp.exe", "fdp.exe.pdf"),
        ("x" * 500 + ".pdf", "x" * 80 + ".pdf"),
        ("=?utf-8?q?x?=.pdf", "=-utf-8-q-x-=.pdf"),
    ],
)
def test_the_name_of_a_document_is_harmless_everywhere(filename: str, name: str) -> None:
    assert attachable_name(filename) == name


@settings(max_examples=50)
@given(st.text(max_size=200))
def test_any_name_of_a_document_survives_the_way(filename: str) -> None:
    name = attachable_name(filename)
    [part] = read(
        a_message(attachments=[Attachment(filename=filename, content=b"%PDF-1", media_type="application/pdf")])
    ).iter_attachments()
    assert part.get_filename() == name
    assert not set(name) & set('/\\:*?"<>|;%\r\n\0')


@pytest.mark.parametrize(
    "attachment",
    [
        Attachment(filename="x.pdf", content=b"MZ", media_type="application/pdf"),
        Attachment(filename="x.pdf", content=b"%PDF-1.4", media_type="application/octet-stream"),
        Attachment(filename="x.pdf", content=b"%PDF-" + b"0" * 10_000_000, media_type="application/pdf"),
    ],
    ids=["not-a-pdf", "called-otherwise", "too-big"],
)
def test_only_pdf_documents_of_sane_size_are_attached(attachment: Attachment) -> None:
    with pytest.raises(UnusableAttachmentError):
        a_message(attachments=[attachment])


@pytest.mark.parametrize(
    "image",
    [
        InlineImage(name="logo", content=b"<svg/>", media_type="image/svg+xml"),
        InlineImage(name="logo", content=b"GIF89a", media_type="image/png"),
        InlineImage(name="lo go", content=b"GIF89a", media_type="image/gif"),
        InlineImage(name="logo", content=b"GIF89a" + b"0" * 500_000, media_type="image/gif"),
    ],
    ids=["svg", "wrong-type", "bad-name", "too-big"],
)
def test_only_real_pictures_are_shown(image: InlineImage) -> None:
    with pytest.raises(UnusableAttachmentError):
        a_message(images=[image])
