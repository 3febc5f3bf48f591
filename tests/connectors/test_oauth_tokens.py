"""The keeper of tokens against a strict log-in service: nothing is lost, nothing is posted twice in vain."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from connectors.tokens import ROOM_BYTES
from engine.errors import BooksUnreachableError, ConsentNeededError
from state.vault import ConnectionChangedError, VaultUnusableError
from tests.fakes.keepers import Moving, connect, keeper, vault_in
from tests.fakes.token_server import CANARY, CLIENT_ID, TokenServer

if TYPE_CHECKING:
    from collections.abc import Iterator

    from state.vault import Vault

NOW = datetime(2026, 3, 9, 8, 0, tzinfo=UTC)
ROOT = Path(__file__).resolve().parents[2]
ALL = ("xero", "quickbooks", "sage")


class Scene:
    """A company that is connected, its keeper, the vault and the log-in service."""

    def __init__(self, folder: Path, server: TokenServer) -> None:
        self.folder, self.server, self.clock = folder, server, Moving(NOW)
        self.vault = vault_in(folder)
        connect(self.vault, server, NOW)
        self.keeper = keeper(self.vault, server, self.clock, folder)

    def later(self, **span: float) -> None:
        self.clock.advance(**span)
        self.server.advance(**span)

    def restarted(self) -> None:
        self.keeper = keeper(vault_in(self.folder), self.server, self.clock, self.folder)

    def kept(self) -> Any:
        kept = self.vault.connection("dupont")
        assert kept is not None
        return kept

    def good(self, access: str) -> bool:
        return self.server.reached(f"Bearer {access}") is not None

    def lose_the_answer(self, fault: str = "lost") -> None:
        """Let the access run out and the renewal's answer be lost: twice at Xero, which is asked once more at once."""
        self.later(hours=25)
        self.server.faults.extend([fault] * (2 if self.server.provider == "xero" else 1))
        with pytest.raises(BooksUnreachableError):
            self.keeper.access_token()


@pytest.fixture(params=ALL)
def scene(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Scene]:
    with TokenServer(provider=request.param, expires_in={"sage": 300}.get(request.param, 1800)) as server:
        yield Scene(tmp_path, server)


@pytest.fixture
def xero(tmp_path: Path) -> Iterator[Scene]:
    with TokenServer() as server:
        yield Scene(tmp_path, server)


@pytest.fixture
def sage(tmp_path: Path) -> Iterator[Scene]:
    with TokenServer(provider="sage", expires_in=300) as server:
        yield Scene(tmp_path, server)


# -- the plain life ----------------------------------------------------------------------------------------------------


def test_a_token_that_lasts_is_used_as_it_is(scene: Scene) -> None:
    first = scene.keeper.access_token()
    scene.later(minutes=3)
    assert scene.keeper.access_token() == first
    assert scene.server.refreshes() == []
    assert scene.good(first)


def test_a_token_that_is_about_to_run_out_is_renewed_and_the_whole_new_pair_is_kept(scene: Scene) -> None:
    first, before = scene.keeper.access_token(), scene.kept()
    scene.later(hours=25)
    second = scene.keeper.access_token()
    after = scene.kept()
    assert second != first
    assert scene.good(second)
    assert (after.version, after.access, after.refresh) == (
        before.version + 1,
        second,
        scene.server.grants[0].refresh,
    )
    assert after.refresh != before.refresh
    assert after.refresh_started_at is None


def test_sage_renews_with_less_to_spare_than_the_others(sage: Scene) -> None:
    sage.keeper.access_token()
    sage.later(seconds=250)
    sage.keeper.access_token()
    assert sage.server.refreshes() == []
    sage.later(seconds=10)
    sage.keeper.access_token()
    assert sage.server.refreshes() == ["refresh"]


def test_two_minutes_before_its_end_a_token_of_xero_is_renewed(xero: Scene) -> None:
    xero.later(minutes=27, seconds=59)
    xero.keeper.access_token()
    assert xero.server.refreshes() == []
    xero.later(seconds=2)
    xero.keeper.access_token()
    assert xero.server.refreshes() == ["refresh"]


def test_a_refused_token_is_renewed_although_it_should_last(scene: Scene) -> None:
    first = scene.keeper.access_token()
    second = scene.keeper.renew(first)
    assert second != first
    assert scene.keeper.access_token() == second
    assert scene.server.refreshes() == ["refresh"]


def test_a_token_that_another_process_renewed_is_used_and_not_renewed_again(scene: Scene) -> None:
    first = scene.keeper.access_token()
    other = keeper(scene.vault, scene.server, scene.clock, scene.folder)
    second = other.renew(first)
    assert scene.keeper.renew(first) == second
    assert len(scene.server.refreshes()) == 1


def test_an_app_without_a_secret_renews_by_its_id_alone(tmp_path: Path) -> None:
    with TokenServer(secret=None) as server:
        scene = Scene(tmp_path, server)
        scene.later(hours=1)
        assert scene.good(scene.keeper.access_token())


def test_a_company_that_was_never_connected_is_told_how(xero: Scene) -> None:
    stranger = keeper(xero.vault, xero.server, xero.clock, xero.folder, company_id="martin")
    with pytest.raises(ConsentNeededError, match="martin is not connected to Xero; run: relance connect martin"):
        stranger.access_token()


def test_a_company_whose_configuration_names_another_provider_must_be_connected_to_it(
    xero: Scene, tmp_path: Path
) -> None:
    with TokenServer(provider="sage") as sage:
        other = keeper(xero.vault, sage, xero.clock, tmp_path)
        with pytest.raises(ConsentNeededError, match="configuration says sage"):
            other.access_token()
        assert sage.refreshes() == []


# -- answers that are no tokens ----------------------------------------------------------------------------------------


def test_a_consent_that_was_revoked_is_final_and_asked_for_once(scene: Scene) -> None:
    scene.server.grants[0].revoked = True
    scene.later(hours=25)
    for _ in range(3):
        with pytest.raises(ConsentNeededError, match="run: relance connect dupont"):
            scene.keeper.access_token()
    assert scene.server.refreshes() == ["refresh invalid_grant"]
    assert "invalid_grant" in scene.kept().problem
    scene.restarted()
    with pytest.raises(ConsentNeededError):
        scene.keeper.access_token()
    assert len(scene.server.refreshes()) == 1


def test_a_consent_that_was_given_again_is_used(scene: Scene) -> None:
    scene.server.grants[0].revoked = True
    scene.later(hours=25)
    with pytest.raises(ConsentNeededError):
        scene.keeper.access_token()
    connect(scene.vault, scene.server, scene.clock.now())
    assert scene.good(scene.keeper.access_token())


@pytest.mark.parametrize("fault", ["unavailable", "busy", "redirect"])
def test_trouble_at_the_log_in_service_is_no_lost_consent_however_long_it_lasts(scene: Scene, fault: str) -> None:
    scene.later(hours=25)
    for _ in range(4):
        scene.server.faults.append(fault)
        with pytest.raises(BooksUnreachableError):
            scene.keeper.access_token()
    assert scene.kept().refresh_started_at is None
    assert scene.server.calls == [fault] * 4
    assert scene.good(scene.keeper.access_token())


def test_a_log_in_service_that_cannot_be_reached_is_no_lost_consent(tmp_path: Path) -> None:
    with TokenServer(provider="sage", expires_in=300) as server:
        scene = Scene(tmp_path, server)
        scene.later(hours=1)
    for _ in range(3):
        with pytest.raises(BooksUnreachableError, match=r"127\.0\.0\.1:\d+ cannot be reached"):
            scene.keeper.access_token()
    assert (scene.kept().problem, scene.kept().refresh_started_at) == ("", None)


def test_a_wrong_client_secret_is_told_and_costs_no_consent(scene: Scene) -> None:
    scene.later(hours=25)
    right, scene.server.secret = scene.server.secret, "another"
    with pytest.raises(ConsentNeededError, match=r"books\.client_id, client_secret"):
        scene.keeper.access_token()
    # It was an answer, so none is missing.
    assert scene.kept().refresh_started_at is None
    scene.server.secret = right
    assert scene.good(scene.keeper.access_token())


# -- answers that are lost ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("fault", ["lost", "cut short", "html"])
@pytest.mark.parametrize("provider", ["xero", "quickbooks"])
def test_after_a_lost_answer_the_same_token_is_posted_again_where_the_provider_takes_it(
    tmp_path: Path, provider: str, fault: str
) -> None:
    with TokenServer(provider=provider) as server:
        scene = Scene(tmp_path, server)
        used = scene.kept().refresh
        scene.lose_the_answer(fault)
        assert scene.kept().refresh_started_at == scene.clock.now()
        lost = ["refresh", "refresh again"] if provider == "xero" else ["refresh"]
        assert server.refreshes() == lost
        scene.restarted()
        scene.later(minutes=5)
        assert scene.good(scene.keeper.access_token())
        assert server.refreshes() == [*lost, "refresh again"]
        assert scene.kept().refresh != used
        assert scene.kept().refresh_started_at is None


def test_one_lost_answer_of_xero_is_not_even_noticed(xero: Scene) -> None:
    # Who runs once a day would come back after the half hour in which Xero takes the same token again.
    xero.later(hours=25)
    xero.server.faults.append("lost")
    assert xero.good(xero.keeper.access_token())
    assert xero.server.refreshes() == ["refresh", "refresh again"]
    assert xero.kept().refresh_started_at is None


def test_after_a_lost_answer_sage_is_asked_once_and_then_a_person(sage: Scene) -> None:
    sage.lose_the_answer()
    sage.restarted()
    for _ in range(3):
        with pytest.raises(ConsentNeededError, match="relance connect dupont"):
            sage.keeper.access_token()
    assert sage.server.refreshes() == ["refresh", "refresh invalid_grant"]


@pytest.mark.parametrize("provider", ["quickbooks", "sage"])
def test_a_second_lost_answer_is_the_last(tmp_path: Path, provider: str) -> None:
    with TokenServer(provider=provider, expires_in=300) as server:
        scene = Scene(tmp_path, server)
        scene.lose_the_answer()
        scene.lose_the_answer()
        scene.restarted()
        posted = len(server.refreshes())
        for _ in range(3):
            with pytest.raises(ConsentNeededError, match="its answers never came"):
                scene.keeper.access_token()
        assert len(server.refreshes()) == posted == 2


def test_xero_may_lose_several_answers_within_its_half_hour(xero: Scene) -> None:
    xero.later(hours=1)
    for _ in range(4):
        xero.server.faults.extend(["lost", "lost"])
        with pytest.raises(BooksUnreachableError):
            xero.keeper.access_token()
        xero.later(minutes=5)
    assert xero.good(xero.keeper.access_token())


def test_xeros_half_hour_counts_from_the_first_answer_that_was_lost(xero: Scene) -> None:
    xero.later(hours=1)
    for _ in range(3):
        xero.server.faults.extend(["lost", "lost"])
        with pytest.raises(BooksUnreachableError):
            xero.keeper.access_token()
        xero.later(minutes=20)
    # The fifth, after forty minutes, was the one that is allowed beyond it.
    xero.server.faults.clear()
    with pytest.raises(ConsentNeededError, match="its answers never came"):
        xero.keeper.access_token()
    assert len(xero.server.refreshes()) == 5


def test_after_its_half_hour_xero_is_asked_once_more_and_its_answer_decides(xero: Scene) -> None:
    xero.lose_the_answer()
    xero.later(minutes=31)
    with pytest.raises(ConsentNeededError, match="invalid_grant"):
        xero.keeper.access_token()
    assert xero.server.refreshes() == ["refresh", "refresh again", "refresh invalid_grant"]


def test_trouble_between_does_not_use_up_the_second_try(sage: Scene) -> None:
    sage.later(hours=1)
    sage.vault.mark_refresh("dupont", sage.kept().version, started_at=sage.clock.now(), repeats=0)
    for _ in range(3):
        sage.server.faults.append("unavailable")
        with pytest.raises(BooksUnreachableError):
            sage.keeper.access_token()
    assert sage.kept().refresh_repeats == 0
    assert sage.good(sage.keeper.access_token())


# -- the disk ----------------------------------------------------------------------------------------------------------


def test_without_room_on_the_disk_nothing_is_posted(scene: Scene) -> None:
    full = keeper(scene.vault, scene.server, scene.clock, scene.folder, free_bytes=lambda: ROOM_BYTES - 1)
    scene.later(hours=25)
    with pytest.raises(BooksUnreachableError, match="the disk is nearly full"):
        full.access_token()
    assert scene.server.calls == []
    assert scene.kept().refresh_started_at is None


class FailingVault:
    """A vault whose first saves fail, as on a disk that filled up a moment ago."""

    def __init__(self, vault: Vault, failures: int) -> None:
        self.vault, self.failures = vault, failures

    def __getattr__(self, name: str) -> Any:
        return getattr(self.vault, name)

    def save_tokens(self, *given: Any, **named: Any) -> int:
        if self.failures:
            self.failures -= 1
            raise VaultUnusableError("database or disk is full")
        return self.vault.save_tokens(*given, **named)


def test_a_pair_that_could_not_be_saved_is_not_used_and_not_lost(sage: Scene) -> None:
    failing: Any = FailingVault(sage.vault, failures=2)
    stubborn = keeper(failing, sage.server, sage.clock, sage.folder)
    sage.later(hours=1)
    for _ in range(2):
        with pytest.raises(VaultUnusableError):
            stubborn.access_token()
    access = stubborn.access_token()
    assert sage.good(access)
    assert sage.kept().access == access
    assert sage.server.refreshes() == ["refresh"]


def test_a_pair_that_was_never_saved_does_not_replace_a_new_consent(sage: Scene) -> None:
    failing: Any = FailingVault(sage.vault, failures=1)
    stubborn = keeper(failing, sage.server, sage.clock, sage.folder)
    sage.later(hours=1)
    with pytest.raises(VaultUnusableError):
        stubborn.access_token()
    connect(sage.vault, sage.server, sage.clock.now())
    assert stubborn.access_token() == sage.kept().access
    assert sage.kept().refresh == sage.server.grants[1].refresh


# -- many processes ----------------------------------------------------------------------------------------------------

WORKER = """
import json, sys
from datetime import UTC, datetime
from pathlib import Path
from tests.fakes.keepers import Moving, keeper, vault_in
from tests.fakes.token_server import TokenServer

class Elsewhere(TokenServer):
    @property
    def root(self): return sys.argv[2]

folder = Path(sys.argv[1])
vault = vault_in(folder)
{patch}
good = 0
own = keeper(vault, Elsewhere(provider=sys.argv[3]), Moving(datetime.fromisoformat(sys.argv[4])), folder)
for _ in range(int(sys.argv[5])):
    own.access_token()
    good += 1
print(good)
"""


def worker(scene: Scene, times: int, patch: str = "") -> subprocess.Popen[str]:
    return subprocess.Popen(
        [
            sys.executable,
            "-c",
            WORKER.replace("{patch}", patch),
            str(scene.folder),
            scene.server.root,
            scene.server.provider,
            scene.clock.now().isoformat(),
            str(times),
        ],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


@pytest.mark.slow
def test_four_processes_that_renew_all_the_time_never_lose_a_token(tmp_path: Path) -> None:
    # Each access token is spent before it is used, so that every call of every process is a renewal.
    with TokenServer(provider="sage", strict=True, expires_in=1) as server:
        scene = Scene(tmp_path, server)
        with ExitStack() as stack:
            workers = [stack.enter_context(worker(scene, 15)) for _ in range(4)]
            told = [one.communicate(timeout=120) for one in workers]
        assert [out.strip() for out, _ in told] == ["15"] * 4, told
        assert server.refreshes() == ["refresh"] * 60
        assert scene.kept().refresh == server.grants[0].refresh
        assert scene.kept().version == 61


KILL = """
import os, signal
vault.save_tokens = lambda *given, **named: os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.mark.parametrize("provider", ALL)
def test_killed_between_the_answer_and_the_save_the_next_start_knows_what_to_do(tmp_path: Path, provider: str) -> None:
    with TokenServer(provider=provider, expires_in=300) as server:
        scene = Scene(tmp_path, server)
        scene.later(hours=25)
        with worker(scene, 1, KILL) as killed:
            killed.communicate(timeout=60)
        assert killed.returncode == -signal.SIGKILL
        assert scene.kept().refresh_started_at is not None
        assert scene.kept().refresh != server.grants[0].refresh
        if provider == "sage":
            with pytest.raises(ConsentNeededError):
                scene.keeper.access_token()
            assert server.refreshes() == ["refresh", "refresh invalid_grant"]
        else:
            assert scene.good(scene.keeper.access_token())
            assert scene.kept().refresh == server.grants[0].refresh


def test_a_renewal_that_was_overtaken_saves_nothing(xero: Scene) -> None:
    before = xero.kept()
    connect(xero.vault, xero.server, NOW)
    with pytest.raises(ConnectionChangedError):
        xero.vault.mark_refresh("dupont", before.version, started_at=NOW, repeats=0)
    with pytest.raises(ConnectionChangedError):
        xero.vault.needs_consent("dupont", before.version, "x")
    assert xero.kept().problem == ""


# -- other companies, idle companies -----------------------------------------------------------------------------------


def test_a_company_that_must_be_connected_again_stops_no_other(xero: Scene) -> None:
    connect(xero.vault, xero.server, NOW, "martin")
    martin = keeper(xero.vault, xero.server, xero.clock, xero.folder, company_id="martin")
    xero.server.grants[0].revoked = True
    xero.later(hours=1)
    with pytest.raises(ConsentNeededError):
        xero.keeper.access_token()
    assert xero.good(martin.access_token())
    other = xero.vault.connection("martin")
    assert other is not None
    assert other.problem == ""


# -- secrets -----------------------------------------------------------------------------------------------------------


def test_no_error_and_no_description_holds_a_token_or_the_secret(scene: Scene) -> None:
    said = [repr(scene.kept()), repr(scene.server.app()), repr(vars(scene.keeper)), str(scene.vault.overview("dupont"))]
    scene.keeper.access_token()
    said.append(repr(vars(scene.keeper)))
    for fault in ("unavailable", "lost", "html", ""):
        scene.later(hours=25)
        scene.server.faults.clear()
        scene.server.faults.extend([fault, fault] if fault else [])
        scene.server.grants[0].revoked = not fault
        with pytest.raises((BooksUnreachableError, ConsentNeededError)) as caught:
            scene.keeper.access_token()
        error: BaseException | None = caught.value
        while error is not None:
            said += [str(error), repr(error)]
            error = error.__cause__ if error.__suppress_context__ else error.__context__
    assert CLIENT_ID in said[1]
    assert [text for text in said if CANARY in text.replace(CLIENT_ID, "")] == []


def test_the_files_of_the_vault_hold_no_token_in_the_clear(scene: Scene) -> None:
    scene.later(hours=25)
    scene.keeper.access_token()
    found = [path for path in scene.folder.rglob("*") if path.is_file()]
    assert found
    assert [path.name for path in found if CANARY.encode() in path.read_bytes()] == []
    assert json.dumps(scene.server.calls)
