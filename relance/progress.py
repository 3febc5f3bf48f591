"""A progress bar on stderr, where a terminal is attached."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


@contextmanager
def progress(total: int) -> Iterator[Callable[[str], None]]:
    """Show one step for each company; silent where nobody looks."""
    from rich.console import Console  # noqa: PLC0415 (loaded when called)
    from rich.progress import Progress  # noqa: PLC0415 (loaded when called)

    console = Console(stderr=True)
    if not console.is_terminal:
        yield lambda _step: None
        return
    with Progress(console=console, transient=True) as bar:
        task = bar.add_task("", total=total)

        def tell(step: str) -> None:
            bar.update(task, description=step, advance=1)

        yield tell
