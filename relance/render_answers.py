"""What a customer reads besides reminders, worded: confirmations of what was recorded, and statements of account."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from engine.compose import address_form_of
from engine.compose_account import STATEMENT, compose_statement
from engine.compose_answers import compose_dispute, compose_instalments, compose_promise
from engine.kinds import AddressForm, HoldKind
from engine.telling import addressee

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

    from engine.content import MailContent
    from engine.creditor import Creditor
    from engine.model import Contact, Customer
    from engine.records import CaseFile, Confirmation
    from relance.texts import Wording


@dataclass(frozen=True, slots=True, kw_only=True)
class Worded:
    """A message in words: what the layouts need, whom it is for (None: nobody has an address), what a task for it is called."""

    data: Mapping[str, object]
    to: Contact | None
    title: str


class Answers:
    """Words confirmations and statements of one company."""

    def __init__(self, wording: Wording, creditor: Creditor) -> None:
        self._wording = wording
        self._creditor = creditor

    def confirmation(self, given: Confirmation, case: CaseFile, as_of: date) -> Worded:
        """Word what was recorded: a dispute, a promise, or a plan in instalments."""
        language, form = self._voice(case.customer, given.kind.value)
        content = self._composed(given, case, language, form, as_of)
        return self._worded(given.kind.value, content, case, form)

    def statement(self, case: CaseFile, as_of: date) -> Worded:
        """Word a customer's statement of account."""
        language, form = self._voice(case.customer, STATEMENT)
        to = addressee(case.customer)
        content = compose_statement(case.items, case.customer, self._creditor, language, form, as_of, to=to)
        return self._worded(STATEMENT, content, case, form)

    def _composed(
        self, given: Confirmation, case: CaseFile, language: str, form: AddressForm, as_of: date
    ) -> MailContent:
        customer, to = case.customer, addressee(case.customer)
        if given.kind is HoldKind.DISPUTE:
            return compose_dispute(
                given.items,
                given.holds,
                customer,
                self._creditor,
                language,
                form,
                as_of,
                answer_on=given.answer_on,
                to=to,
            )
        if given.kind is HoldKind.PROMISE:
            return compose_promise(given.items, given.holds, customer, self._creditor, language, form, as_of, to=to)
        return compose_instalments(
            given.items,
            given.instalments,
            customer,
            self._creditor,
            language,
            form,
            as_of,
            agree_on=given.answer_on,
            to=to,
        )

    def _worded(self, message: str, content: MailContent, case: CaseFile, form: AddressForm) -> Worded:
        template = self._wording.message(content.language, form, message)
        company_language = self._wording.language_for(self._creditor.language)
        title = self._wording.task_titles(replace(content, language=company_language))[message]
        return Worded(data=self._wording.data(content, template), to=addressee(case.customer), title=title)

    def _voice(self, customer: Customer, message: str) -> tuple[str, AddressForm]:
        language = self._wording.language_of(customer.language or self._creditor.language, message)
        return language, address_form_of(message, customer, self._creditor)
