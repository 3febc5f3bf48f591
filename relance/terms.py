"""Due dates from payment terms, as the command prints them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from connectors.files.terms import due_date, parse_terms

if TYPE_CHECKING:
    from datetime import date

    from relance.documents import Document


def due_date_document(terms: str, issued: date) -> Document:
    """Give a due date, how the words were read, and what else they can mean; raise UnreadableTermsError."""
    read = due_date(parse_terms(terms), issued)
    return {
        "due_on": read.due_on.isoformat(),
        "reading": read.reading,
        "alternatives": [{"due_on": one.due_on.isoformat(), "reading": one.reading} for one in read.alternatives],
        "remarks": list(read.remarks),
    }
