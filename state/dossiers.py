"""What a dossier is made of: everything that was sent about an item as it was sent, and all that stopped its chase."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING

from engine.kinds import Channel, HoldKind, Purpose
from state.database import Part
from state.values import read_day, read_instant, read_money

if TYPE_CHECKING:
    from engine.model import OpenItem
    from engine.money import Money


@dataclass(frozen=True, slots=True, kw_only=True)
class SentAbout:
    """A reminder that was sent about an item, with its frozen bytes; `content` is b"" where an earlier tool sent it."""

    reminder_id: str
    purpose: Purpose
    level_id: str
    channel: Channel
    sent_on: date
    sent_at: datetime | None
    deadline_on: date | None
    subject: str
    recipients: str
    message_id: str
    reply: str
    approved_by: str
    bounced_at: datetime | None
    sha256: str
    content: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class HoldPassed:
    """A hold, dispute or promise of an item, in force or over (`released_at`, `outcome`)."""

    kind: HoldKind
    reason: str
    author: str
    recorded_at: datetime
    until: date | None
    promised_on: date | None
    promised: Money | None
    disputed: Money | None
    released_at: datetime | None
    outcome: str


class Dossiers(Part):
    """The reading side of a dossier."""

    def sent_about(self, company_id: str, item_id: str) -> list[SentAbout]:
        """List what was sent about an item, of every purpose and cycle, oldest first."""
        rows = self.db.all(
            "SELECT r.*, f.content FROM reminders r "
            "LEFT JOIN frozen_mails f ON f.company_id = r.company_id AND f.reminder_id = r.reminder_id "
            "AND f.sha256 = r.sha256 WHERE r.company_id = ? AND r.state = 'sent' AND r.rehearsal = 0 "
            "AND EXISTS (SELECT 1 FROM reminder_lines l WHERE l.company_id = r.company_id "
            "AND l.reminder_id = r.reminder_id AND l.item_id = ? AND l.left_notice = 0) "
            "ORDER BY r.sent_on, r.created_at, r.reminder_id",
            (company_id, item_id),
        )
        return [
            SentAbout(
                reminder_id=row["reminder_id"],
                purpose=Purpose(row["purpose"]),
                level_id=row["level_id"],
                channel=Channel(row["channel"]),
                sent_on=date.fromisoformat(row["sent_on"]),
                sent_at=read_instant(row["sent_at"]),
                deadline_on=read_day(row["deadline_on"]),
                subject=row["subject"],
                recipients=row["recipients"],
                message_id=row["message_id"],
                reply=row["reply"],
                approved_by=row["approved_by"],
                bounced_at=read_instant(row["bounced_at"]),
                sha256=row["sha256"],
                content=row["content"] or b"",
            )
            for row in rows
        ]

    def holds_passed(self, company_id: str, item: OpenItem) -> list[HoldPassed]:
        """List all that ever stopped the chase of an item: its own holds, its customer's and the company's."""
        rows = self.db.all(
            "SELECT * FROM holds WHERE company_id = ? "
            "AND (item_id = ? OR (item_id IS NULL AND (customer_id = ? OR customer_id IS NULL))) "
            "ORDER BY recorded_at, hold_id",
            (company_id, item.item_id, item.customer_id),
        )
        return [
            HoldPassed(
                kind=HoldKind(row["kind"]),
                reason=row["reason"],
                author=row["author"],
                recorded_at=datetime.fromisoformat(row["recorded_at"]),
                until=read_day(row["until"]),
                promised_on=read_day(row["promised_on"]),
                promised=read_money(row["promised"], row["currency"]),
                disputed=read_money(row["disputed"], row["currency"]),
                released_at=read_instant(row["released_at"]),
                outcome=row["outcome"],
            )
            for row in rows
        ]
