"""Invoice PDFs beside the books, found by a pattern such as `factures/{number}.pdf`."""

from __future__ import annotations

from pathlib import Path
from typing import Final

LARGEST_BYTES: Final = 10 * 1024 * 1024
_MAGIC: Final = b"%PDF"
# A PDF's header may stand a little behind leading bytes that some writers put first (ISO 32000-1, implementation note).
_MAGIC_WITHIN: Final = 1024
_FORBIDDEN: Final = frozenset('/\\:*?"<>|\0')


def document_path(base: Path, pattern: str, number: str) -> Path | None:
    """Find the PDF of an invoice, beside the books where the pattern is relative; None where there is none, or where the number cannot be part of a file name safely."""
    path, _ = document_or_remark(base, pattern, number)
    return path


def document_or_remark(base: Path, pattern: str, number: str) -> tuple[Path | None, str]:
    """Find the PDF of an invoice, or say in a sentence why it is left out ("" where there simply is no such file).

    An absolute pattern has its own base: the folder that stands before `{number}`.
    """
    name = number.strip()
    if not name or name.startswith(".") or any(c in _FORBIDDEN or not c.isprintable() for c in name):
        return None, f"invoice number {number!r} cannot stand in a file name"
    fixed, _, varying = pattern.partition("{number}")
    if Path(fixed).is_absolute():
        base = Path(fixed) if fixed.endswith("/") else Path(fixed).parent
        pattern = f"{fixed.removeprefix(f'{base}/')}{{number}}{varying}"
    # The pattern is the configuration's own word, absolute or relative to the books; only the number is foreign.
    before, _, after = pattern.partition("{number}")
    folder, slash, start = before.rpartition("/")
    return named_document(base / (folder + slash), start + name + after.replace("{number}", name))


def named_document(base: Path, relative: str) -> tuple[Path | None, str]:
    """Check a file that the books name: inside `base`, not above 10 MiB, a PDF by its first bytes."""
    root = base.resolve()
    path = (root / relative).resolve()
    if not path.is_relative_to(root):
        return None, f"{relative!r} lies outside {root}"
    try:
        if not path.is_file():
            return None, ""
        size = path.stat().st_size
        if size > LARGEST_BYTES:
            return None, f"{relative!r} is larger than 10 MiB ({size} bytes)"
        with path.open("rb") as file:
            is_pdf = _MAGIC in file.read(_MAGIC_WITHIN)
    except OSError as error:
        return None, f"{relative!r} cannot be read ({error.strerror})"
    return (path, "") if is_pdf else (None, f"{relative!r} is no PDF")
