"""What a plan would have done, and what another one would do. F1 is due on Mon 2 Mar 2026: first on Mon 9 Mar."""

from __future__ import annotations

from typing import TYPE_CHECKING

import yaml

from tests.e2e.replay import LEVELS, company, credit, invoice, plan

if TYPE_CHECKING:
    from typing import Any

    from tests.e2e.replay import Replay

DUE = "2026-03-02"


def _lived(replay: Replay) -> None:
    """Live three reminders and a payment."""
    replay.books(invoice("F1", "A", due=DUE, total="1200.00", issued="2026-01-31"))
    replay.accept("2026-02-16")
    for day in ("2026-02-25", "2026-03-09", "2026-03-18"):
        replay.run(day)
    replay.balance("F1", "0.00")
    replay.run("2026-03-20")


def _other(replay: Replay, document: dict[str, Any]) -> str:
    (replay.folder / "other.yaml").write_text(yaml.safe_dump(document), encoding="utf-8")
    return "other.yaml"


def test_the_plan_that_lived_the_past_sends_the_same_again(replay: Replay) -> None:
    _lived(replay)
    data = replay.command("backtest", "--today", "2026-05-30", "--json").data
    assert (data["reminders"], data["after_payment"]) == (3, 0)
    assert data["per_level"] == {"pre_due": 1, "first": 1, "second": 1}
    assert list(data["per_day"]) == ["2026-02-25", "2026-03-09", "2026-03-18"]
    (one,) = data["companies"]
    assert (one["items"], one["items_left_out"], one["payment_days_known"]) == (1, 0, False)


def test_another_plan_is_replayed_without_being_configured_for_anybody(replay: Replay) -> None:
    late = plan(levels=[LEVELS[1] | {"offset": 25}])
    replay.configure(plans={"standard": plan(), "late": late})
    _lived(replay)
    data = replay.command("backtest", "--plan", "late", "--today", "2026-05-30", "--json").data
    assert (data["reminders"], data["per_day"]) == (0, {})
    unknown = replay.command("backtest", "--plan", "lat", "--json")
    assert unknown.code == 2
    assert "standard" in unknown.err


def test_a_replay_that_ends_before_it_begins_is_refused(replay: Replay) -> None:
    replay.books(invoice("F1", "A", due=DUE, total="1200.00"))
    assert replay.command("backtest", "--from", "2026-03-02", "--until", "2026-03-01").code == 2


def test_a_person_reads_how_many_reminders_when_and_what_is_not_known(replay: Replay) -> None:
    _lived(replay)
    told = replay.do("backtest", "--today", "2026-05-30").out
    assert "3 reminders, 0 of them after the payment" in told
    assert "do not tell on which day a payment was made" in told


def test_a_draft_of_plans_alone_is_compared_item_by_item(replay: Replay) -> None:
    replay.books(invoice("F1", "A", due=DUE, total="1200.00"), invoice("F2", "B", due="2026-03-30", total="80.00"))
    replay.accept("2026-03-02")
    draft = _other(replay, {"plans": {"standard": plan(levels=[LEVELS[1] | {"offset": 20}])}})
    data = replay.command("plan", "--diff", draft, "--today", "2026-03-09", "--json").data
    by_number = {one["number"]: one for one in data["changes"]}
    assert (by_number["F1"]["now"]["action"], by_number["F1"]["now"]["level"]) == ("remind", "first")
    assert (by_number["F1"]["then"]["reason"], by_number["F1"]["then"]["until"]) == ("not_due", "2026-03-22")
    assert data["notices"]["now"]["count"] == 1
    assert data["notices"]["then"]["count"] == 0
    assert "22 mars 2026" in by_number["F1"]["then"]["explanation"]


def test_the_same_plan_changes_nothing_and_comparing_writes_nothing(replay: Replay) -> None:
    replay.books(invoice("F1", "A", due=DUE, total="1200.00"))
    replay.accept("2026-03-02")
    before = replay.command("explain", "F1", "--today", "2026-03-09", "--json").data
    data = replay.command("plan", "--diff", "config.yaml", "--today", "2026-03-09", "--json").data
    assert (data["changes"], data["unchanged"]) == ([], 1)
    assert replay.command("explain", "F1", "--today", "2026-03-09", "--json").data == before


def test_a_draft_whose_levels_do_not_rise_is_refused_with_its_place(replay: Replay) -> None:
    replay.books(invoice("F1", "A", due=DUE, total="1200.00"))
    draft = _other(replay, {"plans": {"standard": plan(levels=[LEVELS[2], LEVELS[1]])}})
    done = replay.command("plan", "--diff", draft)
    assert done.code == 2
    assert "other.yaml" in done.err
    assert "offset" in done.err


def test_brackets_in_a_name_are_shown_as_they_are(replay: Replay) -> None:
    replay.books(invoice("F[b]1", "A", due=DUE, total="1200.00"))
    replay.accept("2026-03-02")
    assert "F[b]1" in replay.do("items").out


def test_the_first_connection_shows_its_backlog_and_proposes(replay: Replay) -> None:
    replay.books(
        invoice("F1", "A", due=DUE, total="1200.00"),
        invoice("F2", "A", due="2026-01-15", total="80.00"),
        invoice("OLD", "B", due="2025-06-02", total="300.00"),
        invoice("NEXT", "C", due="2026-06-01", total="50.00"),
        credit("V1", "C", on="2026-03-02", amount="-10.00", kind="payment"),
    )
    assert replay.command("run", "--today", "2026-03-09", "--json").code == 1
    done = replay.command("accept", "dupont", "--today", "2026-03-09", "--json")
    found = done.data["backlog"]
    assert done.code == 1
    assert (found["accepted"], found["late"], found["customers"]) == (False, 3, 2)
    assert found["amounts"] == {"EUR": "1580.00"}
    assert {name: one["count"] for name, one in found["aging"]["EUR"].items() if one["count"]} == {
        "1-30": 1,
        "31-60": 1,
        ">90": 1,
    }
    assert found["first_run"] == {"reminders": 1, "per_level": {"first": 1}, "per_channel": {"email": 1}}
    assert [one["code"] for one in done.data["proposals"]] == ["too_old", "earlier_tool", "accept"]
    assert not replay.mails()


def test_what_the_first_connection_announced_is_what_its_first_run_sends(replay: Replay) -> None:
    replay.books(*(invoice(f"F{n}", f"K{n}", due=DUE, total="100.00") for n in range(25)))
    replay.command("run", "--today", "2026-03-09", "--json")
    shown = replay.command("accept", "dupont", "--today", "2026-03-09", "--json").data
    assert "spread" in [one["code"] for one in shown["proposals"]]
    replay.do("accept", "dupont", "--backlog")
    assert replay.run("2026-03-09").data["sent"] == shown["backlog"]["first_run"]["reminders"] == 25
    after = replay.command("accept", "dupont", "--today", "2026-03-09", "--json")
    assert (after.code, after.data["proposals"]) == (0, [])


def test_a_person_reads_the_proposals_in_the_companys_language(replay: Replay) -> None:
    replay.books(invoice("F1", "A", due=DUE, total="1200.00"))
    replay.command("run", "--today", "2026-03-09", "--json")
    french = replay.command("accept", "dupont", "--today", "2026-03-09").out
    assert "relance accept dupont --backlog --sent NIVEAU" in french
    assert "Si un autre outil" in french
    replay.configure(company(language="en"))
    assert "If another tool" in replay.command("accept", "dupont", "--today", "2026-03-09").out
