"""What QuickBooks says of the company whose books these are."""

from __future__ import annotations

import re
from datetime import date
from typing import Any, Final

from connectors.quickbooks.client import Client, parsed
from engine.errors import BooksRefusedError, WrongOrganisationError
from engine.records import About

_CURRENCY: Final = re.compile(r"[A-Z]{3}")
_LAPSED: Final = frozenset({"expired", "cancelled", "canceled", "suspended"})


def about(client: Client) -> About:
    """Read the company's own data, and its preferences where they can be read."""
    company = _company(client)
    preferences = _preferences(client)
    remarks = [
        "QuickBooks does not tell whether its own invoice reminders are switched on: see Settings, Sales, Reminders"
    ]
    status = _named(company, "SubscriptionStatus")
    if status.lower() in _LAPSED:
        remarks.append(f"the QuickBooks subscription is {status.lower()}: books can be read, but nothing written back")
    return About(
        organisation_id=client.realm,
        organisation=_name(company) or client.realm,
        timezone=str(company.get("DefaultTimeZone") or ""),
        currency=_currency_in(preferences),
        locked_until=_closing_date(preferences),
        own_reminders=None,
        remarks=tuple(remarks),
    )


def home_currency(client: Client) -> str:
    """Give the currency of documents that name none; "" where it cannot be read."""
    return _currency_in(_preferences(client))


def _company(client: Client) -> dict[str, Any]:
    found = parsed("CompanyInfo", client.entity("companyinfo", client.realm))
    if found is None:
        raise WrongOrganisationError(f"this connection shows no QuickBooks company {client.realm}: connect it again")
    return found


def _preferences(client: Client) -> dict[str, Any]:
    try:
        answer = client.preferences()
    except BooksRefusedError:
        return {}
    return parsed("Preferences", answer) or {}


def _name(company: dict[str, Any]) -> str:
    return str(company.get("CompanyName") or company.get("LegalName") or "").strip()


def _named(company: dict[str, Any], name: str) -> str:
    listed = company.get("NameValue")
    pairs = listed if isinstance(listed, list) else []
    return next(
        (str(each.get("Value") or "") for each in pairs if isinstance(each, dict) and each.get("Name") == name), ""
    )


def _currency_in(preferences: dict[str, Any]) -> str:
    prefs = preferences.get("CurrencyPrefs")
    home = prefs.get("HomeCurrency") if isinstance(prefs, dict) else None
    code = str(home.get("value") or "") if isinstance(home, dict) else ""
    return code if _CURRENCY.fullmatch(code) else ""


def _closing_date(preferences: dict[str, Any]) -> date | None:
    """Give the last day of the closed books; the field is in the schema, and most answers leave it out."""
    prefs = preferences.get("AccountingInfoPrefs")
    text = str(prefs.get("BookCloseDate") or "") if isinstance(prefs, dict) else ""
    try:
        return date.fromisoformat(text[:10])
    except ValueError:
        return None
