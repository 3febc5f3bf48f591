"""Payment terms in words ("45 jours fin de mois") and the due dates that follow from them; pure."""

from __future__ import annotations

import calendar
import re
import unicodedata
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from engine.errors import BooksError

EXAMPLES: Final = (
    "30 jours",
    "30 jours nets",
    "45 jours fin de mois",
    "30 jours fin de mois le 15",
    "fin de mois",
    "fin de mois le 15",
    "60 jours",
    "à réception",
    "comptant",
    "net 30",
    "30 days end of month",
    "due on receipt",
)

# C. com. L441-10 I: at most 60 days from the invoice, or 45 days end of month.
_MOST_DAYS: Final = 60
_MOST_DAYS_END_OF_MONTH: Final = 45
_DAYS_OF_A_TRADE_MONTH: Final = 30
_LAST_DAY_OF_ANY_MONTH: Final = 31

_RECEIPT: Final = re.compile(
    r"(?:paiement |reglement |payable |payment |due )?"
    r"(?:(?:a|des|upon|on|due) (?:la )?(?:reception|receipt)(?: (?:de )?(?:la )?(?:facture|invoice))?|reception|receipt"
    r"|(?:au )?comptant|immediat(?:e|ement)?|immediately|cash)"
)
_DAYS: Final = r"(?P<days>\d{1,3}) ?(?:jours?|jrs?|j|days?|d)(?: calendaires?)?"
_MONTHS: Final = r"(?P<months>\d{1,2}) ?(?:mois|months?)"
_END: Final = r"(?P<end>fin (?:de |du )?mois|fdm|(?:from )?(?:the )?end of (?:the )?month|eom)"
_ON: Final = r"(?:le|au|on the|the) (?P<on>\d{1,2})(?:er|st|nd|rd|th)?(?: (?:du )?mois suivant)?"
_FROM: Final = (
    r"(?:(?:a (?:partir|compter) de |apres |from |after |of )?(?:la |the )?(?:date (?:de |d')?)?(?:la )?"
    r"(?:facture|facturation|emission|invoice)(?: (?:de )?(?:la )?facture| date)?)"
)
_GRAMMAR: Final = re.compile(
    rf"(?:(?:paiement|reglement|payment) )?(?:a |sous |within |in )?(?:net )?"
    rf"(?:(?:{_DAYS}|{_MONTHS}|(?P<bare>\d{{1,3}}))(?: ?nets?)?(?: {_FROM})?)?"
    rf" ?{_END}?(?: ?nets?)?(?: {_FROM})?(?: {_ON})?"
)


class UnreadableTermsError(BooksError):
    """A payment term is not one that Relance understands; its text lists examples that are."""

    def __init__(self, text: str) -> None:
        super().__init__(f"cannot read the payment terms {text!r}; write for example: " + "; ".join(EXAMPLES))
        self.text = text


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What was agreed: days (or months) after the issue date, then the end of the month, then a day of a month.

    `day` is the day of the month ("le 15") on which the payment falls after all else, None where there is none.
    """

    text: str
    days: int = 0
    months: int = 0
    end_of_month: bool = False
    day: int | None = None

    @property
    def remarks(self) -> tuple[str, ...]:
        """Say what is wrong in law with these terms between businesses, whatever the invoice (C. com. L441-10 I)."""
        reach = self.days + _DAYS_OF_A_TRADE_MONTH * self.months
        if self.end_of_month and reach > _MOST_DAYS_END_OF_MONTH:
            return (f"{self.text!r} exceeds the legal maximum of 45 days end of month (C. com. L441-10)",)
        if not self.end_of_month and reach > _MOST_DAYS:
            return (f"{self.text!r} exceeds the legal maximum of 60 days from the invoice (C. com. L441-10)",)
        return ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Alternative:
    """Another due date that the same words can mean."""

    reading: str
    due_on: date


@dataclass(frozen=True, slots=True, kw_only=True)
class DueReading:
    """A due date, how the words were read to get it, and what else they can mean; the printed due date prevails."""

    due_on: date
    reading: str
    alternatives: tuple[Alternative, ...] = ()
    remarks: tuple[str, ...] = ()


def _plain(text: str) -> str:
    """Lower the case, drop accents and punctuation, and make every kind of space one space."""
    decomposed = unicodedata.normalize("NFKD", text.replace("’", "'")).casefold()
    letters = "".join(c for c in decomposed if not unicodedata.combining(c))
    return " ".join(re.sub(r"[^0-9a-z']+", " ", letters).split())


def parse_terms(text: str) -> Terms:
    """Read payment terms in French or English; raise UnreadableTermsError with examples."""
    plain = _plain(text)
    shown = " ".join(text.split())
    if _RECEIPT.fullmatch(plain):
        return Terms(text=shown)
    found = _GRAMMAR.fullmatch(plain)
    if found is None:
        raise UnreadableTermsError(text)
    part = found.groupdict()
    # A bare figure is days only where the words say so: "net 30", "30 net", "30 EOM", never "30".
    if part["bare"] is not None and "net" not in plain and part["end"] is None:
        raise UnreadableTermsError(text)
    days = int(part["days"] or part["bare"] or 0)
    day = int(part["on"]) if part["on"] is not None else None
    says_something = any(part[name] is not None for name in ("days", "months", "bare", "end"))
    if not says_something or (day is not None and not 1 <= day <= _LAST_DAY_OF_ANY_MONTH):
        raise UnreadableTermsError(text)
    return Terms(text=shown, days=days, months=int(part["months"] or 0), end_of_month=part["end"] is not None, day=day)


def due_date(terms: Terms, issued: date) -> DueReading:
    """Compute when an invoice issued on a day falls due: the usual reading, and the others that are practised.

    "N jours fin de mois" is read as days first, then the end of that month (A); the other practices are end of the
    invoice's month first, then the days (B), and, for whole trade months, the end of the month that many months later
    (C). The CEPC admits A and B. A due date on a closed day does not move: only the sending does.
    """
    step = _step_in_words(terms)
    if not terms.end_of_month:
        due = _later(issued, terms)
        return _reading(terms, issued, f"issue date{step}", due)
    if not step:
        return _reading(terms, issued, "end of the month of issue", _end_of_month(issued))
    others = [(f"B: end of the month of issue{step}", _later(_end_of_month(issued), terms))]
    if terms.days % _DAYS_OF_A_TRADE_MONTH == 0:
        months = terms.months + terms.days // _DAYS_OF_A_TRADE_MONTH
        whole = f"C: end of the month of issue + {months} month ends"
        others.append((whole, _end_of_month(_months_later(issued.replace(day=1), months))))
    return _reading(
        terms, issued, f"A: issue date{step}, then the end of that month", _end_of_month(_later(issued, terms)), others
    )


def _reading(
    terms: Terms, issued: date, name: str, due: date, others: list[tuple[str, date]] | None = None
) -> DueReading:
    then = f", then the next day {terms.day} of a month" if terms.day is not None else ""
    due = _on_day(due, terms.day)
    remarks = terms.remarks
    is_45_end_of_month = terms.end_of_month and terms.day is None
    if not remarks and not is_45_end_of_month and (due - issued).days > _MOST_DAYS:
        remarks = (
            f"{(due - issued).days} days exceed the legal maximum of 60 days from the invoice (C. com. L441-10)",
        )
    return DueReading(
        due_on=due,
        reading=name + then,
        alternatives=tuple(
            Alternative(reading=other + then, due_on=_on_day(day, terms.day)) for other, day in others or ()
        ),
        remarks=remarks,
    )


def _step_in_words(terms: Terms) -> str:
    if terms.months:
        return f" + {terms.months} months"
    return f" + {terms.days} days" if terms.days else ""


def _later(day: date, terms: Terms) -> date:
    return _months_later(day, terms.months) + timedelta(days=terms.days)


def _months_later(day: date, months: int) -> date:
    """Go forward by whole months; the 31st becomes the last day of a shorter month."""
    index = day.year * 12 + day.month - 1 + months
    year, month = index // 12, index % 12 + 1
    return date(year, month, min(day.day, calendar.monthrange(year, month)[1]))


def _end_of_month(day: date) -> date:
    return day.replace(day=calendar.monthrange(day.year, day.month)[1])


def _on_day(due: date, day: int | None) -> date:
    """Move to the next such day of a month, that very day included; a short month gives its last day."""
    if day is None:
        return due
    here = _clipped(due, day)
    return here if here >= due else _clipped(_months_later(due.replace(day=1), 1), day)


def _clipped(month: date, day: int) -> date:
    return month.replace(day=min(day, calendar.monthrange(month.year, month.month)[1]))
