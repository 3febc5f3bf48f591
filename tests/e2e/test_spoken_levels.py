"""What a person says or types in a level's place, and the mail that quotes a broken promise. F1 is due on Mon 2 Mar 2026."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.e2e.replay import LEVELS, company, invoice, plan, text_of

if TYPE_CHECKING:
    from tests.e2e.replay import Replay

DUE = "2026-03-02"


def by(channel: str) -> dict[str, Any]:
    """Give the standard plan with its second level by a channel."""
    levels = [{**level, "channel": channel} if level["id"] == "second" else level for level in LEVELS]
    return plan(levels=levels)


def started(replay: Replay, channel: str = "email") -> None:
    replay.configure(company(), plans={"standard": by(channel)})
    replay.books(invoice("F1", "A", due=DUE, total="1200.00"), invoice("F2", "A", due="2026-04-30", total="80.00"))
    replay.command("run", "--today", "2026-03-06", "--json")
    replay.do("accept", "dupont", "--backlog")
    run(replay, "2026-03-09")


def run(replay: Replay, day: str) -> list[tuple[str, str]]:
    done = replay.command("run", "--today", day, "--json")
    assert done.data is not None, done.err
    return [(one["level"], one["state"]) for one in done.data["reminders"]]


def task(replay: Replay, kind: str) -> dict[str, str]:
    (found,) = [one for one in replay.command("tasks", "--json").data["tasks"] if one["kind"] == kind]
    return {name: str(value).replace("\xa0", " ").replace("\u202f", " ") for name, value in found.items()}


@pytest.mark.parametrize(("kind", "sum_shown"), [("business", True), ("consumer", False)])
def test_a_text_message_is_a_task_with_the_text_ready(replay: Replay, kind: str, sum_shown: bool) -> None:
    started(replay, "text_message")
    replay.do("customer", "A", "--set", f"kind={kind}")
    assert run(replay, "2026-03-18") == [("second", "sent")]
    asked = task(replay, "text_message")
    assert asked["title"] == "SMS à envoyer : Client A, 1 200,00 €"
    text = asked["text"].strip().splitlines()[-1]
    assert "F1" in text
    assert ("1 200,00 €" in text) is sum_shown
    assert len(text) <= 300
    # It counts as the level: the third follows after its deadline, by mail.
    assert run(replay, "2026-04-01") == [("third", "sent")]


def test_a_calls_script_names_what_was_said_before(replay: Replay) -> None:
    started(replay, "call")
    replay.do("dispute", "F2", "--reason", "poignée manquante")
    assert run(replay, "2026-03-18") == [("second", "sent")]
    script = " ".join(task(replay, "call")["text"].split())
    assert "Déjà contacté le 9 mars 2026 (e-mail)." in script
    assert "Contesté, à ne pas réclamer : F2, 80,00 € (« poignée manquante »)." in script


def test_a_broken_promise_is_quoted_with_its_sum_and_day(replay: Replay) -> None:
    started(replay)
    replay.do("promise", "F1", "--on", "2026-03-20", "--amount", "800.00")
    replay.balance("F1", "1000.00")
    # Judged once Mon 23 and Tue 24 are over, on books of the 25th.
    for day in ("2026-03-20", "2026-03-23", "2026-03-24"):
        assert run(replay, day) == []
    assert run(replay, "2026-03-25") == [("second", "sent")]
    (mail,) = [one for one in replay.read_mails() if "annoncé" in str(one["Subject"])]
    text = " ".join(text_of(mail).replace("\u202f", " ").split())
    assert "Vous nous aviez annoncé un règlement de 800,00 € pour le 20 mars 2026." in text
    assert "nous n’en avons reçu que 200,00 €" in text
    # Said once: the next level speaks for itself.
    assert run(replay, "2026-04-03") == [("third", "sent")]
    assert len([one for one in replay.read_mails() if "annoncé" in str(one["Subject"])]) == 1
