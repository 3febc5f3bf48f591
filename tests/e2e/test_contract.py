"""The command line as scripts rely on it: JSON shapes, exit statuses, one document on standard output."""

from __future__ import annotations

import json
import re
import socket
import subprocess
import sys
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from tests.e2e.replay import company, credit, invoice, plan

if TYPE_CHECKING:
    from pathlib import Path

    from tests.e2e.replay import Replay

DUE = "2026-03-02"  # first on Mon 9 Mar
MONEY = re.compile(r"-?\d+\.\d{2}")
ISO_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")


@pytest.fixture
def asked(replay: Replay) -> Replay:
    """Two customers on Mon 9 Mar 2026: A's F1 was asked for today; B's F2 is due in June; C has a free credit note."""
    replay.books(
        invoice("F1", "A", due=DUE, total="1234.50"),
        invoice("F2", "B", due="2026-06-30", issued="2026-02-20", total="80.00"),
        credit("AV1", "C", on="2026-02-20", amount="-15.00"),
    )
    replay.accept("2026-03-02")
    return replay


def keys(document: dict[str, Any], *names: str) -> None:
    missing = set(names) - set(document)
    assert not missing, f"{missing} not in {sorted(document)}"


def test_sync_tells_what_changed_in_each_company(replay: Replay) -> None:
    replay.books(invoice("F1", "A", due=DUE, total="1234.50"))
    data = replay.command("sync", "--json").data
    (one,) = data["companies"]
    keys(one, "company", "provider", "mode", "changed", "open", "quarantine", "seconds")
    assert (one["company"], one["provider"], one["mode"], one["quarantine"]) == ("dupont", "csv", "full", None)
    assert one["open"] == {"count": 1, "amounts": {"EUR": "1234.50"}}
    again = replay.command("sync", "--json").data["companies"][0]
    assert again["changed"] == 0, "importing the same file again changes nothing"


def test_items_are_listed_with_their_next_day_of_action(asked: Replay) -> None:
    asked.run("2026-03-09")
    items = {item["number"]: item for item in asked.do("items", "--json").data["items"]}
    assert set(items) == {"F1", "F2", "AV1"}
    for item in items.values():
        keys(
            item,
            *("company", "customer_id", "customer", "number", "kind", "issued_on", "due_on", "due_source", "currency"),
            *("total", "balance", "days_late", "level", "next_action_on"),
        )
        assert MONEY.fullmatch(item["total"])
        assert ISO_DAY.fullmatch(item["due_on"])
    assert (items["F1"]["balance"], items["F1"]["level"], items["F1"]["due_source"]) == ("1234.50", "first", "stated")
    assert items["AV1"]["kind"] == "credit_note"
    # F2 is due Tue 30 Jun: its first day of action is -5, Thu 25 Jun.
    assert items["F2"]["next_action_on"] == "2026-06-25"


def test_a_plan_is_decisions_and_notices_and_sends_nothing(asked: Replay) -> None:
    data = asked.do("plan", "--today", "2026-03-09", "--json").data
    keys(data, "today", "decisions", "notices")
    assert data["today"] == "2026-03-09"
    (notice,) = data["notices"]
    keys(
        notice,
        "company",
        "customer_id",
        "customer",
        "level",
        "channel",
        "on",
        "to",
        "subject",
        "items",
        "totals",
        "also_open",
    )
    assert notice["items"] == [{"number": "F1", "level": "first", "currency": "EUR", "asked": "1234.50"}]
    assert notice["totals"] == {"EUR": "1234.50"}
    assert (notice["channel"], notice["on"]) == ("email", "2026-03-09")
    for decision in data["decisions"]:
        keys(
            decision,
            *("company", "customer_id", "customer", "number", "action", "level", "channel", "on", "until", "reason"),
            "explanation",
        )
        assert decision["action"] in {"remind", "hold"}
        assert decision["explanation"]
    assert not asked.mails()
    everything = {
        one["number"]: one for one in asked.do("plan", "--all", "--today", "2026-03-09", "--json").data["decisions"]
    }
    assert everything["F1"]["action"] == "remind"
    assert (everything["F2"]["action"], everything["F2"]["reason"], everything["F2"]["until"]) == (
        "hold",
        "not_due",
        "2026-06-25",
    )


def test_a_run_tells_what_it_moved_and_counts_it(asked: Replay) -> None:
    done = asked.run("2026-03-09")
    assert done.code == 0
    keys(
        done.data,
        "today",
        "decisions",
        "notices",
        "reminders",
        "sent",
        "failed",
        "uncertain",
        "awaiting_approval",
        "notes",
    )
    (reminder,) = done.data["reminders"]
    keys(reminder, "id", "customer_id", "level", "state", "items", "totals", "message_id")
    assert (reminder["customer_id"], reminder["level"], reminder["state"]) == ("A", "first", "sent")
    assert reminder["message_id"].startswith("<")
    assert reminder["message_id"].endswith(">")
    assert [mail["Message-ID"] for mail in asked.read_mails()] == [reminder["message_id"]]
    assert (done.data["sent"], done.data["failed"], done.data["uncertain"], done.data["awaiting_approval"]) == (
        1,
        0,
        0,
        0,
    )
    nothing = asked.run("2026-03-09").data
    assert (nothing["reminders"], nothing["sent"]) == ([], 0)


def test_explain_gives_the_decision_its_inputs_and_the_history(asked: Replay) -> None:
    (reminder,) = asked.run("2026-03-09").data["reminders"]
    data = asked.do("explain", "F1", "--today", "2026-03-10", "--json").data
    keys(data, "item", "decision", "inputs", "history")
    assert data["item"]["number"] == "F1"
    assert data["decision"]["action"] == "hold"
    # The first printed Tue 17 Mar (9 + 8).
    assert data["decision"]["reason"] in {"deadline_running", "not_due"}
    assert str(reminder["id"]) in json.dumps(data["history"])


def test_stats_are_by_company_as_of_a_day(asked: Replay) -> None:
    data = asked.do("stats", "--today", "2026-03-09", "--json").data
    keys(data, "as_of", "companies")
    assert data["as_of"] == "2026-03-09"
    assert len(data["companies"]) == 1


def test_check_says_ok_without_touching_the_network(asked: Replay) -> None:
    data = asked.do("check", "--json").data
    assert data["ok"] is True
    assert data["problems"] == []


def test_a_customer_is_shown_as_it_now_is(asked: Replay) -> None:
    data = asked.do("customer", "A", "--set", "language=en", "--set", "kind=public", "--json").data
    assert data["customer"]["language"] == "en"
    assert data["customer"]["kind"] == "public"


@pytest.mark.parametrize(
    ("terms", "issued", "due"),
    [
        ("30 jours", "2026-01-15", "2026-02-14"),
        ("60 jours", "2026-10-22", "2026-12-21"),
        ("fin de mois le 15", "2026-01-20", "2026-02-15"),
        ("à réception", "2026-01-20", "2026-01-20"),
    ],
)
def test_due_date_reads_terms(replay: Replay, terms: str, issued: str, due: str) -> None:
    data = replay.do("due-date", "--terms", terms, "--issued", issued, "--json").data
    keys(data, "due_on", "reading", "alternatives")
    assert data["due_on"] == due


@pytest.mark.parametrize(
    ("issued", "one", "other"),
    [
        # Published readings of "45 jours fin de mois": +45 then end of month; end of month then +45.
        ("2026-01-15", "2026-03-31", "2026-03-17"),
        ("2026-03-10", "2026-04-30", "2026-05-15"),
        ("2026-12-20", "2027-02-28", "2027-02-14"),
    ],
)
def test_due_date_gives_both_readings_of_end_of_month_terms(replay: Replay, issued: str, one: str, other: str) -> None:
    data = replay.do("due-date", "--terms", "45 jours fin de mois", "--issued", issued, "--json").data
    assert data["due_on"] in {one, other}
    assert {one, other} <= set(re.findall(ISO_DAY, json.dumps([data["due_on"], data["alternatives"]])))


@pytest.mark.parametrize("command", [("hold",), ("dispute",), ("promise", "--on", "2026-03-20"), ("release",)])
def test_stopping_commands_say_what_they_changed(asked: Replay, command: tuple[str, ...]) -> None:
    verb, *rest = command
    if verb == "release":
        asked.do("hold", "F1")
    data = asked.do(verb, "F1", *rest, "--json").data
    assert data["changed"]


def test_a_number_that_two_items_share_lists_its_candidates(replay: Replay) -> None:
    replay.books(invoice("F1", "A", due=DUE, total="10.00"), invoice("F1", "B", due=DUE, total="20.00"))
    replay.accept("2026-03-02")
    done = replay.command("explain", "F1", "--json")
    assert done.code == 2
    assert "customer A" in done.err
    assert "customer B" in done.err
    assert replay.command("hold", "F1").code == 2
    replay.near("2026-03-09")
    assert len(replay.sent) == 2, "nothing was held"


@pytest.mark.parametrize(
    "arguments", [("explain", "NOPE"), ("hold", "NOPE"), ("hold",), ("nonsense",), ("run", "--today", "2026-13-01")]
)
def test_wrong_use_ends_with_2_and_a_sentence(asked: Replay, arguments: tuple[str, ...]) -> None:
    done = asked.command(*arguments)
    assert done.code == 2
    assert done.err.strip()
    assert "Traceback" not in done.err


def test_a_backup_is_a_copy_that_works(asked: Replay, folder: Path) -> None:
    asked.run("2026-03-09")
    before = {path for path in folder.rglob("*") if path.is_file()}
    asked.do("backup")
    assert {path for path in folder.rglob("*") if path.is_file()} - before


def test_init_writes_a_config_that_check_understands_and_never_overwrites(replay: Replay) -> None:
    replay.do("init", "--yes")
    config = replay.folder / "config.yaml"
    written = config.read_text(encoding="utf-8")
    assert "#" in written, "it is commented"
    data = replay.command("check", "--json").data
    keys(data, "ok", "problems")
    assert replay.command("init", "--yes").code == 2
    assert config.read_text(encoding="utf-8") == written


def test_money_in_json_is_a_string_with_the_decimals_of_its_currency(replay: Replay) -> None:
    replay.books(
        invoice("J1", "A", due=DUE, total="120000", currency="JPY"),
        invoice("T1", "A", due=DUE, total="12.345", currency="TND"),
        invoice("E1", "A", due=DUE, total="7.10"),
    )
    replay.accept("2026-03-02")
    replay.near("2026-03-09")
    (line,) = replay.sent
    assert line.endswith(": 7.10 EUR, 120000 JPY, 12.345 TND")
    assert {i["number"]: Decimal(i["balance"]) for i in replay.do("items", "--json").data["items"]}["T1"] == Decimal(
        "12.345"
    )


@pytest.mark.slow
def test_the_installed_command_prints_one_document_and_logs_elsewhere(real_replay: Replay) -> None:
    # The library parses standard output whole: anything but one JSON document there fails every situation.
    real_replay.books(invoice("F1", "A", due=DUE, total="15.00"))
    real_replay.accept("2026-03-02")
    real_replay.run("2026-03-09")
    assert real_replay.sent == ["2026-03-09 A first: F1 first: 15.00 EUR"]
    version = real_replay.command("--version")
    assert version.code == 0


@pytest.mark.slow
def test_a_second_instance_ends_with_3_and_sends_nothing(real_replay: Replay) -> None:
    # The first one hangs in the greeting of a mail server that says nothing; the second meets its lock.
    replay = real_replay
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(60)
        smtp = {"host": "127.0.0.1", "port": server.getsockname()[1], "security": "none"}
        replay.configure(company(mail={"from": "compta@dupont.example", "smtp": smtp}), plans={"standard": plan()})
        replay.books(invoice("F1", "A", due=DUE, total="15.00"))
        replay.accept("2026-03-02")
        first = subprocess.Popen(
            [sys.executable, "-m", "relance", "run", "--today", "2026-03-09", "--json"],
            cwd=replay.folder,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            connection, _ = server.accept()
            with connection:
                second = replay.command("run", "--today", "2026-03-09", "--json")
                assert second.code == 3
                assert second.err.strip()
                # What only reads, or stops the chasing, works beside a running instance.
                assert replay.do("items", "--json").data["items"]
                assert replay.do("hold", "F1", "--json").data["changed"]
        finally:
            first.kill()
            first.wait()
