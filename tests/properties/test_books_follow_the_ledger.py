"""Whatever people do in the books while they are read: what is stored follows the ledger, for each provider.

RELANCE_PROVE multiplies the number of examples; the slow test takes twenty times as many as the default suite.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from state.store import Store
from tests.e2e.cloud import PROVIDERS
from tests.fakes.wsgi import NEVER
from tests.properties.bookkeeping import BEGINNING, Office, Pull, Reread, Step

if TYPE_CHECKING:
    from collections.abc import Iterator

EXAMPLES: Final = 25 * int(os.environ.get("RELANCE_PROVE", "1"))
_MEMORY: Final = Path("/dev/shm")
CHANGES: Final = (
    "bill", "bill_undated", "draft", "approve", "pay", "undo", "delete_payment", "credit", "credit_free", "allocate",
    "receive", "apply", "void", "delete", "move_due", "move_due_silently", "hand_over", "edit_contact",
)  # fmt: skip

small = st.integers(0, 5)
amounts = st.integers(0, 60)
bills = st.builds(Step, st.just("bill"), small, amounts)
changes = st.builds(Step, st.sampled_from(CHANGES), small, amounts)
waits = st.builds(Step, st.just("wait"), st.integers(0, 6))
calls = st.one_of(st.just(NEVER), st.integers(0, 12))
pulls = st.builds(
    Pull,
    between=st.lists(changes, max_size=4).map(tuple),
    calls=calls,
    twice=st.booleans(),
    later=st.just(timedelta(0)),
)
scripts = st.tuples(
    st.lists(bills, min_size=1, max_size=6),
    st.lists(st.one_of(changes, changes, waits, pulls, st.just(Reread())), max_size=14),
).map(lambda parts: (*parts[0], Pull(), *parts[1]))


@pytest.fixture(scope="module")
def empty_store() -> Iterator[Path]:
    """A store with its tables and nothing in them, to be copied."""
    in_memory = _MEMORY.is_dir() and os.access(_MEMORY, os.W_OK)
    with tempfile.TemporaryDirectory(prefix="relance-books-", dir=_MEMORY if in_memory else None) as place:
        path = Path(place) / "empty.db"
        Store.open(path, now=BEGINNING).close()
        yield path


def live(empty_store: Path, provider: str, page_size: int, script: tuple[Step | Pull | Reread, ...]) -> None:
    path = empty_store.with_name("books.db")
    for stale in path.parent.glob("books.db*"):
        stale.unlink()
    shutil.copy(empty_store, path)
    with Office(provider=provider, path=path, page_size=page_size) as office:
        office.carry_out(script)
        office.reconcile()


def _examples(count: int) -> settings:
    return settings(
        max_examples=count,
        deadline=None,
        suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
        phases=[phase for phase in Phase if phase is not Phase.explain],
    )


@pytest.mark.parametrize("provider", sorted(PROVIDERS))
@_examples(EXAMPLES)
@given(page_size=st.sampled_from([2, 3, 200]), script=scripts)
def test_what_is_stored_follows_the_ledger_whatever_happens_between_and_during_readings(
    empty_store: Path, provider: str, page_size: int, script: tuple[Step | Pull | Reread, ...]
) -> None:
    live(empty_store, provider, page_size, script)


@pytest.mark.slow
@pytest.mark.parametrize("provider", sorted(PROVIDERS))
@_examples(20 * EXAMPLES)
@given(page_size=st.sampled_from([2, 3, 200]), script=scripts)
def test_what_is_stored_follows_the_ledger_in_many_more_cases(
    empty_store: Path, provider: str, page_size: int, script: tuple[Step | Pull | Reread, ...]
) -> None:
    live(empty_store, provider, page_size, script)
