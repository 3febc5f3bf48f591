"""The demonstration as its first user meets it: one command, its summary, the mails and notes it leaves."""

from __future__ import annotations

import email
import email.policy
import json
import os
import re
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

from relance.demo.judging import doubles
from relance.demo.providers import open_providers
from relance.demo.story import FIRST_DAY

if TYPE_CHECKING:
    from email.message import EmailMessage
    from pathlib import Path

# Sixty days of four companies: .ci/run plays them, here and from the wheel.
pytestmark = pytest.mark.slow

_NOTE = re.compile(r"^  note: (.*\[rem:[0-9a-f]{12}\])$", re.MULTILINE)


def _relance(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run a command as a user without a home of his own, so that nothing of the demonstration can go there."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("XDG_", "RELANCE_"))}
    return subprocess.run(
        [sys.executable, "-m", "relance", *arguments],
        cwd=folder,
        env={**environment, "HOME": str(folder / "home")},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture(scope="module", name="shown")
def _shown(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    folder = tmp_path_factory.mktemp("demo")
    done = _relance(folder, "demo", "--json")
    assert done.returncode == 0, done.stderr
    document = json.loads(done.stdout)
    mails = sorted((folder / document["mailbox"]).glob("*.eml"))
    books = {path.stem: path.read_text(encoding="utf-8") for path in (folder / document["books"]).iterdir()}
    return {
        "folder": folder,
        "document": document,
        "told": done.stderr,
        "mails": [(path, _read(path)) for path in mails],
        "books": books,
    }


def _read(path: Path) -> EmailMessage:
    return email.message_from_bytes(path.read_bytes(), policy=email.policy.default)


def _text(mail: EmailMessage) -> str:
    body = mail.get_body(("plain",))
    assert body is not None
    return str(body.get_content())


def _thanks(mail: EmailMessage) -> bool:
    return any(word in _text(mail) for word in ("bien reçu", "has received payment"))


def _asking(shown: dict[str, Any], number: str) -> list[str]:
    """The days on which a mail listed an invoice, thank-yous left out."""
    return [path.name[4:14] for path, mail in shown["mails"] if number in _text(mail) and not _thanks(mail)]


def _thanking(shown: dict[str, Any], number: str) -> list[str]:
    return [path.name[4:14] for path, mail in shown["mails"] if number in _text(mail) and _thanks(mail)]


def test_it_ends_with_a_summary_that_counts_the_mails_and_notes_left(shown: dict[str, Any]) -> None:
    document = shown["document"]
    assert (document["days"], document["companies"], document["synced"]) == (60, 4, 240)
    assert document["received"] == len(shown["mails"]) > 40
    assert document["sent"] == document["received"] + document["by_provider"]
    assert document["notes"] == sum(len(_NOTE.findall(text)) for text in shown["books"].values()) > 25
    assert document["by_provider"] == sum(text.count("mailed by the provider") for text in shown["books"].values()) > 4
    assert document["thanked"] == 11
    assert (document["doubles"], document["problems"]) == (0, [])


def test_three_companies_are_kept_at_a_provider_and_one_in_a_file(shown: dict[str, Any]) -> None:
    told = {one["provider"]: one for one in shown["document"]["by_company"]}
    assert set(told) == {"fec", "xero", "quickbooks", "sage"}
    assert all(one["synced"] == 60 and one["sent"] > 9 and one["thanked"] > 1 for one in told.values())
    assert told["fec"]["notes"] == 0
    assert all(told[name]["notes"] > 7 for name in ("xero", "quickbooks", "sage"))
    assert [name for name in told if told[name]["by_provider"]] == ["xero"]


def test_no_mail_leaves_and_no_note_is_written_twice(shown: dict[str, Any]) -> None:
    ids = [str(mail["Message-ID"]) for _, mail in shown["mails"]]
    assert len(set(ids)) == len(ids)
    texts = [(str(mail["To"]), _text(mail)) for _, mail in shown["mails"]]
    assert len(set(texts)) == len(texts)
    notes = [note for text in shown["books"].values() for note in _NOTE.findall(text)]
    assert len({note[-18:] for note in notes}) == len(notes)


def test_every_reminder_of_a_company_at_a_provider_is_noted_in_its_books(shown: dict[str, Any]) -> None:
    by_name = {name.split("-")[0]: text for name, text in shown["books"].items()}
    noted = {company: len(_NOTE.findall(text)) for company, text in by_name.items()}
    # A reminder with two invoices has two notes, and there is none; a thank-you has none.
    sent = {one["company"]: one["sent"] - one["thanked"] for one in shown["document"]["by_company"]}
    assert noted == {company: sent[company] for company in ("larch", "erable", "galway")}


def test_an_invoice_paid_while_its_reminder_is_about_to_leave_is_not_asked_for(shown: dict[str, Any]) -> None:
    """INV-1042 is paid after the books were read and before the reminder for it and INV-1041 left."""
    assert "Rowan Hotel règle INV-1042. La relance était prête : la facture en sort." in shown["told"]
    told = shown["told"].splitlines()
    paid = next(number for number, line in enumerate(told) if "règle INV-1042" in line)
    assert "rowan-hotel.example : 2e relance (INV-1041)" in told[paid + 1]
    day = re.findall(r"\d{2}/\d{2}/\d{4}", "\n".join(told[:paid]))[-1]
    on = "-".join(reversed(day.split("/")))
    assert on in _asking(shown, "INV-1041")
    assert on not in _asking(shown, "INV-1042")


def test_the_books_own_pdf_goes_with_the_mail(shown: dict[str, Any]) -> None:
    asked = [mail for path, mail in shown["mails"] if "erable" in str(mail["From"]) and not _thanks(mail)]
    assert asked
    for mail in asked:
        papers = [part for part in mail.iter_attachments() if part.get_content_type() == "application/pdf"]
        assert papers
        assert all(part.get_content().startswith(b"%PDF-") for part in papers)


def test_what_went_wrong_on_the_way_is_told_and_leaves_no_trace_in_the_result(shown: dict[str, Any]) -> None:
    calls = (shown["folder"] / shown["document"]["calls"]).read_text(encoding="utf-8")
    assert ": 429," in calls
    assert calls.count(": 503,") > 4
    assert "History: the connection broke off" in calls
    assert re.search(r"GET \S+/History: 503,", calls)
    for told in ("Xero refuse un appel", "Sage est en panne (503)", "sa réponse se perd"):
        assert told in shown["told"]
    # Due on the day of the outage, and sent on it.
    assert "2026-03-18" in _asking(shown, "SI-0083")


def test_customers_pay_some_days_after_a_reminder_and_are_thanked(shown: dict[str, Any]) -> None:
    """Café Boréal pays five days after its second reminder, Harbour Books two days after its third."""
    assert _asking(shown, "2026-0311") == ["2026-03-03", "2026-03-13"]
    assert _thanking(shown, "2026-0311") == ["2026-03-18"]
    assert _asking(shown, "SI-0081") == ["2026-03-04", "2026-03-16", "2026-03-30"]
    assert _thanking(shown, "SI-0081") == ["2026-04-01"]


def test_a_part_payment_lowers_what_is_asked(shown: dict[str, Any]) -> None:
    """Librairie Tremblay pays 500.00 of 960.00 on 20 March."""
    later = [_text(mail) for path, mail in shown["mails"] if "2026-0314" in _text(mail) and "2026-03-25" in path.name]
    assert len(later) == 1
    assert "460,00" in later[0]


def test_nothing_is_asked_while_it_is_disputed_nor_after_it_is_paid_or_void(shown: dict[str, Any]) -> None:
    """F2026-022 is disputed from 16 March, released on 9 April and paid on 21 April; 2026-0313 from 14 March, then void."""
    days = _asking(shown, "F2026-022")
    assert days
    assert not [day for day in days if "2026-03-16" <= day < "2026-04-09" or day >= "2026-04-21"]
    asked = _asking(shown, "2026-0313")
    assert asked
    assert max(asked) < "2026-03-14"


def test_a_promise_stops_the_reminders_until_it_is_broken(shown: dict[str, Any]) -> None:
    """F2026-024 is promised on 23 March for the 30th; two working days later nothing has come."""
    days = _asking(shown, "F2026-024")
    assert not [day for day in days if "2026-03-23" <= day <= "2026-04-01"]
    assert "2026-04-02" in days


def test_what_a_credit_note_covers_is_not_asked_again_nor_thanked_for(shown: dict[str, Any]) -> None:
    """CN-0107 takes the whole of INV-1043 back on 17 March."""
    days = _asking(shown, "INV-1043")
    assert days
    assert max(days) < "2026-03-17"
    assert _thanking(shown, "INV-1043") == []


def test_the_story_is_told_day_by_day(shown: dict[str, Any]) -> None:
    assert "Garage du Vieux Pont conteste F2026-022" in shown["told"]
    assert "remerciement (F2026-021)" in shown["told"]
    assert "Traceback" not in shown["told"]
    assert '"event"' not in shown["told"]


def test_each_mail_has_its_page_beside_it(shown: dict[str, Any]) -> None:
    assert all(path.with_suffix(".html").is_file() for path, _ in shown["mails"])


def test_the_vaults_key_stays_in_the_folder_for_its_owner_alone(shown: dict[str, Any]) -> None:
    folder = (shown["folder"] / shown["document"]["config"]).parent
    assert {path.name: path.stat().st_mode & 0o777 for path in folder.glob("*.[ks]e[yc]*")} == {
        "app.secret": 0o600,
        "vault.key": 0o600,
    }
    assert not (shown["folder"] / "home").exists()


def test_the_commands_that_it_names_work_when_the_providers_are_gone(shown: dict[str, Any]) -> None:
    config = shown["document"]["config"]
    items = json.loads(_relance(shown["folder"], "--config", config, "items", "--json").stdout)["items"]
    assert {item["company"] for item in items} >= {"larch", "erable", "galway"}
    last = shown["document"]["last_day"]
    told = _relance(shown["folder"], "--config", config, "explain", "INV-1042", "--today", last, "--json")
    assert told.returncode == 0, told.stderr
    kinds = [entry["kind"] for entry in json.loads(told.stdout)["history"]]
    assert {"reminder_sent", "noted", "item_settled"} <= set(kinds)
    for command in (["tasks"], ["stats", "--today", last], ["check"]):
        assert _relance(shown["folder"], "--config", config, *command).returncode == 0, command


def test_a_mail_a_note_or_a_providers_mail_that_came_twice_counts_as_a_double() -> None:
    with open_providers(FIRST_DAY) as (_, stories):
        assert doubles(stories, ["<a@x>", "<b@x>"]) == 0
        assert doubles(stories, ["<a@x>", "<b@x>", "<a@x>"]) == 1
        xero = next(one for one in stories if one.company_id == "larch")
        invoice = xero.ids["INV-1041"]
        for _ in range(2):
            xero.ledger.add_note(invoice, "Reminder [rem:0123456789ab]")
            xero.ledger.send(invoice, ["accounts@rowan-hotel.example"])
        sage = next(one for one in stories if one.company_id == "galway")
        block = "Reminder SI-0081 [rem:00112233aabb]\nReminder SI-0081 [rem:00112233aabb]"
        sage.ledger.edit_party(next(iter(sage.ledger.parties)), notes=block)
        assert doubles(stories, []) == 3


def test_it_never_replaces_a_folder_that_it_did_not_make(tmp_path: Path) -> None:
    (tmp_path / "relance-demo").mkdir()
    (tmp_path / "relance-demo" / "mine.txt").write_text("keep me")
    done = _relance(tmp_path, "demo")
    assert done.returncode == 2
    assert "was not made by a demonstration" in done.stderr
    assert (tmp_path / "relance-demo" / "mine.txt").read_text() == "keep me"
