"""Xero's books through the installed commands, against the sandbox."""

from __future__ import annotations

import signal
import subprocess
import sys
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from threading import Event
from typing import TYPE_CHECKING

import pytest

from connectors.sandbox.xero.dialect import XeroDialect
from tests.e2e.cloud import PROVIDERS, Cloud, person
from tests.e2e.cloud_scenarios import DUE, FIRST, FRIDAY, MARKER, MONDAY, ONLY_FIRST, TUESDAY, CloudScenarios
from tests.e2e.replay import LEVELS, plan

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

PATIENCE = 60


class TestXero(CloudScenarios):
    """What all providers go through, and what only Xero does."""

    provider = PROVIDERS["xero"]

    @staticmethod
    def ways(cloud: Cloud) -> XeroDialect:
        """Give the sandbox's Xero, where what nobody knows can be had both ways."""
        dialect = cloud.sandbox.dialects["xero"]
        assert isinstance(dialect, XeroDialect)
        return dialect

    def test_the_first_sync_asks_for_everything_and_the_next_for_what_changed_since_with_an_overlap(
        self, cloud: Cloud
    ) -> None:
        cloud.bill("F1", "Rowan", due=DUE, total="100.00")
        with cloud.watching() as first:
            cloud.sync()
        began = cloud.now
        cloud.advance(hours=1)
        with cloud.watching() as second:
            cloud.sync()
        assert {call.headers.get("If-Modified-Since") for call in first} == {None}
        since = f"{began - timedelta(minutes=10):%Y-%m-%dT%H:%M:%S}"
        asked = {call.path.rpartition("/")[2]: call.headers.get("If-Modified-Since") for call in second}
        assert asked.pop("Organisation") is None
        assert asked == dict.fromkeys(
            ("Contacts", "Invoices", "CreditNotes", "Payments", "Overpayments", "Prepayments"), since
        )
        assert {call.headers["Xero-Tenant-Id"] for call in (*first, *second)} == {cloud.companies["dupont"]}

    def test_an_organisation_that_the_app_was_cut_off_from_stops_one_company_and_says_what_to_do(
        self, bare: Cloud
    ) -> None:
        cloud = self.two(bare)
        for consent in cloud.sandbox.oauth.consents:
            if cloud.companies["aubin"] in consent.reach:
                consent.connections.clear()
        done = cloud.run(MONDAY)
        assert done.code == 1
        assert "relance connect aubin" in cloud.problems(done)
        assert cloud.sent == [f"{MONDAY} Rowan first: F-dupont first: 100.00 EUR"]

    def test_a_due_date_of_1970_is_none(self, bare: Cloud) -> None:
        self.assumed(bare, "epoch_zero_date")

    @pytest.mark.parametrize("bumps", [True, False])
    @pytest.mark.parametrize("includes", [True, False])
    def test_the_echo_of_our_own_note_or_mail_changes_nothing(self, bare: Cloud, bumps: bool, includes: bool) -> None:
        ways = self.ways(bare).ways
        ways.history_bumps, ways.email_bumps, ways.since_includes = bumps, bumps, includes
        cloud = self.by_provider(bare)
        cloud.run(MONDAY)
        cloud.advance(minutes=1)
        report = cloud.sync()
        assert (report["mode"], report["open"]["count"]) == ("incremental", 1)
        cloud.run(TUESDAY)
        assert (cloud.sent, len(cloud.provider_mails()), len(cloud.notes("F1"))) == ([FIRST], 1, 1)

    @pytest.mark.parametrize(("limit", "configured"), [(250, None), (2500, 2500)])
    def test_a_note_keeps_to_the_length_that_xero_takes_and_never_loses_its_marker(
        self, bare: Cloud, limit: int, configured: int | None
    ) -> None:
        self.ways(bare).ways.history_limit = limit
        books = {"note_length": configured} if configured else {}
        bare.ready(bare.company(books=books), plans=ONLY_FIRST)
        bare.bill("F-" + "7" * 200, "Rowan", due=DUE, total="1200.00")
        bare.accept(FRIDAY)
        assert bare.run(MONDAY).data["notes"] == 1
        (note,) = bare.notes("F-" + "7" * 200)
        assert len(note) <= limit
        assert len(MARKER.findall(note)) == 1
        assert (len(note) > 250) is (limit > 250)

    def test_a_provider_mail_whose_outcome_is_unknown_is_a_persons_to_decide(self, bare: Cloud) -> None:
        cloud = self.by_provider(bare)
        cloud.fault("drop_before", path=self.provider.mail)
        cloud.morning_of(MONDAY)
        (uncertain,) = cloud.command("run", "--today", MONDAY, "--json").data["reminders"]
        assert (uncertain["state"], cloud.provider_mails()) == ("uncertain", [])
        cloud.do("resolve", uncertain["id"], "again")
        done = cloud.command("run", "--today", TUESDAY, "--json")
        assert (done.data["sent"], len(cloud.provider_mails())) == (1, 1)

    def test_people_whom_the_contact_names_get_xeros_mail_as_well(self, bare: Cloud) -> None:
        bare.configure(plans={"standard": plan(levels=[{**LEVELS[1], "channel": "provider"}])})
        bare.connect()
        bare.party("Rowan", cc_people=(person("Mary Rowan", "mary@rowan.example"),))
        bare.bill("F1", "Rowan", due=DUE, total="1200.00")
        bare.accept(FRIDAY)
        bare.run(MONDAY)
        assert bare.provider_mails() == [("F1", ("ap@rowan.example", "mary@rowan.example"))]

    def test_a_contact_that_xero_archived_is_not_written_to(self, late: Cloud) -> None:
        late.ledger.edit_party(late.party("Rowan").id, active=False)
        late.run(MONDAY)
        assert (late.sent, late.letters()) == ([], [])
        assert late.why(MONDAY, "F1") == "do_not_contact"
        assert len(late.items()) == 2

    def test_money_on_account_that_covers_what_is_asked_keeps_the_mail_here(self, late: Cloud) -> None:
        late.ledger.receive(late.party("Rowan"), Decimal("1280.00"), late.now.date(), kind="prepayment")
        late.run(MONDAY)
        assert (late.sent, late.letters()) == ([], [])
        assert late.why(MONDAY, "F1") == "payment_to_allocate"

    def test_a_credit_note_that_nobody_allocated_is_taken_off_what_is_asked(self, late: Cloud) -> None:
        late.ledger.credit_note(late.party("Rowan"), Decimal("280.00"), late.now.date(), number="C1")
        late.run(MONDAY)
        assert [line.rpartition(": ")[2] for line in late.sent] == ["1000.00 EUR"]

    def test_reminders_that_xero_sends_by_itself_are_pointed_out(self, cloud: Cloud) -> None:
        def told() -> str:
            checks = cloud.command("doctor", "--json").data["checks"]
            return "\n".join(f"{one['ok']} {one['message']} {one['advice']}" for one in checks)

        before = told()
        cloud.ledger.organisation = replace(cloud.ledger.organisation, own_reminders=True)
        assert told() != before

    @pytest.mark.slow
    def test_the_service_sends_notes_and_stops_when_it_is_told_to(self, folder: Path) -> None:
        with Cloud(folder=folder, provider=self.provider, following=True) as cloud:
            days = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
            send = {"days": days, "between": ["00:00", "23:59"], "holidays": False}
            cloud.ready(cloud.company(send=send), plans=ONLY_FIRST)
            due = (cloud.now - timedelta(days=10)).date().isoformat()
            cloud.bill("F1", "Rowan", due=due, total="1200.00")
            cloud.sync()
            cloud.do("accept", "dupont", "--backlog")
            serve = [sys.executable, "-m", "relance", "serve", "--tick", "1"]
            environment = cloud.whole_environment()
            with subprocess.Popen(serve, cwd=folder, env=environment, stderr=subprocess.PIPE, text=True) as running:
                try:
                    _until(lambda: len(cloud.notes("F1")) == 1 or running.poll() is not None)
                    second = subprocess.run(
                        serve,
                        cwd=folder,
                        env=environment,
                        capture_output=True,
                        text=True,
                        check=False,
                        timeout=PATIENCE,
                    )
                    assert second.returncode == 3, second.stderr
                finally:
                    running.send_signal(signal.SIGTERM)
                    _, said = running.communicate(timeout=PATIENCE)
            assert running.returncode == 0, said
            assert cloud.recipients() == [("ap@rowan.example",)]
            assert len(cloud.notes("F1")) == 1
            assert "Traceback" not in said


def _until(happened: Callable[[], bool]) -> None:
    pause = Event()
    for _ in range(PATIENCE * 20):
        if happened():
            return
        pause.wait(0.05)
    raise AssertionError("it never happened")
