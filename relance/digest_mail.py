"""The digests as mails: put through their templates, laid out, built."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, cast

from engine.channels.addresses import Mailbox
from engine.channels.message import TEST_MARK, build_message, envelope_recipients
from engine.digest_text import owner_digest_text
from engine.kinds import Channel
from engine.records import Envelope

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date, datetime

    from engine.creditor import Creditor
    from engine.digest import OwnerDigest
    from engine.digest_text import DailyDigestText, OwnerDigestText
    from engine.records import Reminder
    from relance.texts import Wording

OWNER: Final = "owner_digest"
DAILY: Final = "daily_digest"


def digest_data(wording: Wording, name: str, content: OwnerDigestText | DailyDigestText) -> dict[str, object]:
    """Put a digest through its template: the language's own, else English."""
    language = wording.language_of(content.language, name)
    return wording.data(content, f"{re.split(r'[-_]', language.lower(), maxsplit=1)[0]}/{name}.j2")


def digest_text(wording: Wording, name: str, data: Mapping[str, object]) -> str:
    """Lay a digest out as plain text."""
    return wording.text(data, f"{name}.txt.j2")


def digest_envelope(
    wording: Wording,
    name: str,
    data: Mapping[str, object],
    *,
    sender: Mailbox,
    to: Mailbox,
    redirect_to: Mailbox | None,
    message_id: str,
    key: str,
    company_id: str,
    now: datetime,
) -> Envelope:
    """Build a digest's mail; it answers no other mail and has no copies."""
    subject = re.sub("[\xa0\u202f]", " ", cast("dict[str, str]", data["parts"])["subject"])
    text = digest_text(wording, name, data)
    content = build_message(
        sender=sender,
        to=to,
        redirect_to=redirect_to,
        subject=subject,
        text=text,
        html=wording.html(data, f"{name}.html.j2"),
        message_id=message_id,
        date=now,
        language=str(data["language"]),
        reminder_key=key,
    )
    return Envelope(
        reminder_id=key,
        company_id=company_id,
        customer_id="",
        channel=Channel.EMAIL,
        sender=sender.address,
        recipients=envelope_recipients(to=to, redirect_to=redirect_to),
        title=f"{TEST_MARK}{to.address}] {subject}" if redirect_to is not None else subject,
        text=text,
        message_id=message_id,
        content=content,
    )


def owner_envelope(
    wording: Wording,
    creditor: Creditor,
    reminder: Reminder,
    digest: OwnerDigest,
    *,
    sender: Mailbox,
    redirect_to: Mailbox | None,
    as_of: date,
    now: datetime,
) -> Envelope:
    """Write what an account owner is told before reminders leave, in the company's language."""
    language = wording.language_of(creditor.language, OWNER)
    data = digest_data(wording, OWNER, owner_digest_text(digest, creditor, language, as_of))
    return digest_envelope(
        wording,
        OWNER,
        data,
        sender=sender,
        to=Mailbox(address=digest.owner_email, name=digest.owner),
        redirect_to=redirect_to,
        message_id=reminder.message_id,
        key=reminder.reminder_id,
        company_id=reminder.company_id,
        now=now,
    )
