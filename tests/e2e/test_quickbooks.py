"""QuickBooks' books through the installed commands, against the sandbox."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from connectors.quickbooks.memo import HEADING
from tests.e2e.cloud import PROVIDERS
from tests.e2e.cloud_scenarios import (
    DUE,
    FIRST,
    FOR_EVER,
    FRIDAY,
    MARKER,
    MONDAY,
    ONLY_FIRST,
    TUESDAY,
    CloudScenarios,
)
from tests.e2e.replay import LEVELS, plan, text_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from connectors.sandbox.ledger import Document
    from tests.e2e.cloud import Cloud
    from tests.e2e.replay import Finished

NOTE = r"/attachable$"
CHANGE = r"/invoice$"
SEND = r"/send$"
QUERY = r"/query$"
CDC = r"/cdc$"
BY_PROVIDER = {**LEVELS[1], "channel": "provider"}
CLOSED_CODES = ("6200", "6210", "6000", "5010")


def one_change(cloud: Cloud) -> dict[str, Any]:
    """Sync and give its report; it must have been of what changed only, and believable."""
    report = cloud.sync()
    assert (report["mode"], report["quarantine"], report["bad_lines"]) == ("incremental", None, [])
    return report


class TestQuickBooks(CloudScenarios):
    """What all providers go through, and what only QuickBooks does."""

    provider = replace(PROVIDERS["quickbooks"], link="https://connect.quickbooks.example/t/")
    # A query never shows what was deleted: right before a mail its absence alone tells.
    deleted_is = "unseen"

    @pytest.fixture(autouse=True)
    def _every_call_is_well_formed(self, bare: Cloud) -> Iterator[None]:
        """Whatever a scenario does: the minor version on every call, a request id of its own length on every write."""
        yield
        for call in bare.calls():
            assert call.query.get("minorversion") == "75", f"{call.method} {call.path} {call.query}"
            identity = call.query.get("requestid")
            assert (identity is None) is (call.method == "GET"), f"{call.method} {call.path} {call.query}"
            assert identity is None or 0 < len(identity) <= 50

    def delete(self, cloud: Cloud, identity: str) -> None:
        """Delete an invoice outright."""
        cloud.ledger.delete(identity)

    def put_another_organisation_behind(self, cloud: Cloud) -> None:
        """Let the consent reach another company: the realm stands in each address, and is refused."""
        cloud.company("other")
        for consent in cloud.sandbox.oauth.consents:
            for connection in consent.connections:
                connection.organisation = cloud.companies["other"]
        del cloud.companies["other"]

    def in_memo(self, cloud: Cloud, memo: str = "", **settings: Any) -> Cloud:
        """F1 with a memo of the user's, in books whose notes are kept in the memo."""
        cloud.ready(cloud.company(books={"notes_in": "private_note"}, **settings), plans=ONLY_FIRST)
        cloud.bill("F1", "Rowan", due=DUE, total="1200.00")
        cloud.ledger.edit(cloud.id_of("F1"), memo=memo)
        cloud.accept(FRIDAY)
        return cloud

    @staticmethod
    def memo(cloud: Cloud, number: str = "F1") -> str:
        """Give an invoice's memo."""
        document: Document = cloud.document(number)
        return document.memo

    @staticmethod
    def mailed_but_not_noted(cloud: Cloud, done: Finished) -> str:
        """Judge a run whose mail left and whose note was refused; give what it tells a person."""
        assert (cloud.sent, done.data["sent"], done.data["notes"], done.code) == ([FIRST], 1, 0, 1)
        return cloud.problems(done)

    # -- which company ------------------------------------------------------------------------------------------------

    @pytest.mark.parametrize("named", [False, True])
    def test_a_consent_for_another_company_is_not_taken_for_this_one(self, cloud: Cloud, named: bool) -> None:
        cloud.bill("F1", "Rowan", due=DUE, total="1200.00")
        cloud.sync()
        cloud.company("other")
        other = cloud.companies["other"]
        done = cloud.hand_tokens("dupont", *(("--organisation", other) if named else ()), organisations=[other])
        assert (done.code, done.out) == (2, "")
        assert cloud.companies["dupont"] in done.err
        assert one_change(cloud)["open"]["count"] == 1

    def test_a_company_that_is_not_shown_is_not_connected(self, cloud: Cloud) -> None:
        cloud.fault("fault_in_200", path="/companyinfo/", code="6190")
        done = cloud.hand_tokens("dupont")
        assert (done.code, done.out) == (2, "")

    def test_a_realm_that_the_token_does_not_reach_says_which_command_mends_it(self, late: Cloud) -> None:
        self.put_another_organisation_behind(late)
        done = late.run(MONDAY)
        assert "relance connect dupont" in late.problems(done)

    # -- faults in all their forms --------------------------------------------------------------------------------------

    @pytest.mark.parametrize("path", [QUERY, CDC])
    @pytest.mark.parametrize("code", ["6190", "6000", "610"])
    def test_a_fault_inside_a_200_is_never_taken_for_empty_books(self, late: Cloud, path: str, code: str) -> None:
        before = late.stored()
        late.fault("fault_in_200", times=FOR_EVER, path=path, code=code)
        done = late.run(MONDAY)
        late.sandbox.faults.clear()
        assert late.stored() == before
        if path == QUERY:
            assert (late.sent, done.code) == ([], 1)
            assert code in late.problems(done)
        late.run(TUESDAY)
        assert len(late.sent) == 1

    def test_throttling_inside_a_200_is_waited_for(self, late: Cloud) -> None:
        began = late.now
        late.fault("fault_in_200", times=2, path=QUERY, code="3001")
        assert (late.run(MONDAY).code, len(late.sent)) == (0, 1)
        assert late.now - began >= timedelta(seconds=60)

    @pytest.mark.parametrize("status", [403, 429])
    @pytest.mark.parametrize("path", [QUERY, CDC, r"/pdf$", r"/invoice/[^/]+$"])
    def test_throttling_in_xml_is_waited_for_and_costs_no_consent(self, late: Cloud, path: str, status: int) -> None:
        before = late.sandbox.oauth.refreshes.get("quickbooks", 0)
        late.fault("xml_fault", times=2, path=path, status=status)
        done = late.run(MONDAY)
        assert (done.code, len(late.sent), done.data["problems"]) == (0, 1, [])
        assert late.sandbox.faults.waiting() == []
        assert late.sandbox.oauth.refreshes.get("quickbooks", 0) - before <= 1

    @pytest.mark.parametrize("status", [403, 429])
    def test_a_note_that_throttling_in_xml_stops_is_written_later_and_once(self, bare: Cloud, status: int) -> None:
        bare.ready(plans=ONLY_FIRST)
        bare.bill("F1", "Rowan", due=DUE, total="1200.00")
        bare.accept(FRIDAY)
        bare.fault("xml_fault", times=FOR_EVER, path=NOTE, status=status)
        done = bare.run(MONDAY)
        assert (bare.sent, done.data["notes"], done.code) == ([FIRST], 0, 0)
        bare.sandbox.faults.clear()
        assert bare.run(TUESDAY).data["notes"] == 1
        assert len(bare.notes("F1")) == 1

    @pytest.mark.parametrize("status", [403, 429])
    def test_a_mail_that_throttling_in_xml_stops_leaves_later_and_once(self, bare: Cloud, status: int) -> None:
        cloud = self.by_provider(bare)
        cloud.fault("xml_fault", times=FOR_EVER, path=SEND, status=status)
        done = cloud.run(MONDAY)
        assert (cloud.provider_mails(), done.data["sent"], done.data["uncertain"]) == ([], 0, 0)
        cloud.sandbox.faults.clear()
        cloud.run(TUESDAY)
        assert cloud.provider_mails() == [("F1", ("ap@rowan.example",))]

    @pytest.mark.parametrize("other", [False, True])
    @pytest.mark.parametrize("fault", ["lapsed", "closed_books"])
    def test_a_refusal_is_understood_in_either_casing(self, bare: Cloud, fault: str, other: bool) -> None:
        bare.ready(plans=ONLY_FIRST)
        bare.bill("F1", "Rowan", due=DUE, total="1200.00")
        bare.accept(FRIDAY)
        bare.fault(fault, times=FOR_EVER, path=NOTE)
        if other:
            bare.fault("other_casing", times=FOR_EVER, path=NOTE)
        told = self.mailed_but_not_noted(bare, bare.run(MONDAY))
        assert {"lapsed": "subscription has lapsed", "closed_books": "books of this period are closed"}[fault] in told

    # -- notes attached to the invoice ----------------------------------------------------------------------------------

    @pytest.mark.parametrize("forgotten", [False, True])
    def test_an_attached_note_whose_answer_is_lost_is_found_by_its_request_id_or_its_marker(
        self, bare: Cloud, forgotten: bool
    ) -> None:
        bare.ready(plans=ONLY_FIRST)
        bare.bill("F1", "Rowan", due=DUE, total="1200.00")
        bare.accept(FRIDAY)
        # Longer than one run tries.
        bare.fault("drop_after", times=FOR_EVER if forgotten else 1, path=NOTE, method="POST")
        bare.run(MONDAY)
        posted = bare.calls(NOTE, "POST")
        assert len({call.query["requestid"] for call in posted}) == 1
        assert len({call.body for call in posted}) == 1
        bare.sandbox.faults.clear()
        assert bare.run(TUESDAY).data["notes"] == (1 if forgotten else 0)
        assert bare.calls(NOTE, "POST") == posted, "what is there already is found by its marker, not written again"
        assert len(bare.notes("F1")) == 1
        assert (bare.sent, len(bare.letters())) == ([FIRST], 1)

    def test_an_attached_note_touches_nothing_on_its_invoice(self, late: Cloud) -> None:
        token = late.document("F1").token
        late.run(MONDAY)
        assert (late.document("F1").token, self.memo(late)) == (token, "")
        assert late.calls(CHANGE, "POST") == []
        late.advance(minutes=20)
        assert one_change(late)["changed"] == 0

    def test_a_note_that_counts_as_a_change_of_its_invoice_starts_nothing(self, late: Cloud) -> None:
        late.fault("note_touches", times=FOR_EVER, path=NOTE)
        late.run(MONDAY)
        late.advance(minutes=20)
        assert one_change(late)["open"]["count"] == 2
        late.run(TUESDAY)
        assert (len(late.sent), len(late.notes("F1"))) == (1, 1)

    def test_a_closed_period_keeps_no_attached_note_away(self, bare: Cloud) -> None:
        bare.ready(plans=ONLY_FIRST)
        bare.bill("F1", "Rowan", due=DUE, total="1200.00")
        bare.accept(FRIDAY)
        bare.ledger.organisation = replace(bare.ledger.organisation, closed_until=date(2026, 2, 28))
        assert (bare.run(MONDAY).code, len(bare.notes("F1"))) == (0, 1)

    @pytest.mark.parametrize("length", [None, 120])
    @pytest.mark.parametrize("place", ["attachable", "private_note"])
    def test_a_note_keeps_to_the_length_that_a_company_sets_and_never_loses_its_marker(
        self, bare: Cloud, place: str, length: int | None
    ) -> None:
        number = "F-" + "7" * 200
        bare.ready(bare.company(books={"notes_in": place, "note_length": length}), plans=ONLY_FIRST)
        bare.bill(number, "Rowan", due=DUE, total="1200.00")
        bare.accept(FRIDAY)
        assert bare.run(MONDAY).data["notes"] == 1
        (note,) = bare.notes(number) or self.memo(bare, number).splitlines()[1:]
        assert (len(note) <= 120) is (length == 120)
        assert len(MARKER.findall(note)) == 1

    # -- notes in the memo ----------------------------------------------------------------------------------------------

    def test_a_note_in_the_memo_stands_below_what_the_user_wrote(self, bare: Cloud) -> None:
        cloud = self.in_memo(bare, "Delivered to the yard.\nAsk for Bob.")
        done = cloud.run(MONDAY)
        users, heading, ours = self.memo(cloud).partition(HEADING)
        assert (done.data["notes"], users.rstrip(), bool(heading)) == (1, "Delivered to the yard.\nAsk for Bob.", True)
        assert len(MARKER.findall(ours)) == 1
        assert "first" in ours
        assert cloud.calls(NOTE) == []

    def test_a_note_in_the_memo_changes_nothing_else_of_the_invoice(self, bare: Cloud) -> None:
        cloud = self.in_memo(bare)
        cloud.ledger.edit(cloud.id_of("F1"), sent_to="desk@rowan.example", reference="P/O 7")
        before = cloud.document("F1")
        cloud.run(MONDAY)
        after = cloud.document("F1")
        changed = {"memo", "token", "updated_at"}
        assert after.token == before.token + 1
        assert replace(after, **{name: getattr(before, name) for name in changed}) == before

    def test_the_echo_of_our_own_memo_is_no_change(self, bare: Cloud) -> None:
        cloud = self.in_memo(bare, "Ask for Bob.")
        cloud.run(MONDAY)
        cloud.advance(minutes=20)
        report = one_change(cloud)
        assert (report["changed"], report["open"]["count"]) == (0, 1)
        assert cloud.run(TUESDAY).data["notes"] == 0
        assert (cloud.sent, len(MARKER.findall(self.memo(cloud)))) == ([FIRST], 1)

    def test_a_memo_that_someone_changes_at_the_same_moment_keeps_both(self, bare: Cloud) -> None:
        cloud = self.in_memo(bare, "Ask for Bob.")
        cloud.fault("stale_token", path=CHANGE)
        done = cloud.run(MONDAY)
        assert (done.data["notes"], done.code) == (1, 0)
        assert self.memo(cloud).startswith("Ask for Bob.")
        first, second = cloud.calls(CHANGE, "POST")
        assert first.query["requestid"] != second.query["requestid"]

    def test_a_memo_that_someone_changes_again_and_again_is_left_to_them(self, bare: Cloud) -> None:
        cloud = self.in_memo(bare, "Ask for Bob.")
        cloud.fault("stale_token", times=FOR_EVER, path=CHANGE)
        assert "same moment" in self.mailed_but_not_noted(cloud, cloud.run(MONDAY))
        assert self.memo(cloud) == "Ask for Bob."
        assert len(cloud.calls(CHANGE, "POST")) == 2

    @pytest.mark.parametrize("how", ["drop_before", "drop_after"])
    def test_a_memo_whose_answer_is_lost_holds_the_note_once(self, bare: Cloud, how: str) -> None:
        cloud = self.in_memo(bare, "Ask for Bob.")
        cloud.fault(how, times=FOR_EVER, path=CHANGE, method="POST")
        cloud.run(MONDAY)
        cloud.sandbox.faults.clear()
        cloud.run(TUESDAY)
        assert len(MARKER.findall(self.memo(cloud))) == 1
        assert cloud.sent == [FIRST]

    def test_a_memo_full_of_the_users_words_is_not_cut(self, bare: Cloud) -> None:
        cloud = self.in_memo(bare, "x" * 3990)
        told = self.mailed_but_not_noted(cloud, cloud.run(MONDAY))
        assert "notes_in: attachable" in told
        assert self.memo(cloud) == "x" * 3990

    def test_our_lines_in_a_memo_make_room_for_the_newest_and_the_users_never_do(self, bare: Cloud) -> None:
        users = "x" * 3700
        settings = bare.company(books={"notes_in": "private_note"})
        bare.ready(settings, plans={"standard": plan(levels=list(LEVELS[:4]))})
        bare.bill("F1", "Rowan", due=DUE, total="1200.00")
        bare.ledger.edit(bare.id_of("F1"), memo=users)
        bare.accept("2026-02-20")
        noted = []
        for day in ("2026-02-25", MONDAY, "2026-03-18", "2026-04-01"):
            assert bare.run(day).code == 0
            noted.append(MARKER.findall(self.memo(bare)))
            assert len(self.memo(bare)) <= 4000
            assert self.memo(bare).startswith(users)
        assert len(bare.sent) == 4
        assert len({found[0] for found in noted}) == 4, "the newest stands first"
        assert len(noted[-1]) < 4

    def test_the_memo_of_an_invoice_that_was_voided_is_never_touched(self, bare: Cloud) -> None:
        cloud = self.in_memo(bare, "Ask for Bob.")
        cloud.fault("xml_fault", times=FOR_EVER, path=CHANGE, method="POST")
        assert cloud.run(MONDAY).data["notes"] == 0
        cloud.sandbox.faults.clear()
        cloud.ledger.void(cloud.id_of("F1"))
        tried = len(cloud.calls(CHANGE, "POST"))
        done = cloud.run(TUESDAY)
        assert "void" in cloud.problems(done)
        assert len(cloud.calls(CHANGE, "POST")) == tried
        assert self.memo(cloud) == "Ask for Bob."
        assert cloud.balances() == {}

    # -- books that take no changes -------------------------------------------------------------------------------------

    @pytest.mark.parametrize("code", CLOSED_CODES)
    @pytest.mark.parametrize("in_memo", [False, True])
    def test_closed_books_keep_the_note_away_and_no_mail(self, bare: Cloud, code: str, in_memo: bool) -> None:
        bare.ready(bare.company(books={"notes_in": "private_note"} if in_memo else {}), plans=ONLY_FIRST)
        bare.bill("F1", "Rowan", due=DUE, total="1200.00")
        bare.accept(FRIDAY)
        bare.fault("closed_books", times=FOR_EVER, code=code)
        told = self.mailed_but_not_noted(bare, bare.run(MONDAY))
        assert "closed" in told
        assert "same moment" not in told
        assert len(bare.calls(CHANGE if in_memo else NOTE, "POST")) == 1
        assert ("notes_in: attachable" in told) is in_memo, "what is already so is no advice"
        bare.sandbox.faults.clear()
        assert (bare.run(TUESDAY).data["notes"], bare.sent) == (0, [FIRST])

    def test_a_closing_date_refuses_the_memo_of_its_invoices_alone(self, bare: Cloud) -> None:
        bare.ready(bare.company(books={"notes_in": "private_note"}), plans=ONLY_FIRST)
        bare.bill("F1", "Rowan", due=DUE, issued="2026-01-31", total="1200.00")
        bare.bill("F2", "Rowan", due=DUE, issued="2026-02-01", total="80.00")
        bare.accept(FRIDAY)
        bare.ledger.organisation = replace(bare.ledger.organisation, closed_until=date(2026, 1, 31))
        done = bare.run(MONDAY)
        assert (len(bare.sent), done.data["notes"]) == (1, 1)
        assert "closed" in bare.problems(done)
        assert [bool(MARKER.search(self.memo(bare, number))) for number in ("F1", "F2")] == [False, True]

    @pytest.mark.parametrize("fault", [("lapsed", {}), ("fault_in_200", {"code": "6190"})])
    def test_a_lapsed_subscription_is_read_on_and_takes_no_note(
        self, bare: Cloud, fault: tuple[str, dict[str, str]]
    ) -> None:
        bare.ready(plans=ONLY_FIRST)
        bare.bill("F1", "Rowan", due=DUE, total="1200.00")
        bare.accept(FRIDAY)
        bare.fault(fault[0], times=FOR_EVER, method="POST", **fault[1])
        told = self.mailed_but_not_noted(bare, bare.run(MONDAY))
        assert "subscription has lapsed" in told
        assert "Renew the subscription" in told
        bare.pay("F1")
        assert bare.run(TUESDAY).code == 0
        assert bare.balances() == {}

    def test_a_lapsed_subscription_refuses_a_mail_for_certain(self, bare: Cloud) -> None:
        cloud = self.by_provider(bare)
        cloud.fault("lapsed", times=FOR_EVER, method="POST")
        done = cloud.run(MONDAY)
        assert (done.data["failed"], done.data["uncertain"], cloud.provider_mails()) == (1, 0, [])
        assert "subscription has lapsed" in str(done.data["reminders"])

    # -- what is gone ---------------------------------------------------------------------------------------------------

    def test_what_was_deleted_outright_is_told_by_the_changes_and_sends_nothing(self, late: Cloud) -> None:
        self.delete(late, late.id_of("F1"))
        late.advance(hours=1)
        report = one_change(late)
        assert (report["unseen"], list(late.balances())) == (0, ["F2"])
        late.run(MONDAY)
        assert late.sent == [f"{MONDAY} Rowan first: F2 first: 80.00 EUR"]
        assert len(late.notes("F2")) == 1

    def test_a_payment_that_was_deleted_outright_opens_its_invoice_again(self, late: Cloud) -> None:
        late.ledger.void(late.id_of("F2"))
        receipt = late.pay("F1")
        late.advance(hours=1)
        one_change(late)
        assert late.balances() == {}
        late.advance(hours=1)
        late.ledger.delete(receipt.id)
        one_change(late)
        assert late.balances() == {"F1": "1200.00"}
        late.run(MONDAY)
        assert late.sent == [FIRST]

    def test_nobody_is_thanked_for_a_payment_that_was_deleted_outright(self, bare: Cloud) -> None:
        bare.ready(plans={"standard": plan(levels=[LEVELS[1]], thank_you=True)})
        bare.bill("F1", "Rowan", due=DUE, total="1200.00")
        bare.accept(FRIDAY)
        bare.run(MONDAY)
        receipt = bare.pay("F1")
        bare.advance(hours=1)
        one_change(bare)
        assert bare.balances() == {}
        bare.advance(hours=1)
        bare.ledger.delete(receipt.id)
        bare.ledger.void(bare.id_of("F1"))
        for day in (TUESDAY, "2026-03-11", "2026-03-12"):
            bare.run(day)
        assert (bare.sent, bare.thanked) == ([FIRST], [])

    def test_money_on_account_keeps_the_mail_here_until_it_is_deleted_outright(self, late: Cloud) -> None:
        money = late.ledger.receive(late.party("Rowan"), Decimal("1280.00"), late.now.date())
        late.run(MONDAY)
        assert (late.sent, late.why(MONDAY, "F1")) == ([], "payment_to_allocate")
        late.ledger.delete(money.id)
        late.advance(hours=1)
        assert one_change(late)["unseen"] == 0
        assert late.balances() == {"F1": "1200.00", "F2": "80.00"}
        late.run(TUESDAY)
        assert len(late.sent) == 1

    @pytest.mark.slow
    def test_more_changes_than_one_answer_holds_are_found_by_reading_what_is_open(self, late: Cloud) -> None:
        late.advance(hours=1)
        self.delete(late, late.id_of("F1"))
        late.advance(minutes=30)
        small = late.party("Small", "")
        for number in range(1000):
            late.ledger.invoice(small, Decimal("1.00"), date(2026, 3, 5), date(2026, 6, 1), number=f"S{number}")
        late.advance(minutes=30)
        report = late.sync()
        assert (report["mode"], report["unseen"], report["quarantine"]) == ("full", 1, None)
        assert report["open"]["count"] == 1002 - 1 + report["unseen"]
        late.run(MONDAY)
        assert late.sent == [f"{MONDAY} Rowan first: F2 first: 80.00 EUR"]
        assert late.why(MONDAY, "F1") == "unseen"

    def test_after_forty_days_what_was_deleted_is_missed_where_changes_no_longer_reach(self, late: Cloud) -> None:
        self.delete(late, late.id_of("F1"))
        late.advance(days=40)
        with late.watching() as made:
            report = late.sync()
        assert (report["mode"], report["unseen"], report["quarantine"]) == ("full", 1, None)
        assert [call for call in made if call.path.endswith("/cdc")] == [], "changes are told for 30 days back only"
        late.advance(hours=1)
        with late.watching() as made:
            one_change(late)
        assert len([call for call in made if call.path.endswith("/cdc")]) == 1
        late.run("2026-04-20")
        assert [line.split(": ")[1] for line in late.sent] == ["F2 first"]

    @pytest.mark.parametrize("cut", [False, True])
    def test_twenty_eight_days_without_a_run_lose_no_deletion(self, late: Cloud, cut: bool) -> None:
        if cut:
            late.fault("cdc_cuts", times=FOR_EVER)
        self.delete(late, late.id_of("F1"))
        late.advance(days=28)
        report = late.sync()
        assert (report["unseen"], report["quarantine"], list(late.balances())) == (0, None, ["F2"])

    @pytest.mark.parametrize("memo", ["", "Ask for Bob."])
    def test_a_voided_invoice_is_known_by_its_nothing(self, late: Cloud, memo: str) -> None:
        late.ledger.edit(late.id_of("F1"), memo=memo)
        late.ledger.void(late.id_of("F1"))
        late.advance(hours=1)
        assert one_change(late)["unseen"] == 0
        assert list(late.balances()) == ["F2"]

    def test_an_invoice_that_mentions_voiding_in_its_memo_is_still_owed(self, late: Cloud) -> None:
        late.ledger.edit(late.id_of("F1"), memo="Voided cheque came back, ask again")
        late.advance(hours=1)
        one_change(late)
        assert late.balances() == {"F1": "1200.00", "F2": "80.00"}

    # -- customers ------------------------------------------------------------------------------------------------------

    def test_a_customer_that_was_made_inactive_is_still_known_and_not_written_to(self, late: Cloud) -> None:
        late.ledger.edit_party(late.party("Rowan").id, active=False)
        late.run(MONDAY)
        assert {item["customer"] for item in late.items()} == {"Rowan"}
        assert (late.sent, late.letters(), late.why(MONDAY, "F1")) == ([], [], "do_not_contact")

    def test_of_several_addresses_with_commas_the_first_is_written_to(self, bare: Cloud) -> None:
        bare.ready(plans=ONLY_FIRST)
        bare.party("Rowan", "ap@rowan.example, boss@rowan.example")
        bare.bill("F1", "Rowan", due=DUE, total="1200.00")
        bare.accept(FRIDAY)
        bare.run(MONDAY)
        assert bare.recipients() == [("ap@rowan.example",)]

    def test_a_customer_without_an_address_is_written_to_at_the_one_on_its_invoice(self, bare: Cloud) -> None:
        bare.ready(plans=ONLY_FIRST)
        bare.party("Rowan", "")
        bare.ledger.edit(bare.bill("F1", "Rowan", due=DUE, total="1200.00"), sent_to="desk@rowan.example")
        bare.accept(FRIDAY)
        bare.run(MONDAY)
        assert bare.recipients() == [("desk@rowan.example",)]

    # -- QuickBooks' own mail -------------------------------------------------------------------------------------------

    def test_an_address_that_the_invoice_has_is_not_named_in_sending(self, bare: Cloud) -> None:
        cloud = self.by_provider(bare)
        cloud.run(MONDAY)
        (call,) = cloud.calls(SEND)
        assert "sendTo" not in call.query
        assert (call.body, call.headers["Content-Type"]) == ("", "application/octet-stream")
        assert cloud.document("F1").sent_to in {"", "ap@rowan.example"}

    def test_several_addresses_on_the_invoice_all_get_the_mail_and_stay(self, bare: Cloud) -> None:
        bare.ready(plans={"standard": plan(levels=[BY_PROVIDER])})
        bare.party("Rowan", "ap@rowan.example,boss@rowan.example")
        bare.bill("F1", "Rowan", due=DUE, total="1200.00")
        bare.accept(FRIDAY)
        bare.run(MONDAY)
        (call,) = bare.calls(SEND)
        assert "sendTo" not in call.query
        assert bare.provider_mails() == [("F1", ("ap@rowan.example", "boss@rowan.example"))]

    def test_another_address_than_the_invoices_is_named_and_becomes_the_invoices(self, bare: Cloud) -> None:
        cloud = self.by_provider(bare)
        cloud.ledger.edit(cloud.id_of("F1"), sent_to="old@rowan.example")
        cloud.run(MONDAY)
        (call,) = cloud.calls(SEND)
        assert call.query["sendTo"] == "ap@rowan.example"
        assert cloud.provider_mails() == [("F1", ("ap@rowan.example",))]
        assert cloud.document("F1").sent_to == "ap@rowan.example"

    def test_the_echo_of_a_mail_is_no_change(self, bare: Cloud) -> None:
        cloud = self.by_provider(bare)
        cloud.run(MONDAY)
        cloud.advance(minutes=20)
        assert one_change(cloud)["changed"] == 0

    def test_a_mail_whose_answer_is_lost_is_settled_by_what_the_invoice_shows(self, bare: Cloud) -> None:
        cloud = self.by_provider(bare)
        cloud.fault("drop_after", path=SEND)
        cloud.morning_of(MONDAY)
        done = cloud.command("run", "--today", MONDAY, "--json")
        assert (done.code, done.data["sent"], done.data["uncertain"], done.data["notes"]) == (1, 0, 1, 0)
        done = cloud.run(TUESDAY)
        assert (done.code, done.data["sent"], done.data["uncertain"], done.data["notes"]) == (0, 1, 0, 1)
        assert cloud.provider_mails() == [("F1", ("ap@rowan.example",))]
        assert len(cloud.calls(SEND)) == 1
        assert len(cloud.notes("F1")) == 1
        for day in ("2026-03-11", "2026-03-20"):
            assert cloud.run(day).code == 0
        assert len(cloud.calls(SEND)) == 1

    def test_an_older_mail_is_no_evidence_for_this_one(self, bare: Cloud) -> None:
        cloud = self.by_provider(bare)
        cloud.ledger.send(cloud.id_of("F1"), ["ap@rowan.example"])
        earlier = len(cloud.provider_mails())
        cloud.fault("drop_before", path=SEND)
        cloud.morning_of(MONDAY)
        (uncertain,) = cloud.command("run", "--today", MONDAY, "--json").data["reminders"]
        cloud.morning_of(TUESDAY)
        done = cloud.command("run", "--today", TUESDAY, "--json")
        assert (uncertain["state"], done.data["uncertain"], done.data["sent"]) == ("uncertain", 1, 0)
        assert (len(cloud.provider_mails()), len(cloud.calls(SEND))) == (earlier, 1)
        cloud.do("resolve", uncertain["id"], "again")
        done = cloud.command("run", "--today", TUESDAY, "--json")
        assert (done.data["sent"], len(cloud.provider_mails()) - earlier, len(cloud.calls(SEND))) == (1, 1, 2)

    def test_a_request_id_that_is_not_honoured_in_sending_sends_no_second_mail(self, bare: Cloud) -> None:
        cloud = self.by_provider(bare)
        cloud.fault("send_twice", times=FOR_EVER, path=SEND)
        cloud.fault("drop_after", path=SEND)
        cloud.morning_of(MONDAY)
        cloud.command("run", "--today", MONDAY, "--json")
        for day in (TUESDAY, "2026-03-11"):
            cloud.run(day)
        assert (len(cloud.provider_mails()), len(cloud.calls(SEND))) == (1, 1)

    @pytest.mark.slow
    def test_mails_beyond_the_days_forty_wait_and_leave_the_next_day(self, bare: Cloud) -> None:
        bare.ready(plans={"standard": plan(levels=[BY_PROVIDER])})
        for number in range(42):
            bare.bill(f"F{number}", f"Customer {number}", due=DUE, total="100.00")
        bare.accept(FRIDAY)
        done = bare.run(MONDAY)
        assert (len(bare.provider_mails()), done.data["sent"], done.data["failed"]) == (40, 40, 0)
        assert (done.data["uncertain"], done.data["notes"]) == (0, 40)
        bare.morning_of(TUESDAY)
        bare.advance(hours=1)
        bare.command("run", "--today", TUESDAY, "--json")
        assert sorted({number for number, _ in bare.provider_mails()}) == sorted(f"F{n}" for n in range(42))
        assert len(bare.provider_mails()) == 42

    # -- the link to pay ------------------------------------------------------------------------------------------------

    def test_no_link_stands_in_the_mail_where_quickbooks_payments_is_off(self, late: Cloud) -> None:
        late.ledger.organisation = replace(late.ledger.organisation, online_payments=False)
        late.run(MONDAY)
        assert self.provider.link not in text_of(late.letters()[0])
        assert len(late.sent) == 1

    # -- the company's own time -----------------------------------------------------------------------------------------

    @pytest.mark.parametrize(
        "begin",
        [
            # The clocks of the Pacific coast go back at 09:00 UTC: 01:59:59-07:00 is followed by 01:00:00-08:00.
            datetime(2026, 11, 1, 8, 40, tzinfo=UTC),
            # They go forward at 10:00 UTC: 01:59:59-08:00 is followed by 03:00:00-07:00.
            datetime(2026, 3, 8, 9, 40, tzinfo=UTC),
            # Midnight there, midnight in UTC, and midnight in Paris.
            datetime(2026, 6, 10, 6, 40, tzinfo=UTC),
            datetime(2026, 6, 10, 23, 40, tzinfo=UTC),
            datetime(2026, 6, 10, 21, 40, tzinfo=UTC),
        ],
    )
    def test_no_change_is_lost_or_taken_for_an_older_one_around_a_change_of_clocks_or_days(
        self, bare: Cloud, begin: datetime
    ) -> None:
        bare.sandbox.clock.set(begin)
        bare.ready(plans=ONLY_FIRST)
        due = (begin + timedelta(days=60)).date().isoformat()
        bare.bill("F1", "Rowan", due=due, total="1000.00")
        bare.sync()
        owed = Decimal(1000)
        for step in range(12):
            bare.advance(minutes=5)
            bare.pay("F1", "10.00")
            owed -= 10
            if step % 2:
                bare.bill(f"N{step}", "Rowan", due=due, total="5.00")
            one_change(bare)
            assert bare.balances()["F1"] == f"{owed:.2f}"
            assert bare.items()[0]["due_on"] == due
        receipt = bare.pay("F1", "100.00")
        one_change(bare)
        bare.advance(minutes=5)
        bare.ledger.delete(receipt.id)
        one_change(bare)
        assert bare.balances() == {"F1": f"{owed:.2f}"} | {f"N{step}": "5.00" for step in range(1, 12, 2)}

    def test_a_mail_of_the_hour_that_comes_twice_is_evidence_for_itself_alone(self, bare: Cloud) -> None:
        days = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
        settings = bare.company(send={"days": days, "between": ["00:00", "23:59"], "holidays": False})
        bare.sandbox.clock.set(datetime(2026, 10, 20, 8, 0, tzinfo=UTC))
        bare.ready(settings, plans={"standard": plan(levels=[BY_PROVIDER])})
        bare.bill("F1", "Rowan", due="2026-10-27", total="1200.00")
        bare.sync()
        bare.command("accept", "dupont", "--backlog")
        # 01:50-07:00, and then, ten minutes on the clock earlier, 01:40-08:00.
        bare.sandbox.clock.set(datetime(2026, 11, 1, 8, 50, tzinfo=UTC))
        bare.ledger.send(bare.id_of("F1"), ["ap@rowan.example"])
        bare.sandbox.clock.set(datetime(2026, 11, 1, 9, 40, tzinfo=UTC))
        bare.fault("drop_before", path=SEND)
        done = bare.command("run", "--today", "2026-11-01", "--json")
        assert done.data["uncertain"] == 1
        bare.advance(minutes=30)
        assert bare.command("run", "--today", "2026-11-01", "--json").data["uncertain"] == 1
