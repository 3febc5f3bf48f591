"""Texts kept as they were agreed; RELANCE_UPDATE_GOLDEN=1 writes them anew, to be read in the diff."""

from __future__ import annotations

import os
from pathlib import Path

MAILS = Path(__file__).parents[1] / "golden" / "mail"


def compare(name: str, text: str) -> None:
    """Compare a text with what is kept under a name such as "fr-tu/firm-1.txt"."""
    path = MAILS / name
    if os.environ.get("RELANCE_UPDATE_GOLDEN"):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8", newline="\n")
    assert text == path.read_text(encoding="utf-8"), f"{path} differs; RELANCE_UPDATE_GOLDEN=1 writes it anew"
