"""How a letter's interest was worked out, as a page of its own: a table for each invoice, and what they come to."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, cast

if TYPE_CHECKING:
    from collections.abc import Mapping

Words = dict[str, Any]

# Languages that put a space before the sign of per cent.
_SPACED: Final = frozenset({"de", "es", "fr"})
_COLUMNS: Final = ("from", "to", "days", "base", "rate", "interest")
# Days and sums of money stand under each other at the right.
_WORDS: Final = frozenset({"from", "to"})


def annex_layout(data: Mapping[str, object], words: Mapping[str, str]) -> Words | None:
    """Lay the annex out; None where no sums were reckoned. `words` are the annex's own, `data` as `Wording.data` gives them."""
    charges = cast("Mapping[str, Any]", data["charges"])
    parts = cast("Mapping[str, str]", data["parts"])
    if not charges["rows"]:
        return None
    sums = [
        [words["sum_interest"], charges["interest"]],
        [words["sum_indemnity"], charges["indemnity"]],
        [words["sum_all"], charges["total"]],
        [words["sum_apart"], charges["indemnity_apart"]],
    ]
    gap = "\xa0" if str(data["language"])[:2].lower() in _SPACED else ""
    return {
        "title": words["title"],
        "intro": [words["intro"]],
        "columns": [{"title": words[f"column_{name}"], "is_figure": name not in _WORDS} for name in _COLUMNS],
        "parts": [_part(row, words, parts, f"{gap}%") for row in charges["rows"]],
        "sums": [row for row in sums if row[1]],
        "notes": [words["formula"]],
    }


def _part(row: Mapping[str, Any], words: Mapping[str, str], parts: Mapping[str, str], percent: str) -> Words:
    sums = [[words["sum_interest"], row["interest"]]]
    if row["indemnity"]:
        sums += [[words["sum_indemnity"], row["indemnity"]], [words["sum_invoice"], row["total"]]]
    return {
        "title": f"{parts['label_invoice']} {row['number']} ({parts['label_due'].lower()}{parts['label_colon']} {row['due_on']})",
        "rows": [
            [one["first"], one["last"], one["days"], one["base"], f"{one['rate']}{percent}", one["amount"]]
            for one in row["segments"]
        ],
        "sums": sums,
    }
