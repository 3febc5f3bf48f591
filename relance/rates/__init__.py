"""The project's table of rates, and the one that a firm lays over it."""

from __future__ import annotations

from functools import cache, lru_cache
from importlib.resources import files
from typing import TYPE_CHECKING

from relance.rates.reading import RatesFileError, TableFile, parse_table, read_table

if TYPE_CHECKING:
    from pathlib import Path

    from engine.rates import Rates

__all__ = ["RatesFileError", "packaged_rates", "packaged_table", "rates_with"]


@cache
def packaged_table() -> TableFile:
    """Read the project's own table, once."""
    found = files("relance.rates") / "rates.json"
    table = parse_table(found.read_bytes(), str(found))
    if table.problems:
        raise RatesFileError(str(found), table.problems)
    return table


def packaged_rates() -> Rates:
    """Give the project's own rates."""
    return packaged_table().rates


def rates_with(path: Path | None) -> Rates:
    """Give the project's rates with those of a file laid over them; raise RatesFileError for a file that cannot be used."""
    if path is None:
        return packaged_rates()
    try:
        changed = path.stat().st_mtime_ns
    except OSError as error:
        raise RatesFileError.unreadable(path, error) from error
    return _laid_over(path, changed)


@lru_cache(maxsize=4)
def _laid_over(path: Path, _changed: int) -> Rates:
    from relance.rates.checking import check_table  # noqa: PLC0415 (only where a firm has rates of its own)

    update = read_table(path)
    checked = check_table(update, packaged_rates())
    if checked.problems:
        raise RatesFileError(str(path), checked.problems)
    return packaged_rates().laid_over(update.rates)
