"""A progress bar on stderr, where a terminal is attached."""

from __future__ import annotations

from contextlib import contextmanager
from itertools import count
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


@contextmanager
def progress(total: int) -> Iterator[Callable[[str], None]]:
    """Show one step for each company; silent where nobody looks."""
    from rich.console import Console  # noqa: PLC0415 (loaded when called)
    from rich.progress import Progress, SpinnerColumn  # noqa: PLC0415 (loaded when called)

    console = Console(stderr=True)
    if not console.is_terminal:
        yield lambda _step: None
        return
    with Progress(SpinnerColumn(), *Progress.get_default_columns(), console=console, transient=True) as bar:
        task = bar.add_task("", total=total)
        begun = count()

        def tell(step: str) -> None:
            # A company is told when its work begins: what is complete are those before it.
            bar.update(task, description=step, completed=next(begun))

        yield tell
