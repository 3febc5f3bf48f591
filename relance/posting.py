"""What becomes of letters: listed to be printed, posted, presented; the use cases behind the commands and the pages."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from engine.channels.files import LARGEST_ATTACHMENT
from engine.channels.letter import LetterFolder
from engine.errors import RelanceError
from engine.records import Attachment
from engine.setup import business_time
from engine.wording import clean, date_text
from relance.installation import author
from relance.letter import letter_task_words
from relance.texts import wording_of
from relance.wiring import LETTER_FOLDER, setup_of, template_folders
from state.letters import ProofKind, Returned

if TYPE_CHECKING:
    from datetime import date, datetime
    from pathlib import Path

    from relance.config import CompanyConfig
    from relance.installation import Installation
    from state.letters import Letter
    from state.store import Store

Document = dict[str, Any]

# A letter that nobody has posted after so many days is asked for again.
POSTED_WITHIN_DAYS: Final = 2
_LONGEST_NUMBER: Final = 40
_PROOFS: Final = {
    b"%PDF-": "application/pdf",
    b"\x89PNG\r\n\x1a\n": "image/png",
    b"\xff\xd8\xff": "image/jpeg",
}


class PostingError(RelanceError):
    """This cannot be recorded of the letter; the text says why."""


def letters_document(installation: Installation, store: Store, *, everything: bool) -> Document:
    """List the letters to post, or all that were written; each lies as a file at its path."""
    return {
        "letters": [
            letter_document(installation, store, letter)
            for company in installation.companies
            for letter in store.letters(company.company_id, only_to_post=not everything)
        ]
    }


def letter_document(installation: Installation, store: Store, letter: Letter) -> Document:
    """Give what is told of a letter; its file is written again where it is missing."""
    path = _on_disk(installation, store, letter)
    return {
        "company": letter.company_id,
        "id": letter.reminder_id,
        "customer_id": letter.customer_id,
        "customer": letter.customer_name,
        "channel": letter.channel.value,
        "level": letter.level_id,
        "items": list(letter.numbers),
        "state": letter.state,
        "written_on": letter.written_on.isoformat(),
        "posted_on": _day(letter.posted_on),
        "registered_number": letter.number or None,
        "presented_on": _day(letter.presented_on),
        "returned": letter.returned.value if letter.returned else None,
        "deadline_on": _day(letter.deadline_on),
        "path": str(path.absolute()) if path else None,
        "sha256": letter.sha256,
    }


def copy_letters(installation: Installation, store: Store, target: Path) -> int:
    """Copy the letters to post into a folder, for a printer; give how many."""
    target.mkdir(parents=True, exist_ok=True)
    copied = 0
    for company in installation.companies:
        for letter in store.letters(company.company_id, only_to_post=True):
            content = store.letter_content(letter)
            if content:
                LetterFolder(target).put(target / _place(installation, letter).name, content)
                copied += 1
    return copied


def record_posted(
    installation: Installation,
    store: Store,
    reminder_id: str,
    *,
    on: date | None,
    number: str = "",
    proof: Path | None = None,
) -> Letter:
    """Record that a letter was posted; raise PostingError where that cannot be.

    A registered letter's deadline then counts from this day, until its first presentation is known.
    """
    letter = _found(installation, store, reminder_id)
    company, now = installation.company(letter.company_id), installation.clock.now()
    today = _today(installation, company)
    posted_on = on or today
    _refuse_outside(posted_on, letter.written_on, today, "written")
    number = _number(letter, number)
    kept = _read_proof(proof)
    deadline_on = letter.deadline_on
    if letter.is_registered and letter.presented_on is None:
        deadline_on = _deadline(installation, letter, posted_on)
    with store.together():
        posted = store.record_posted(letter, posted_on, number, deadline_on, author(), now)
        if kept is not None:
            store.keep_proof(posted, ProofKind.POSTING, kept, author(), now)
        for key in (f"reminder:{letter.reminder_id}", _not_posted_key(letter)):
            store.close_task(letter.company_id, key, author(), now)
    return posted


def record_presented(
    installation: Installation,
    store: Store,
    reminder_id: str,
    *,
    on: date,
    returned: Returned | None = None,
    proof: Path | None = None,
) -> Letter:
    """Record a registered letter's first presentation, and its return where it came back; raise PostingError.

    The deadline counts from that day, also for a letter that was not collected: it has been given all the same.
    """
    letter = _found(installation, store, reminder_id)
    if not letter.is_registered:
        raise PostingError(f"letter {reminder_id} went by ordinary post: nobody signs for it")
    if letter.posted_on is None:
        raise PostingError(f"letter {reminder_id} is not recorded as posted: relance posted {reminder_id}")
    company, now = installation.company(letter.company_id), installation.clock.now()
    _refuse_outside(on, letter.posted_on, _today(installation, company), "posted")
    kept = _read_proof(proof)
    with store.together():
        presented = store.record_presented(letter, on, returned, _deadline(installation, letter, on), author(), now)
        if kept is not None:
            store.keep_proof(presented, ProofKind.PRESENTATION, kept, author(), now)
        if returned is not None:
            words = _words(installation, company, presented)
            store.add_task(
                letter.company_id,
                f"letter_returned:{letter.reminder_id}",
                kind="letter_returned",
                title=words["returned"],
                text=words["returned_text"],
                now=now,
                customer_id=letter.customer_id,
            )
    return presented


def ask_for_unposted(
    installation: Installation, store: Store, company: CompanyConfig, as_of: date, now: datetime
) -> None:
    """Open a task for each letter that was written two days ago or more and that nobody has posted."""
    for letter in store.letters(company.company_id, only_to_post=True):
        if as_of - letter.written_on < timedelta(days=POSTED_WITHIN_DAYS) or store.has_task(
            company.company_id, _not_posted_key(letter)
        ):
            continue
        words = _words(installation, company, letter)
        store.add_task(
            company.company_id,
            _not_posted_key(letter),
            kind="letter_not_posted",
            title=words["not_posted"],
            text=words["not_posted_text"],
            now=now,
            customer_id=letter.customer_id,
            due_on=as_of,
        )


def _day(value: date | None) -> str | None:
    return value.isoformat() if value else None


def _found(installation: Installation, store: Store, reminder_id: str) -> Letter:
    letter = store.letter(reminder_id)
    if letter.company_id not in {company.company_id for company in installation.companies}:
        raise PostingError(f"letter {reminder_id} is of company {letter.company_id}, which was not asked for")
    return letter


def _today(installation: Installation, company: CompanyConfig) -> date:
    return business_time(setup_of(installation.config, company).calendar, installation.clock.now(), None).as_of


def _refuse_outside(on: date, first: date, today: date, since: str) -> None:
    if on < first:
        raise PostingError(f"{on} is before the day on which the letter was {since}, {first}")
    if on > today:
        raise PostingError(f"{on} is still to come: record it when it has happened")


def _number(letter: Letter, number: str) -> str:
    cleaned = clean(number)
    if cleaned and not letter.is_registered:
        raise PostingError(f"letter {letter.reminder_id} goes by ordinary post and has no number")
    if len(cleaned) > _LONGEST_NUMBER:
        raise PostingError(f"the number of a registered letter has at most {_LONGEST_NUMBER} characters")
    return cleaned


def _deadline(installation: Installation, letter: Letter, since: date) -> date | None:
    if letter.deadline_days is None:
        return letter.deadline_on
    calendar = setup_of(installation.config, installation.company(letter.company_id)).calendar
    return calendar.next_working_day(since + timedelta(days=letter.deadline_days))


def _read_proof(path: Path | None) -> Attachment | None:
    """Read a scan or a receipt; raise PostingError unless it is a PDF, PNG or JPEG of sane size."""
    if path is None:
        return None
    try:
        with path.open("rb") as file:
            content = file.read(LARGEST_ATTACHMENT + 1)
    except OSError as error:
        raise PostingError(f"the proof {path} cannot be read: {error.strerror}") from error
    if len(content) > LARGEST_ATTACHMENT:
        raise PostingError(f"the proof {path} has more than {LARGEST_ATTACHMENT // 1_000_000} MB")
    for beginning, media_type in _PROOFS.items():
        if content.startswith(beginning):
            return Attachment(filename=clean(path.name), content=content, media_type=media_type)
    raise PostingError(f"the proof {path} is not a PDF, PNG or JPEG file")


def _not_posted_key(letter: Letter) -> str:
    return f"letter_not_posted:{letter.reminder_id}"


def _words(installation: Installation, company: CompanyConfig, letter: Letter) -> dict[str, str]:
    wording = wording_of(template_folders(installation.config, company))
    language = company.language
    return letter_task_words(
        wording,
        language,
        customer=letter.customer_name,
        since=date_text(letter.written_on, language),
        reminder=letter.reminder_id,
        registered=letter.number,
        presented=date_text(letter.presented_on, language) if letter.presented_on else "",
        why=letter.returned.value if letter.returned else "",
    )


def _place(installation: Installation, letter: Letter) -> Path:
    folder = LetterFolder(installation.data_dir / LETTER_FOLDER)
    return folder.place(letter.company_id, letter.written_on, letter.customer_id, letter.reminder_id)


def _on_disk(installation: Installation, store: Store, letter: Letter) -> Path | None:
    """Give the letter's file, written from the store where it is missing or is not the letter any more."""
    content = store.letter_content(letter)
    if not content:
        return None
    place = _place(installation, letter)
    try:
        LetterFolder(place.parent).put(place, content)
    except OSError as error:
        raise PostingError(f"{place} cannot be written: {error.strerror}") from error
    return place
