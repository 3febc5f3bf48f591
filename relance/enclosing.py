"""What a mail encloses, as its level says: invoices, the other papers of an invoice, the account, the terms."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from connectors.files.documents import document_or_remark, named_document
from engine.kinds import AttachmentKind
from engine.records import Attachment

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from engine.model import OpenItem

# Servers commonly take 10 MB; base64 adds a third.
LARGEST_TOTAL: Final = 7_000_000
# What matters most comes first: what has no room left stays out.
_ORDER: Final = (
    AttachmentKind.INVOICE, AttachmentKind.DOCUMENTS, AttachmentKind.STATEMENT, AttachmentKind.TERMS,
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Enclosed:
    """The files of a mail, in order; `invoices` counts those that are invoices, `others` the rest."""

    files: tuple[Attachment, ...] = ()
    invoices: int = 0

    @property
    def others(self) -> int:
        """How many files are no invoices."""
        return len(self.files) - self.invoices


NOTHING: Final = Enclosed()


@dataclass(frozen=True, slots=True, kw_only=True)
class Papers:
    """Where the papers of one company lie; the configuration's own words, save for the names of its invoices.

    `patterns` are (kind, pattern) as the configuration has them; `terms` the company's terms of sale.
    """

    patterns: tuple[tuple[str, str], ...] = ()
    terms: Path | None = None

    def of_item(self, item: OpenItem) -> tuple[Attachment, ...]:
        """Find the papers of an invoice besides itself; one that is missing, or is no PDF, is left out."""
        found = (self._paper(pattern, item) for _, pattern in self.patterns)
        return tuple(one for one in found if one is not None)

    def of_company(self) -> Attachment | None:
        """Give the terms of sale, None where there are none or they cannot be enclosed."""
        return None if self.terms is None else read_pdf(*named_document(self.terms.parent, self.terms.name))

    def _paper(self, pattern: str, item: OpenItem) -> Attachment | None:
        name = item.reference if "{reference}" in pattern else item.number
        if not name:
            return None
        absolute = str(Path(pattern).absolute()).replace("{reference}", "{number}")
        return read_pdf(*document_or_remark(Path(), absolute, name))


NO_PAPERS: Final = Papers()


def read_pdf(path: Path | None, _remark: str = "") -> Attachment | None:
    """Read a file that was found to be a PDF; None where there is none, or it is one no more."""
    if path is None:
        return None
    try:
        content = path.read_bytes()
    except OSError:
        return None
    is_pdf = content.startswith(b"%PDF-")
    return Attachment(filename=path.name, content=content, media_type="application/pdf") if is_pdf else None


def enclose(
    kinds: Iterable[AttachmentKind],
    items: Sequence[OpenItem],
    *,
    invoice: Callable[[OpenItem], Attachment | None],
    papers: Papers = NO_PAPERS,
    statement: Callable[[], Attachment | None] = lambda: None,
) -> Enclosed:
    """Gather what a mail about these items encloses, each file once.

    A kind for whose files together there is no room left stays out as a whole.
    """
    wanted = set(kinds)
    makers: dict[AttachmentKind, Callable[[], list[Attachment | None]]] = {
        AttachmentKind.INVOICE: lambda: [invoice(item) for item in items],
        AttachmentKind.DOCUMENTS: lambda: [paper for item in items for paper in papers.of_item(item)],
        AttachmentKind.STATEMENT: lambda: [statement()],
        AttachmentKind.TERMS: lambda: [papers.of_company()],
    }
    files: list[Attachment] = []
    invoices = 0
    for kind in (one for one in _ORDER if one in wanted):
        new = [one for one in dict.fromkeys(makers[kind]()) if one is not None and one not in files]
        if sum(len(one.content) for one in (*files, *new)) > LARGEST_TOTAL:
            continue
        files += new
        invoices += len(new) if kind is AttachmentKind.INVOICE else 0
    return Enclosed(files=_apart(files), invoices=invoices)


def _apart(files: Sequence[Attachment]) -> tuple[Attachment, ...]:
    """Give files of one name a number each: a mail program saves the second over the first."""
    taken: dict[str, int] = {}
    named: list[Attachment] = []
    for file in files:
        key = file.filename.casefold()
        count = taken[key] = taken.get(key, 0) + 1
        stem, dot, ending = file.filename.rpartition(".")
        name = f"{stem} ({count}){dot}{ending}" if count > 1 and dot else file.filename
        named.append(Attachment(filename=name, content=file.content, media_type=file.media_type))
    return tuple(named)
