"""The end of an item's chase: recorded, and written down for whoever takes it over."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from engine.setup import business_time
from relance.dossier import write_dossier
from relance.finding import find_item
from relance.stops import Named, record
from relance.wiring import setup_of

if TYPE_CHECKING:
    from engine.kinds import HoldKind
    from relance.dossier import Dossier
    from relance.installation import Installation
    from state.store import Store


@dataclass(frozen=True, slots=True, kw_only=True)
class Closed:
    """What closing did; `problem` says why there is no dossier."""

    changed: int
    dossier: Dossier | None
    problem: str = ""


def close_item(installation: Installation, store: Store, number: str, kind: HoldKind, reason: str) -> Closed:
    """End the chase of an item and write its dossier; a disk that refuses the file leaves the chase ended."""
    found = find_item(installation, store, number)
    changed = record(installation, store, kind, Named(number=number), reason=reason)
    calendar = setup_of(installation.config, installation.company(found.company_id)).calendar
    as_of = business_time(calendar, installation.clock.now(), None).as_of
    try:
        dossier = write_dossier(installation, store, found, as_of, how=kind.value, reason=reason)
    except OSError as error:
        return Closed(changed=changed, dossier=None, problem=f"the dossier could not be written: {error.strerror}")
    return Closed(changed=changed, dossier=dossier)
