"""Whatever people do in the books while they are read: what is stored follows the ledger, for each provider.

RELANCE_PROVE multiplies the number of examples; the slow test takes ten times as many as the default suite.
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
from tests.properties.bookkeeping import A_DAY, BEGINNING, Office, Pull, Reread, Step

if TYPE_CHECKING:
    from collections.abc import Iterator

NOTHING: Final = timedelta(0)
EXAMPLES: Final = 12 * int(os.environ.get("RELANCE_PROVE", "1"))
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
disturbances = st.lists(changes, max_size=4).map(tuple)
pulls = st.one_of(
    st.builds(Pull, between=disturbances, calls=calls, twice=st.booleans(), empty=st.just(0), later=st.just(NOTHING)),
    st.builds(
        Pull,
        between=disturbances,
        calls=calls,
        twice=st.just(value=False),
        empty=st.integers(0, 5),
        later=st.just(A_DAY),
    ),
)
# What was read before an overlap ago is not read again: what a reading loses then stays lost until all is read.
histories = st.lists(st.one_of(bills, bills, waits), min_size=2, max_size=12)
scripts = st.tuples(
    histories, st.lists(st.one_of(changes, changes, waits, pulls, pulls, st.just(Reread())), max_size=14)
).map(lambda parts: (*parts[0], *parts[1], Pull()))


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


@pytest.mark.parametrize("provider", sorted(PROVIDERS))
def test_a_change_hides_no_invoice_of_an_import_that_all_bears_one_stamp(empty_store: Path, provider: str) -> None:
    """Found by chance: four invoices of one second, three on a page; one is paid while the second page is asked for."""
    bill = Step(name="bill", which=0, much=0)
    paid_between = Pull(between=(bill, bill, bill, Step(name="pay", which=0, much=0)), later=timedelta(hours=21))
    live(empty_store, provider, 3, (bill, bill, bill, paid_between, Pull()))


@pytest.mark.slow
@pytest.mark.parametrize("provider", sorted(PROVIDERS))
@_examples(25 * EXAMPLES)
@given(page_size=st.sampled_from([2, 3, 200]), script=scripts)
def test_what_is_stored_follows_the_ledger_in_many_more_cases(
    empty_store: Path, provider: str, page_size: int, script: tuple[Step | Pull | Reread, ...]
) -> None:
    live(empty_store, provider, page_size, script)
