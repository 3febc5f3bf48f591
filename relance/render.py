"""From a notice to what leaves: the subject, the text, the HTML, the addresses and the bytes of one reminder."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final, cast

from engine.channels.addresses import Mailbox, parse_mailbox, wire_address
from engine.channels.message import TEST_MARK, InlineImage, build_message, envelope_recipients
from engine.compose import (
    BROKEN_PROMISE,
    THANK_YOU,
    address_form_of,
    compose_notice,
    compose_thanks,
    contested_text,
    message_of,
    tone_of,
)
from engine.errors import RenderError
from engine.kinds import LETTERS, AddressForm, Channel, Tone
from engine.qr import code_png
from engine.rates import MissingRateError
from engine.records import Envelope
from relance.digest_mail import owner_envelope
from relance.enclosing import NO_PAPERS, NOTHING, Enclosed, Papers, enclose
from relance.letter import letter_pdf, letter_task_words
from relance.owner_copy import owner_copy
from relance.render_answers import Answers, Worded
from relance.render_parts import first_address, mailbox_of, plain_spaces, signed_by, subject_of
from relance.short_texts import short_text, task_text
from relance.statement_paper import statement_paper
from relance.texts import LAYOUTS, wording_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import date, datetime
    from pathlib import Path

    from engine.content import MailContent
    from engine.creditor import Creditor
    from engine.digest import OwnerDigest
    from engine.model import Contact, Customer, Notice, OpenItem
    from engine.ports import Renderer
    from engine.rates import Rates
    from engine.records import Attachment, CaseFile, Confirmation, Reminder

_MAILED: Final = frozenset({Channel.EMAIL})
# What a person says or types has a text of its own.
_SPOKEN: Final = {Channel.CALL: "call", Channel.TEXT_MESSAGE: "text_message"}


def no_document(_item: OpenItem) -> Attachment | None:
    """Enclose nothing."""
    return None


def own_payment_url(item: OpenItem) -> str:
    """Give the link that the books told with the item."""
    return item.payment_url


class MailRenderer:
    """Writes the mails, letters and call scripts of one company.

    `sender` and `reply_to` are "Name <address>"; `bcc` gets a blind copy of every real mail. With `redirect_to` only it is
    ever written to. `overrides` are folders that hold a `mail/` folder, the company's before the firm's. `document`
    finds the PDF of an invoice, `papers` what else a level may enclose, `payment_url` the link to pay it. With `rates` interest and indemnity are reckoned; a formal
    notice that needs a rate which the table lacks is not written.
    """

    def __init__(
        self,
        *,
        creditor: Creditor,
        sender: str,
        reply_to: str | None = None,
        bcc: str | None = None,
        redirect_to: str | None = None,
        overrides: Sequence[Path] = (),
        document: Callable[[OpenItem], Attachment | None] = no_document,
        papers: Papers = NO_PAPERS,
        payment_url: Callable[[OpenItem], str] = own_payment_url,
        rates: Rates | None = None,
        window: str = "",
    ) -> None:
        self._creditor = creditor
        self._sender = parse_mailbox(sender)
        self._reply_to = parse_mailbox(reply_to) if reply_to else None
        self._bcc = (parse_mailbox(bcc),) if bcc else ()
        self._redirect_to = parse_mailbox(redirect_to) if redirect_to else None
        self._document = document
        self._papers = papers
        self._payment_url = payment_url
        self._rates = rates
        self._window = window
        self._wording = wording_of(overrides)
        self._answers = Answers(self._wording, creditor)

    def notice(self, reminder: Reminder, notice: Notice, case: CaseFile, as_of: date, now: datetime) -> Envelope:
        """Write a level's mail, or the task of a level that a person carries out; the provider's own mail is not ours."""
        if notice.channel is Channel.PROVIDER:
            return self._by_the_provider(reminder, notice, case, as_of)
        notice = self._with_payment_urls(notice)
        enclosed = self._enclosed(notice, case, as_of)
        data = self._worded(notice, case, as_of, enclosed=enclosed, rates=self._rates)
        if notice.channel not in _MAILED:
            return self._task(reminder, notice, case, data, as_of)
        if notice.to is None:
            raise RenderError(f"{case.customer.name} has no address to write to")
        return self._mail(reminder, data, notice.to, notice.cc, enclosed.files, now)

    def thank_you(
        self, reminder: Reminder, settled: Sequence[OpenItem], case: CaseFile, as_of: date, now: datetime
    ) -> Envelope:
        """Write the thank-you for settled items; raise RenderError where the customer has no usable address."""
        customer = case.customer
        to = first_address(customer)
        language, form = self._voice(customer, THANK_YOU)
        content = compose_thanks(
            settled, customer, self._creditor, language, form, as_of, to=to, payments=case.payments
        )
        data = self._wording.data(content, self._wording.message(language, form, THANK_YOU))
        return self._mail(reminder, data, to, (), (), now)

    def confirmation(
        self, reminder: Reminder, given: Confirmation, case: CaseFile, as_of: date, now: datetime
    ) -> Envelope:
        """Confirm what was recorded, as a mail, or as the task of whoever has to tell a customer without an address."""
        return self._answer(reminder, self._answers.confirmation(given, case, as_of), now, as_of)

    def statement(self, reminder: Reminder, case: CaseFile, as_of: date, now: datetime) -> Envelope:
        """Write a customer's statement of account; raise RenderError where they have no usable address."""
        return self._answer(reminder, self._answers.statement(case, as_of), now, as_of)

    def statement_text(self, case: CaseFile, as_of: date) -> tuple[str, str]:
        """Give the subject and the plain text that a customer's statement would have."""
        data = self._answers.statement(case, as_of).data
        return subject_of(data), self._wording.text(data)

    def _answer(self, reminder: Reminder, worded: Worded, now: datetime, as_of: date) -> Envelope:
        if reminder.channel is Channel.TASK:
            return Envelope(
                reminder_id=reminder.reminder_id,
                company_id=reminder.company_id,
                customer_id=reminder.customer_id,
                channel=reminder.channel,
                sender=self._sender.address,
                recipients=(),
                title=self._marked(reminder, plain_spaces(worded.title)),
                text=self._wording.text(worded.data),
                message_id=reminder.message_id,
                due_on=as_of,
            )
        if worded.to is None:
            raise RenderError(f"{reminder.customer_id} has no address to write to")
        return self._mail(reminder, worded.data, worded.to, (), (), now)

    def owner_copy(self, reminder: Reminder, original: bytes, case: CaseFile, to: str, now: datetime) -> Envelope:
        """Write the copy of a reminder for the customer's account owner; a rehearsal has none."""
        return owner_copy(
            reminder, original, case.customer, to, sender=self._sender, language=self._creditor.language, now=now
        )

    def owner_digest(self, reminder: Reminder, digest: OwnerDigest, as_of: date, now: datetime) -> Envelope:
        """Write what an account owner is told before reminders leave."""
        return owner_envelope(
            self._wording,
            self._creditor,
            reminder,
            digest,
            sender=self._sender,
            redirect_to=self._redirected(reminder),
            as_of=as_of,
            now=now,
        )

    def subject(self, notice: Notice, case: CaseFile, as_of: date) -> str:
        """Give the subject a notice's mail would have, or the title of its task."""
        if notice.channel in _MAILED:
            return subject_of(self._worded(notice, case, as_of))
        return self._title(notice, case, as_of)

    def html(self, notice: Notice, case: CaseFile, as_of: date) -> str:
        """Give the HTML a notice's mail would have; its logo is at cid:logo."""
        return self._wording.html(self._worded(notice, case, as_of, rates=self._rates))

    def _worded(
        self, notice: Notice, case: CaseFile, as_of: date, *, enclosed: Enclosed = NOTHING, rates: Rates | None = None
    ) -> dict[str, object]:
        content, template = self._composed(notice, case, as_of, enclosed=enclosed, rates=rates)
        data = self._wording.data(content, template)
        if notice.channel is Channel.TEXT_MESSAGE:
            return {**data, "text": short_text(self._wording, content, template)}
        return data

    def _composed(
        self, notice: Notice, case: CaseFile, as_of: date, *, enclosed: Enclosed, rates: Rates | None
    ) -> tuple[MailContent, str]:
        """Put a notice into words, and name the template that speaks them."""
        language, form = self._voice(case.customer, tone_of(notice))
        try:
            content = compose_notice(
                notice,
                case.customer,
                signed_by(self._creditor, notice.signatory),
                language,
                form,
                as_of,
                history=case.history,
                attached=enclosed.invoices,
                papers=enclosed.others,
                rates=rates,
                payments=case.payments,
            )
        except MissingRateError as error:
            raise RenderError(str(error)) from error
        content = replace(content, contested=contested_text(case, language, as_of))
        return content, self._wording.message(language, form, self._template_name(notice, language))

    def _template_name(self, notice: Notice, language: str) -> str:
        """Name the text of a notice: its level's own, what its channel needs, else its message."""
        spoken = _SPOKEN.get(notice.channel) or message_of(notice)
        if spoken == BROKEN_PROMISE and self._wording.language_of(language, spoken) != language:
            # The tone's own text speaks of the promise too, in its first paragraph.
            spoken = tone_of(notice)
        return notice.template or spoken

    def _voice(self, customer: Customer, message: str) -> tuple[str, AddressForm]:
        language = self._wording.language_for(customer.language or self._creditor.language)
        return language, address_form_of(message, customer, self._creditor)

    def _mail(
        self,
        reminder: Reminder,
        data: Mapping[str, object],
        to: Contact,
        cc: Sequence[Contact],
        attachments: Sequence[Attachment],
        now: datetime,
    ) -> Envelope:
        redirect_to = self._redirected(reminder)
        mailbox, copies = mailbox_of(to), tuple(mailbox_of(one) for one in cc)
        subject, text = subject_of(data), self._wording.text(data)
        earlier = reminder.previous_message_ids
        message = build_message(
            sender=self._sender,
            to=mailbox,
            cc=copies,
            reply_to=self._reply_to,
            redirect_to=redirect_to,
            subject=subject,
            text=text,
            html=self._wording.html(data),
            images=self._images(data),
            attachments=attachments,
            message_id=reminder.message_id,
            in_reply_to=earlier[-1] if earlier else "",
            references=earlier,
            date=now,
            language=str(data["language"]),
            reminder_key=reminder.reminder_id,
        )
        return Envelope(
            reminder_id=reminder.reminder_id,
            company_id=reminder.company_id,
            customer_id=reminder.customer_id,
            channel=reminder.channel,
            sender=self._sender.address,
            recipients=envelope_recipients(to=mailbox, cc=copies, bcc=self._bcc, redirect_to=redirect_to),
            title=f"{TEST_MARK}{mailbox.address}] {subject}" if redirect_to else subject,
            text=text,
            message_id=reminder.message_id,
            content=message,
        )

    def _images(self, data: Mapping[str, object]) -> tuple[InlineImage, ...]:
        """Give the pictures that the HTML shows: the logo, and the code for banking applications."""
        logo = self._creditor.brand.logo
        code = cast("dict[str, str]", data["payment"])["code"]
        images = [InlineImage(name="logo", content=logo.content, media_type=logo.media_type)] if logo else []
        if code:
            images.append(InlineImage(name="payment-code", content=code_png(code), media_type="image/png"))
        return tuple(images)

    def _by_the_provider(self, reminder: Reminder, notice: Notice, case: CaseFile, as_of: date) -> Envelope:
        """Say whom the provider's own mail goes to; its words and its look are the provider's."""
        if notice.to is None:
            raise RenderError(f"{case.customer.name} has no address to write to")
        title = self._title(notice, case, as_of)
        return Envelope(
            reminder_id=reminder.reminder_id,
            company_id=reminder.company_id,
            customer_id=reminder.customer_id,
            channel=reminder.channel,
            sender="",
            recipients=(wire_address(notice.to.email),),
            title=title,
            text=title,
            message_id=reminder.message_id,
        )

    def _with_payment_urls(self, notice: Notice) -> Notice:
        if notice.channel not in _MAILED:
            return notice
        lines = tuple(
            replace(line, item=replace(line.item, payment_url=self._payment_url(line.item))) for line in notice.lines
        )
        return replace(notice, lines=lines)

    def _redirected(self, reminder: Reminder) -> Mailbox | None:
        """Tell whether this is a rehearsal; one without an address to send it to never becomes a real mail."""
        if reminder.rehearsal and self._redirect_to is None:
            raise RenderError("this is a test mail, and the company has no redirect_to address for it")
        return self._redirect_to

    def _marked(self, reminder: Reminder, title: str) -> str:
        """Mark the title of a rehearsal's task as that of its mails: it is a test, and for whom it is one."""
        redirected = self._redirected(reminder)
        return f"{TEST_MARK}{redirected.address}] {title}" if redirected else title

    def _task(
        self,
        reminder: Reminder,
        notice: Notice,
        case: CaseFile,
        data: Mapping[str, object],
        as_of: date,
    ) -> Envelope:
        title = self._title(notice, case, as_of)
        test = self._redirected(reminder) is not None
        return Envelope(
            reminder_id=reminder.reminder_id,
            company_id=reminder.company_id,
            customer_id=reminder.customer_id,
            channel=reminder.channel,
            sender=self._sender.address,
            recipients=(),
            title=self._marked(reminder, title),
            text=self._task_text(notice, case.customer, data),
            message_id=reminder.message_id,
            content=self._pdf(data, case.customer, as_of, test=test) if notice.channel in LETTERS else b"",
            due_on=notice.on,
            deadline_days=notice.deadline_days,
        )

    def _task_text(self, notice: Notice, customer: Customer, data: Mapping[str, object]) -> str:
        if notice.channel is Channel.TEXT_MESSAGE:
            words = self._wording.task_words(self._wording.language_for(self._creditor.language), data)
            return task_text(self._wording, data, str(data["text"]), words)
        text = self._wording.text(data, LAYOUTS.get(notice.channel, "layout.txt.j2"))
        if notice.channel not in LETTERS or customer.postal_address:
            return text
        language = self._wording.language_for(self._creditor.language)
        return f"{letter_task_words(self._wording, language)['no_address']}\n\n{text}"

    def letter(self, notice: Notice, case: CaseFile, as_of: date, *, test: bool = False) -> bytes:
        """Give the PDF that a notice would have as a letter, whatever its own channel."""
        posted = notice if notice.channel in LETTERS else replace(notice, channel=Channel.LETTER, to=None, cc=())
        return self._pdf(self._worded(posted, case, as_of, rates=self._rates), case.customer, as_of, test=test)

    def _pdf(self, data: Mapping[str, object], customer: Customer, as_of: date, *, test: bool) -> bytes:
        return letter_pdf(self._wording, data, self._creditor, customer, as_of, window=self._window, test=test)

    def _title(self, notice: Notice, case: CaseFile, as_of: date) -> str:
        """Say what to do, in the language of who is to do it: the company's."""
        language = self._wording.language_for(self._creditor.language)
        content = compose_notice(notice, case.customer, self._creditor, language, AddressForm.VOUS, as_of)
        posted = notice.tone is Tone.FORMAL and notice.channel is Channel.REGISTERED_LETTER
        title = self._wording.task_titles(content)["formal" if posted else notice.channel.value]
        return plain_spaces(title)

    def _enclosed(self, notice: Notice, case: CaseFile, as_of: date) -> Enclosed:
        """Gather what a mail encloses; what a person posts has its papers in the task."""
        if notice.channel not in _MAILED:
            return NOTHING
        items = [line.item for line in notice.lines]
        return enclose(
            notice.attachments,
            items,
            invoice=self._document,
            papers=self._papers,
            statement=lambda: self._statement_paper(case, as_of),
        )

    def _statement_paper(self, case: CaseFile, as_of: date) -> Attachment | None:
        worded = self._answers.statement(case, as_of)
        return statement_paper(self._wording, worded.data, self._creditor, case.customer, as_of)


_: type[Renderer] = MailRenderer
