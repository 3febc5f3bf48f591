"""What is wrong with a configuration: where, on which line, and what to do about it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from engine.errors import RelanceError

if TYPE_CHECKING:
    from collections.abc import Iterable


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """One thing to mend: the file, the key inside it ("" for the file as a whole), its line (1 is the first), the advice.

    `line` is None where a file has no lines to point at, because it is missing.
    """

    file: str
    key: str
    line: int | None
    message: str

    @property
    def where(self) -> str:
        """File and key in one, as `relance check --json` prints it."""
        return f"{self.file}: {self.key}" if self.key else self.file

    def __str__(self) -> str:
        """Give the one line that a person reads: ``config.yaml:12: companies[dupont].mode: …``."""
        place = self.file if self.line is None else f"{self.file}:{self.line}"
        return f"{place}: {self.key}: {self.message}" if self.key else f"{place}: {self.message}"


class ConfigError(RelanceError):
    """The configuration cannot be used; `problems` lists everything that is wrong with it, in reading order."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = sorted(problems, key=_reading_order)
        super().__init__("\n".join(str(problem) for problem in self.problems))


def _reading_order(problem: Problem) -> tuple[str, int, str]:
    return (problem.file, problem.line or 0, problem.key)
