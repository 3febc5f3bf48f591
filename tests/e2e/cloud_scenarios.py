"""What every provider's books must go through, once with each: `class TestXero(CloudScenarios)` names its provider.

F1 of Rowan is due on Mon 2 Mar 2026 unless told otherwise. Its first level after that (+5) is Sat 7, so Mon 9 Mar; its
deadline is 8 days later, Tue 17; the second level (+15: Tue 17) waits for the day after, Wed 18.
"""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any, ClassVar

import pytest

from relance.installation import open_installation
from relance.service import Service
from tests.e2e.cloud import Cloud, Provider
from tests.e2e.replay import LEVELS, plan, text_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from connectors.sandbox.ledger import Receipt
    from tests.e2e.replay import Finished

FRIDAY = "2026-03-06"
MONDAY = "2026-03-09"
TUESDAY = "2026-03-10"
DUE = "2026-03-02"
FIRST = f"{MONDAY} Rowan first: F1 first: 1200.00 EUR"
MARKER = re.compile(r"\[rem:[0-9a-f]{12}\]")
FOR_EVER = 1_000_000
ONLY_FIRST = {"standard": plan(levels=[LEVELS[1]])}

# Answers that must never be believed: whatever else they spoil, not the books that are stored.
UNREADABLE = ("truncate", "html", "nan", "duplicate_key", "deep")


class CloudScenarios:
    """The scenarios that all providers share."""

    provider: ClassVar[Provider]
    # Why an invoice leaves its notice that `delete` took out of the books: "unseen" where only its absence tells.
    deleted_is: ClassVar[str] = "nothing is open any more"

    @pytest.fixture
    def bare(self, folder: Path) -> Iterator[Cloud]:
        """A sandbox and a mail server, and nothing configured."""
        with Cloud(folder=folder, provider=self.provider) as cloud:
            yield cloud

    @pytest.fixture
    def cloud(self, bare: Cloud) -> Cloud:
        """One company that sends on its own, connected; its plan knows one level."""
        return bare.ready(plans=ONLY_FIRST)

    @pytest.fixture
    def late(self, cloud: Cloud) -> Cloud:
        """F1 and F2 of Rowan, on the eve of their reminder."""
        cloud.bill("F1", "Rowan", due=DUE, total="1200.00")
        cloud.bill("F2", "Rowan", due=DUE, total="80.00")
        cloud.accept(FRIDAY)
        return cloud

    # -- reading ------------------------------------------------------------------------------------------------------

    def test_a_first_sync_reads_all_that_is_open_page_by_page(self, cloud: Cloud) -> None:
        cloud.page_size = 2
        for number in range(1, 6):
            cloud.bill(f"F{number}", f"Customer {number % 3}", due=DUE, total=f"{number}00.10")
        cloud.pay("F2")
        cloud.pay("F3", "100.05")
        cloud.bill("B1", "Supplier", due=DUE, total="999.00", side="purchase")
        cloud.bill("D1", "Rowan", due=DUE, total="5.00", status="draft")
        cloud.ledger.void(cloud.bill("V1", "Rowan", due=DUE, total="7.00"))
        cloud.ledger.credit_note(cloud.party("Customer 1"), Decimal("40.00"), date(2026, 2, 10), number="C1")
        report = cloud.sync()
        assert (report["mode"], report["quarantine"], report["bad_lines"]) == ("full", None, [])
        assert report["open"] == {"count": 5, "amounts": {"EUR": "1160.35"}}
        assert cloud.balances() == {
            "C1": "-40.00", "F1": "100.10", "F3": "200.05", "F4": "400.10", "F5": "500.10",
        }  # fmt: skip
        assert {item["customer"] for item in cloud.items()} == {"Customer 0", "Customer 1", "Customer 2"}

    def test_a_sync_in_which_nothing_changed_costs_one_small_request_for_each_entity(self, cloud: Cloud) -> None:
        for number in range(40):
            cloud.bill(f"F{number}", f"Customer {number}", due=DUE, total="10.00")
            cloud.advance(seconds=1)
        # What is younger than the overlap is read twice.
        cloud.advance(hours=1)
        cloud.sync()
        cloud.advance(hours=1)
        with cloud.watching() as made:
            report = cloud.sync()
        assert (report["mode"], report["changed"], report["open"]["count"]) == ("incremental", 0, 40)
        assert len(made) <= self.provider.quiet, [f"{call.method} {call.path} {call.query}" for call in made]
        assert max(call.sent_bytes for call in made) < 1500
        assert {call.method for call in made} == {"GET"}

    def test_what_changed_since_is_all_that_the_next_sync_takes(self, cloud: Cloud) -> None:
        for number in range(1, 8):
            cloud.bill(f"F{number}", "Rowan", due=DUE, total="100.00")
        cloud.sync()
        cloud.advance(hours=1)
        cloud.pay("F2", "30.00")
        cloud.ledger.edit(cloud.id_of("F3"), due_on=date(2026, 4, 1))
        cloud.ledger.void(cloud.id_of("F4"))
        cloud.bill("F8", "Willow", due=DUE, total="55.00")
        report = cloud.sync()
        assert (report["mode"], report["changed"]) == ("incremental", 4)
        assert cloud.balances() == {
            "F1": "100.00", "F2": "70.00", "F3": "100.00", "F5": "100.00", "F6": "100.00", "F7": "100.00", "F8": "55.00",
        }  # fmt: skip
        assert {item["number"]: item["due_on"] for item in cloud.items()}["F3"] == "2026-04-01"

    def test_what_a_change_without_a_stamp_says_is_seen_by_the_days_reconcile(self, cloud: Cloud) -> None:
        cloud.bill("F1", "Rowan", due=DUE, total="100.00")
        cloud.advance(hours=1)
        cloud.sync()
        cloud.ledger.edit(cloud.id_of("F1"), silently=True, due_on=date(2026, 4, 1))
        cloud.advance(hours=1)
        cloud.sync()
        cloud.advance(hours=20)
        assert cloud.sync()["mode"] == "full"
        assert cloud.items()[0]["due_on"] == "2026-04-01"

    def test_a_stamp_of_2008_hides_no_invoice(self, cloud: Cloud) -> None:
        identity = cloud.bill("F1", "Rowan", due=DUE, total="100.00")
        old = datetime(2008, 12, 21, tzinfo=UTC)
        documents = cloud.ledger.documents
        documents[identity] = replace(documents[identity], created_at=old, updated_at=old)
        cloud.sync()
        assert cloud.balances() == {"F1": "100.00"}

    def test_invoices_that_change_between_two_pages_are_neither_lost_nor_doubled(self, cloud: Cloud) -> None:
        cloud.page_size = 2
        numbers = [f"F{number}" for number in range(1, 10)]
        for number in numbers:
            cloud.bill(number, "Rowan", due=DUE, total="100.00")
            cloud.advance(minutes=1)
        # Older than any overlap: what the pages pass over is not read again by chance.
        cloud.advance(hours=1)
        changes: list[Callable[[], object]] = [
            lambda: cloud.pay("F1", "10.00"),
            lambda: cloud.pay("F9", "20.00"),
            lambda: cloud.ledger.edit(cloud.id_of("F2"), reference="changed"),
            lambda: cloud.ledger.void(cloud.id_of("F5")),
            lambda: cloud.bill("F10", "Willow", due=DUE, total="7.00"),
            lambda: cloud.pay("F4"),
        ]
        for change in changes:
            cloud.fault("between_pages", path=self.provider.invoices, change=self._later(cloud, change))
        cloud.sync()
        assert len(cloud.sandbox.faults.waiting()) == 0
        cloud.advance(minutes=30)
        report = cloud.sync()
        assert (report["mode"], report["unseen"], report["quarantine"]) == ("incremental", 0, None)
        expected = dict.fromkeys([*numbers, "F10"], "100.00") | {"F1": "90.00", "F9": "80.00", "F10": "7.00"}
        assert cloud.balances() == {number: left for number, left in expected.items() if number not in {"F4", "F5"}}

    @staticmethod
    def _later(cloud: Cloud, change: Callable[[], object]) -> Callable[[], object]:
        def changed() -> None:
            cloud.advance(seconds=1)
            change()

        return changed

    def test_a_row_that_comes_twice_counts_once(self, cloud: Cloud) -> None:
        cloud.page_size = 2
        for number in range(1, 6):
            cloud.bill(f"F{number}", "Rowan", due=DUE, total="100.00")
        cloud.fault("duplicate_rows", times=FOR_EVER, path=self.provider.lists)
        report = cloud.sync()
        assert report["open"] == {"count": 5, "amounts": {"EUR": "500.00"}}
        assert len(cloud.items()) == 5

    def test_amounts_as_strings_are_the_same_amounts(self, cloud: Cloud) -> None:
        cloud.bill("F1", "Rowan", due=DUE, total="1234.50")
        cloud.bill("F2", "Rowan", due=DUE, total="0.07")
        cloud.ledger.credit_note(cloud.party("Rowan"), Decimal("0.10"), date(2026, 2, 10), number="C1")
        cloud.fault("string_amounts", times=FOR_EVER)
        assert cloud.sync()["quarantine"] is None
        assert cloud.balances() == {"C1": "-0.10", "F1": "1234.50", "F2": "0.07"}

    def test_an_assumed_due_date_gets_no_early_reminder_and_no_formal_notice(self, bare: Cloud) -> None:
        self.assumed(bare, "no_due_date")

    @staticmethod
    def assumed(bare: Cloud, how: str) -> None:
        """Follow an invoice whose due date a fault spoils."""
        bare.ready(plans={"standard": plan(levels=[LEVELS[0], LEVELS[1], {**LEVELS[4], "offset": 6}])})
        # Issued on 31 Jan: 30 days on, Mon 2 Mar, is assumed.
        bare.bill("F1", "Rowan", due=DUE, issued="2026-01-31", total="100.00")
        bare.fault(how, times=FOR_EVER)
        bare.accept("2026-02-24")
        assert [(item["due_on"], item["due_source"]) for item in bare.items()] == [(DUE, "assumed")]
        for day in ("2026-02-25", MONDAY, "2026-03-25"):
            bare.run(day)
        assert bare.sent == [f"{MONDAY} Rowan first: F1 first: 100.00 EUR"]
        assert bare.why("2026-03-25", "F1") == "due_date_assumed"
        assert not bare.waiting

    def test_open_items_that_a_list_leaves_out_are_asked_for_by_id(self, cloud: Cloud) -> None:
        cloud.bill("F1", "Rowan", due=DUE, total="100.00")
        cloud.bill("F2", "Rowan", due=DUE, total="60.00")
        cloud.sync()
        cloud.advance(hours=21)
        with cloud.watching() as made:
            cloud.sync()
        lists = [call for call in made if re.search(self.provider.lists, call.path)]
        cloud.advance(hours=21)
        cloud.pay("F2")
        # As many lists as that sync read come empty; what is asked after them does not.
        cloud.fault("empty_list", times=len(lists), path=self.provider.lists)
        report = cloud.sync()
        assert (report["mode"], report["unseen"], report["quarantine"]) == ("full", 0, None)
        assert cloud.balances() == {"F1": "100.00"}

    # -- a life -------------------------------------------------------------------------------------------------------

    def test_an_invoice_is_reminded_noted_once_paid_settled_and_thanked_for(self, bare: Cloud) -> None:
        bare.ready(plans={"standard": plan(levels=list(LEVELS[:2]), thank_you=True)})
        bare.bill("F1", "Rowan", due=DUE, total="1200.00")
        bare.accept("2026-02-20")
        # -5: Wed 25 Feb.
        days = ("2026-02-24", "2026-02-25", "2026-02-26", FRIDAY, MONDAY, TUESDAY)
        noted = [bare.run(day).data["notes"] for day in days]
        assert bare.sent == ["2026-02-25 Rowan pre_due: F1 pre_due: 1200.00 EUR", FIRST]
        assert noted == [0, 1, 0, 0, 1, 0]
        notes = bare.notes("F1")
        assert [("pre_due" in text, "first" in text, len(MARKER.findall(text))) for text in notes] == [
            (True, False, 1),
            (False, True, 1),
        ]
        assert "1 200,00" in notes[1]
        assert len(set(MARKER.findall("".join(notes)))) == 2
        bare.pay("F1")
        assert bare.balances() == {"F1": "1200.00"}
        bare.run("2026-03-11")
        assert bare.balances() == {}
        bare.run("2026-03-12")
        assert bare.thanked == ["2026-03-11 Rowan"]
        assert bare.recipients() == [("ap@rowan.example",)] * 3
        assert len(bare.notes("F1")) == 2, "a thank-you is no reminder"

    def test_the_books_are_told_of_a_confirmation_once_and_of_a_statement_never(self, bare: Cloud) -> None:
        bare.ready(bare.company(statements={"day": 1}), plans={"standard": plan(levels=list(LEVELS[1:2]))})
        bare.bill("F1", "Rowan", due=DUE, total="1200.00")
        bare.accept(FRIDAY)
        assert bare.run(MONDAY).data["notes"] == 1
        bare.do("dispute", "F1", "--reason", "deux portes manquent", "--confirm")
        days = (TUESDAY, "2026-03-11", "2026-04-01", "2026-04-02")
        noted = [bare.run(day).data["notes"] for day in days]
        assert [line.split()[2].rstrip(":") for line in bare.sent] == ["first", "confirmation", "statement"]
        assert len(bare.letters()) == 3
        assert noted == [1, 0, 0, 0]
        reminded, confirmed = bare.notes("F1")
        assert "Confirmation du litige" in confirmed
        assert "Confirmation" not in reminded
        assert not re.search("relevé", reminded + confirmed, re.IGNORECASE)

    def test_a_payment_that_was_taken_back_opens_the_invoice_again_at_its_next_level(self, bare: Cloud) -> None:
        bare.ready(plans={"standard": plan(levels=list(LEVELS[1:3]))})
        bare.bill("F1", "Rowan", due=DUE, total="1200.00")
        bare.accept(FRIDAY)
        bare.run(MONDAY)
        receipt: Receipt = bare.pay("F1")
        bare.run(TUESDAY)
        assert bare.balances() == {}
        bare.advance(hours=1)
        bare.ledger.undo(receipt.id)
        bare.run("2026-03-17")
        assert bare.balances() == {"F1": "1200.00"}
        bare.run("2026-03-18")
        assert bare.sent == [FIRST, "2026-03-18 Rowan second: F1 second: 1200.00 EUR"]

    # -- what changes between the decision and the mail ---------------------------------------------------------------

    def test_what_is_paid_right_before_the_mail_leaves_the_notice(self, late: Cloud) -> None:
        late.meanwhile(lambda: late.pay("F1"))
        late.run(MONDAY)
        assert late.sent == [f"{MONDAY} Rowan first: F2 first: 80.00 EUR"]
        text = text_of(late.letters()[0])
        assert "F2" in text
        assert "F1" not in text
        assert "1 200" not in text
        assert late.notes("F1") == []
        assert self.reason(late, "F1") == "nothing is open any more"

    @pytest.mark.parametrize("what", ["void", "delete", "due", "credit", "apply"])
    def test_what_is_not_owed_any_more_right_before_the_mail_leaves_the_notice(self, late: Cloud, what: str) -> None:
        books, identity, today = late.ledger, late.id_of("F1"), date(2026, 3, 9)
        changes: dict[str, Callable[[], object]] = {
            "void": lambda: books.void(identity),
            "delete": lambda: self.delete(late, identity),
            "due": lambda: books.edit(identity, due_on=date(2026, 3, 31)),
            "credit": lambda: books.credit_note(late.party("Rowan"), Decimal(1200), today, applies_to=identity),
            "apply": lambda: books.apply(
                books.receive(late.party("Rowan"), Decimal(1200), today).id, identity, Decimal(1200)
            ),
        }
        late.meanwhile(changes[what])
        late.run(MONDAY)
        assert late.sent == [f"{MONDAY} Rowan first: F2 first: 80.00 EUR"]
        assert "F1" not in text_of(late.letters()[0])
        reasons = {"due": "not_due", "delete": self.deleted_is}
        assert self.reason(late, "F1") == reasons.get(what, "nothing is open any more")

    @staticmethod
    def reason(cloud: Cloud, number: str) -> str:
        """Give the reason for which an item left its notice, as `explain` tells it."""
        told = cloud.do("explain", number, "--json").data["history"]
        (revised,) = [entry["detail"] for entry in told if entry["kind"] == "reminder_revised"]
        return str(revised["left"][number])

    def delete(self, cloud: Cloud, identity: str) -> None:
        """Delete an invoice as this provider does."""
        cloud.ledger.discard(identity)

    def test_a_notice_of_which_nothing_is_left_does_not_leave_and_says_why(self, late: Cloud) -> None:
        def paid() -> None:
            late.pay("F1")
            late.pay("F2")

        late.meanwhile(paid)
        done = late.run(MONDAY)
        assert (late.sent, late.letters(), done.code, done.data["notes"]) == ([], [], 0, 0)
        assert any("reminder_cancelled" in entry and "nothing is open" in entry for entry in late.history("F1"))
        late.run(TUESDAY)
        assert late.sent == []

    def test_a_part_payment_right_before_the_mail_lowers_what_it_asks(self, late: Cloud) -> None:
        late.meanwhile(lambda: late.pay("F1", "200.00"))
        late.run(MONDAY)
        assert late.sent == [f"{MONDAY} Rowan first: F1 first, F2 first: 1080.00 EUR"]

    # -- mails and papers ---------------------------------------------------------------------------------------------

    def test_the_invoice_goes_with_the_mail_and_is_fetched_once(self, bare: Cloud) -> None:
        bare.ready(plans={"standard": plan(levels=list(LEVELS[1:3]))})
        bare.bill("F1", "Rowan", due=DUE, total="1200.00")
        bare.accept(FRIDAY)
        bare.run(MONDAY)
        bare.run("2026-03-18")
        assert len(bare.sent) == 2
        for mail in bare.letters():
            (paper,) = mail.iter_attachments()
            assert paper.get_content_type() == "application/pdf"
            assert paper.get_filename() == "F1.pdf"
            assert paper.get_content() == bare.ledger.pdf(bare.id_of("F1"))
        fetched = [call for call in bare.calls(self.provider.pdf) if call.headers.get("Accept") == "application/pdf"]
        assert len(fetched) == 1

    def test_a_paper_that_is_too_big_stays_away_and_the_mail_leaves(
        self, late: Cloud, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(late.ledger, "pdf", lambda _: b"%PDF-1.4\n" + b"0" * (11 * 2**20))
        late.run(MONDAY)
        (mail,) = late.letters()
        assert list(mail.iter_attachments()) == []
        assert len(late.sent) == 1

    def test_a_link_to_pay_online_stands_in_the_text(self, late: Cloud) -> None:
        if not self.provider.link:
            pytest.skip("this provider gives no such link")
        late.run(MONDAY)
        (mail,) = late.letters()
        assert self.provider.link in text_of(mail)

    # -- consent ------------------------------------------------------------------------------------------------------

    def two(self, cloud: Cloud) -> Cloud:
        """Two companies of one provider, each with an invoice that is late."""
        cloud.ready(cloud.company("aubin"), cloud.company("dupont"), plans=ONLY_FIRST)
        for one in ("aubin", "dupont"):
            cloud.bill(f"F-{one}", "Rowan", due=DUE, total="100.00", company_id=one)
        cloud.accept(FRIDAY)
        return cloud

    def test_a_consent_that_was_taken_back_stops_one_company_and_says_what_to_do(self, bare: Cloud) -> None:
        cloud = self.two(bare)
        before = cloud.stored()
        cloud.revoke("aubin")
        done = cloud.run(MONDAY)
        assert done.code == 1
        assert "relance connect aubin" in cloud.problems(done)
        assert "dupont" not in cloud.problems(done)
        assert cloud.sent == [f"{MONDAY} Rowan first: F-dupont first: 100.00 EUR"]
        assert cloud.stored() == before
        cloud.connect("aubin")
        done = cloud.run(TUESDAY)
        assert (done.code, cloud.sent[1:]) == (0, [f"{TUESDAY} Rowan first: F-aubin first: 100.00 EUR"])

    def test_an_access_token_that_ends_between_two_pages_is_renewed(self, cloud: Cloud) -> None:
        cloud.page_size = 2
        for number in range(1, 6):
            cloud.bill(f"F{number}", "Rowan", due=DUE, total="100.00")
        refreshed = cloud.sandbox.oauth.refreshes.get(self.provider.name, 0)
        cloud.fault("between_pages", path=self.provider.invoices, change=lambda: cloud.advance(minutes=61))
        cloud.fault("expired_token", path=self.provider.invoices)
        assert cloud.sync()["quarantine"] is None
        assert len(cloud.items()) == 5
        assert cloud.sandbox.oauth.refreshes[self.provider.name] > refreshed

    def test_a_renewal_whose_answer_is_lost_loses_no_books_and_sends_nothing_twice(self, late: Cloud) -> None:
        before = late.stored()
        late.sandbox.oauth.lose_next_token_answer(self.provider.name)
        done = late.run(MONDAY)
        if self.provider.name != "xero":
            # Xero is asked again at once: it takes the same token for half an hour.
            assert (done.code, late.letters(), late.stored()) == (1, [], before)
            done = late.run(MONDAY)
        if self.provider.one_refresh:
            assert "relance connect dupont" in late.problems(done)
            assert (done.code, late.letters(), late.stored()) == (1, [], before)
            late.connect()
            done = late.run(MONDAY)
        assert done.code == 0
        late.run(TUESDAY)
        assert len(late.letters()) == 1

    # -- whose books are these ----------------------------------------------------------------------------------------

    def test_books_of_another_organisation_behind_the_token_are_not_taken(self, late: Cloud) -> None:
        before = late.stored()
        self.put_another_organisation_behind(late)
        done = late.run(MONDAY)
        assert done.code == 1
        assert late.letters() == []
        assert late.problems(done)
        assert late.stored() == before
        late.sandbox.faults.clear()
        late.connect()
        late.run(TUESDAY)
        assert len(late.sent) == 1

    def put_another_organisation_behind(self, cloud: Cloud) -> None:
        """Let the token of the first company reach books that are not its own, as this provider shows it."""
        cloud.fault("wrong_organisation", times=FOR_EVER)

    # -- limits -------------------------------------------------------------------------------------------------------

    def test_a_full_minute_is_waited_for(self, late: Cloud) -> None:
        began = late.now
        late.fault("minute_limit", times=2, path=self.provider.invoices)
        done = late.run(MONDAY)
        assert (done.code, len(late.sent)) == (0, 1)
        assert (late.now - began).total_seconds() > 17

    def test_a_full_day_parks_one_company_until_its_time_and_the_others_go_on(self, bare: Cloud) -> None:
        cloud = self.two(bare)
        before = cloud.stored()
        cloud.morning_of(MONDAY)
        hours = 5 if self.provider.parks else 0
        cloud.fault("day_limit", times=1 if hours else FOR_EVER, path=self.provider.invoices, retry_after=hours * 3600)
        with_limit = cloud.command("--company", "aubin", "run", "--today", MONDAY, "--json")
        cloud.sandbox.faults.clear()
        assert with_limit.data["sent"] == 0
        with cloud.watching() as made:
            cloud.run(MONDAY)
        own = [call for call in made if cloud.companies["aubin"] in {*call.headers.values(), *call.path.split("/")}]
        if hours:
            assert own == []
            assert cloud.sent == [f"{MONDAY} Rowan first: F-dupont first: 100.00 EUR"]
            assert cloud.stored() == before
        cloud.run(TUESDAY)
        assert len(cloud.sent) == 2

    def test_a_note_that_the_days_limit_stops_waits_and_is_written_later(self, late: Cloud) -> None:
        late.ledger.void(late.id_of("F2"))
        late.fault("day_limit", path=self.provider.note, method=self.provider.note_method, retry_after=5 * 3600)
        done = late.run(MONDAY)
        assert (len(late.sent), done.data["notes"]) == (1, 0)
        assert late.notes("F1") == []
        done = late.run(TUESDAY)
        assert (len(late.sent), done.data["notes"]) == (1, 1)
        assert len(late.notes("F1")) == 1

    # -- answers that are none ----------------------------------------------------------------------------------------

    @pytest.mark.parametrize("how", UNREADABLE)
    def test_an_answer_that_cannot_be_read_takes_nothing_away_and_sends_nothing(self, late: Cloud, how: str) -> None:
        before = late.stored()
        late.fault(how, times=FOR_EVER, path=self.provider.lists)
        done = late.run(MONDAY)
        assert (done.code, late.letters()) == (1, [])
        assert late.problems(done)
        assert late.stored() == before
        late.sandbox.faults.clear()
        late.run(TUESDAY)
        assert late.sent == [f"{TUESDAY} Rowan first: F1 first, F2 first: 1280.00 EUR"]

    @pytest.mark.parametrize("how", ["truncate", "html", "nan"])
    def test_one_bad_answer_right_before_the_mail_is_asked_again_and_many_keep_the_mail_here(
        self, late: Cloud, how: str
    ) -> None:
        late.meanwhile(lambda: late.fault(how, times=FOR_EVER))
        done = late.run(MONDAY)
        assert (done.code, late.letters()) == (1, [])
        late.sandbox.faults.clear()
        late.meanwhile(lambda: late.fault(how))
        late.run(TUESDAY)
        assert len(late.sent) == 1

    def test_a_burst_of_server_errors_is_outlasted(self, late: Cloud) -> None:
        late.fault("status", times=3, path=self.provider.lists, status=503, body="<h1>Service Unavailable</h1>")
        done = late.run(MONDAY)
        assert (done.code, len(late.sent)) == (0, 1)

    def test_an_outage_keeps_the_mails_here_and_blames_no_books(self, late: Cloud) -> None:
        before = late.stored()
        late.fault("status", times=FOR_EVER, status=502, body="<h1>Bad Gateway</h1>")
        done = late.run(MONDAY)
        assert (done.code, late.letters(), late.stored()) == (1, [], before)
        assert done.data["companies"][0]["quarantine"] is None
        late.sandbox.faults.clear()
        assert late.run(MONDAY).code == 0
        assert len(late.sent) == 1

    # -- writing ------------------------------------------------------------------------------------------------------

    @pytest.mark.parametrize("how", ["drop_before", "drop_after", "html", "truncate"])
    def test_a_note_whose_answer_is_lost_is_there_exactly_once(self, late: Cloud, how: str) -> None:
        late.ledger.void(late.id_of("F2"))
        late.fault(how, path=self.provider.note, method=self.provider.note_method)
        late.run(MONDAY)
        late.run(MONDAY)
        late.advance(minutes=20)
        late.run(MONDAY)
        assert len(late.sent) == 1
        assert len(late.notes("F1")) == 1, late.notes("F1")

    def test_notes_that_fail_block_no_mail_and_repeat_none(self, late: Cloud) -> None:
        late.ledger.void(late.id_of("F2"))
        late.fault("drop_after", times=4, path=self.provider.note, method=self.provider.note_method)
        for day in (MONDAY, MONDAY, TUESDAY, "2026-03-11"):
            late.run(day)
        assert len(late.sent) == 1
        assert len(late.notes("F1")) == 1

    # -- modes --------------------------------------------------------------------------------------------------------

    def test_preview_asks_the_books_and_leaves_no_trace_in_them(self, bare: Cloud) -> None:
        bare.ready(bare.company(mode="preview"), plans=ONLY_FIRST)
        bare.bill("F1", "Rowan", due=DUE, total="1200.00")
        done = bare.run(MONDAY)
        assert [notice["items"][0]["number"] for notice in done.data["notices"]] == ["F1"]
        assert {call.method for call in bare.calls()} == {"GET"}
        assert (bare.letters(), bare.notes("F1")) == ([], [])

    def test_redirect_sends_to_its_own_address_alone_and_writes_nothing_into_the_books(self, bare: Cloud) -> None:
        done = self.redirected(bare, LEVELS[1])
        assert bare.recipients() == [("test@cabinet.example",)]
        assert (done.data["sent"], done.data["notes"]) == (1, 0)
        assert {call.method for call in bare.calls()} == {"GET"}

    def test_redirect_shows_a_notice_by_the_providers_mail_and_never_uses_it(self, bare: Cloud) -> None:
        if not self.provider.mail:
            pytest.skip("this provider sends no mail")
        done = self.redirected(bare, {**LEVELS[1], "channel": "provider"})
        assert [notice["channel"] for notice in done.data["notices"]] == ["provider"]
        assert (bare.provider_mails(), bare.letters(), done.data["sent"]) == ([], [], 0)
        assert {call.method for call in bare.calls()} == {"GET"}

    @staticmethod
    def redirected(cloud: Cloud, level: dict[str, Any]) -> Finished:
        """Run a company of mode redirect whose plan has this level alone, on the day the level is due."""
        settings = cloud.company(mode="redirect", redirect_to="test@cabinet.example")
        cloud.ready(settings, plans={"standard": plan(levels=[level])})
        cloud.bill("F1", "Rowan", due=DUE, total="1200.00")
        cloud.sync()
        cloud.command("accept", "dupont", "--backlog")
        cloud.morning_of(MONDAY)
        return cloud.command("run", "--today", MONDAY, "--json")

    # -- the provider's own mail --------------------------------------------------------------------------------------

    def by_provider(self, cloud: Cloud, **more: Any) -> Cloud:
        """F1, whose first level goes by the provider's own mail."""
        if not self.provider.mail:
            pytest.skip("this provider sends no mail")
        cloud.ready(plans={"standard": plan(levels=[{**LEVELS[1], "channel": "provider"}], **more)})
        cloud.bill("F1", "Rowan", due=DUE, total="1200.00")
        cloud.accept(FRIDAY)
        return cloud

    def test_a_level_may_go_by_the_providers_own_mail(self, bare: Cloud) -> None:
        cloud = self.by_provider(bare)
        done = cloud.run(MONDAY)
        cloud.run(TUESDAY)
        assert cloud.sent == [FIRST]
        assert cloud.provider_mails() == [("F1", ("ap@rowan.example",))]
        assert cloud.letters() == []
        assert done.data["notes"] == 1
        assert len(cloud.notes("F1")) == 1

    def test_a_providers_mail_whose_answer_is_lost_is_uncertain_and_never_sent_again_without_a_person(
        self, bare: Cloud
    ) -> None:
        cloud = self.by_provider(bare)
        cloud.fault("drop_after", times=FOR_EVER, path=self.provider.mail)
        cloud.morning_of(MONDAY)
        done = cloud.command("run", "--today", MONDAY, "--json")
        assert (done.code, done.data["sent"], done.data["uncertain"]) == (1, 0, 1)
        assert len(cloud.provider_mails()) == 1
        cloud.sandbox.faults.clear()
        for day in (TUESDAY, "2026-03-11", "2026-03-20"):
            cloud.morning_of(day)
            cloud.command("run", "--today", day, "--json")
        assert len(cloud.provider_mails()) == 1
        assert cloud.letters() == []

    def test_a_mail_that_the_provider_refuses_is_told_as_failed(self, bare: Cloud) -> None:
        cloud = self.by_provider(bare)
        cloud.fault("status", times=FOR_EVER, path=self.provider.mail, status=400, body="{}")
        done = cloud.run(MONDAY)
        assert (done.code, done.data["failed"], cloud.provider_mails()) == (1, 1, [])
        assert done.data["notes"] == 0

    def test_a_mail_that_the_provider_never_got_leaves_on_a_later_run(self, bare: Cloud) -> None:
        cloud = self.by_provider(bare)
        cloud.fault("minute_limit", times=FOR_EVER, path=self.provider.mail)
        assert cloud.run(MONDAY).data["sent"] == 0
        cloud.sandbox.faults.clear()
        cloud.run(TUESDAY)
        assert cloud.sent == [f"{TUESDAY} Rowan first: F1 first: 1200.00 EUR"]
        assert len(cloud.provider_mails()) == 1

    def test_a_customer_without_an_address_at_the_provider_gets_no_mail_and_somebody_is_told(self, bare: Cloud) -> None:
        cloud = self.by_provider(bare)
        cloud.ledger.edit_party(cloud.party("Rowan").id, email="")
        cloud.run(MONDAY)
        assert (cloud.provider_mails(), cloud.sent) == ([], [])
        assert cloud.why(MONDAY, "F1") == "no_address"

    # -- the service --------------------------------------------------------------------------------------------------

    def test_the_service_polls_each_company_when_its_time_has_come(self, cloud: Cloud) -> None:
        cloud.bill("F1", "Rowan", due=DUE, total="1200.00")
        cloud.accept(FRIDAY)
        cloud.morning_of(MONDAY)
        with cloud.at_its_instant():
            installation = open_installation(cloud.folder / "config.yaml", None)
            with installation.owned_store() as (_, owner):
                service = Service(installation=installation, owner=owner)
                assert service.tick() == ["dupont"]
                assert service.tick() == []
                cloud.pay("F1")
                cloud.advance(minutes=30)
                assert service.tick() == []
                cloud.advance(minutes=37)
                assert service.tick() == ["dupont"]
        assert cloud.recipients() == [("ap@rowan.example",)]
        assert len(cloud.notes("F1")) == 1
        assert cloud.balances() == {}
