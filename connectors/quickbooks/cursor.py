"""What the next pull needs to know of this one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import TYPE_CHECKING, Any, Final

from connectors import jsontext
from connectors.quickbooks.stamps import instant

if TYPE_CHECKING:
    from collections.abc import Iterable

_FORM: Final = 1
# A payment that was taken back is told by its links; older payments than these show in the balance alone.
_MOST_PAYMENTS: Final = 5000
_MOST_UNAPPLIED: Final = 2000
DELETIONS: Final = "deletions"


@dataclass(frozen=True, slots=True, kw_only=True)
class Linked:
    """The invoices that a payment paid when it was last seen."""

    paid_on: date
    currency: str
    invoice_ids: tuple[str, ...]


@dataclass(slots=True, kw_only=True)
class Memory:
    """What is remembered between pulls.

    `marks` are the instants up to which each entity was read. `invoices` counts the invoices ever told. `unapplied` are
    the payments with money left, None where they are too many to remember; `links` what payments paid, newest last.
    """

    realm: str
    marks: dict[str, datetime] = field(default_factory=dict)
    invoices: int = 0
    unapplied: set[str] | None = field(default_factory=set)
    links: dict[str, Linked] = field(default_factory=dict)

    def link(self, payment_id: str, linked: Linked) -> tuple[str, ...]:
        """Remember what a payment pays now; give the invoices that it paid before and no longer does."""
        before = self.links.pop(payment_id, None)
        if linked.invoice_ids:
            self.links[payment_id] = linked
            if len(self.links) > _MOST_PAYMENTS:
                self.links.pop(next(iter(self.links)))
        return tuple(each for each in before.invoice_ids if each not in linked.invoice_ids) if before else ()

    def unapply(self, payment_id: str, *, left: bool) -> bool:
        """Remember whether a payment has money left; say whether its item is to be told."""
        if self.unapplied is None:
            return True
        known = payment_id in self.unapplied
        if left:
            self.unapplied.add(payment_id)
            if len(self.unapplied) > _MOST_UNAPPLIED:
                self.unapplied = None
        else:
            self.unapplied.discard(payment_id)
        return left or known


def write(memory: Memory) -> str:
    """Write it as the cursor."""
    return jsontext.encode(
        {
            "form": _FORM,
            "realm": memory.realm,
            "marks": {name: when.isoformat() for name, when in sorted(memory.marks.items())},
            "invoices": memory.invoices,
            "unapplied": None if memory.unapplied is None else sorted(memory.unapplied),
            "links": {
                key: [each.paid_on.isoformat(), each.currency, *each.invoice_ids] for key, each in memory.links.items()
            },
        }
    ).decode()


def read(cursor: str) -> Memory | None:
    """Read a cursor of ours; None where it is none, so that everything is read again."""
    try:
        kept = jsontext.parse(cursor.encode())
        if not isinstance(kept, Mapping) or kept["form"] != _FORM:
            return None
        return Memory(
            realm=str(kept["realm"]),
            marks={name: instant(when) for name, when in kept["marks"].items()},
            invoices=int(kept["invoices"]),
            unapplied=None if kept["unapplied"] is None else {str(each) for each in kept["unapplied"]},
            links=dict(_links(kept["links"].items())),
        )
    except (ValueError, KeyError, TypeError, AttributeError):
        return None


def _links(kept: Iterable[tuple[str, Any]]) -> Iterable[tuple[str, Linked]]:
    for key, (paid_on, currency, *invoice_ids) in kept:
        yield key, Linked(paid_on=date.fromisoformat(paid_on), currency=currency, invoice_ids=tuple(invoice_ids))
