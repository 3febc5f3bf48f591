"""From a notice to what leaves: the text, the HTML, the subject and the addresses of one reminder."""

from __future__ import annotations

import re
import textwrap
from dataclasses import replace
from typing import TYPE_CHECKING, Final, Protocol, cast

from css_inline import CSSInliner

from engine.compose import address_form_of, as_data, compose_notice, compose_thanks, message_of
from engine.content import MailContent
from engine.errors import RenderError
from engine.model import AddressForm, Channel, ContactRole, Tone
from engine.records import Attachment, Envelope
from relance.templating import Templates

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import date, datetime
    from pathlib import Path

    from engine.creditor import Creditor
    from engine.model import Contact, Customer, Notice, OpenItem
    from engine.records import CaseFile, Reminder

FALLBACK_LANGUAGE: Final = "en"

_MAILED: Final = frozenset({Channel.EMAIL, Channel.PROVIDER})
_LETTERS: Final = frozenset({Channel.LETTER, Channel.REGISTERED_LETTER})
# Servers commonly take 10 MB; base64 adds a third.
_ATTACHMENTS_LIMIT: Final = 7_000_000
_TEXT_WIDTH: Final = 76
# Only plain white space folds: a no-break space is there to stay.
_FOLDABLE: Final = re.compile(r"[ \t\r\n]+")
_LOGO_NAMES: Final = {"image/png": "logo.png", "image/jpeg": "logo.jpg", "image/gif": "logo.gif"}


class BuildMessage(Protocol):
    """Makes the MIME bytes of a mail; `engine.channels.message.build_message` is the one."""

    def __call__(
        self,
        *,
        sender: str,
        to: Contact,
        cc: Sequence[Contact],
        reply_to: str | None,
        subject: str,
        text: str,
        html: str,
        attachments: Sequence[Attachment],
        message_id: str,
        references: Sequence[str],
        in_reply_to: str | None,
        date: datetime,
        language: str,
        reminder_key: str,
        rehearsal: bool,
    ) -> bytes:
        """Build it; raise RenderError where a header or an address cannot be used."""
        ...
