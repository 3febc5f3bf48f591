"""What was fetched for an item from its books: the invoice as PDF and the payment link, kept for one version of it."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from engine.records import Attachment
from state.companies import ensure_company
from state.database import Part
from state.values import instant

if TYPE_CHECKING:
    from datetime import datetime


class Fetched(Part):
    """A cache that may be lost: whatever is not here is fetched again."""

    def document_of(self, company_id: str, item_id: str, version: str) -> Attachment | None:
        """Give the PDF that was fetched for this version of an item."""
        row = self.db.one(
            "SELECT f.filename, c.content FROM fetched f JOIN contents c "
            "ON c.company_id = f.company_id AND c.sha256 = f.value "
            "WHERE f.company_id = ? AND f.item_id = ? AND f.kind = 'document' AND f.version = ?",
            (company_id, item_id, version),
        )
        if row is None:
            return None
        return Attachment(filename=row["filename"], content=row["content"], media_type="application/pdf")

    def keep_document(self, company_id: str, item_id: str, version: str, found: Attachment, now: datetime) -> None:
        """Keep a PDF by the hash of its content; what no item needs any more goes."""
        digest = hashlib.sha256(found.content).hexdigest()
        with self.db.tx_of_what_can_be_worked_out_again():
            ensure_company(self.db, company_id)
            self.db.write(
                "INSERT INTO contents (company_id, sha256, content) VALUES (?, ?, ?) "
                "ON CONFLICT (company_id, sha256) DO NOTHING",
                (company_id, digest, found.content),
            )
            self._keep(company_id, item_id, "document", version, digest, found.filename, now)
            self.db.write(
                "DELETE FROM contents WHERE company_id = ? AND sha256 NOT IN "
                "(SELECT value FROM fetched WHERE company_id = ? AND kind = 'document')",
                (company_id, company_id),
            )

    def payment_url_of(self, company_id: str, item_id: str) -> str | None:
        """Give the payment link that was fetched for an item, None where none was asked for yet."""
        value = self.db.value(
            "SELECT value FROM fetched WHERE company_id = ? AND item_id = ? AND kind = 'payment_url'",
            (company_id, item_id),
        )
        return None if value is None else str(value)

    def keep_payment_url(self, company_id: str, item_id: str, url: str, now: datetime) -> None:
        """Keep the payment link of an item."""
        with self.db.tx_of_what_can_be_worked_out_again():
            ensure_company(self.db, company_id)
            self._keep(company_id, item_id, "payment_url", "", url, "", now)

    def forget_fetched(self, company_id: str, before: datetime) -> int:
        """Drop what was fetched before an instant; give how many things went."""
        with self.db.tx_of_what_can_be_worked_out_again():
            gone = self.db.write(
                "DELETE FROM fetched WHERE company_id = ? AND fetched_at < ?", (company_id, instant(before))
            )
            self.db.write(
                "DELETE FROM contents WHERE company_id = ? AND sha256 NOT IN "
                "(SELECT value FROM fetched WHERE company_id = ? AND kind = 'document')",
                (company_id, company_id),
            )
        return gone

    def _keep(
        self, company_id: str, item_id: str, kind: str, version: str, value: str, filename: str, now: datetime
    ) -> None:
        self.db.write(
            "INSERT INTO fetched (company_id, item_id, kind, version, value, filename, fetched_at) "
            "VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (company_id, item_id, kind) DO UPDATE SET "
            "version = excluded.version, value = excluded.value, filename = excluded.filename, "
            "fetched_at = excluded.fetched_at",
            (company_id, item_id, kind, version, value, filename, instant(now)),
        )
