"""A letter as a PDF: the words that a notice's mail would say, set for an envelope with a window."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from relance.letter_annex import annex_layout
from relance.letter_layout import letter_layout, window_for
from relance.letterpress import print_letter

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

    from engine.creditor import Creditor
    from engine.model import Customer
    from relance.texts import Wording

# What the words for whoever posts a letter may name.
TASK_FACTS: Final = ("customer", "since", "reminder", "registered", "presented", "why")


def letter_pdf(
    wording: Wording,
    data: Mapping[str, object],
    creditor: Creditor,
    customer: Customer,
    day: date,
    *,
    window: str = "",
    test: bool = False,
) -> bytes:
    """Write a letter of a day; raise RenderError where it cannot be written.

    `data` are the words as `Wording.data` gives them; `window` says on which side the envelopes have theirs ("" for the
    country's habit). The same words on the same day give the same bytes.
    """
    annex = annex_layout(data, wording.letter_words("annex", data))
    labels = wording.letter_words("labels", data)
    layout = letter_layout(
        data, labels, creditor, customer, window=window_for(creditor.country, window), annex=annex, test=test
    )
    return print_letter(layout, day)


def letter_task_words(wording: Wording, language: str, **facts: str) -> dict[str, str]:
    """Word what whoever posts letters is told, in their language; the facts that a sentence does not use stay out of it."""
    return wording.letter_words("tasks", {**dict.fromkeys(TASK_FACTS, ""), **facts, "language": language})
