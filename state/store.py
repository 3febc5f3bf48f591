"""The store: one SQLite file behind the use cases that the loops and the shell ask for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from state.approvals import Approvals
from state.backup import Backups
from state.calls import Calls
from state.cases import Cases
from state.companies import Companies, installation
from state.customers import Customers
from state.daily_digests import DailyDigests
from state.database import Database
from state.decisions import Decisions
from state.dossiers import Dossiers
from state.fetched import Fetched
from state.holds import Holds
from state.instalments import Instalments
from state.letters import Letters
from state.migrations import migrate
from state.notes import Notes
from state.outbox import Outbox
from state.owner_copies import OwnerCopies
from state.owner_digests import OwnerDigests
from state.past import PastView
from state.queueing import Queueing
from state.statements import StatementsSent
from state.stop_events import StopEvents
from state.syncs import Syncs
from state.taking import Taking
from state.tasks import Tasks
from state.timing import Timing
from state.views import Views

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path
    from types import TracebackType

    from engine.store_ports import DeliveryStore, DigestStore, NoteStore, PlanStore, SyncStore


class Store(
    Companies,
    Syncs,
    Customers,
    Holds,
    Instalments,
    StopEvents,
    StatementsSent,
    Cases,
    Decisions,
    Queueing,
    Outbox,
    Notes,
    Calls,
    Fetched,
    Approvals,
    Letters,
    Dossiers,
    OwnerCopies,
    OwnerDigests,
    DailyDigests,
    Taking,
    Tasks,
    Timing,
    Views,
    PastView,
    Backups,
):
    """Everything that is remembered. One store serves one thread; several may stand on the same file."""

    @classmethod
    def open(cls, path: Path, *, now: datetime) -> Self:
        """Open the database, creating or migrating it where needed (after a copy of the old one beside it).

        Raises NotADatabaseError, NewerDatabaseError.
        """
        db = Database(path)
        try:
            migrate(db, now)
        except BaseException:
            db.close()
            raise
        return cls(db)

    @property
    def installation_id(self) -> str:
        """The random name of this installation, made with its database."""
        return installation(self.db)

    def close(self) -> None:
        """Close the database."""
        self.db.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


_sync: type[SyncStore] = Store
_plan: type[PlanStore] = Store
_delivery: type[DeliveryStore] = Store
_digests: type[DigestStore] = Store
_notes: type[NoteStore] = Store
