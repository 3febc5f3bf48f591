"""Sage's books through the installed commands, against the sandbox."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING

import pytest

from tests.e2e.cloud import PROVIDERS, Cloud, person
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
from tests.e2e.replay import LEVELS, plan

if TYPE_CHECKING:
    from collections.abc import Callable

BEGIN = "--- Relance: reminders, newest first ---"
END = "--- Relance: end ---"
LONGEST = 4000
SECOND = "2026-03-18"
BY_PROVIDER = {"standard": plan(levels=[{**LEVELS[1], "channel": "provider"}])}


class TestSage(CloudScenarios):
    """What all providers go through, and what only Sage does."""

    provider = PROVIDERS["sage"]

    def delete(self, cloud: Cloud, identity: str) -> None:
        """Delete an invoice: Sage voids it, unless it is a draft."""
        cloud.ledger.void(identity)

    @staticmethod
    def kept(cloud: Cloud, name: str = "Rowan") -> str:
        """Give the notes of a contact as its users see them."""
        return cloud.ledger.party(cloud.party(name).id).notes

    # -- whose books are these ----------------------------------------------------------------------------------------

    def test_every_call_names_the_business_and_the_first_sync_asks_for_everything(self, cloud: Cloud) -> None:
        cloud.bill("F1", "Rowan", due=DUE, total="100.00")
        with cloud.watching() as first:
            cloud.sync()
        cloud.advance(hours=1)
        with cloud.watching() as second:
            cloud.sync()
        assert {call.headers.get("X-Business") for call in (*first, *second)} == {cloud.companies["dupont"]}
        assert all("updated_or_created_since" not in call.query for call in first)
        kept = {"updated_or_created_since", "deleted_since", "status_id"}
        asked = {call.path.rpartition("/")[2] for call in second if kept & set(call.query)}
        assert {"contacts", "contact_persons", "sales_invoices"} <= asked

    @pytest.mark.parametrize("how", ["no_echo", "wrong_organisation"])
    def test_an_answer_that_names_another_business_or_none_is_not_taken(self, late: Cloud, how: str) -> None:
        before = late.stored()
        late.fault(how, times=FOR_EVER, path=self.provider.invoices)
        done = late.run(MONDAY)
        assert (done.code, late.letters(), late.stored()) == (1, [], before)
        assert "X-Business" in late.problems(done) or "instead of" in late.problems(done)
        late.sandbox.faults.clear()
        late.run(TUESDAY)
        assert len(late.sent) == 1

    @pytest.mark.parametrize("how", ["no_echo", "wrong_organisation"])
    def test_another_business_behind_the_answer_right_before_the_mail_keeps_it_here(
        self, late: Cloud, how: str
    ) -> None:
        late.meanwhile(lambda: late.fault(how, times=FOR_EVER))
        done = late.run(MONDAY)
        assert (done.code, late.letters()) == (1, [])
        late.sandbox.faults.clear()
        late.run(TUESDAY)
        assert len(late.sent) == 1

    @pytest.mark.parametrize("how", ["no_echo", "wrong_organisation"])
    def test_a_note_whose_answer_names_another_business_or_none_is_there_once(self, late: Cloud, how: str) -> None:
        late.fault(how, path=self.provider.note, method="PUT")
        for day in (MONDAY, MONDAY, TUESDAY):
            late.run(day)
            late.advance(minutes=20)
        assert len(late.sent) == 1
        assert len(MARKER.findall(self.kept(late))) == 1

    # -- consent ------------------------------------------------------------------------------------------------------

    def test_a_subscription_that_ended_stops_one_company_and_renews_no_token(self, bare: Cloud) -> None:
        cloud = self.two(bare)
        before = cloud.stored()
        cloud.morning_of(MONDAY)
        cloud.fault("no_subscription", times=FOR_EVER)
        done = cloud.command("--company", "aubin", "run", "--today", MONDAY, "--json")
        renewed = cloud.sandbox.oauth.refreshes["sage"]
        assert (done.code, cloud.letters(), cloud.stored()) == (1, [], before)
        assert "subscription" in cloud.problems(done)
        assert "relance connect" not in cloud.problems(done), "no other consent helps"
        cloud.command("--company", "aubin", "run", "--today", MONDAY, "--json")
        assert cloud.sandbox.oauth.refreshes["sage"] == renewed
        cloud.sandbox.faults.clear()
        cloud.run(MONDAY)
        assert len(cloud.sent) == 2

    def test_tokens_of_five_minutes_last_through_a_sync_of_hours(self, cloud: Cloud) -> None:
        cloud.page_size = 2
        for number in range(1, 14):
            cloud.bill(f"F{number}", f"Customer {number}", due=DUE, total="100.00")
            cloud.advance(seconds=1)
        renewed = cloud.sandbox.oauth.refreshes.get("sage", 0)
        cloud.fault("between_pages", times=FOR_EVER, change=lambda: cloud.advance(minutes=6))
        assert cloud.sync()["quarantine"] is None
        cloud.sandbox.faults.clear()
        assert len(cloud.items()) == 13
        assert cloud.sandbox.oauth.refreshes["sage"] >= renewed + 13
        assert not [call for call in cloud.calls() if call.status == 401], "a token is renewed before it ends"

    def test_a_refresh_token_is_used_once_and_its_lost_answer_stops_one_company(self, bare: Cloud) -> None:
        cloud = self.two(bare)
        cloud.morning_of(MONDAY)
        cloud.sandbox.oauth.lose_next_token_answer("sage")
        first = cloud.command("--company", "aubin", "run", "--today", MONDAY, "--json")
        assert (first.code, cloud.letters()) == (1, [])
        done = cloud.run(MONDAY)
        assert done.code == 1
        assert "relance connect aubin" in cloud.problems(done)
        assert "dupont:" not in cloud.problems(done)
        assert cloud.sent == [f"{MONDAY} Rowan first: F-dupont first: 100.00 EUR"]
        tried = len([call for call in cloud.sandbox.calls.of("sage") if call.path.endswith("/token")])
        cloud.command("--company", "aubin", "sync", "--json")
        assert len([call for call in cloud.sandbox.calls.of("sage") if call.path.endswith("/token")]) == tried
        cloud.connect("aubin")
        cloud.run(TUESDAY)
        assert cloud.sent[1:] == [f"{TUESDAY} Rowan first: F-aubin first: 100.00 EUR"]

    def test_a_user_without_the_right_stops_one_company_and_is_told_what_to_do(self, bare: Cloud) -> None:
        cloud = self.two(bare)
        before = cloud.stored()
        cloud.morning_of(MONDAY)
        cloud.fault("access_denied", times=FOR_EVER, path=self.provider.invoices)
        done = cloud.command("--company", "aubin", "run", "--today", MONDAY, "--json")
        assert (done.code, cloud.letters(), cloud.stored()) == (1, [], before)
        assert "MultiUserAccessDenied" in cloud.problems(done)
        assert "give that user the access in Sage" in cloud.problems(done)
        assert "relance connect aubin" in cloud.problems(done)
        cloud.sandbox.faults.clear()
        # Nobody has to connect again where the access was given.
        assert cloud.run(MONDAY).code == 0
        assert len(cloud.sent) == 2

    def test_an_organisation_that_the_user_was_cut_off_from_stops_one_company(self, bare: Cloud) -> None:
        cloud = self.two(bare)
        for consent in cloud.sandbox.oauth.consents:
            if cloud.companies["aubin"] in consent.reach:
                consent.connections.clear()
        done = cloud.run(MONDAY)
        assert done.code == 1
        assert "relance connect aubin" in cloud.problems(done)
        assert cloud.sent == [f"{MONDAY} Rowan first: F-dupont first: 100.00 EUR"]

    # -- limits -------------------------------------------------------------------------------------------------------

    @pytest.mark.parametrize(("asked", "waits"), [(9, 9), (None, 60)])
    def test_too_many_calls_are_waited_for_with_and_without_a_time(
        self, late: Cloud, asked: int | None, waits: int
    ) -> None:
        late.fault("minute_limit", path=self.provider.invoices, retry_after=asked)
        with late.watching() as made:
            done = late.run(MONDAY)
        assert (done.code, len(late.sent)) == (0, 1)
        refused = next(place for place, call in enumerate(made) if call.status == 429)
        again = made[refused + 1]
        assert again.path == made[refused].path
        # Once as a pause and once at the gate of the organisation, whose own clock does not move here.
        assert waits <= (again.at - made[refused].at).total_seconds() < 3 * waits

    # -- reading ------------------------------------------------------------------------------------------------------

    def test_an_import_of_one_second_is_read_once(self, cloud: Cloud) -> None:
        for number in range(40):
            cloud.bill(f"F{number}", f"Customer {number}", due=DUE, total="10.00")
        cloud.advance(hours=1)
        cloud.sync()
        cloud.advance(hours=1)
        with cloud.watching() as made:
            report = cloud.sync()
        assert (report["mode"], report["open"]["count"]) == ("incremental", 40)
        assert len(made) <= self.provider.quiet
        assert max(call.sent_bytes for call in made) < 1500

    def test_a_due_date_of_1970_is_none(self, cloud: Cloud) -> None:
        # Issued on 31 Jan: 30 days on, Mon 2 Mar, is assumed.
        cloud.bill("F1", "Rowan", due=DUE, issued="2026-01-31", total="100.00")
        cloud.fault("epoch_zero_date", times=FOR_EVER)
        cloud.sync()
        assert [(item["due_on"], item["due_source"]) for item in cloud.items()] == [(DUE, "assumed")]

    @pytest.mark.parametrize("also_deleted", [False, True])
    @pytest.mark.parametrize("what", ["void", "discard", "delete"])
    def test_what_is_void_or_deleted_is_not_asked_for_any_more(
        self, late: Cloud, what: str, also_deleted: bool
    ) -> None:
        late.advance(hours=1)
        getattr(late.ledger, what)(late.id_of("F1"))
        if also_deleted:
            late.fault("voided_among_deleted", times=FOR_EVER)
        report = late.sync()
        assert (report["mode"], report["unseen"], report["quarantine"]) == ("incremental", 0, None)
        assert late.balances() == {"F2": "80.00"}
        late.run(MONDAY)
        assert late.sent == [f"{MONDAY} Rowan first: F2 first: 80.00 EUR"]

    @pytest.mark.parametrize("what", ["discard", "delete"])
    def test_an_invoice_that_is_gone_right_before_the_mail_leaves_the_notice(self, late: Cloud, what: str) -> None:
        identity = late.id_of("F1")
        late.meanwhile(lambda: getattr(late.ledger, what)(identity))
        late.run(MONDAY)
        assert late.sent == [f"{MONDAY} Rowan first: F2 first: 80.00 EUR"]
        assert self.reason(late, "F1") == "unseen"
        late.run(TUESDAY)
        assert late.balances() == {"F2": "80.00"}

    @pytest.mark.parametrize("which", [0, 1, 2])
    def test_a_page_beyond_the_last_one_ends_a_list_that_became_shorter(self, cloud: Cloud, which: int) -> None:
        cloud.page_size = 2
        for number in range(3):
            cloud.party(f"Customer {number}")
            cloud.advance(seconds=1)
        gone = cloud.party(f"Customer {which}").id
        cloud.bill("F1", "Customer 1" if which != 1 else "Customer 0", due=DUE, total="100.00")
        cloud.fault("between_pages", path=r"/contacts$", change=lambda: cloud.ledger.delete(gone))
        report = cloud.sync()
        assert not cloud.sandbox.faults.waiting()
        assert (report["quarantine"], report["open"]["count"]) == (None, 1)

    def test_reading_and_papers_leave_an_invoice_as_unsent_as_it_was(self, bare: Cloud) -> None:
        bare.ready(plans={"standard": plan(levels=list(LEVELS[1:3]))})
        bare.bill("F1", "Rowan", due=DUE, total="1200.00")
        before = bare.document("F1")
        bare.accept(FRIDAY)
        bare.run(MONDAY)
        bare.run(SECOND)
        assert [len(list(mail.iter_attachments())) for mail in bare.letters()] == [1, 1]
        assert bare.document("F1") == before
        assert not before.sent

    # -- people -------------------------------------------------------------------------------------------------------

    def test_persons_at_a_further_address_are_known_and_nothing_is_remarked(self, cloud: Cloud) -> None:
        cloud.party("Rowan", "", cc_people=(person("Mary Rowan", "mary@rowan.example"),))
        cloud.bill("F1", "Rowan", due=DUE, total="1200.00")
        # What is younger than the overlap is read again, contact by contact.
        cloud.advance(hours=1)
        done = cloud.command("sync", "--json")
        assert "contact persons" not in done.out + done.err
        cloud.do("accept", "dupont", "--backlog")
        cloud.run(MONDAY)
        assert cloud.recipients() == [("mary@rowan.example",)]

    def test_a_person_who_changed_is_written_to_at_the_new_address(self, cloud: Cloud) -> None:
        cloud.party("Rowan", "", cc_people=(person("Mary Rowan", "mary@rowan.example"),))
        cloud.bill("F1", "Rowan", due=DUE, total="1200.00")
        cloud.accept(FRIDAY)
        cloud.ledger.edit_party(cloud.party("Rowan").id, cc_people=(person("Ned Rowan", "ned@rowan.example"),))
        cloud.run(MONDAY)
        assert cloud.recipients() == [("ned@rowan.example",)]

    def test_nobody_is_called_main_contact(self, late: Cloud) -> None:
        late.run(MONDAY)
        (mail,) = late.letters()
        assert mail["To"] == "ap@rowan.example"
        assert "Main Contact" not in mail.as_string()

    # -- notes --------------------------------------------------------------------------------------------------------

    def test_the_users_own_notes_stay_and_the_newest_reminder_stands_first(self, bare: Cloud) -> None:
        bare.ready(plans={"standard": plan(levels=list(LEVELS[1:3]))})
        own = "Pays by cheque.\nAsk for Jo, not for Sam."
        bare.party("Rowan", notes=own)
        bare.bill("F1", "Rowan", due=DUE, total="1200.00")
        bare.accept(FRIDAY)
        bare.run(MONDAY)
        bare.ledger.edit_party(bare.party("Rowan").id, notes=self.kept(bare) + "\nCalled back on the 12th.")
        bare.run(SECOND)
        lines = self.kept(bare).splitlines()
        assert [lines[:3], lines[5:]] == [[*own.splitlines(), BEGIN], [END, "Called back on the 12th."]]
        newest, oldest = lines[3:5]
        assert ("second" in newest, "first" in oldest) == (True, True)
        assert [len(MARKER.findall(line)) for line in (newest, oldest)] == [1, 1]

    def test_two_reminders_of_one_customer_have_a_line_each_also_where_both_waited(self, cloud: Cloud) -> None:
        cloud.bill("F1", "Rowan", due=DUE, total="1200.00")
        cloud.bill("F2", "Rowan", due="2026-03-09", total="80.00")
        cloud.accept(FRIDAY)
        cloud.fault("minute_limit", times=FOR_EVER, path=self.provider.note, method="PUT")
        # F2: due Mon 9, +5 is Sat 14.
        assert [cloud.run(day).data["notes"] for day in (MONDAY, "2026-03-16")] == [0, 0]
        cloud.sandbox.faults.clear()
        assert cloud.run("2026-03-17").data["notes"] == 2
        assert len(cloud.sent) == 2
        assert (len(cloud.notes("F1")), len(cloud.notes("F2"))) == (1, 1)
        assert len(set(MARKER.findall(self.kept(cloud)))) == 2
        assert (self.kept(cloud).count(BEGIN), self.kept(cloud).count(END)) == (1, 1)

    def test_the_block_keeps_to_sages_four_thousand_characters(self, bare: Cloud) -> None:
        bare.ready(plans={"standard": plan(levels=list(LEVELS[1:4]))})
        own = "x" * (LONGEST - 350)
        bare.party("Rowan", notes=own)
        bare.bill("F1", "Rowan", due=DUE, total="1200.00")
        bare.accept(FRIDAY)
        for day in (MONDAY, SECOND, "2026-04-03"):
            assert bare.run(day).data["notes"] == 1, day
            assert len(self.kept(bare)) <= LONGEST
        assert self.kept(bare).startswith(own + "\n" + BEGIN)
        assert len(bare.sent) == 3
        newest = self.kept(bare).splitlines()[2]
        assert str(LEVELS[3]["id"]) in newest

    def test_notes_that_are_full_with_the_users_text_are_told_and_left_alone(self, bare: Cloud) -> None:
        bare.ready(plans=ONLY_FIRST)
        own = "y" * LONGEST
        bare.party("Rowan", notes=own)
        bare.bill("F1", "Rowan", due=DUE, total="1200.00")
        bare.accept(FRIDAY)
        done = bare.run(MONDAY)
        assert (bare.sent, done.data["notes"], self.kept(bare)) == ([FIRST], 0, own)
        assert "full" in bare.problems(done)

    def test_what_a_user_writes_between_our_reading_and_our_writing_survives(self, late: Cloud) -> None:
        late.fault("changed_meanwhile", times=FOR_EVER, path=self.provider.note, change=self._once_sent(late))
        done = late.run(MONDAY)
        assert (len(late.sent), done.data["notes"]) == (1, 1)
        assert self.kept(late).startswith("Promised for Friday.\n" + BEGIN)
        assert len(MARKER.findall(self.kept(late))) == 1

    def _once_sent(self, cloud: Cloud) -> Callable[[], object]:
        def written() -> None:
            if cloud.letters() and not self.kept(cloud):
                cloud.ledger.edit_party(cloud.party("Rowan").id, notes="Promised for Friday.")

        return written

    def test_a_note_is_no_longer_than_the_company_wants(self, bare: Cloud) -> None:
        bare.ready(bare.company(books={"note_length": 120}), plans=ONLY_FIRST)
        bare.bill("F-" + "7" * 200, "Rowan", due=DUE, total="1200.00")
        bare.accept(FRIDAY)
        assert bare.run(MONDAY).data["notes"] == 1
        (line,) = [line for line in self.kept(bare).splitlines() if MARKER.search(line)]
        assert len(line) <= 120

    @pytest.mark.parametrize("body", ["array", "object"])
    def test_a_note_that_sage_finds_invalid_is_told_and_repeats_no_mail(self, late: Cloud, body: str) -> None:
        said = {"$severity": "error", "$dataCode": "RecordInvalid", "$message": "is locked", "$source": "notes"}
        late.fault(
            "status",
            times=FOR_EVER,
            path=self.provider.note,
            method="PUT",
            status=422,
            body=[said] if body == "array" else said,
        )
        done = late.run(MONDAY)
        assert (len(late.sent), done.data["notes"]) == (1, 0)
        assert "RecordInvalid: is locked (notes)" in late.problems(done)
        late.sandbox.faults.clear()
        late.run(TUESDAY)
        assert len(late.sent) == 1

    def test_a_note_that_the_user_may_not_write_waits_and_repeats_no_mail(self, late: Cloud) -> None:
        late.fault("access_denied", times=FOR_EVER, path=self.provider.note, method="PUT")
        done = late.run(MONDAY)
        assert (len(late.sent), done.data["notes"]) == (1, 0)
        assert "relance connect dupont" in late.problems(done)
        late.sandbox.faults.clear()
        done = late.run(TUESDAY)
        assert (len(late.sent), done.data["notes"], len(late.notes("F1"))) == (1, 1, 1)

    def test_a_company_without_notes_asks_for_reading_alone(self, bare: Cloud) -> None:
        bare.ready(bare.company(books={"notes": False}), plans=ONLY_FIRST)
        bare.bill("F1", "Rowan", due=DUE, total="1200.00")
        bare.accept(FRIDAY)
        done = bare.run(MONDAY)
        assert (bare.sent, done.data["notes"], self.kept(bare)) == ([FIRST], 0, "")
        assert {call.method for call in bare.calls()} == {"GET"}

    def test_the_echo_of_our_own_note_is_no_change_of_the_books(self, late: Cloud) -> None:
        late.run(MONDAY)
        late.advance(hours=1)
        with late.watching() as made:
            report = late.sync()
        assert (report["mode"], report["changed"], report["open"]["count"]) == ("incremental", 0, 2)
        assert len(made) <= self.provider.quiet + 2, [f"{call.path} {call.query}" for call in made]

    # -- no mail of its own -------------------------------------------------------------------------------------------

    def test_a_level_by_sages_own_mail_is_refused_by_the_check_with_a_sentence(self, bare: Cloud) -> None:
        bare.configure(plans=BY_PROVIDER)
        done = bare.command("check")
        assert done.code == 1
        assert "channel provider, but sage books send no mail: use channel: email" in done.out + done.err
        assert bare.calls() == []

    def test_a_level_by_sages_own_mail_leaves_nothing_and_says_why(self, bare: Cloud) -> None:
        bare.ready(plans=BY_PROVIDER)
        bare.bill("F1", "Rowan", due=DUE, total="1200.00")
        bare.accept(FRIDAY)
        for day in (MONDAY, TUESDAY):
            done = bare.run(day)
            assert (done.code, done.data["sent"], done.data["notes"], bare.letters()) == (1, 0, 0, [])
            assert "which sage books do not have: give it channel: email" in bare.problems(done)
        assert {call.method for call in bare.calls()} == {"GET"}
        bare.configure(plans=ONLY_FIRST)
        bare.run("2026-03-11")
        assert bare.sent == ["2026-03-11 Rowan first: F1 first: 1200.00 EUR"]

    def test_a_closed_year_stops_no_note(self, late: Cloud) -> None:
        late.ledger.organisation = replace(late.ledger.organisation, closed_until=date(2026, 12, 31))
        done = late.run(MONDAY)
        assert (len(late.sent), done.data["notes"]) == (1, 1)
