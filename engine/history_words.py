"""What happened to an invoice, one sentence for each entry of its history, in French and English."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from engine import explain_en, explain_fr, history_words_en, history_words_fr
from engine.kinds import LETTERS, Channel, Purpose
from engine.owner_copy import copied
from engine.reading import readable, told
from engine.wording import clean, join, locale_of, told_in, typeset

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from types import ModuleType

_TABLES: Final[dict[str, ModuleType]] = {"fr": history_words_fr, "en": history_words_en}
_CHANNELS: Final = {"fr": explain_fr.CHANNELS, "en": explain_en.CHANNELS}
_PERSONS: Final = frozenset({one.value for one in {*LETTERS, Channel.CALL, Channel.TEXT_MESSAGE, Channel.TASK}})
_LANGUAGE: Final = re.compile(r"[a-z]{2}")
_NOTHING: Final = re.compile(r"0(\.0+)? [A-Z]{3}")
# Who acts when nobody does.
_ITSELF: Final = frozenset({"", "relance"})
# Of these the words would tell a reader nothing that the name of the change does not.
_NAMED_ONLY: Final = frozenset({"document", "due_source", "is_opening", "kind", "payment_url"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Happening:
    """An entry of a history, with what is known around it.

    `detail` are its plain texts and figures. `scope` says whether it is of the item, the customer or the company. `mail`
    are facts of its reminder: purpose, occasion, level, channel, to, asked (an amount with its currency), sent_on, rehearsal;
    `task` is the title of the task that it opens or closes, `payer` the name of who pays ("" for the customer itself).
    """

    kind: str
    detail: Mapping[str, Any]
    author: str = ""
    scope: str = "item"
    mail: Mapping[str, str] = field(default_factory=dict)
    task: str = ""
    payer: str = ""


def has_words(kind: str) -> bool:
    """Tell whether entries of a kind are told in words."""
    return all(kind in table.SENTENCES for table in _TABLES.values())


def history_words(happening: Happening, language: str) -> str:
    """Tell an entry in one sentence; what is not known is left out. An unknown kind is told as its names and values."""
    tongue = locale_of(language).language
    tongue = tongue if tongue in _TABLES else "en"
    table, language = _TABLES[tongue], told_in(language)
    if happening.kind not in table.SENTENCES:
        values = ", ".join(f"{name}: {value}" for name, value in happening.detail.items())
        return clean(f"{happening.kind} {values}")
    found = dict(_known(happening, table, tongue, language))
    # The ending that French agrees with is known even where it is none.
    known = {name: value for name, value in found.items() if value or name == "e"}
    pieces = table.SENTENCES.get(f"{happening.kind}:{_variant(happening)}", table.SENTENCES[happening.kind])
    sentence = "".join(told(variants, known, tongue) for variants in pieces)
    return f"{sentence[:1].upper()}{sentence[1:]}."


def _variant(happening: Happening) -> str:
    """Name what a kind has an entry of its own for, "" for none."""
    detail = happening.detail
    match happening.kind:
        case "hold_recorded":
            if detail.get("credit_note_to_come"):
                return "credit_note_to_come"
            in_part = detail.get("kind") == "dispute" and detail.get("disputed")
            return "dispute_in_part" if in_part else str(detail.get("kind", ""))
        case "promise_broken":
            return "nothing" if _NOTHING.fullmatch(str(detail.get("received", ""))) else ""
        case "decided_hold":
            return str(detail.get("reason", ""))
        case "payer_changed":
            return "" if happening.payer else "self"
        case "reminder_planned":
            return "retry" if detail.get("error") else "postponed" if detail.get("planned_on") else ""
        case "reminder_cancelled":
            return str(detail.get("resolution", ""))
        case "reminder_sent":
            if happening.author or detail.get("resolution"):
                return "resolved"
            return "person" if happening.mail.get("channel") in _PERSONS else ""
        case _:
            return ""


def _known(happening: Happening, table: ModuleType, tongue: str, language: str) -> Iterator[tuple[str, str]]:
    """Give what the sentences may name; later facts of a name replace earlier ones."""
    detail = happening.detail
    for name, value in detail.items():
        if isinstance(value, str | int):
            yield name, readable(str(value), language)
    for name in ("reason", "why"):
        value = str(detail.get(name) or "")
        caused = f"{value}:{detail.get('cause', '')}"
        yield name, _why(caused if caused in table.REASONS else value, table, tongue, language)
    for name in ("reasons", "levels"):
        yield name, _listed(detail.get(name), table, tongue, language)
    if happening.author not in _ITSELF:
        yield "author", clean(happening.author)
    else:
        yield "author", ""
    yield "scope", typeset(table.SCOPES.get(happening.scope, ""), tongue)
    yield "of_hold", typeset(table.OF_HOLD.get(str(detail.get("kind", "")), ""), tongue)
    yield "proof", table.PROOFS.get(str(detail.get("kind", "")), "")
    yield "changes", _changes(detail.get("changes"), table, tongue, language)
    yield "left", _left(detail.get("left"), table, tongue, language)
    yield "setting", typeset(table.SETTINGS.get(str(detail.get("key", "")), ""), tongue)
    if "to" in detail:
        yield "to", _setting(str(detail.get("key", "")), str(detail["to"]), table, tongue, language)
    yield "task", _task(happening, table, tongue)
    yield "payer", clean(happening.payer)
    yield from _mail(happening, table, tongue, language)


def _mail(happening: Happening, table: ModuleType, tongue: str, language: str) -> Iterator[tuple[str, str]]:
    """Give what a mail is called, how and to whom it goes, and what it asks of this invoice."""
    mail = happening.mail
    purpose, occasion = mail.get("purpose", ""), mail.get("occasion", "")
    level = clean(mail.get("level") or str(happening.detail.get("level") or ""))
    if not purpose and level:
        purpose = level if level in {one.value for one in Purpose} else Purpose.LEVEL.value
    if copied(occasion):
        purpose = "copy"
    of = f"{purpose}:{occasion.partition(':')[0]}"
    noun, agreement = table.MAILS.get(of) or table.MAILS.get(purpose) or table.MAILS[""]
    if purpose == Purpose.LEVEL.value and not level:
        noun, agreement = table.MAILS[""]
    yield "what", told((noun,), {"level": level}, tongue)
    yield "level", level
    yield "channel", _CHANNELS[tongue].get(mail.get("channel", ""), "")
    if happening.kind.startswith("reminder_"):
        yield "to", clean(mail.get("to", ""))
    yield "asked", readable(mail.get("asked", ""), language)
    yield "sent_on", readable(mail.get("sent_on", ""), language)
    yield "rehearsal", typeset(table.REHEARSAL, tongue) if mail.get("rehearsal") else ""
    yield "e", agreement


def _why(value: str, table: ModuleType, tongue: str, language: str) -> str:
    """Say a reason of ours in words; what a person wrote is quoted as it is."""
    words = table.REASONS.get(value) or table.VALUES.get(value, "")
    if words:
        return typeset(words, tongue)
    for beginning in ("taken over by", "started again by"):
        if value.startswith(f"{beginning} "):
            return told((table.REASONS[beginning],), {"author": clean(value.removeprefix(beginning))}, tongue)
    return readable(value, language)


def _setting(key: str, value: str, table: ModuleType, tongue: str, language: str) -> str:
    """Say what a customer's record now holds; a language by its name."""
    if key == "language" and _LANGUAGE.fullmatch(value):
        return str(locale_of(value).get_language_name(locale_of(language).language) or value)
    return typeset(table.VALUES.get(value, ""), tongue) or readable(value, language)


def _listed(value: object, table: ModuleType, tongue: str, language: str) -> str:
    return join([_why(str(one), table, tongue, language) for one in value], language) if isinstance(value, list) else ""


def _changes(value: object, table: ModuleType, tongue: str, language: str) -> str:
    """List what changed in the books, what is left to pay first; what is now, and what was before."""
    if not isinstance(value, dict):
        return ""
    parts = []
    for name in sorted(value, key=lambda one: (one != "balance", one != "total", str(one))):
        label = typeset(table.CHANGES.get(str(name), ""), tongue)
        if not label:
            continue
        pair = value[name]
        if name in _NAMED_ONLY or not isinstance(pair, list) or len(pair) != len(("was", "now")):
            parts.append(label)
            continue
        was, now = (readable(str(one), language) for one in pair)
        parts.append(told((table.CHANGED,), {"name": label, "now": now or "–", "was": was or "–"}, tongue))
    return join(parts, language)


def _left(value: object, table: ModuleType, tongue: str, language: str) -> str:
    if not isinstance(value, dict):
        return ""
    parts = []
    for number, why in value.items():
        reason = _why(str(why), table, tongue, language)
        known = {"number": clean(str(number)), "reason": reason}
        parts.append(told((table.LEFT,), known, tongue) if reason else known["number"])
    return join(parts, language)


def _task(happening: Happening, table: ModuleType, tongue: str) -> str:
    """Name a task: by its kind where its title is but a number, else by its title."""
    kind = str(happening.detail.get("key", "")).partition(":")[0]
    named = table.TASKS.get(kind, "") or table.REASONS.get(kind, "")
    title = clean(happening.task or str(happening.detail.get("title") or ""))
    return title if kind == "reminder" and title else typeset(named, tongue) or title


def task_name(kind: str, language: str) -> str:
    """Name a kind of task in few words, "" for one that has its own title."""
    tongue = locale_of(language).language
    table = _TABLES.get(tongue, history_words_en)
    name = table.TASKS.get(kind, "")
    return typeset(name, tongue) if name else ""
