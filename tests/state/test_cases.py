from __future__ import annotations

from engine.kinds import Channel, HoldKind, Purpose, ReminderState
from tests.builders import completed, credit_note, customer, day, invoice, page, payment, queued
from tests.state.conftest import C, Desk

F1, F2 = invoice("F1"), invoice("F2")
PAID = invoice("F1", balance="0.00")


def test_new_items_are_due_for_a_look_whatever_the_day(desk: Desk) -> None:
    desk.sync(F1, credit_note("A1", "C2"), invoice("F9", "C3", balance="0.00"))
    assert desk.store.customers_due(C, day("1999-01-01")) == ["C1", "C2"]
    assert desk.store.customers_open(C) == ["C1", "C2"]
    assert desk.store.customers_due("martin", day("2026-03-02")) == []


def test_a_customer_is_due_when_one_of_their_items_is(desk: Desk) -> None:
    desk.sync(F1, F2, invoice("F3", "C2"))
    desk.quiet()
    with desk.store.db.tx():
        desk.store.db.write(
            "UPDATE items SET next_action_on = '2026-03-09' WHERE company_id = ? AND item_id = 'F2'", (C,)
        )
    assert desk.store.customers_due(C, day("2026-03-08")) == []
    assert desk.store.customers_due(C, day("2026-03-09")) == ["C1"]
    assert desk.store.customers_open(C) == ["C1", "C2"]


def test_the_due_query_reads_its_index_and_not_the_items(desk: Desk) -> None:
    steps = desk.store.db.all(
        "EXPLAIN QUERY PLAN SELECT DISTINCT customer_id FROM items WHERE company_id = ? AND next_action_on <= ? "
        "AND balance <> 0 ORDER BY customer_id",
        (C, "2026-03-09"),
    )
    assert "USING INDEX items_due (company_id=? AND next_action_on<?)" in steps[0]["detail"]


def test_a_changed_plan_has_everything_looked_at_once(desk: Desk) -> None:
    desk.sync(F1)
    desk.quiet()
    desk.store.refresh_planning(C, "plan-1")
    assert desk.due() == ["C1"]
    assert desk.store.company_state(C).planning_fingerprint == "plan-1"
    desk.quiet()
    desk.store.refresh_planning(C, "plan-1")
    assert desk.due() == []


def test_a_case_file_holds_what_is_open_and_nothing_settled(desk: Desk) -> None:
    desk.sync(
        F1,
        credit_note("A1"),
        payment("V1"),
        invoice("F2", balance="0.00"),
        invoice("F3", "C2"),
        customers=(customer(),),
    )
    case = desk.store.case_file(C, "C1", rehearsal=False)
    assert {item.item_id for item in case.items} == {"F1", "A1", "V1"}
    assert (case.customer, case.history, case.holds, case.last_contact_on) == (customer(), (), (), None)


def test_history_shows_every_state_but_what_was_cancelled_or_lapsed(desk: Desk) -> None:
    items = [invoice(f"F{count}") for count in range(8)]
    desk.sync(*items)
    desk.send(items[0])
    desk.queue(queued(items[1]))
    desk.store.record_uncertain(desk.handing_over(), "reset", desk.owner, desk.later())
    desk.queue(queued(items[2]))
    desk.store.record_refused(desk.handing_over(), "550", desk.owner, desk.later())
    desk.queue(queued(items[3]))
    desk.handing_over()
    desk.queue(queued(items[4]))
    desk.claim()
    desk.queue(queued(items[5], needs_approval=True))
    desk.store.expire_approvals(C, day("2026-12-31"), desk.later())
    desk.queue(queued(items[6]))
    desk.store.cancel(desk.claim(), "x", desk.owner, desk.later())
    desk.queue(queued(items[7], on="2026-03-30", needs_approval=True))
    case = desk.store.case_file(C, "C1", rehearsal=False)
    assert {line.item_id: (line.state, line.sent_on) for line in case.history} == {
        "F0": (ReminderState.SENT, day("2026-03-09")),
        "F1": (ReminderState.UNCERTAIN, day("2026-03-09")),
        "F2": (ReminderState.FAILED, day("2026-03-09")),
        "F3": (ReminderState.HANDING_OVER, day("2026-03-09")),
        "F4": (ReminderState.CLAIMED, day("2026-03-09")),
        "F7": (ReminderState.AWAITING_APPROVAL, day("2026-03-30")),
    }
    assert all(line.deadline_on == day("2026-03-17") and not line.approved for line in case.history)


def test_history_shows_an_extra_reminder_as_one_that_takes_no_level(desk: Desk) -> None:
    desk.sync(F1)
    desk.queue(queued(F1, purpose=Purpose.EXTRA, occasion="o"))
    desk.sent()
    case = desk.store.case_file(C, "C1", rehearsal=False)
    assert [(line.takes_level, line.deadline_on) for line in case.history] == [(False, day("2026-03-17"))]
    assert case.last_contact_on == day("2026-03-09")


def test_history_leaves_out_thank_yous(desk: Desk) -> None:
    desk.sync(F1)
    desk.queue(queued(F1, purpose=Purpose.THANK_YOU, occasion="o"))
    desk.sent()
    assert desk.store.case_file(C, "C1", rehearsal=False).history == ()


def test_an_item_whose_thank_you_waits_is_not_thanked_again(desk: Desk) -> None:
    desk.sync(F1)
    desk.send(F1, on="2026-03-09")
    desk.sync(PAID, on="2026-03-10")
    assert desk.store.settled(C, day("2026-03-10"), rehearsal=False)
    desk.queue(queued(F1, purpose=Purpose.THANK_YOU, occasion="o", needs_approval=True))
    assert desk.store.settled(C, day("2026-03-10"), rehearsal=False) == {}


def test_only_what_reached_the_customer_counts_as_contact(desk: Desk) -> None:
    desk.sync(F1, F2, invoice("F3"))
    desk.send(F1, on="2026-03-09")
    desk.queue(queued(F2, on="2026-03-10", needs_approval=True))
    desk.queue(queued(invoice("F3"), on="2026-03-11"))
    desk.store.record_refused(desk.claim("2026-03-11"), "550", desk.owner, desk.later())
    assert desk.store.case_file(C, "C1", rehearsal=False).last_contact_on == day("2026-03-09")


def test_a_reminder_that_may_have_gone_counts_as_contact(desk: Desk) -> None:
    desk.sync(F1)
    desk.queue(queued(F1, on="2026-03-12", channel=Channel.CALL))
    handed = desk.handing_over("2026-03-12")
    assert desk.store.case_file(C, "C1", rehearsal=False).last_contact_on == day("2026-03-12")
    desk.store.record_uncertain(handed, "reset", desk.owner, desk.later())
    assert desk.store.case_file(C, "C1", rehearsal=False).last_contact_on == day("2026-03-12")


def test_a_bounced_mail_is_no_contact(desk: Desk) -> None:
    desk.sync(F1)
    sent = desk.send(F1)
    with desk.store.db.tx():
        desk.store.db.write("UPDATE reminders SET bounced_at = moved_at WHERE reminder_id = ?", (sent.reminder_id,))
    assert desk.store.case_file(C, "C1", rehearsal=False).last_contact_on is None


def test_a_rehearsal_sees_both_and_reality_only_itself(desk: Desk) -> None:
    desk.sync(F1, F2)
    desk.send(F1)
    desk.queue(queued(F2, rehearsal=True, on="2026-03-11"))
    desk.sent("2026-03-11")
    real = desk.store.case_file(C, "C1", rehearsal=False)
    rehearsal = desk.store.case_file(C, "C1", rehearsal=True)
    assert ([line.item_id for line in real.history], real.last_contact_on) == (["F1"], day("2026-03-09"))
    assert ([line.item_id for line in rehearsal.history], rehearsal.last_contact_on) == (
        ["F1", "F2"],
        day("2026-03-11"),
    )


def settle(desk: Desk) -> None:
    desk.sync(F1, customers=(customer(),))
    desk.send(F1)
    desk.sync(PAID, on="2026-03-10")


def thanked_for(desk: Desk, on: str = "2026-03-11", *, rehearsal: bool = False) -> list[str]:
    found = desk.store.settled(C, day(on), rehearsal=rehearsal)
    return [one.item.item_id for items in found.values() for one in items]


def test_an_item_paid_after_a_reminder_may_be_thanked_for(desk: Desk) -> None:
    settle(desk)
    found = desk.store.settled(C, day("2026-03-11"), rehearsal=False)
    assert [(key, one.item, one.seen_on, one.times) for key, (one,) in found.items()] == [
        ("C1", PAID, day("2026-03-10"), 1)
    ]


def test_thanks_come_within_ten_days_or_not_at_all(desk: Desk) -> None:
    settle(desk)
    assert thanked_for(desk, "2026-03-19") == ["F1"]
    assert thanked_for(desk, "2026-03-20") == []
    assert thanked_for(desk, "2026-03-09") == []


def test_who_still_owes_something_overdue_is_not_thanked(desk: Desk) -> None:
    settle(desk)
    desk.sync(PAID, invoice("F2", due="2026-03-10"), on="2026-03-10")
    assert thanked_for(desk, "2026-03-11") == []
    assert thanked_for(desk, "2026-03-10") == ["F1"]


def test_who_was_not_reminded_after_the_due_date_is_not_thanked(desk: Desk) -> None:
    desk.sync(F1, F2)
    desk.send(F1, level="pre_due", offset=-5, on="2026-02-25")
    desk.sync(PAID, invoice("F2", balance="0.00"), on="2026-03-10")
    assert thanked_for(desk) == []


def test_credit_is_not_money_and_earns_no_thanks(desk: Desk) -> None:
    desk.sync(F1)
    desk.send(F1)
    desk.sync(PAID, credit_note("A1", total="-1200.00", balance="0.00"), on="2026-03-10")
    assert thanked_for(desk) == []


def test_a_rehearsed_reminder_earns_only_rehearsed_thanks(desk: Desk) -> None:
    desk.sync(F1)
    desk.queue(queued(F1, rehearsal=True))
    desk.sent()
    desk.sync(PAID, on="2026-03-10")
    assert thanked_for(desk) == []
    assert thanked_for(desk, rehearsal=True) == ["F1"]


def test_what_was_thanked_for_is_not_thanked_for_again(desk: Desk) -> None:
    settle(desk)
    desk.queue(queued(PAID, purpose=Purpose.THANK_YOU, occasion="F1@1", on="2026-03-11"))
    desk.sent("2026-03-11")
    assert thanked_for(desk) == []


def test_two_companies_with_equal_ids_never_see_each_other(desk: Desk) -> None:
    # Everything that one company can hold, under the very ids that the other uses.
    desk.store.set_sender_domain("martin", "martin.example")
    desk.sync(F1, F2, customers=(customer(name="Dupont's"),))
    desk.sync(invoice("F1", total="9.00"), customers=(customer(name="Martin's"),), company="martin")
    desk.send(F1)
    desk.store.add_hold(C, kind=HoldKind.DISPUTE, reason="", author="a", now=desk.later(), item_ids=["F1"])
    desk.store.add_hold(C, kind=HoldKind.HOLD, reason="", author="a", now=desk.later())
    desk.store.add_hold(C, kind=HoldKind.HOLD, reason="", author="a", now=desk.later(), customer_id="C1")
    desk.store.set_customer(C, "C1", "plan", "gentle", "a", desk.later())
    desk.store.mark_address_failed(C, "ap@client.example", "550", desk.later())
    desk.store.release(C, author="a", now=desk.later(), item_ids=["F2"], restart=True)
    desk.store.add_task(C, "t", kind="call", title="t", text="", now=desk.later(), item_id="F1")
    desk.store.set_quarantine(C, ["x"], desk.later())
    desk.store.accept_backlog(C, "a", desk.later(), accepted_on=day("2026-03-20"))
    desk.sync(PAID, on="2026-03-12")

    store = desk.store
    case = store.case_file("martin", "C1", rehearsal=True)
    assert [str(item.balance) for item in case.items] == ["9.00"]
    assert (case.history, case.holds, case.last_contact_on, case.age_accepted) == ((), (), None, frozenset())
    assert case.customer == customer(name="Martin's")
    state = store.company_state("martin")
    assert (state.quarantine, state.backlog_accepted, state.sync_complete) == ((), False, True)
    assert store.reminders("martin", list(ReminderState)) == []
    assert store.claim_next("martin", day("2026-12-31"), desk.owner, desk.later()) is None
    assert store.settled("martin", day("2026-03-13"), rehearsal=True) == {}
    assert store.open_tasks("martin") == []
    assert store.observed_payments("martin") == []
    assert store.levels_sent("martin") == []
    assert store.promises("martin", day("2027-01-01")) == []
    assert [one.kind for one in store.item_history("martin", "F1")] == ["item_first_seen"]
    assert store.balance_of("martin", "F2") is None
    assert desk.events("martin") == []
    # And the other way round: what happens at one leaves the other as it was.
    before = store.case_file(C, "C1", rehearsal=True)
    sync_id = store.begin_sync("martin", desk.later())
    store.apply_page(
        "martin",
        sync_id,
        page(invoice("F1", total="9.00", balance="0.00")),
        seen_on=day("2026-03-13"),
        now=desk.later(),
    )
    store.complete_sync("martin", sync_id, completed(), seen_on=day("2026-03-13"), now=desk.later())
    assert store.case_file(C, "C1", rehearsal=True) == before
