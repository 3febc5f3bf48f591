"""What is remembered of a company between runs, and of the installation as a whole."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.records import CompanyState, Owner
from state.database import Part
from state.due import look_again_at_all
from state.errors import SenderDomainUnknownError
from state.events import Event, tell
from state.values import instant, read_day, read_instant, read_texts, to_json

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from engine.records import NotesOn
    from state.database import Database


def ensure_company(db: Database, company_id: str) -> None:
    """Have a row for a company, inside a unit of work."""
    db.write("INSERT INTO companies (company_id) VALUES (?) ON CONFLICT (company_id) DO NOTHING", (company_id,))


def installation(db: Database) -> str:
    """Give the random name that this database got when it was made."""
    return str(db.value("SELECT value FROM meta WHERE key = 'installation'"))


def epoch(db: Database) -> int:
    """Give the epoch of the owner who took the instance lock last."""
    return int(db.value("SELECT value FROM meta WHERE key = 'owner_epoch'"))


def sender_domain(db: Database, company_id: str) -> str:
    """Give the domain that Message-IDs of a company end in."""
    domain = db.value("SELECT sender_domain FROM companies WHERE company_id = ?", (company_id,))
    if not domain:
        raise SenderDomainUnknownError(f"company {company_id} has no sender domain: set mail.from in its configuration")
    return str(domain)


class Companies(Part):
    """Companies and the installation."""

    def raise_epoch(self, owner_name: str, now: datetime) -> Owner:
        """Become the owner: called once the instance lock is held; whoever owned it before is fenced off."""
        with self.db.tx():
            raised = epoch(self.db) + 1
            self.db.write_many(
                "UPDATE meta SET value = ? WHERE key = ?",
                ((str(raised), "owner_epoch"), (f"{owner_name} since {instant(now)}", "owner")),
            )
        return Owner(name=owner_name, epoch=raised)

    def set_sender_domain(self, company_id: str, domain: str) -> None:
        """Say which domain a company writes from; Message-IDs already written keep theirs."""
        known = self.db.value("SELECT sender_domain FROM companies WHERE company_id = ?", (company_id,))
        if known == domain:
            return
        with self.db.tx():
            ensure_company(self.db, company_id)
            self.db.write("UPDATE companies SET sender_domain = ? WHERE company_id = ?", (domain, company_id))

    def set_notes_on(self, company_id: str, notes_on: NotesOn) -> None:
        """Say where a company's books take notes; reminders sent from now on leave theirs there."""
        known = self.db.value("SELECT notes_on FROM companies WHERE company_id = ?", (company_id,))
        if known == notes_on.value:
            return
        with self.db.tx():
            ensure_company(self.db, company_id)
            self.db.write("UPDATE companies SET notes_on = ? WHERE company_id = ?", (notes_on.value, company_id))

    def company_state(self, company_id: str) -> CompanyState:
        """Give what is remembered of a company, defaults where it is new."""
        row = self.db.one("SELECT * FROM companies WHERE company_id = ?", (company_id,))
        if row is None:
            return CompanyState(company_id=company_id)
        return CompanyState(
            company_id=company_id,
            backlog_accepted=row["backlog_accepted_at"] is not None,
            quarantine=read_texts(row["quarantine"]),
            cursor=row["cursor"],
            synced_at=read_instant(row["synced_at"]),
            sync_complete=bool(row["sync_complete"]),
            known_until=read_day(row["known_until"]),
            file_modified_at=read_instant(row["file_modified_at"]),
            reconciled_at=read_instant(row["reconciled_at"]),
            planning_fingerprint=row["planning_fingerprint"],
            business_day=read_day(row["business_day"]),
        )

    def set_quarantine(self, company_id: str, reasons: Sequence[str], now: datetime) -> None:
        """Put a company into quarantine for these reasons, or take it out with none.

        Reasons that a person has accepted stay accepted as long as they are the same.
        """
        with self.db.tx():
            ensure_company(self.db, company_id)
            in_force = self.company_state(company_id).quarantine
            accepted = read_texts(
                self.db.value("SELECT quarantine_accepted FROM companies WHERE company_id = ?", (company_id,))
            )
            if set(reasons) == set(accepted):
                reasons = ()
            else:
                accepted = ()
            self.db.write(
                "UPDATE companies SET quarantine = ?, quarantine_accepted = ? WHERE company_id = ?",
                (to_json(list(reasons)), to_json(list(accepted)), company_id),
            )
            if not reasons:
                self._acknowledge(company_id)
            if set(reasons) != set(in_force):
                kind = "quarantined" if reasons else "quarantine_ended"
                tell(self.db, company_id, now, [Event(kind=kind, detail={"reasons": list(reasons or in_force)})])
                look_again_at_all(self.db, company_id)

    def accept_quarantine(self, company_id: str, author: str, now: datetime) -> tuple[str, ...]:
        """Let a company out of quarantine on a person's word; give the reasons that they accepted."""
        with self.db.tx():
            reasons = self.company_state(company_id).quarantine
            if not reasons:
                return ()
            self.db.write(
                "UPDATE companies SET quarantine = '[]', quarantine_accepted = ? WHERE company_id = ?",
                (to_json(list(reasons)), company_id),
            )
            self._acknowledge(company_id)
            tell(
                self.db,
                company_id,
                now,
                [Event(kind="quarantine_accepted", author=author, detail={"reasons": list(reasons)})],
            )
            look_again_at_all(self.db, company_id)
        return reasons

    def _acknowledge(self, company_id: str) -> None:
        """Count as vanished, from now on, only what no longer appears after the last complete sync."""
        self.db.write("UPDATE companies SET acknowledged_no = completed_no WHERE company_id = ?", (company_id,))
