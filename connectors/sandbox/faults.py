"""What can be made to go wrong, for so many requests, on such paths."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from threading import Lock
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One thing that goes wrong: by its name, for ``times`` requests whose path (with prefix) and method fit."""

    name: str
    times: int = 1
    # A regular expression that must be found in the path, prefix included: /xero/api.xro/2.0/Invoices
    path: str = ""
    method: str | None = None
    # What the name needs: status and body, a Retry-After, the change between pages.
    args: Mapping[str, Any] = field(default_factory=dict)
    # Changes the books after a page was served (between_pages); from outside, args name the change instead.
    change: Callable[[], object] | None = None


class Faults:
    """The faults that are on; each request takes what fits it, first come first served."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._on: list[tuple[Fault, int]] = []
        self.taken: list[Fault] = []

    def add(
        self,
        name: str,
        *,
        times: int = 1,
        path: str = "",
        method: str | None = None,
        change: Callable[[], object] | None = None,
        **args: Any,
    ) -> Fault:
        """Switch a fault on."""
        fault = Fault(name=name, times=times, path=path, method=method, args=args, change=change)
        re.compile(path)
        with self._lock:
            self._on.append((fault, times))
        return fault

    def clear(self) -> None:
        """Switch all faults off."""
        with self._lock:
            self._on.clear()

    def waiting(self) -> list[Fault]:
        """Give the faults that still have something to do."""
        with self._lock:
            return [fault for fault, _ in self._on]

    def take(self, name: str, method: str, path: str) -> Fault | None:
        """Use one fault of that name that fits the request."""
        with self._lock:
            for index, (fault, left) in enumerate(self._on):
                if (
                    fault.name == name
                    and fault.method in {None, method.upper()}
                    and re.search(fault.path, path) is not None
                ):
                    if left <= 1:
                        del self._on[index]
                    else:
                        self._on[index] = (fault, left - 1)
                    self.taken.append(fault)
                    return fault
        return None
