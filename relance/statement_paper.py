"""The statement of account as a PDF, for mails that enclose it: the statement's own words on the letter's sheet."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from engine.records import Attachment
from relance.letter import letter_pdf

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

    from engine.creditor import Creditor
    from engine.model import Customer
    from relance.texts import Wording


def statement_paper(
    wording: Wording, data: Mapping[str, object], creditor: Creditor, customer: Customer, day: date
) -> Attachment | None:
    """Set a statement of a day; None where the customer has nothing open.

    `data` are the statement's words as `Wording.data` gives them. Raises RenderError where it cannot be set.
    """
    accounts = [one for one in cast("list[Mapping[str, Any]]", data["accounts"]) if one["lines"]]
    if not accounts:
        return None
    parts = cast("Mapping[str, str]", data["parts"])
    paragraphs = cast("Mapping[str, list[str]]", data["paragraphs"])
    with_credits = any(one["credits"] for one in accounts)
    total = parts["label_account_balance" if with_credits else "label_account_total"]
    laid_out = {
        **data,
        "tables": [_table(account) for account in accounts],
        "parts": {**parts, "label_total": total},
        "paragraphs": {**paragraphs, "charges": [line for one in accounts for line in _shares(one, parts)]},
    }
    content = letter_pdf(wording, laid_out, creditor, customer, day)
    return Attachment(filename=f"{parts['subject']}.pdf", content=content, media_type="application/pdf")


def _table(account: Mapping[str, Any]) -> dict[str, Any]:
    credits_open = [{**credit, "is_sum": False} for credit in account["credits"]]
    return {"lines": account["lines"], "credits": credits_open, "total": account["balance"], "also_open": []}


def _shares(account: Mapping[str, Any], parts: Mapping[str, str]) -> list[str]:
    """Say what of the invoices is overdue, and what is still to come."""
    named = (("label_account_overdue", account["overdue"]), ("label_account_coming", account["coming"]))
    colon = parts["label_colon"]
    told = [f"{parts[label]}{colon} {amount}" for label, amount in named if amount]
    return [f"{parts['label_account_total']}{colon} {account['total']}, {', '.join(told)}"] if told else []
