"""A message looked at before anybody gets it: rendered as it would leave, written to files, sent nowhere."""

from __future__ import annotations

import base64
import re
from dataclasses import dataclass, replace
from email import message_from_bytes, policy
from typing import TYPE_CHECKING, Final

from engine.compose import BROKEN_PROMISE, THANK_YOU
from engine.compose_account import STATEMENT
from engine.errors import RelanceError
from engine.kinds import LETTERS, AddressForm, Channel, HoldKind, Mode, Purpose, ReminderState
from engine.money import Money
from engine.records import Reminder
from engine.run import plan_in_turn
from engine.setup import business_time
from engine.supposing import (
    NOBODY,
    Supposed,
    addressable,
    spoken,
    supposed_confirmation,
    supposed_level,
    with_broken_promise,
)
from relance.finding import find_item
from relance.wiring import renderer_of, setup_of

if TYPE_CHECKING:
    from datetime import date, datetime
    from email.message import EmailMessage
    from pathlib import Path

    from engine.model import Notice, OpenItem
    from engine.plan import Level, Plan
    from engine.records import CaseFile, Envelope
    from engine.run import Planned
    from engine.setup import CompanySetup
    from relance.documents import Document
    from relance.finding import Found
    from relance.installation import Installation
    from relance.render import MailRenderer
    from state.store import Store

# Messages that are no level of a plan.
_CONFIRMED: Final = {kind.value: kind for kind in (HoldKind.DISPUTE, HoldKind.PROMISE, HoldKind.INSTALMENTS)}
_SPOKEN: Final = {"call": Channel.CALL, "text_message": Channel.TEXT_MESSAGE, "letter": Channel.LETTER}
OTHER_MESSAGES: Final = (THANK_YOU, BROKEN_PROMISE, STATEMENT, *_CONFIRMED, *_SPOKEN)

_TOLD: Final = {
    "settled": "the invoice is settled: it is shown as if it were open in full",
    "covered": "credit covers the invoice: it is shown as if there were none",
    "no_address": "the customer has no address that can be written to",
    "made_up_promise": "there is no such promise: one was made up",
    "made_up_dispute": "there is no dispute on record: one was made up",
    "made_up_instalments": "there is no plan in instalments on record: one was made up",
}
_UNSAFE: Final = re.compile(r"[^A-Za-z0-9._-]+")
_LONGEST_NAME: Final = 80


class UnknownMessageError(RelanceError):
    """The plan has no such level, and there is no such message."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """Which message is looked at, in which voice; "" and None leave the choice to plan and customer."""

    message: str = ""
    language: str = ""
    form: AddressForm | None = None


def preview_item(
    installation: Installation, store: Store, number: str, wish: Wish, folder: Path | None, today: date | None
) -> Document:
    """Write a message about an item to files and say where; raise UnknownMessageError, and what rendering refuses.

    What the plan would send today is shown as it is, with every invoice in it; anything else about the item alone.
    Nothing is asked of the books and nothing is stored.
    """
    found = find_item(installation, store, number)
    company = installation.company(found.company_id)
    setup, now = setup_of(installation.config, company), installation.clock.now()
    as_of = business_time(setup.calendar, now, today).as_of
    planned = plan_in_turn(setup, store, found.item.customer_id, as_of, now)
    desk = _Desk(
        setup=setup,
        # A rehearsal's mark and address are not what the customer reads.
        renderer=renderer_of(installation, company.model_copy(update={"mode": Mode.PREVIEW})),
        found=found,
        planned=replace(planned, case=_voiced(planned.case, wish)),
        as_of=as_of,
        now=now,
    )
    message, envelope, remarks = desk.write(wish.message)
    target = folder or installation.data_dir / "preview"
    files = _written(target, _stem(found.item.number, message), envelope)
    return {
        "ok": True,
        "company": found.company_id,
        "customer_id": found.item.customer_id,
        "number": found.item.number,
        "message": message,
        "channel": envelope.channel.value,
        "on": as_of.isoformat(),
        "to": _addressee(envelope),
        "subject": envelope.title,
        "problems": [_TOLD[remark] for remark in remarks],
        "files": [str(path.absolute()) for path in files],
    }


def _addressee(envelope: Envelope) -> str | None:
    """Give the one address that the mail is for; None for what a person carries out, and where there is none."""
    if envelope.channel is not Channel.EMAIL:
        return None
    first = envelope.recipients[0]
    return None if first == NOBODY.email else first


def _voiced(case: CaseFile, wish: Wish) -> CaseFile:
    """Give the customer the language and the form of address that were asked for."""
    customer = case.customer
    return replace(
        case,
        customer=replace(
            customer, language=wish.language or customer.language, address_form=wish.form or customer.address_form
        ),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Desk:
    """One item on the desk, with what is needed to write about it."""

    setup: CompanySetup
    renderer: MailRenderer
    found: Found
    planned: Planned
    as_of: date
    now: datetime

    @property
    def item(self) -> OpenItem:
        return self.found.item

    def write(self, message: str) -> tuple[str, Envelope, tuple[str, ...]]:
        """Give the message's name, what would leave, and what had to be assumed."""
        todays = self._todays(message)
        if todays is not None:
            return todays.level_id, self._notice(todays, self.planned.case), ()
        if message in _CONFIRMED and self._level(message) is None:
            return message, *self._confirmed(_CONFIRMED[message])
        if message in {THANK_YOU, STATEMENT}:
            return message, *self._account(message)
        level = self._wanted(message)
        supposed = supposed_level(
            self.planned.case, self.planned.plan, self.setup.calendar, self.as_of, self.item, level
        )
        if self._level(message) is None:
            supposed = self._turned(supposed, message)
        if supposed.notice is None:
            raise UnknownMessageError(message)
        name = message or level.level_id
        return name, self._notice(supposed.notice, supposed.case), supposed.remarks

    def _todays(self, message: str) -> Notice | None:
        """Find the notice that the plan would send today with the item in it."""
        for notice in self.planned.outcome.notices:
            has_item = any(line.item.item_id == self.item.item_id for line in notice.lines)
            if has_item and notice.on == self.as_of and message in {"", notice.level_id}:
                return notice
        return None

    def _level(self, message: str) -> Level | None:
        return self.planned.plan.level(message)

    def _wanted(self, message: str) -> Level:
        """Choose the level: the one named, else the one that the decision is about, else the first after the due date."""
        plan = self.planned.plan
        if message and (level := plan.level(message)) is not None:
            return level
        if message and message not in OTHER_MESSAGES:
            known = ", ".join([*(level.level_id for level in plan.levels), *OTHER_MESSAGES])
            raise UnknownMessageError(f"plan {plan.plan_id} has no level {message!r}; there is {known}")
        decided = [one.level_id for one in self.planned.outcome.decisions if one.item_id == self.item.item_id]
        near = next((level for level in plan.levels if level.level_id in decided and not message), None)
        return near or _amicable(plan)

    def _turned(self, supposed: Supposed, message: str) -> Supposed:
        """Make a notice the message that was asked for."""
        if message == BROKEN_PROMISE:
            return with_broken_promise(supposed, self.as_of, self.now)
        return spoken(supposed, _SPOKEN[message]) if message in _SPOKEN else supposed

    def _notice(self, notice: Notice, case: CaseFile) -> Envelope:
        # What the provider sends has no words of ours; what we would say in its place is shown.
        shown = replace(notice, channel=Channel.EMAIL) if notice.channel is Channel.PROVIDER else notice
        if shown.channel is Channel.EMAIL and shown.to is None:
            shown = replace(shown, to=NOBODY)
        return self.renderer.notice(self._reminder(shown.channel), shown, case, self.as_of, self.now)

    def _confirmed(self, kind: HoldKind) -> tuple[Envelope, tuple[str, ...]]:
        supposed = supposed_confirmation(kind, self.planned.case, self.item, self.as_of, self.now)
        case, assumed = addressable(supposed.case)
        if supposed.confirmation is None:
            raise UnknownMessageError(kind.value)
        reminder = self._reminder(Channel.EMAIL, Purpose.CONFIRMATION)
        envelope = self.renderer.confirmation(reminder, supposed.confirmation, case, self.as_of, self.now)
        return envelope, (*supposed.remarks, *(["no_address"] if assumed else []))

    def _account(self, message: str) -> tuple[Envelope, tuple[str, ...]]:
        case, assumed = addressable(self.planned.case)
        remarks = ("no_address",) if assumed else ()
        if message == STATEMENT:
            reminder = self._reminder(Channel.EMAIL, Purpose.STATEMENT)
            return self.renderer.statement(reminder, case, self.as_of, self.now), remarks
        paid = replace(self.item, balance=Money.zero(self.item.currency))
        reminder = self._reminder(Channel.EMAIL, Purpose.THANK_YOU)
        return self.renderer.thank_you(reminder, [paid], case, self.as_of, self.now), remarks

    def _reminder(self, channel: Channel, purpose: Purpose = Purpose.LEVEL) -> Reminder:
        """Make up the reminder that a message belongs to; none is stored."""
        return Reminder(
            reminder_id="preview",
            company_id=self.found.company_id,
            customer_id=self.item.customer_id,
            purpose=purpose,
            level_id="preview",
            channel=channel,
            state=ReminderState.PLANNED,
            generation=0,
            on=self.as_of,
            deadline_on=None,
            message_id="<preview@preview.invalid>",
            lines=(),
        )


def _amicable(plan: Plan) -> Level:
    """Give the first level after the due date that a person reads, else the first of all."""
    return next((level for level in plan.levels if not level.before_due and not level.is_formal), plan.levels[0])


def _stem(number: str, message: str) -> str:
    """Make a file name of a number and a message: no path, no sign that a system reads otherwise."""
    return _UNSAFE.sub("-", f"{number}-{message}").strip(".-")[:_LONGEST_NAME] or "preview"


def _written(folder: Path, stem: str, envelope: Envelope) -> list[Path]:
    folder.mkdir(parents=True, exist_ok=True)
    shown: list[tuple[str, bytes]] = []
    if envelope.channel in LETTERS:
        shown.append((".pdf", envelope.content))
    elif envelope.content:
        mail = message_from_bytes(envelope.content, policy=policy.default)
        shown += [(".html", self_contained(mail).encode()), (".eml", envelope.content)]
    shown.append((".txt", f"{envelope.title}\n\n{envelope.text}".encode()))
    written = []
    for ending, content in shown:
        path = folder / f"{stem}{ending}"
        path.write_bytes(content)
        written.append(path)
    return written


def self_contained(mail: EmailMessage) -> str:
    """Give a mail's HTML with its pictures inside it, so that a browser shows it as a mail program does."""
    body = mail.get_body(("html",))
    page = str(body.get_content()) if body is not None else ""
    for part in mail.walk():
        cid = str(part.get("Content-ID", "")).strip("<>")
        if cid and part.get_content_maintype() == "image":
            content = base64.b64encode(part.get_content()).decode()
            page = page.replace(f'"cid:{cid}"', f'"data:{part.get_content_type()};base64,{content}"')
    return page
