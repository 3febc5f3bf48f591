"""What the words and codes of an FEC mean: accounts, journals, references, labels; pure."""

from __future__ import annotations

import re
import unicodedata
from enum import StrEnum
from functools import lru_cache
from typing import Final


class AccountClass(StrEnum):
    """The customer accounts of the French chart (PCG) that are told apart, by the digits they start with."""

    RECEIVABLE = "411"
    RETENTION = "4117"
    BILL = "413"
    DOUBTFUL = "416"
    ADVANCE = "4191"
    OTHER_CREDIT = "419"


ACCOUNT_PREFIXES: Final = frozenset((b"411", b"413", b"416", b"419"))
CHASED: Final = (AccountClass.RECEIVABLE, AccountClass.ADVANCE)

_OPENING_JOURNALS: Final = frozenset(("an", "ano", "anx", "anv", "ran", "aan", "anouv", "nouv", "ouv", "oan"))
_OPENING_REFS: Final = frozenset(("ran", "ano", "anouveau", "anouveaux"))
_FIGURE: Final = re.compile(r"[1-9]")
_OPENING_LABEL: Final = re.compile(
    r"(report |solde |ecritures? )?(d')?(a[ -]?nouveaux?|ouverture)\b|ran\b|opening balance"
)
_NO_NUMBER: Final = frozenset(
    ("", "ran", "an", "ano", "sans", "sanspiece", "sansref", "sanspieceref", "report", "anouveau", "anouveaux", "solde", "nc", "nd", "na", "neant", "aucun", "aucune", "null", "none", "divers", "ouverture")
)  # fmt: skip
_NO_NUMBER_IN_AN_OPENING: Final = re.compile(
    r"(r?an[ovx]?|solde|ouv|ouverture|od|bal)\d{0,8}|.*(nouveau|ouverture|openingbalance).*"
)
_CREDIT_LABEL: Final = re.compile(
    r"\bavoirs?\b|\bav[ .°]?\d|\bavr\b|credit note|note de credit|\bremboursement commercial|\brrr\b|\bristourne|\brabais"
)
_CREDIT_REF: Final = re.compile(r"av(oir)?[ ./_-]*\d.*|avoir.*|cn[ ./_-]*\d.*")
_RETENTION: Final = re.compile(r"\bret(enue)?s?\b\.? ?(de )?gar(antie)?s?\b")


def _unaccented(text: str) -> str:
    if text.isascii():
        return text.lower()
    decomposed = unicodedata.normalize("NFKD", text).casefold()
    return "".join(c for c in decomposed if not unicodedata.combining(c))


def _bare(text: str) -> str:
    return re.sub(r"[^0-9a-z]", "", _unaccented(text))


def account_class(account: str) -> AccountClass:
    """Tell which kind of customer account one of ACCOUNT_PREFIXES is; 4117 counts as 411 here, labels decide elsewhere."""
    if account.startswith(AccountClass.ADVANCE):
        return AccountClass.ADVANCE
    return AccountClass(account[:3])


def is_opening_entry(journal: str, journal_name: str, ref: str, label: str) -> bool:
    """Tell whether a line brings forward a balance: by its journal, else by a reference or label that says so."""
    return _is_opening_journal(journal, journal_name) or _is_opening_ref(ref) or _is_opening_label(label)


@lru_cache(maxsize=1024)
def _is_opening_journal(journal: str, journal_name: str) -> bool:
    name = _unaccented(journal_name)
    return _bare(journal) in _OPENING_JOURNALS or "nouveau" in name or "ouverture" in name or "opening" in name


def _is_opening_ref(ref: str) -> bool:
    # A reference with a figure is none of these words, and most references have one.
    return _FIGURE.search(ref) is None and _bare(ref) in _OPENING_REFS


def _is_opening_label(label: str) -> bool:
    lower = label.lower()
    # All that the pattern finds holds one of these; looking for them first spares most labels the rest.
    if "ouv" not in lower and not lower.startswith(("ran", "opening")):
        return False
    return _OPENING_LABEL.match(_unaccented(label)) is not None


def is_number(ref: str, *, in_opening: bool) -> bool:
    """Tell whether a PieceRef can be an invoice number, and not a blank, zeros, "sans", "RAN" or the like."""
    if not in_opening and _FIGURE.search(ref) is not None:
        return True
    bare = _bare(ref)
    if bare in _NO_NUMBER or not bare.strip("0"):
        return False
    return not (in_opening and _NO_NUMBER_IN_AN_OPENING.fullmatch(bare))


def names_credit_note(ref: str, label: str) -> bool:
    """Tell whether a reference or a label speaks of a credit note (avoir)."""
    return _CREDIT_REF.fullmatch(_unaccented(ref)) is not None or _CREDIT_LABEL.search(_unaccented(label)) is not None


def names_retention(label: str) -> bool:
    """Tell whether a label speaks of retention money (retenue de garantie)."""
    return _RETENTION.search(_unaccented(label)) is not None
