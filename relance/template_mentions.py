"""What each message has to say (law.md §10 and §1.2 in the project's own words), looked for in a finished text."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from relance.template_phrases import FORMAL_WORDS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from engine.content import MailContent

_ASKS: Final = frozenset({"before_due", "friendly", "firm", "final", "formal", "broken_promise"})
_BODY: Final = "body.txt.j2"
_WHITE: Final = re.compile(r"\s+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Mention:
    """One thing that a text does not say: in which block it would stand, or in which frame; `needed` makes it an error."""

    message: str
    block: str
    frame: str = ""
    needed: bool = True


class _Told:
    """A finished text, whatever its line breaks."""

    def __init__(self, text: str) -> None:
        self.text = _plain(text)

    def lacks(self, value: str) -> bool:
        """Tell whether a value that there is does not stand in the text."""
        return bool(value) and _plain(value) not in self.text


def missing_mentions(text: str, blocks: Mapping[str, str], content: MailContent) -> Iterator[Mention]:
    """List what a message leaves out of what it must say, from its finished text and its blocks."""
    told = _Told(text)
    if told.lacks(content.company.name):
        yield Mention(message="does not say who writes", block="closing", frame="layout.txt.j2")
    if any(told.lacks(part) for part in content.company.legal):
        yield Mention(
            message="leaves out the company's legal mentions (Code de commerce R123-237)",
            block="closing",
            frame="layout.txt.j2",
        )
    for table in content.tables:
        if any(told.lacks(line.number) for line in table.lines):
            yield Mention(message="does not name every invoice", block="opening", frame=_BODY)
    if content.level in _ASKS:
        yield from _asked(content, told)
        if not blocks.get("courtesy"):
            yield Mention(message="has no word for payments that cross it (courtesy)", block="courtesy", needed=False)
    if content.level == "formal":
        yield from _formal(content, told)


def _asked(content: MailContent, told: _Told) -> Iterator[Mention]:
    if told.lacks(content.total):
        yield Mention(message="does not say how much is asked", block="request")
    if any(told.lacks(line.due_on) for table in content.tables for line in table.lines):
        yield Mention(message="does not say when each invoice was due", block="opening", frame=_BODY)
    if content.level != "before_due" and told.lacks(content.deadline):
        yield Mention(message="does not say by which day payment is asked", block="request")
    payment = content.payment
    if (payment.iban or payment.link) and told.lacks(payment.iban) and told.lacks(payment.link):
        yield Mention(message="does not say how to pay: neither IBAN nor payment page", block="request", frame=_BODY)
    elif told.lacks(payment.iban):
        yield Mention(message="leaves out the account (IBAN)", block="request", frame=_BODY)
    company = content.company
    if (company.phone or company.email) and told.lacks(company.phone) and told.lacks(company.email):
        yield Mention(message="does not say whom to ask", block="question", frame="layout.txt.j2")


def _formal(content: MailContent, told: _Told) -> Iterator[Mention]:
    words = FORMAL_WORDS.get(content.language[:2])
    if words is not None and not words.search(told.text):
        yield Mention(message="is not called a formal notice anywhere", block="request")
    if content.charges.law == "fr_business" and content.charges.claimed and "441-10" not in told.text:
        yield Mention(message="claims interest without the article that gives it (L. 441-10)", block="charges")
    if told.lacks(content.company.signatory):
        yield Mention(message="is signed by nobody", block="closing", frame=_BODY)


def _plain(text: str) -> str:
    return _WHITE.sub(" ", text)
