"""Plans, their rules and their timing through the command line, day by day; the days are worked out by hand."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from tests.e2e.replay import LEVELS, company, invoice, plan, text_of

if TYPE_CHECKING:
    from tests.e2e.replay import Replay


def sent_on(replay: Replay) -> Counter[str]:
    """Count the notices of each day."""
    return Counter(line.split(" ")[0] for line in replay.sent)


def test_a_built_in_plan_chases_without_being_written(replay: Replay) -> None:
    # brisk, due Mon 2 Mar 2026. 0: that Monday. +8: Tue 10, which prints Mon 16 (10 + 5 is Sun 15). +15: Tue 17,
    # which prints Wed 25. +30: Wed 1 Apr, for a person to approve.
    replay.configure(company(plan="brisk"))
    replay.books(invoice("F1", "A", due="2026-03-02", total="1200.00"))
    replay.accept("2026-02-23")
    replay.near("2026-03-02", "2026-03-10", "2026-03-17", "2026-04-01")
    assert replay.sent == [
        "2026-03-02 A due: F1 due: 1200.00 EUR",
        "2026-03-10 A first: F1 first: 1200.00 EUR",
        "2026-03-17 A second: F1 second: 1200.00 EUR",
    ]
    assert replay.waiting == ["2026-04-01 A formal: F1 formal: 1200.00 EUR"]


def test_a_slow_payer_comes_under_another_plan_and_the_arithmetic_is_shown(replay: Replay) -> None:
    # Three invoices due on 2 Feb 2026 are seen paid on Fri 20 Feb: 18 days late each. The next, due Mon 2 Mar, is chased
    # by brisk from its due date on, where standard would have begun on the 9th. B, who never paid, stays on standard.
    rules = [{"if": {"days_late_over": 15}, "plan": "brisk"}]
    replay.configure(company(plan_rules=rules))
    paid = [invoice(f"P{n}", "A", due="2026-02-02", total="50.00") for n in range(3)]
    replay.books(
        *paid,
        invoice("F1", "A", due="2026-03-02", total="1200.00"),
        invoice("G1", "B", due="2026-03-02", total="10.00"),
    )
    replay.accept("2026-01-19")
    for row in paid:
        row.balance = "0.00"
    replay.books(*replay.rows)
    replay.near("2026-02-21", "2026-02-25", "2026-03-01")
    assert replay.sent == ["2026-02-25 B pre_due: G1 pre_due: 10.00 EUR", "2026-03-02 A due: F1 due: 1200.00 EUR"]
    why = replay.decision("2026-03-03", "F1")["explanation"].replace("\u202f", " ").replace("\xa0", " ")
    assert "3 factures payées en un an, 54 jours de retard en tout, soit 18 jours de retard en moyenne" in why
    assert "brisk" not in replay.decision("2026-03-03", "G1")["explanation"]


def test_a_customer_who_changes_plan_in_mid_chase_never_gets_a_lower_level(replay: Replay) -> None:
    # standard: first Mon 9 Mar (prints Tue 17), second (firm) Wed 18 Mar. Then a person gives the customer gentle, whose
    # second level is friendly at +15: it is passed over. gentle's third (firm) is +30: Wed 1 Apr, prints Mon 13 (11 is a
    # Saturday). Its fourth is +45: Thu 16 Apr.
    replay.books(invoice("F1", "A", due="2026-03-02", total="1200.00"))
    replay.accept("2026-03-02")
    replay.near("2026-03-09", "2026-03-17")
    replay.do("customer", "A", "--set", "plan=gentle")
    replay.daily("2026-03-19", "2026-03-23")
    replay.near("2026-04-01", "2026-04-16")
    assert [line.rpartition(":")[0] for line in replay.sent] == [
        "2026-03-09 A first: F1 first",
        "2026-03-18 A second: F1 second",
        "2026-04-01 A third: F1 third",
        "2026-04-16 A fourth: F1 fourth",
    ]


def test_a_customer_who_pays_on_the_tenth_is_chased_from_the_tenth(replay: Replay) -> None:
    # Due Mon 2 Mar 2026, pays on the 10th. +5 is Sun 15: Mon 16, which prints Tue 24. +15 is Wed 25.
    replay.books(invoice("F1", "A", due="2026-03-02", total="1200.00"))
    replay.accept("2026-03-02")
    replay.do("customer", "A", "--set", "pay_days=10")
    assert "à partir du 10 mars 2026" in replay.decision("2026-03-09", "F1")["explanation"]
    replay.near("2026-03-09", "2026-03-16", "2026-03-25")
    assert [line.rpartition(":")[0] for line in replay.sent] == [
        "2026-03-16 A first: F1 first",
        "2026-03-25 A second: F1 second",
    ]


def test_no_more_leave_in_a_day_than_allowed_and_all_leave_in_the_end(replay: Replay) -> None:
    # Five customers are due on Mon 9 Mar 2026 (+5 of Wed 4 Mar); two a day may leave, three runs a day.
    only = plan(levels=[LEVELS[1]])
    replay.configure(company(send={"per_day": 2}), plans={"standard": only})
    replay.books(*(invoice(f"F{n}", f"C{n}", due="2026-03-04", total="100.00") for n in range(5)))
    replay.accept("2026-03-02")
    replay.daily("2026-03-08", "2026-03-09", times=3)
    assert [replay.why("2026-03-09", f"F{n}") for n in (2, 4)] == ["cap_reached", "cap_reached"]
    explained = replay.do("explain", "F4", "--today", "2026-03-09", "--json").data["decision"]["explanation"]
    assert "2 relances par jour au plus" in explained.replace("\xa0", " ")
    replay.daily("2026-03-10", "2026-03-12", times=2)
    assert sent_on(replay) == {"2026-03-09": 2, "2026-03-10": 2, "2026-03-11": 1}
    assert [line.split(" ")[1] for line in replay.sent] == ["C0", "C1", "C2", "C3", "C4"]


def test_released_reminders_keep_to_the_limit_of_a_day_too(replay: Replay) -> None:
    only = plan(levels=[LEVELS[1]])
    replay.configure(company(mode="approve", send={"per_day": 2}), plans={"standard": only})
    replay.books(*(invoice(f"F{n}", f"C{n}", due="2026-03-04", total="100.00") for n in range(3)))
    replay.accept("2026-03-02")
    replay.daily("2026-03-09", "2026-03-10", times=2)
    assert len(replay.waiting) == 3
    replay.do("approve", "--all")
    replay.daily("2026-03-11", "2026-03-12", times=2)
    assert sent_on(replay) == {"2026-03-11": 2, "2026-03-12": 1}


def test_the_first_days_of_use_let_out_a_little_more_each_day(replay: Replay) -> None:
    only = plan(levels=[LEVELS[1]])
    replay.configure(company(send={"ramp": {"start": 1, "step": 2}}), plans={"standard": only})
    replay.books(*(invoice(f"F{n}", f"C{n}", due="2026-03-04", total="100.00") for n in range(7)))
    replay.accept("2026-03-02")
    replay.daily("2026-03-09", "2026-03-12")
    assert sent_on(replay) == {"2026-03-09": 1, "2026-03-10": 3, "2026-03-11": 3}


def test_a_customer_is_contacted_no_more_often_than_the_plan_allows(replay: Replay) -> None:
    # Two contacts in 30 days: first on Mon 9 Mar, second on Wed 18 Mar; the third (+30: Wed 1 Apr) waits until the first
    # is 30 days old: Wed 8 Apr.
    replay.configure(plans={"standard": plan(customer_cap={"contacts": 2, "days": 30})})
    replay.books(invoice("F1", "A", due="2026-03-02", total="1200.00"))
    replay.accept("2026-03-02")
    replay.near("2026-03-09", "2026-03-18", "2026-04-01")
    assert (replay.why("2026-04-02", "F1"), replay.decision("2026-04-02", "F1")["until"]) == (
        "cap_reached",
        "2026-04-07",
    )
    replay.near("2026-04-08")
    assert [line.split(" ")[0] for line in replay.sent] == ["2026-03-09", "2026-03-18", "2026-04-08"]


def test_nothing_leaves_on_the_customers_own_holiday_or_on_a_bridge_day(replay: Replay) -> None:
    # Corpus Christi, Thu 4 Jun 2026, is a holiday in Bavaria and none in France: +5 of Sat 30 May.
    only = plan(levels=[LEVELS[1]])
    replay.configure(company(send={"bridge_days": False}), plans={"standard": only})
    replay.books(
        invoice("B1", "BAVARIAN", due="2026-05-30", total="100.00"),
        invoice("F1", "FRENCH", due="2026-05-30", total="100.00"),
        invoice("F2", "BRIDGE", due="2026-05-09", total="100.00"),
    )
    replay.accept("2026-05-04")
    replay.do("customer", "BAVARIAN", "--set", "country=DE", "--set", "subdivision=BY")
    replay.near("2026-05-15", "2026-05-18", "2026-06-04", "2026-06-06")
    # BRIDGE: +5 is Ascension, Thu 14 May; Fri 15 is a bridge day, so Mon 18.
    assert [line.split(":")[0] for line in replay.sent] == [
        "2026-05-18 BRIDGE first",
        "2026-06-04 FRENCH first",
        "2026-06-05 BAVARIAN first",
    ]


def test_a_copy_for_the_account_owner_is_a_mail_of_its_own(replay: Replay) -> None:
    levels: list[dict[str, Any]] = [{**LEVELS[1], "copy_owner": True}]
    replay.configure(plans={"standard": plan(levels=levels)})
    replay.books(invoice("F1", "A", due="2026-03-02", total="1200.00"))
    replay.accept("2026-03-02")
    replay.do("customer", "A", "--set", "owner=Anne Martin", "--set", "owner_email=anne@dupont.example")
    done = replay.command("run", "--today", "2026-03-09", "--json")
    assert [(one["level"], one["state"]) for one in done.data["reminders"]] == [("first", "sent"), ("digest", "sent")]
    mails = {str(mail["To"]): mail for mail in replay.read_mails()}
    assert len(mails) == 2
    original = next(mail for to, mail in mails.items() if "ap@a.example" in to)
    copy = next(mail for to, mail in mails.items() if "anne@dupont.example" in to)
    assert "anne" not in "".join(str(original[name]) for name in ("To", "Cc", "Bcc"))
    assert copy["Cc"] is None
    assert str(copy["Subject"]) == f"Copie : {original['Subject']}".replace("\u202f", " ")
    assert text_of(original).strip() in text_of(copy)
    again = replay.command("run", "--today", "2026-03-10", "--json")
    assert again.data["reminders"] == []


def test_a_level_outside_its_amounts_is_passed_over(replay: Replay) -> None:
    # The first level is for 500 and more; a small invoice gets nothing before +15 (Tue 17 Mar).
    levels: list[dict[str, Any]] = [{**LEVELS[1], "min_amount": "500.00"}, LEVELS[2]]
    replay.configure(plans={"standard": plan(levels=levels)})
    replay.books(
        invoice("S1", "A", due="2026-03-02", total="99.00"), invoice("L1", "B", due="2026-03-02", total="500.00")
    )
    replay.accept("2026-03-02")
    replay.daily("2026-03-08", "2026-03-10")
    replay.daily("2026-03-16", "2026-03-17")
    assert [line.rpartition(":")[0] for line in replay.sent] == [
        "2026-03-09 B first: L1 first",
        "2026-03-17 A second: S1 second",
    ]


def test_a_subdivision_that_nobody_knows_is_refused_when_it_is_set(replay: Replay) -> None:
    replay.books(invoice("F1", "A", due="2026-03-02", total="1200.00"))
    replay.run("2026-03-02")
    done = replay.command("customer", "A", "--set", "country=DE", "--set", "subdivision=QQ")
    assert done.code == 2
    assert "part QQ of DE" in done.err
