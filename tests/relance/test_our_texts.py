"""Our own texts in every language, read as their customers would read them."""

from __future__ import annotations

import pytest

from relance.template_lint import lint_texts
from relance.templating import WRITTEN

# French is what the others were written beside.
LANGUAGES = [
    language if language == "fr" else pytest.param(language, marks=pytest.mark.slow) for language in sorted(WRITTEN)
]


@pytest.mark.parametrize("language", LANGUAGES)
def test_our_own_texts_have_no_problem_and_need_no_advice(language: str) -> None:
    linted = lint_texts(hosts=frozenset(), languages={language})
    assert (linted.errors, linted.advice) == ((), ())
