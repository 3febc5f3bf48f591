"""The exact bytes of a mail: same input, same bytes; one To; text and HTML; nothing from the books can add a header."""

from __future__ import annotations

import hashlib
import html as html_escape
import re
from dataclasses import dataclass
from email.message import EmailMessage, MIMEPart
from email.policy import SMTP
from typing import TYPE_CHECKING, Final

from engine.channels.addresses import Mailbox, clean_line, wire_address
from engine.channels.files import attachable_name, check_attachment, check_image
from engine.channels.headers import identifiers_header, mailboxes_header, text_header
from engine.errors import RenderError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from engine.records import Attachment

_LONGEST_SUBJECT: Final = 250
# The oldest one and the newest ones tie a thread together; RFC 5322 §3.6.4 lets the middle go.
_MOST_REFERENCES: Final = 20
_MESSAGE_ID: Final = re.compile(r"<[A-Za-z0-9!#$%&'*+/=?^_`{|}~.-]+@[A-Za-z0-9.-]+>")
_LANGUAGE: Final = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*")
_KEY: Final = re.compile(r"[A-Za-z0-9._:-]{1,200}")
_BODY: Final = re.compile(r"<body\b[^>]*>", re.IGNORECASE)
# Tab and line ends stay; the rest of the control characters, and what is no character, has no place in a text.
_NOT_TEXT: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff]")

TEST_MARK: Final = "[TEST → "
_TEST_LINE: Final = {
    "fr": "TEST : ce message est destiné à {whom}. Il ne lui a pas été envoyé.",
    "en": "TEST: this message is meant for {whom}. It was not sent there.",
}


class UnusableMessageError(RenderError):
    """This mail cannot be built from what it was given; the text says which part to correct."""


@dataclass(frozen=True, slots=True, kw_only=True)
class InlineImage:
    """A picture that the HTML shows as ``<img src="cid:NAME">``; PNG, JPEG or GIF."""

    name: str
    content: bytes
    media_type: str


# 76 is the limit of quoted-printable lines (RFC 2045 §6.7); any server takes 7 bits.
_POLICY: Final = SMTP.clone(cte_type="7bit", max_line_length=76)


def envelope_recipients(
    *, to: Mailbox, cc: Sequence[Mailbox] = (), bcc: Sequence[Mailbox] = (), redirect_to: Mailbox | None = None
) -> tuple[str, ...]:
    """List the addresses for the envelope, each once, in the form of the wire; only `redirect_to` where it is given.

    Raises UnusableAddressError.
    """
    if redirect_to is not None:
        return (wire_address(redirect_to.address),)
    return tuple(dict.fromkeys(wire_address(one.address) for one in (to, *cc, *bcc)))


def build_message(
    *,
    sender: Mailbox,
    to: Mailbox,
    cc: Sequence[Mailbox] = (),
    reply_to: Mailbox | None = None,
    redirect_to: Mailbox | None = None,
    subject: str,
    text: str,
    html: str,
    images: Sequence[InlineImage] = (),
    attachments: Sequence[Attachment] = (),
    message_id: str,
    in_reply_to: str = "",
    references: Sequence[str] = (),
    date: datetime,
    language: str,
    reminder_key: str,
) -> bytes:
    """Build a mail with CR LF line ends, 7-bit, no line over 998 characters.

    `message_id`, `in_reply_to` and `references` (oldest first) have their angle brackets. `date` is aware. `html` ""
    makes a text mail. `redirect_to` makes a rehearsal of it: it is the only address in the headers, and subject, text
    and HTML say whom the mail was meant for. Blind copies belong to the envelope alone.
    Raises UnusableAddressError or UnusableMessageError.
    """
    _check(message_id, [one for one in (in_reply_to, *references) if one], date, language, reminder_key)
    subject = clean_line(subject, _LONGEST_SUBJECT)
    if not subject:
        raise UnusableMessageError("the subject is empty: correct the template")
    if redirect_to is not None:
        whom = wire_address(to.address)
        text, html = _marked(text, html, whom, language)
        subject, to, cc = f"{TEST_MARK}{whom}] {subject}", redirect_to, ()
    mail = EmailMessage(policy=_POLICY)
    mail["From"] = mailboxes_header("From", [sender])
    mail["To"] = mailboxes_header("To", [to])
    if cc:
        mail["Cc"] = mailboxes_header("Cc", cc)
    if reply_to is not None:
        mail["Reply-To"] = mailboxes_header("Reply-To", [reply_to])
    mail["Subject"] = text_header("Subject", subject)
    mail["Date"] = date
    mail["Message-ID"] = identifiers_header("Message-ID", [message_id])
    if in_reply_to:
        mail["In-Reply-To"] = identifiers_header("In-Reply-To", [in_reply_to])
    if references:
        kept = [*references[:1], *references[1:][-(_MOST_REFERENCES - 1) :]]
        mail["References"] = identifiers_header("References", kept)
    # RFC 3834 §5: no automatic answer to this mail.
    mail["Auto-Submitted"] = "auto-generated"
    mail["X-Reminder-Key"] = reminder_key
    _fill(mail, text, html, images, attachments)
    mail["Content-Language"] = language
    _fix_boundaries(mail, message_id)
    content = mail.as_bytes()
    _check_result(content)
    return content


def _check(message_id: str, other_ids: Sequence[str], date: datetime, language: str, reminder_key: str) -> None:
    for one in (message_id, *other_ids):
        if not _MESSAGE_ID.fullmatch(one):
            raise UnusableMessageError(f"{one!r} is not a Message-ID")
    if date.utcoffset() is None:
        raise UnusableMessageError("the date of a mail needs its time zone")
    if not _LANGUAGE.fullmatch(language):
        raise UnusableMessageError(f"{language!r} is not a language (fr, en, fr-CH)")
    if not _KEY.fullmatch(reminder_key):
        raise UnusableMessageError("the reminder's key is not one word of ASCII")


def _marked(text: str, html: str, whom: str, language: str) -> tuple[str, str]:
    """Put the line that says so at the top of text and HTML."""
    line = _TEST_LINE.get(language[:2].lower(), _TEST_LINE["en"]).format(whom=whom)
    banner = f'<p style="margin:0;padding:8px;background:#ffe08a;color:#000">{html_escape.escape(line)}</p>'
    body = _BODY.search(html)
    if not html:
        marked = ""
    elif body is None:
        marked = banner + html
    else:
        marked = html[: body.end()] + banner + html[body.end() :]
    return f"{line}\n\n{text}", marked


def _fill(
    mail: EmailMessage, text: str, html: str, images: Sequence[InlineImage], attachments: Sequence[Attachment]
) -> None:
    mail.set_content(_body(text))
    if html:
        mail.add_alternative(_body(html), subtype="html")
    page = mail.get_body(("html",))
    if isinstance(page, MIMEPart):
        for image in images:
            maintype, subtype = check_image(image.media_type, image.content, image.name)
            page.add_related(
                image.content, maintype=maintype, subtype=subtype, cid=f"<{image.name}>", disposition="inline"
            )
    for attachment in attachments:
        maintype, subtype = check_attachment(attachment)
        name = attachable_name(attachment.filename)
        mail.add_attachment(attachment.content, maintype=maintype, subtype=subtype, filename=name)
    # add_attachment moves the body into a part of its own; what every part repeats belongs to the top alone.
    for part in mail.walk():
        if part is not mail:
            del part["MIME-Version"]


def _body(text: str) -> str:
    whole = text.replace("\r\n", "\n").replace("\r", "\n")
    return _NOT_TEXT.sub("", whole).rstrip("\n") + "\n"


def _fix_boundaries(mail: EmailMessage, message_id: str) -> None:
    """Replace the random boundaries: the message's identity makes them the same each time it is built."""
    parts = [part for part in mail.walk() if part.is_multipart()]
    for number, part in enumerate(parts):
        digest = hashlib.sha256(f"{message_id} {number}".encode()).hexdigest()[:24]
        # "=_" cannot occur in quoted-printable or base64 (RFC 2045 §6.7).
        part.set_boundary(f"=_{digest}")


def _check_result(content: bytes) -> None:
    """Refuse what no template may cause; the channel refuses it too."""
    head, _, _ = content.partition(b"\r\n\r\n")
    names = [line.split(b":", 1)[0].lower() for line in head.split(b"\r\n") if line[:1] not in (b" ", b"\t")]
    twice = {name.decode("ascii", "replace") for name in names if names.count(name) > 1}
    if twice:
        raise UnusableMessageError(f"the mail would have these headers twice: {', '.join(sorted(twice))}")
    if not content.isascii():
        raise UnusableMessageError("the mail would have 8-bit characters")
