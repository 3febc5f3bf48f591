"""The copy of a reminder for the customer's account owner: what was sent, word for word, under a line that says so."""

from __future__ import annotations

from email.parser import BytesParser
from email.policy import default
from typing import TYPE_CHECKING, Final

from engine.channels.addresses import Mailbox
from engine.channels.message import build_message, envelope_recipients
from engine.errors import RenderError
from engine.kinds import Channel
from engine.records import Envelope
from engine.wording import clean, locale_of, typeset

if TYPE_CHECKING:
    from datetime import datetime

    from engine.model import Customer
    from engine.records import Reminder

_SUBJECT: Final = {"fr": "Copie : {subject}", "en": "Copy: {subject}"}
_LINE: Final = {
    "fr": "Copie de la relance envoyée à {customer} ({to}), pour votre information. Ne la transférez pas au client : il l'a reçue.",
    "en": "Copy of the reminder sent to {customer} ({to}), for your information. Do not forward it to the customer: they have it.",
}


def owner_copy(
    reminder: Reminder, original: bytes, customer: Customer, to: str, *, sender: Mailbox, language: str, now: datetime
) -> Envelope:
    """Write the copy as a plain text mail to the account owner alone; raise RenderError where nothing is known to have left."""
    sent = BytesParser(policy=default).parsebytes(original)
    body = sent.get_body(preferencelist=("plain",))
    if body is None or not original:
        raise RenderError("there is no text of the reminder to copy")
    tongue = "fr" if locale_of(language).language == "fr" else "en"
    line = _LINE[tongue].format(customer=clean(customer.name), to=clean(str(sent["To"])))
    subject = _SUBJECT[tongue].format(subject=str(sent["Subject"]))
    text = f"{typeset(line, tongue)}\n\n{'-' * 40}\n\n{body.get_content()}"
    mailbox = Mailbox(address=to, name=clean(customer.owner))
    content = build_message(
        sender=sender,
        to=mailbox,
        subject=subject,
        text=text,
        html="",
        message_id=reminder.message_id,
        date=now,
        language=tongue,
        reminder_key=reminder.reminder_id,
    )
    return Envelope(
        reminder_id=reminder.reminder_id,
        company_id=reminder.company_id,
        customer_id=reminder.customer_id,
        channel=Channel.EMAIL,
        sender=sender.address,
        recipients=envelope_recipients(to=mailbox),
        title=subject,
        text=text,
        message_id=reminder.message_id,
        content=content,
    )
