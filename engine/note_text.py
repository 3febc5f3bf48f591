"""What the books are told of a reminder: one line, with a marker by which it is found again."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Final

from engine.kinds import TAKEN, Channel, HoldKind, Purpose
from engine.wording import clean, date_text, money_text, told_in

if TYPE_CHECKING:
    from engine.records import Reminder, ReminderLine

_MARKER_DIGITS: Final = 12
_KEY_DIGITS: Final = 32
_FRENCH: Final = {
    Channel.EMAIL: "envoyée par e-mail à {to} le {day}",
    Channel.PROVIDER: "envoyée par le logiciel de facturation à {to} le {day}",
    Channel.LETTER: "par lettre, confiée le {day}",
    Channel.REGISTERED_LETTER: "par lettre recommandée, confiée le {day}",
    Channel.CALL: "par téléphone, confiée le {day}",
    Channel.TEXT_MESSAGE: "par SMS, confiée le {day}",
    Channel.TASK: "confiée à une personne le {day}",
}
_ENGLISH: Final = {
    Channel.EMAIL: "sent by e-mail to {to} on {day}",
    Channel.PROVIDER: "sent by the invoicing software to {to} on {day}",
    Channel.LETTER: "as a letter, handed on on {day}",
    Channel.REGISTERED_LETTER: "as a registered letter, handed on on {day}",
    Channel.CALL: "by telephone, handed on on {day}",
    Channel.TEXT_MESSAGE: "by text message, handed on on {day}",
    Channel.TASK: "handed to a person on {day}",
}
# Of a confirmation, by the kind of what it confirms: its occasion begins with it.
_CONFIRMED_FR: Final = {
    HoldKind.DISPUTE: "Confirmation du litige",
    HoldKind.PROMISE: "Confirmation de la promesse de règlement",
    HoldKind.INSTALMENTS: "Proposition d’échéancier",
}
_CONFIRMED_EN: Final = {
    HoldKind.DISPUTE: "Acknowledgement of the dispute",
    HoldKind.PROMISE: "Confirmation of the promise",
    HoldKind.INSTALMENTS: "Payment plan",
}


def note_digest(reminder: Reminder, item_id: str) -> str:
    """Give what names a note for ever: the same at each try, another for each reminder and item."""
    return hashlib.sha256(f"{reminder.message_id}|{item_id}".encode()).hexdigest()


def note_marker(reminder: Reminder, item_id: str) -> str:
    """Give the marker that stands in a note's text, `[rem:` and 12 hexadecimal digits."""
    return f"[rem:{note_digest(reminder, item_id)[:_MARKER_DIGITS]}]"


def note_key(reminder: Reminder, item_id: str) -> str:
    """Give the key under which a provider takes this note once, 32 hexadecimal digits."""
    return note_digest(reminder, item_id)[:_KEY_DIGITS]


def note_text(reminder: Reminder, item_id: str, language: str, *, most: int) -> str:
    """Write a note of at most `most` characters in the company's language; the marker is never cut.

    With an item the note speaks of it alone; without one, of every item of the reminder.
    """
    french, language = language.startswith("fr"), told_in(language)
    lines = [line for line in reminder.lines if item_id in {"", line.item_id}]
    extra = reminder.purpose is Purpose.EXTRA
    day = "" if reminder.sent_on is None else date_text(reminder.sent_on, language)
    way = (_FRENCH if french else _ENGLISH)[reminder.channel].format(to=reminder.to or "?", day=day)
    if reminder.occasion == TAKEN:
        way = (f"par {reminder.approved_by} le {day}" if french else f"by {reminder.approved_by} on {day}").strip()
        level = lines[0].level_id if lines else reminder.level_id
        name = f"Niveau « {level} » pris en charge" if french else f"Level “{level}” taken over"
    elif reminder.purpose is Purpose.CONFIRMATION:
        name = (_CONFIRMED_FR if french else _CONFIRMED_EN)[HoldKind(reminder.occasion.partition(":")[0])]
    elif french:
        name = "Relance supplémentaire" if extra else f"Relance « {lines[0].level_id if lines else reminder.level_id} »"
    else:
        name = "Extra reminder" if extra else f"Reminder “{lines[0].level_id if lines else reminder.level_id}”"
    colon = " : " if french else ": "
    text = _plain(f"{name} {way}{colon}{', '.join(_told(reminder, line, language) for line in lines)}")
    marker = note_marker(reminder, item_id)
    room = most - len(marker) - 1
    return f"{text if len(text) <= room else text[: room - 1] + '…'} {marker}"


def _plain(text: str) -> str:
    """Make one harmless line of a text, however long, with ordinary spaces: notes are shown by programs not ours."""
    return " ".join(clean(word) for word in text.split())


def _told(reminder: Reminder, line: ReminderLine, language: str) -> str:
    """Give an item with what was asked of it; a confirmation asks nothing, and names what is open."""
    amount = line.balance if reminder.purpose is Purpose.CONFIRMATION else line.asked
    return f"{clean(line.number)} {money_text(amount, language)}"
