"""`relance doctor` as its user meets it: what is well, what is not, and what to do."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

import pytest

from relance import doctor as examining
from relance import doctor_company
from tests.e2e.cloud import PROVIDERS, Cloud

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.e2e.replay import Replay


# What the doctor asks of books goes through the same port whoever keeps them: one provider by default, all as a slow proof.
ASKED = [name if name == "xero" else pytest.param(name, marks=pytest.mark.slow) for name in sorted(PROVIDERS)]


@pytest.fixture(params=ASKED)
def cloud(request: pytest.FixtureRequest, folder: Path) -> Iterator[Cloud]:
    # Following the machine's clock: the doctor compares it with the one of the provider.
    with Cloud(folder=folder, provider=PROVIDERS[request.param], following=True) as one:
        yield one


def checks(done: Any) -> dict[str, dict[str, Any]]:
    return {one["name"]: one for one in done.data["checks"]}


def test_a_company_that_is_well_passes_every_check(cloud: Cloud) -> None:
    cloud.ready()
    done = cloud.command("doctor", "--json")
    found = checks(done)
    assert [one for one in found.values() if not one["ok"]] == []
    assert (done.code, done.data["ok"]) == (0, True)
    assert "Dupont Menuiserie SARL" in found["dupont: books"]["message"]
    assert "takes the log-in" in found["dupont: mail"]["message"]
    assert {"packages", "configuration", "disk", "data directory", "clock"} <= found.keys()
    # It looks and sends nothing.
    assert cloud.letters() == []
    assert cloud.ledger.mails == []


def test_a_company_that_is_not_connected_is_told_which_command_does_it(cloud: Cloud) -> None:
    cloud.configure()
    done = cloud.command("doctor", "--json")
    found = checks(done)
    assert done.code == 1
    assert (found["dupont: books"]["ok"], found["dupont: books"]["advice"]) == (False, "relance connect dupont")
    # The rest is looked at all the same.
    assert found["dupont: mail"]["ok"]


def test_a_consent_that_was_taken_back_is_told(cloud: Cloud) -> None:
    cloud.ready()
    cloud.revoke("dupont")
    done = cloud.command("doctor", "--json")
    found = checks(done)
    assert done.code == 1
    assert "relance connect dupont" in found["dupont: books"]["message"] + found["dupont: books"]["advice"]


def test_a_mail_server_that_does_not_answer_is_told(cloud: Cloud) -> None:
    free = {"host": "127.0.0.1", "port": 1, "security": "none"}
    cloud.ready(cloud.company(mail={"from": "Compta <compta@dupont.example>", "smtp": free}))
    found = checks(cloud.command("doctor", "--json"))
    assert not found["dupont: mail"]["ok"]
    assert "nothing answers at 127.0.0.1:1" in found["dupont: mail"]["message"]


def test_a_clock_that_goes_wrong_is_told(cloud: Cloud) -> None:
    cloud.ready()
    with patch.object(doctor_company, "_instant", lambda _: cloud.now - timedelta(minutes=10)):
        found = checks(cloud.command("doctor", "--json"))
    assert not found["dupont: clock"]["ok"]
    assert "ahead of the provider's" in found["dupont: clock"]["message"]


def test_xeros_own_reminders_are_told_by_doctor_and_by_the_daily_reading(folder: Path) -> None:
    with Cloud(folder=folder, provider=PROVIDERS["xero"], following=True) as cloud:
        cloud.ready()
        cloud.ledger.organisation = replace(cloud.ledger.organisation, own_reminders=True)
        found = checks(cloud.command("doctor", "--json"))
        assert not found["dupont: own reminders"]["ok"]
        assert "Invoice reminders" in found["dupont: own reminders"]["advice"]
        assert any("reminders of their own" in remark for remark in cloud.sync()["remarks"])


def test_files_are_looked_at_too(replay: Replay) -> None:
    replay.configure()
    done = replay.command("doctor", "--json")
    found = checks(done)
    assert (done.code, found["dupont: books"]["ok"]) == (1, False)
    assert "invoices.csv cannot be read" in found["dupont: books"]["message"]


def test_a_configuration_that_cannot_be_read_is_one_of_the_findings(replay: Replay) -> None:
    (replay.folder / "config.yaml").write_text("companies: [{id: dupont}]\n", encoding="utf-8")
    done = replay.command("doctor", "--json")
    assert done.code == 1
    assert not checks(done)["configuration"]["ok"]


def test_a_person_reads_what_to_do_under_each_finding(cloud: Cloud) -> None:
    cloud.configure()
    done = cloud.command("doctor")
    assert "FAIL  dupont: books: " in done.out
    assert "→ relance connect dupont" in done.out
    assert "ok    disk: " in done.out


def test_a_package_that_takes_one_of_our_names_is_told(cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> None:
    cloud.ready()
    monkeypatch.setattr(examining, "packages_distributions", lambda: {"state": ["relance", "other"]})
    found = checks(cloud.command("doctor", "--json"))
    assert found["packages"]["message"] == "other also owns state"


def test_data_that_others_can_read_is_told(cloud: Cloud) -> None:
    cloud.ready()
    cloud.do("sync")
    database = next(cloud.folder.rglob("relance.db"))
    database.chmod(0o644)
    found = checks(cloud.command("doctor", "--json"))
    assert not found["data directory"]["ok"]
    assert "relance.db" in found["data directory"]["message"]


def test_no_secret_is_in_what_is_told(cloud: Cloud) -> None:
    cloud.ready()
    done = cloud.command("doctor", "--json")
    told = json.dumps(done.data) + done.err
    secrets = ["an-app-secret", cloud.tokens["dupont"]["access_token"], cloud.tokens["dupont"]["refresh_token"]]
    assert [one for one in secrets if one in told] == []
