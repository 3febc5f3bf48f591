"""The dossier of an item: what whoever takes it over needs, in one ZIP that anybody can open and read."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import TYPE_CHECKING, Any, Final

from engine.channels.letter import LetterFolder, safe_part
from engine.charge_words import law_name
from engine.kinds import LETTERS, Channel
from engine.wording import clean, date_text, money_text, rate_text
from relance.dossier_facts import document_of, facts_of
from relance.history import for_a_reader
from relance.templating import Templates
from relance.wiring import document_on_disk
from relance.zipping import zipped

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date
    from pathlib import Path

    from relance.dossier_facts import Facts
    from relance.finding import Found
    from relance.installation import Installation
    from state.dossiers import SentAbout
    from state.store import Store

FOLDER: Final = "dossiers"
INDEX: Final = "index.html"
DATA: Final = "dossier.json"
_EXTENSIONS: Final = {"application/pdf": "pdf", "image/png": "png", "image/jpeg": "jpg"}
_LANGUAGES: Final = frozenset({"fr", "en"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Dossier:
    """A dossier as a file: its path and the hash of its bytes."""

    path: Path
    sha256: str


def write_dossier(
    installation: Installation, store: Store, found: Found, as_of: date, *, how: str = "", reason: str = ""
) -> Dossier:
    """Write the dossier of an item into data_dir; raise OSError where the disk refuses. `how` says what ended its chase."""
    files = dossier_files(installation, store, found, as_of, how=how, reason=reason)
    content = zipped(files, as_of)
    digest = hashlib.sha256(content).hexdigest()
    name = f"{as_of.isoformat()}-{safe_part(found.item.number)}-{hashlib.sha256(found.item.item_id.encode()).hexdigest()[:8]}.zip"
    path = (installation.data_dir / FOLDER / safe_part(found.company_id) / name).absolute()
    LetterFolder(path.parent).put(path, content)
    return Dossier(path=path, sha256=digest)


def dossier_files(
    installation: Installation, store: Store, found: Found, as_of: date, *, how: str = "", reason: str = ""
) -> dict[str, bytes]:
    """Gather what a dossier holds, by name: the page to begin with, the same as data, and every paper.

    The same store on the same day gives the same bytes.
    """
    company = installation.company(found.company_id)
    facts = facts_of(installation, store, found, as_of)
    words = _words(company.language)
    papers: dict[str, bytes] = {}
    invoice = document_on_disk(found.item) or store.document_of(
        found.company_id, found.item.item_id, found.item.version
    )
    if invoice is not None:
        papers[f"{safe_part(words['folder_invoices'])}/{safe_part(found.item.number)}.pdf"] = invoice.content
    places = {one.reminder_id: _place(number, one, words) for number, one in enumerate(facts.sent, start=1)}
    papers |= {places[one.reminder_id]: one.content for one in facts.sent if one.content}
    for number, (reminder_id, proofs) in enumerate(sorted(facts.proofs.items()), start=1):
        for proof in proofs:
            name = f"{number:02d}-{safe_part(reminder_id)}-{proof.kind.value}-{proof.sha256[:8]}"
            papers[f"{safe_part(words['folder_proofs'])}/{name}.{_EXTENSIONS[proof.file.media_type]}"] = (
                proof.file.content
            )
    listed = [{"name": name, "sha256": hashlib.sha256(papers[name]).hexdigest()} for name in sorted(papers)]
    document = document_of(facts, how=how, reason=reason) | {"files": listed}
    page = _page(facts, words, places, listed, how=how, reason=reason)
    data = json.dumps(document, ensure_ascii=False, indent=2, sort_keys=True)
    return {**papers, INDEX: page.encode(), DATA: f"{data}\n".encode()}


def _place(number: int, one: SentAbout, words: Mapping[str, str]) -> str:
    kind = "pdf" if one.channel in LETTERS and one.content.startswith(b"%PDF-") else "txt"
    if one.channel is Channel.EMAIL:
        kind = "eml"
    level = safe_part(one.level_id or one.purpose.value)
    return f"{safe_part(words['folder_messages'])}/{number:02d}-{one.sent_on.isoformat()}-{level}.{kind}"


@cache
def _templates() -> Templates:
    return Templates(kind="dossier")


def _words(language: str) -> dict[str, str]:
    base = language[:2].lower()
    blocks = _templates().parts(f"{base if base in _LANGUAGES else 'en'}/labels.j2", {})
    return {name: text.strip("\n") for name, text in blocks.items()}


def _page(
    facts: Facts,
    words: Mapping[str, str],
    places: Mapping[str, str],
    listed: list[dict[str, str]],
    *,
    how: str,
    reason: str,
) -> str:
    language, item = facts.company.language, facts.item
    data: dict[str, Any] = {
        "language": language[:2].lower(),
        "words": dict(words),
        "made_on": date_text(facts.as_of, language),
        "closed": {"how": words.get(how, how), "reason": clean(reason)},
        "creditor": _creditor(facts),
        "customer": _customer(facts, words),
        "item": {
            "number": clean(item.number),
            "reference": clean(item.reference),
            "issued_on": date_text(item.issued_on, language),
            "due_on": date_text(item.due_on, language),
            "total": money_text(item.total, language),
            "balance": money_text(item.balance, language),
        },
        "messages": [_message(one, facts, words, places) for one in facts.sent],
        "payments": [
            {"on": date_text(one.paid_on, language), "amount": money_text(one.amount, language)}
            for one in facts.payments
            if not one.undone
        ],
        "interest": _interest(facts),
        "stops": _stops(facts, words),
        "history": [
            {
                "at": date_text(facts.local_day(datetime.fromisoformat(one["at"])), language),
                "what": one["words"],
                "author": clean(one["author"] or ""),
            }
            for one in for_a_reader(list(facts.history))
        ],
        "files": [{"link": one["name"], "sha256": one["sha256"]} for one in listed],
    }
    return _templates().page("index.html.j2", data)


def _creditor(facts: Facts) -> list[str]:
    legal = facts.creditor.legal
    vat = "TVA" if facts.company.language[:2].lower() == "fr" else "VAT"
    capital = f"{legal.form} {legal.capital}".strip()
    labelled = [
        f"{label} {value}" for label, value in (("SIREN", legal.siren), ("RCS", legal.rcs), (vat, legal.vat)) if value
    ]
    return [
        one for one in (clean(facts.creditor.name), clean(capital), *map(clean, labelled), clean(legal.address)) if one
    ]


def _customer(facts: Facts, words: Mapping[str, str]) -> list[str]:
    customer = facts.customer
    contacts = [clean(f"{one.name} {one.email} {one.phone}") for one in customer.contacts]
    kind = words[f"kind_{customer.kind.value}"]
    return [one for one in (clean(customer.name), kind, *map(clean, customer.postal_address), *contacts) if one]


def _message(one: SentAbout, facts: Facts, words: Mapping[str, str], places: Mapping[str, str]) -> dict[str, Any]:
    language, letter = facts.company.language, facts.letters.get(one.reminder_id)
    notes: list[str] = []
    if letter is not None and letter.posted_on is not None:
        number = f", {words['registered_number']} {clean(letter.number)}" if letter.number else ""
        notes.append(f"{words['posted_on']} {date_text(letter.posted_on, language)}{number}")
    if letter is not None and letter.presented_on is not None:
        notes.append(f"{words['presented_on']} {date_text(letter.presented_on, language)}")
    if letter is not None and letter.returned is not None:
        notes.append(words[f"returned_{letter.returned.value}"])
    if one.bounced_at is not None:
        notes.append(words["bounced"])
    return {
        "sent_on": date_text(one.sent_on, language),
        "channel": words[f"channel_{one.channel.value}"],
        # The title of a task says what its person was to do; the paper itself says the rest.
        "subject": clean(one.subject) if one.channel is Channel.EMAIL else "",
        "to": clean(one.recipients),
        "deadline_on": date_text(one.deadline_on, language) if one.deadline_on else "",
        "notes": notes,
        "link": places[one.reminder_id] if one.content else "",
    }


def _interest(facts: Facts) -> dict[str, Any]:
    language, found = facts.company.language, facts.statement
    if found is None or not found.segments:
        return {"as_of": date_text(facts.as_of, language), "law": "", "why": facts.unreckoned, "segments": []}
    return {
        "as_of": date_text(facts.as_of, language),
        "law": law_name(found.law, language),
        "why": "",
        "segments": [
            {
                "first": date_text(one.first, language),
                "last": date_text(one.last, language),
                "days": one.days,
                "base": money_text(one.base, language),
                "rate": rate_text(one.rate, language),
                "amount": money_text(one.amount, language),
            }
            for one in found.segments
        ],
        "interest": money_text(found.interest, language),
        "indemnity": money_text(found.indemnity, language),
        "total": money_text(found.total, language),
    }


def _stops(facts: Facts, words: Mapping[str, str]) -> list[dict[str, str]]:
    language = facts.company.language
    rows: list[dict[str, str]] = []
    for one in facts.stops:
        amount = one.promised or one.disputed
        until = one.promised_on or one.until
        ended = date_text(facts.local_day(one.released_at), language) if one.released_at else ""
        outcome = words.get(f"outcome_{one.outcome}", "") if one.outcome else ""
        rows.append(
            {
                "recorded_on": date_text(facts.local_day(one.recorded_at), language),
                "kind": words[f"stop_{one.kind.value}"],
                "amount": money_text(amount, language) if amount else "",
                "reason": clean(one.reason),
                "author": clean(one.author),
                "until": date_text(until, language) if until else "",
                "ended": " ".join(part for part in (ended, f"({outcome})" if outcome else "") if part),
            }
        )
    return rows
