"""The books of one company in Xero."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from connectors.xero import mailing, noting, papers
from connectors.xero.client import BASE_URL, XeroClient
from connectors.xero.cursor import Cursor
from connectors.xero.organisation import Organisation, read_organisation
from connectors.xero.pulling import XeroPull
from connectors.xero.refreshing import Refreshing
from connectors.xero.telling import nobody
from connectors.xero.walking import PAGE_SIZE
from engine.errors import BooksRefusedError, BooksUnreadableError, ConsentNeededError
from engine.records import About, Capabilities, NotesOn

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence
    from datetime import datetime

    from connectors.http import Transport
    from engine.ports import Books, Clock, Pull
    from engine.records import Attachment, Note, Page, ProviderMail, Receipt

# Numbers and links remembered between a refresh and the documents of the same notice.
_MOST_REMEMBERED: Final = 10_000


@dataclass(slots=True, kw_only=True)
class XeroBooks:
    """One organisation of Xero, whose id (`organisation`) is what connections call tenantId.

    `named` is the name of the organisation that the connection was made for: an organisation that gives itself another
    id than its connection, which Xero does not rule out, is known by it, and by the id it gave from then on.
    `note_length` is the longest history note in characters. `link_host` is whose addresses are trusted as payment links.
    `knows` says which of some customers were told before, so that a document that changes does not have them read again.
    """

    company_id: str
    organisation: str
    transport: Transport
    clock: Clock
    base_url: str = BASE_URL
    page_size: int = PAGE_SIZE
    note_length: int = noting.NOTE_LENGTH
    named: str = ""
    link_host: str = papers.LINK_HOST
    knows: Callable[[Sequence[str]], Collection[str]] = nobody
    _known: Organisation | None = field(default=None, init=False, repr=False)
    _numbers: dict[str, str] = field(default_factory=dict, init=False, repr=False)
    _links: dict[str, str] = field(default_factory=dict, init=False, repr=False)

    @property
    def provider(self) -> str:
        """Xero."""
        return "xero"

    @property
    def capabilities(self) -> Capabilities:
        """Everything that books can do."""
        return Capabilities(
            rereads=True,
            incremental=True,
            notes_on=NotesOn.ITEM,
            note_length=self.note_length,
            mail=True,
            documents=True,
            payment_links=True,
        )

    def pull(self, cursor: str, *, reconcile: bool = False) -> Pull:
        """Start reading; the organisation is checked before anything of it is taken."""
        return XeroPull(
            client=self._client,
            clock=self.clock,
            cursor=Cursor.read(cursor, self.organisation),
            reconcile=reconcile,
            page_size=self.page_size,
            named=self.named,
            learnt=self._learn,
            knows=self.knows,
        )

    def refresh(self, item_ids: Sequence[str]) -> Page:
        """Read documents again with their customers."""
        known = self._known.currency if self._known else ""
        page = Refreshing(client=self._client, base_currency=known, ask_currency=self._base_currency).page(item_ids)
        _remember(self._numbers, {item.item_id: item.number for item in page.items})
        return page

    def write_note(self, note: Note) -> None:
        """Write a line into the invoice's history, once."""
        noting.write_note(self._client, note, length=self.note_length)

    def send_mail(self, mail: ProviderMail, barrier: Callable[[str], None]) -> Receipt:
        """Let Xero mail the invoice."""
        return mailing.send_mail(self._client, mail, barrier, self.refresh)

    def mail_evidence(self, item_id: str, since: datetime) -> bool | None:
        """Xero marks an invoice as sent, but does not say when or by what: it cannot tell."""
        del item_id, since
        return None

    def document(self, item_id: str) -> Attachment | None:
        """Fetch the invoice as PDF."""
        return papers.document(self._client, item_id, self._numbers.get(item_id, ""))

    def payment_url(self, item_id: str) -> str:
        """Ask for the online invoice, once for each."""
        if item_id not in self._links:
            _remember(self._links, {item_id: papers.payment_url(self._client, item_id, self.link_host)})
        return self._links[item_id]

    def about(self) -> About:
        """Say whose books these are; where Xero does not say whether it reminds by itself, that is left open."""
        found = self._organisation()
        remarks = []
        if found.is_demo:
            remarks.append("this is Xero's demo company, which sends no mail")
        if not found.timezone:
            remarks.append(f"its time zone {found.windows_zone!r} is not known, UTC is taken for its days")
        return About(
            organisation_id=self.organisation,
            organisation=found.name,
            timezone=found.timezone,
            currency=found.currency,
            locked_until=found.locked_until,
            own_reminders=self._own_reminders(),
            remarks=tuple(remarks),
        )

    def _own_reminders(self) -> bool | None:
        try:
            return self._client.reminders_enabled()
        except (BooksRefusedError, BooksUnreadableError, ConsentNeededError):
            return None

    def _base_currency(self) -> str:
        return self._organisation().currency

    def _organisation(self) -> Organisation:
        """Ask whose books these are outside a pull, whose cursor is not at hand: what a pull has learnt counts."""
        known = self._known.organisation_id if self._known else ""
        self._known = read_organisation(self._client, answers_as=known, named="" if known else self.named)
        return self._known

    def _learn(self, organisation: Organisation) -> None:
        self._known = organisation

    @property
    def _client(self) -> XeroClient:
        return XeroClient(transport=self.transport, organisation=self.organisation, base_url=self.base_url)


def _remember(known: dict[str, str], new: dict[str, str]) -> None:
    if len(known) > _MOST_REMEMBERED:
        known.clear()
    known.update(new)


_: type[Books] = XeroBooks
