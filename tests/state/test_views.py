from __future__ import annotations

from engine.kinds import HoldKind, ItemKind, Purpose
from tests.builders import credit_note, customer, day, eur, invoice, queued
from tests.state.conftest import C, Desk

F1 = invoice("F1")


def test_items_are_listed_with_their_customer_and_their_last_level(desk: Desk) -> None:
    desk.sync(F1, invoice("F2", "C2", due="2026-04-02"), invoice("F3", balance="0.00"), customers=(customer(),))
    desk.send(F1)
    desk.send(F1, level="second", offset=15, on="2026-03-20")
    desk.queue(queued(F1, level="third", offset=30))
    desk.queue(queued(F1, purpose=Purpose.EXTRA, occasion="o"))
    assert [(row.item.number, row.customer_name, row.level) for row in desk.store.items(C)] == [
        ("F1", "Client Un", "second"),
        ("F2", "C2", ""),
    ]
    assert [row.item.number for row in desk.store.items(C, customer_id="C1", open_only=False)] == ["F1", "F3"]
    assert [row.company_id for row in desk.store.items()] == [C, C]
    assert all(row.look_again and row.next_action_on is None for row in desk.store.items(C, customer_id="C2"))


def test_the_name_that_a_person_gave_wins_over_the_imported_and_the_books_own(desk: Desk) -> None:
    desk.sync(F1, customers=(customer(),))
    desk.store.import_contacts(C, [customer(name="Importé")], "anne", desk.later())
    assert [row.customer_name for row in desk.store.items(C)] == ["Importé"]
    desk.store.set_customer(C, "C1", "name", "Choisi", "anne", desk.later())
    assert [row.customer_name for row in desk.store.items(C)] == ["Choisi"]


def test_an_item_is_found_by_number_or_id_settled_or_not(desk: Desk) -> None:
    desk.sync(invoice("F1", item_id="x1"), invoice("F1", "C2", item_id="x2", balance="0.00"))
    desk.sync(invoice("F1", item_id="y1"), company="martin")
    assert [(company, item.item_id) for company, item in desk.store.find_items("F1")] == [
        (C, "x1"),
        (C, "x2"),
        ("martin", "y1"),
    ]
    assert [item.item_id for _, item in desk.store.find_items("F1", C, "C2")] == ["x2"]
    assert [item.item_id for _, item in desk.store.find_items("x1")] == ["x1"]
    assert desk.store.find_items("F404") == []


def test_an_items_history_is_told_in_order(desk: Desk) -> None:
    desk.sync(F1, invoice("F2"))
    desk.store.add_hold(C, kind=HoldKind.DISPUTE, reason="door", author="anne", now=desk.later(), item_ids=["F1"])
    desk.store.release(C, author="anne", now=desk.later(), item_ids=["F1"])
    desk.send(F1)
    desk.send(invoice("F2"), on="2026-03-10")
    desk.store.set_customer(C, "C1", "plan", "gentle", "anne", desk.later())
    desk.sync(invoice("F1", balance="0.00"), invoice("F2"), on="2026-03-12")
    told = desk.store.item_history(C, "F1")
    assert [one.kind for one in told] == [
        "item_first_seen",
        "hold_recorded",
        "hold_released",
        "reminder_planned",
        "reminder_claimed",
        "reminder_handing_over",
        "reminder_sent",
        "customer_set",
        "item_settled",
        "item_changed",
    ]
    assert [one.at for one in told] == sorted(one.at for one in told)
    assert (told[1].author, told[1].detail["reason"]) == ("anne", "door")
    assert desk.store.item_history(C, "F404") == []


def test_the_figures_are_given_every_items_life(desk: Desk) -> None:
    desk.sync(F1, credit_note("A1"))
    desk.sync(invoice("F1", balance="0.00"), credit_note("A1"), on="2026-03-12")
    rows = {row.item_id: row for row in desk.store.stats_rows(C)}
    assert (rows["F1"].kind, rows["F1"].settled_on, rows["F1"].total) == (
        ItemKind.INVOICE,
        day("2026-03-12"),
        eur("1200.00"),
    )
    assert (rows["A1"].kind, rows["A1"].settled_on, rows["A1"].balance) == (
        ItemKind.CREDIT_NOTE,
        None,
        eur("-200.00"),
    )


def test_levels_sent_leave_out_rehearsals_and_lines_that_left(desk: Desk) -> None:
    desk.sync(F1, invoice("F2"))
    desk.send(F1)
    desk.queue(queued(invoice("F2"), rehearsal=True))
    desk.sent()
    assert [(one.item_id, one.level_id, one.offset, one.sent_on) for one in desk.store.levels_sent(C)] == [
        ("F1", "first", 5, day("2026-03-09"))
    ]


def test_a_company_is_counted(desk: Desk) -> None:
    desk.sync(F1, invoice("F2"), invoice("F3", "C2"))
    desk.sync(F1, invoice("F2"))
    desk.send(F1)
    desk.queue(queued(invoice("F2"), needs_approval=True))
    desk.store.add_task(C, "t", kind="call", title="", text="", now=desk.later())
    counts = desk.store.counts(C, day("2026-03-02"))
    assert (counts.open_items, counts.unseen, counts.to_look_at, counts.tasks) == (3, 1, 3, 1)
    assert counts.reminders == {"awaiting_approval": 1, "sent": 1}
    assert desk.store.companies() == [C]
