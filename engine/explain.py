"""Why an open item is asked or held, in a sentence that a bookkeeper understands, in French and English."""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal, InvalidOperation
from string import Formatter
from typing import TYPE_CHECKING, Final

from engine import explain_en, explain_fr, explain_plans
from engine.kinds import DueSource, ItemKind
from engine.model import Hold
from engine.money import InexactAmountError, Money
from engine.wording import clean, date_text, days_text, locale_of, money_text, told_in, typeset

if TYPE_CHECKING:
    from collections.abc import Mapping
    from types import ModuleType

    from engine.kinds import HoldReason
    from engine.model import CompanyBlock, Customer, Decision, OpenItem
    from engine.plan import Plan

_TABLES: Final[dict[str, ModuleType]] = {"fr": explain_fr, "en": explain_en}
_DAY: Final = re.compile(r"\d{4}-\d{2}-\d{2}")
_AMOUNT: Final = re.compile(r"(-?\d+(?:\.\d+)?) ([A-Z]{3})")
_NAMES: Final = re.compile(r"\{(\w+)\}")

_Sentences = tuple[tuple[str, ...], ...]


def explain(decision: Decision, item: OpenItem, plan: Plan, customer: Customer, language: str) -> str:
    """Say what was decided for an item, why, on which data, and what would change it; English where not in French."""
    tongue = _tongue(language)
    words = _TABLES[tongue]
    known = _known(decision, item, plan, customer, told_in(language))
    lead = "credit" if item.kind is not ItemKind.INVOICE else "late" if "late" in known else "open"
    sentences: _Sentences = ((words.LEAD[lead],),)
    if item.due_source is DueSource.ASSUMED and lead != "credit":
        sentences += ((words.ASSUMED,),)
    if isinstance(decision, Hold):
        sentences += _held(words.HOLDS, decision.reason, dict(decision.facts))
    else:
        sentences += words.REMIND
    if lead != "credit":
        known |= explain_plans.readable(dict(decision.facts), tongue)
        sentences += explain_plans.SENTENCES[tongue]
    return explain_plans.finished(_told(sentences, known, tongue))


def explain_block(block: CompanyBlock, company: str, language: str) -> str:
    """Say why a whole company sends nothing today."""
    tongue = _tongue(language)
    words = _TABLES[tongue]
    known = {"detail": clean(block.detail), "by": ""} if block.detail else {"by": ""}
    text = _told(_held(words.HOLDS, block.reason, {}), known, tongue)
    return _told(((words.BLOCK,),), {"company": clean(company), "text": text}, tongue)


def _tongue(language: str) -> str:
    found = locale_of(language).language
    return found if found in _TABLES else "en"


def _held(holds: Mapping[str, _Sentences], reason: HoldReason, facts: Mapping[str, str]) -> _Sentences:
    """Find the sentences of a reason, in the variant that its cause or kind asks for."""
    variants = [facts.get("cause", ""), facts.get("kind", ""), "credit" if facts.get("credit") == "yes" else ""]
    keys = [f"{reason.value}:{variant}" for variant in variants if variant]
    return next((holds[key] for key in keys if key in holds), holds[reason.value])


def _known(decision: Decision, item: OpenItem, plan: Plan, customer: Customer, language: str) -> dict[str, str]:
    """Collect what the sentences may name; what is not known is simply absent."""
    words = _TABLES[_tongue(language)]
    facts = {name: _readable(name, value, item.currency, language) for name, value in decision.facts}
    credit = item.kind is not ItemKind.INVOICE
    known = {name: value for name, value in facts.items() if value}
    known |= {
        "number": clean(item.number) or clean(item.item_id),
        "customer": clean(customer.name) or clean(customer.customer_id),
        "balance": money_text(-item.balance if credit else item.balance, language),
        "due": date_text(item.due_on, language),
        "by": words.BY.format(author=known["author"]) if "author" in known else "",
    }
    days_late = dict(decision.facts).get("days_late", "")
    if days_late.isdecimal() and int(days_late) > 0:
        known["late"] = days_text(int(days_late), language)
    if (pace := dict(decision.facts).get("pace_days", "")).isdecimal():
        known["pace"] = days_text(int(pace), language)
    if decision.level_id and plan.level(decision.level_id):
        known["level"] = clean(decision.level_id)
    if decision.channel is not None:
        known["channel"] = words.CHANNELS[decision.channel.value]
    if decision.covered.minor > 0:
        known["covered"] = money_text(decision.covered, language)
    if isinstance(decision, Hold):
        if decision.until is not None:
            known["until"] = date_text(decision.until, language)
    else:
        known["on"] = date_text(decision.on, language)
        known["asked"] = money_text(decision.asked, language)
        if decision.disputed is not None:
            known["disputed"] = money_text(decision.disputed, language)
    return known


def _readable(name: str, value: str, currency: str, language: str) -> str:
    """Write a fact for a reader: days and amounts as the language does, free text on one line."""
    value = clean(value)
    if _DAY.fullmatch(value):
        return date_text(date.fromisoformat(value), language)
    if name == "minimum" and " " not in value:
        value = f"{value} {currency}"
    amount = _AMOUNT.fullmatch(value)
    if amount is None:
        # A reason is quoted inside our sentence, which brings its own full stop.
        return value.rstrip(".")
    try:
        return money_text(Money.of(Decimal(amount[1]), amount[2]), language)
    except (InexactAmountError, InvalidOperation):
        return value


def _told(sentences: _Sentences, known: Mapping[str, str], tongue: str) -> str:
    told = (next((one for one in variants if _named(one) <= known.keys()), "") for variants in sentences)
    return " ".join(Formatter().vformat(typeset(one, tongue), (), known) for one in told if one)


def _named(sentence: str) -> set[str]:
    return set(_NAMES.findall(sentence))
