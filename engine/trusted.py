"""Connectors are not trusted: what they raise becomes our errors, and what they give is looked at before it is used."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from engine.errors import BooksError, BooksUnreadableError, ConsentNeededError, DeliveryError, WriteUnknownError
from engine.records import About, Attachment, Capabilities, Completed, Page, Receipt

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from datetime import datetime

    from engine.ports import Books, Pull
    from engine.records import Note, ProviderMail

_T = TypeVar("_T")


@dataclass(slots=True, kw_only=True)
class TrustedPull:
    """A pull whose every step ends in a value of the right type or in an error of our family."""

    provider: str
    inner: Pull
    advice: str = ""

    def pages(self) -> Iterator[Page]:
        """Yield the connector's pages."""
        pages = _asked(self, lambda: iter(self.inner.pages()))
        while True:
            page = _asked(self, lambda: next(pages, None))
            if page is None:
                return
            yield _of(self.provider, page, Page)

    def completed(self) -> Completed:
        """Give what is known after the last page."""
        return _of(self.provider, _asked(self, self.inner.completed), Completed)


@dataclass(slots=True, kw_only=True)
class TrustedBooks:
    """Books behind a check; a mistake of the connector is told with its name and stops this company alone.

    `advice` is what a person does where the consent is gone ("run: ..."): a connector does not know whose books it reads.
    """

    inner: Books
    advice: str = ""

    @property
    def provider(self) -> str:
        """The connector's name."""
        return self.inner.provider

    @property
    def capabilities(self) -> Capabilities:
        """Say what the books can do."""
        return _of(self.provider, _asked(self, lambda: self.inner.capabilities), Capabilities)

    def pull(self, cursor: str, *, reconcile: bool = False) -> Pull:
        """Start reading."""
        inner = _asked(self, lambda: self.inner.pull(cursor, reconcile=reconcile))
        return TrustedPull(provider=self.provider, inner=inner, advice=self.advice)

    def refresh(self, item_ids: Sequence[str]) -> Page:
        """Read items again; an item that was not asked for is not believed."""
        page = _of(self.provider, _asked(self, lambda: self.inner.refresh(item_ids)), Page)
        strangers = ({item.item_id for item in page.items} | set(page.voided)) - set(item_ids)
        if strangers:
            raise BooksUnreadableError(f"the {self.provider} connector gave items that were not asked for")
        return page

    def write_note(self, note: Note) -> None:
        """Write a note; whatever goes wrong without a name may have happened after it was written."""
        _done(self, lambda: self.inner.write_note(note))

    def send_mail(self, mail: ProviderMail, barrier: Callable[[str], None]) -> Receipt:
        """Let the provider send its mail; the barrier's own errors pass through."""
        return _of(self.provider, _done(self, lambda: self.inner.send_mail(mail, barrier)), Receipt)

    def mail_evidence(self, item_id: str, since: datetime) -> bool | None:
        """Ask for evidence of a mail."""
        return _asked(self, lambda: self.inner.mail_evidence(item_id, since))

    def document(self, item_id: str) -> Attachment | None:
        """Fetch a PDF."""
        found = _asked(self, lambda: self.inner.document(item_id))
        return None if found is None else _of(self.provider, found, Attachment)

    def payment_url(self, item_id: str) -> str:
        """Fetch a payment link."""
        return _of(self.provider, _asked(self, lambda: self.inner.payment_url(item_id)), str)

    def about(self) -> About:
        """Ask whose books these are."""
        return _of(self.provider, _asked(self, self.inner.about), About)


def _asked(books: TrustedBooks | TrustedPull, ask: Callable[[], _T]) -> _T:
    try:
        return ask()
    except ConsentNeededError as error:
        raise _advised(error, books.advice) from error
    except BooksError:
        raise
    except Exception as error:
        raise BooksUnreadableError(
            f"the {books.provider} connector failed while reading the books: {type(error).__name__}: {error}"
        ) from error


def _done(books: TrustedBooks, do: Callable[[], _T]) -> _T:
    try:
        return do()
    except ConsentNeededError as error:
        raise _advised(error, books.advice) from error
    except (BooksError, DeliveryError):
        raise
    except Exception as error:
        raise WriteUnknownError(
            f"the {books.provider} connector failed while writing to the books: {type(error).__name__}: {error}"
        ) from error


def _advised(error: ConsentNeededError, advice: str) -> ConsentNeededError:
    words = str(error)
    return ConsentNeededError(words if not advice or advice in words else f"{words}; {advice}")


def _of(provider: str, value: object, kind: type[_T]) -> _T:
    if not isinstance(value, kind):
        raise BooksUnreadableError(
            f"the {provider} connector gave {type(value).__name__} where it promises {kind.__name__}"
        )
    return value


def _conforms(books: TrustedBooks) -> Books:
    return books
