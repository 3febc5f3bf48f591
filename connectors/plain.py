"""What books that can only be read say to everything else."""

from __future__ import annotations

from typing import TYPE_CHECKING, NoReturn

from engine.errors import NotSupportedError
from engine.records import Capabilities

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from engine.records import About, Attachment, Note, ProviderMail, Receipt


class ReadOnlyBooks:
    """The rest of a connector whose books take nothing back; a connector with fewer gaps overrides what it can."""

    __slots__ = ()

    provider: str

    @property
    def capabilities(self) -> Capabilities:
        """Nothing but reading."""
        return Capabilities()

    def write_note(self, note: Note) -> None:
        """Refuse."""
        del note
        self._cannot("take notes")

    def send_mail(self, mail: ProviderMail, barrier: Callable[[str], None]) -> Receipt:
        """Refuse."""
        del mail, barrier
        self._cannot("send mail")

    def mail_evidence(self, item_id: str, since: datetime) -> bool | None:
        """There is none to be had."""
        del item_id, since
        return None

    def document(self, item_id: str) -> Attachment | None:
        """There is none here."""
        del item_id
        return None

    def payment_url(self, item_id: str) -> str:
        """There is none here."""
        del item_id
        return ""

    def about(self) -> About:
        """Refuse."""
        self._cannot("say whose they are")

    def _cannot(self, what: str) -> NoReturn:
        raise NotSupportedError(f"{self.provider} books cannot {what}")
