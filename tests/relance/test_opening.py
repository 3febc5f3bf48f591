"""Every word that the configuration takes for cloud books is one that the connector takes."""

from __future__ import annotations

from typing import get_args

from connectors.quickbooks.books import NotesIn
from relance.config.schema_books import QuickBooksBooks


def test_the_places_for_notes_that_the_configuration_knows_are_the_connectors() -> None:
    assert set(get_args(QuickBooksBooks.model_fields["notes_in"].annotation)) == {place.value for place in NotesIn}
    assert NotesIn(QuickBooksBooks.model_fields["notes_in"].default) is NotesIn.ATTACHABLE
