"""Statutory interest of one sum, as the command prints it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.charge_words import law_name, reason_text, remark_text
from relance.documents import day

if TYPE_CHECKING:
    from engine.claims import Claim, Segment, Statement
    from relance.documents import Document


def interest_document(claim: Claim, statement: Statement, language: str) -> Document:
    """Give what `interest` reports; amounts are strings in `currency`, rates in percent a year."""
    apart = statement.indemnity_apart
    return {
        "country": claim.country,
        "kind": claim.kind.value,
        "currency": claim.principal.currency,
        "due": day(claim.due_on),
        "until": day(claim.until),
        "principal": str(statement.principal),
        "interest": str(statement.interest),
        "indemnity": str(statement.indemnity),
        "indemnity_apart": {"amount": str(apart), "currency": apart.currency} if apart is not None else None,
        "interest_paid": str(statement.interest_paid),
        "indemnity_paid": str(statement.indemnity_paid),
        "surplus": str(statement.surplus),
        "total": str(statement.total),
        "segments": [_segment(segment) for segment in statement.segments],
        "law": statement.law,
        "law_name": law_name(statement.law, language),
        "imputation": statement.imputation.value,
        "day_count": statement.day_count.value,
        "reason": (
            {"code": statement.reason.value, "message": reason_text(statement.reason, language)}
            if statement.reason is not None
            else None
        ),
        "warnings": [
            {"code": remark.code.value, "message": remark_text(remark, language)} for remark in statement.remarks
        ],
        "sources": list(statement.sources),
    }


def _segment(segment: Segment) -> Document:
    return {
        "from": day(segment.first),
        "to": day(segment.last),
        "days": segment.days,
        "base": str(segment.base),
        "rate": f"{segment.rate:f}",
        "amount": str(segment.amount),
    }
