"""Telling a customer in writing of what was recorded: a dispute, a promise, a plan in instalments."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.confirming import confirmable, confirmation, occasion_of
from engine.errors import RelanceError
from engine.kinds import Mode
from engine.setup import Confirm, business_time
from relance.wiring import setup_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date

    from engine.kinds import HoldKind
    from engine.model import HoldRecord
    from engine.records import CaseFile, Reminder
    from engine.setup import CompanySetup
    from relance.installation import Installation
    from relance.stops import Target
    from state.store import Store


class CannotConfirmError(RelanceError):
    """A confirmation is not possible; the text says why."""


class Confirming:
    """What is to be confirmed of what one command records; made before it does, so that what is new can be told apart.

    `wanted` is what the person said, None for the company's setting. Raises CannotConfirmError where they want a
    confirmation that cannot leave; then nothing has been recorded yet.
    """

    def __init__(
        self, installation: Installation, store: Store, target: Target, kind: HoldKind, *, wanted: bool | None
    ) -> None:
        self._installation, self._store, self._kind = installation, store, kind
        self._setup = setup_of(installation.config, installation.company(target.company_id))
        self._customer_id = _customer_of(store, target)
        self._how = _how(self._setup, kind, wanted=wanted)
        if self._how is not Confirm.NEVER:
            reason = self._objection()
            if reason and wanted:
                raise CannotConfirmError(f"{reason}; nothing was recorded: leave --confirm out")
            if reason:
                self._how = Confirm.NEVER
        self._known = {hold.hold_id for hold in self._case().holds} if self._how is not Confirm.NEVER else set()

    def queue(self) -> list[Reminder]:
        """Queue the confirmation of what is new, to leave with the next run; give what was queued."""
        if self._how is Confirm.NEVER:
            return []
        setup, case = self._setup, self._case()
        now = self._installation.clock.now()
        today = self._business_day()
        queued: list[Reminder] = []
        for holds in self._new(case):
            occasion, days = occasion_of(self._kind, holds), setup.confirmations.answer_days
            given = confirmable(occasion, case, setup.calendar, today, answer_days=days)
            if given is None:
                continue
            wanted = confirmation(
                given,
                case,
                today,
                needs_approval=self._how is Confirm.ASK or setup.mode is Mode.APPROVE,
                rehearsal=setup.mode is Mode.REDIRECT,
            )
            queued += self._store.queue(setup.company_id, case.customer.customer_id, [wanted], now)
        return queued

    def _new(self, case: CaseFile) -> Iterator[list[HoldRecord]]:
        """Give the records that are new: those of a plan together, and what was promised or contested at once."""
        new = [hold for hold in case.holds if hold.hold_id not in self._known and hold.kind is self._kind]
        for plan_id in dict.fromkeys(hold.plan_id for hold in new):
            yield [hold for hold in new if hold.plan_id == plan_id]

    def _business_day(self) -> date:
        """Give the day from which on it may leave: today, or that of the last run where this worked for an earlier one."""
        now = self._installation.clock.now()
        today = business_time(self._setup.calendar, now, None).as_of
        last = self._store.company_state(self._setup.company_id).business_day
        return today if last is None else min(last, today)

    def _case(self) -> CaseFile:
        """Give the file of whoever is written to: the customer, or the one who pays for them."""
        rehearsal = self._setup.mode is Mode.REDIRECT
        case = self._store.case_file(self._setup.company_id, self._customer_id or "", rehearsal=rehearsal)
        payer_id = case.customer.payer_id
        return self._store.case_file(self._setup.company_id, payer_id, rehearsal=rehearsal) if payer_id else case

    def _objection(self) -> str:
        if self._customer_id is None:
            return "what concerns a whole company is confirmed to nobody"
        if self._setup.mode in {Mode.OFF, Mode.PREVIEW}:
            return f"{self._setup.company_id} is in mode {self._setup.mode.value}: nothing leaves"
        return ""


def _customer_of(store: Store, target: Target) -> str | None:
    if target.item_id is None:
        return target.customer_id
    item = store.balance_of(target.company_id, target.item_id)
    return None if item is None else item.customer_id


def _how(setup: CompanySetup, kind: HoldKind, *, wanted: bool | None) -> Confirm:
    """Give what applies: what the person said, else the company's setting; a setting of `ask` is asked all the same."""
    usual = setup.confirmations.of(kind)
    if wanted is None:
        return usual
    if not wanted:
        return Confirm.NEVER
    return Confirm.SEND if usual is Confirm.NEVER else usual
