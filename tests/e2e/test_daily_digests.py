"""The daily digest of each collaborator: once a day, of their companies alone, whatever stops in between."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from engine.digest import DigestState
from relance.daily_sending import send_daily_digests
from relance.installation import open_installation
from tests.e2e.replay import company, invoice, plan, text_of
from tests.fakes.smtp_server import Act, SmtpServer, Step, misbehave

if TYPE_CHECKING:
    from email.message import EmailMessage
    from pathlib import Path

    from relance.installation import Installation
    from tests.e2e.replay import Replay

ANNE = {"name": "Anne Roux", "email": "anne@cabinet.example"}
BOB = {"name": "Bob Vidal", "email": "bob@cabinet.example", "companies": ["martin"], "at": "10:30", "language": "en"}
FIRM = {"name": "Cabinet Exemple", "mail": {"from": "Relance <relance@cabinet.example>", "maildir": "firm/"}}
DUE = "2026-03-02"


def start(replay: Replay, *people: dict[str, Any], firm: dict[str, Any] | None = None, **martin: Any) -> None:
    books = {"provider": "csv", "invoices": "martin.csv", "max_age_days": 5}
    replay.configure(
        company(),
        company("martin", **{"books": books, **martin}),
        plans={"standard": plan()},
        collaborators=list(people or (ANNE, BOB)),
        firm=firm or FIRM,
    )
    replay.books(
        invoice("F1", "A", due=DUE, total="1200.00"),
        invoice("F2", "B", due=DUE, total="50.00", currency="USD"),
        invoice("M1", "Z", due=DUE, total="77.00", file="martin.csv"),
    )
    replay.command("run", "--today", "2026-03-01", "--json")
    for one in ("dupont", "martin"):
        replay.do("accept", one, "--backlog")


def run(replay: Replay, day: str, *more: str) -> list[tuple[str, str]]:
    done = replay.command(*more, "run", "--today", day, "--json")
    assert done.data is not None, done.err
    return [(one["to"], one["state"]) for one in done.data["digests"]]


def mails(replay: Replay, to: dict[str, Any]) -> list[EmailMessage]:
    return [mail for mail in replay.read_mails("firm") if str(to["email"]) in str(mail["To"])]


def words_of(mail: EmailMessage) -> str:
    """Give a mail's text on one line; no-break spaces stay."""
    return text_of(mail).replace("\r\n", " ").replace("\n", " ")


def test_each_collaborator_gets_one_mail_a_day_from_their_hour_on(replay: Replay) -> None:
    # With --today it is the start of the send window, 09:00: Anne's hour has come, Bob's (10:30) has not.
    start(replay)
    assert run(replay, "2026-03-03") == [("anne@cabinet.example", "sent")]
    assert run(replay, "2026-03-03") == []
    assert run(replay, "2026-03-04") == [("anne@cabinet.example", "sent")]
    assert (len(mails(replay, ANNE)), len(mails(replay, BOB))) == (2, 0)


def test_nobody_is_told_on_a_day_without_sending_unless_it_is_one_of_their_days(replay: Replay) -> None:
    # Sat 7 and Sun 8 Mar 2026; Mon 6 Apr is Easter Monday.
    start(replay, ANNE, {**BOB, "at": "08:00", "days": ["mon", "sat"]})
    told = {day: [to for to, _ in run(replay, day)] for day in ("2026-03-07", "2026-03-08", "2026-03-09", "2026-04-06")}
    assert told == {
        "2026-03-07": ["bob@cabinet.example"],
        "2026-03-08": [],
        "2026-03-09": ["anne@cabinet.example", "bob@cabinet.example"],
        "2026-04-06": [],
    }


def test_a_digest_tells_of_its_readers_companies_and_of_no_other(replay: Replay) -> None:
    start(replay, ANNE, {**BOB, "at": "08:00"})
    run(replay, "2026-03-09")
    (hers,), (his,) = mails(replay, ANNE), mails(replay, BOB)
    assert "Dupont" in text_of(hers)
    assert "Martin" in text_of(hers)
    for part in his.walk():
        content = "" if part.is_multipart() else str(part.get_content())
        assert not any(word in content for word in ("Dupont", "Client A", "F1", "1,200"))
    assert "Martin" in text_of(his)
    assert "€77.00" in text_of(his)


def test_a_digest_counts_what_leaves_what_waits_what_is_large_and_what_came_in(replay: Replay) -> None:
    # On Mon 9 Mar the first levels leave: two at Dupont, one at Martin.
    start(replay)
    run(replay, "2026-03-06")
    replay.balance("F2", "20.00")
    replay.command("run", "--today", "2026-03-09", "--json")
    (now,) = replay.do("digest", "--today", "2026-03-09", "--for", "anne@cabinet.example", "--json").data["digests"]
    dupont, martin = now["companies"]
    assert (dupont["to_go"], martin["to_go"]) == ({"first": 2}, {"first": 1})
    assert [(one["number"], one["balance"], one["currency"]) for one in now["largest"]] == [
        ("F1", "1200.00", "EUR"),
        ("M1", "77.00", "EUR"),
        ("F2", "20.00", "USD"),
    ]
    (friday, monday) = mails(replay, ANNE)
    texts = sorted((words_of(friday), words_of(monday)), key=lambda text: "30,00" in text)
    assert "Aucun encaissement vu" in texts[0]
    assert "30,00\xa0$US" in texts[1]
    assert "3 relances partent aujourd’hui" in texts[1]
    assert "Rien à faire" in texts[1]
    replay.command("run", "--today", "2026-03-10", "--json")
    assert sum("30,00\xa0$US." in text_of(mail) for mail in mails(replay, ANNE)) == 1


def test_what_needs_a_person_is_counted(replay: Replay) -> None:
    start(replay, mode="approve")
    run(replay, "2026-03-09")
    (now,) = replay.do("digest", "--today", "2026-03-09", "--for", "bob@cabinet.example", "--json").data["digests"]
    (martin,) = now["companies"]
    assert (martin["awaiting_approval"], martin["to_go"], now["nothing_to_do"]) == (1, {}, False)
    (mail,) = mails(replay, ANNE)
    assert "1 point attend quelqu’un" in text_of(mail)
    assert "1 à valider" in text_of(mail)


def test_a_company_whose_books_are_too_old_is_told_of_first(replay: Replay) -> None:
    start(replay)
    os.utime(replay.folder / "martin.csv", (0, 0))
    run(replay, "2026-03-09")
    (mail,) = mails(replay, ANNE)
    text = text_of(mail)
    assert "comptes trop anciens" in text
    assert text.index("Martin Menuiserie") < text.index("Dupont Menuiserie")


def test_without_settings_of_the_firm_the_first_company_that_sends_carries_the_digests(replay: Replay) -> None:
    start(replay, firm={"name": "Cabinet Exemple"})
    assert run(replay, "2026-03-03") == [("anne@cabinet.example", "sent")]
    assert [str(mail["From"]) for mail in replay.read_mails()] == ["Compta <compta@dupont.example>"]


def test_a_run_of_one_company_tells_nobody_who_has_others(replay: Replay) -> None:
    start(replay, ANNE, {**BOB, "at": "08:00"})
    assert run(replay, "2026-03-09", "--company", "martin") == [("bob@cabinet.example", "sent")]
    assert run(replay, "2026-03-09") == [("anne@cabinet.example", "sent")]


def test_a_collaborator_of_a_company_that_there_is_not_is_refused_with_its_line(replay: Replay) -> None:
    start(replay)
    replay.configure(company(), collaborators=[{**BOB, "companies": ["dupond"]}])
    done = replay.command("check")
    assert done.code == 1
    assert "there is no company dupond; did you mean dupont?" in done.out + done.err
    replay.configure(company(), collaborators=[ANNE, {**BOB, "email": "Anne@cabinet.example", "companies": "all"}])
    assert "one digest a day goes to an address" in replay.command("check").err


def test_digest_shows_without_sending_and_names_an_unknown_address(replay: Replay) -> None:
    start(replay)
    shown = replay.do("digest", "--today", "2026-03-03").out
    assert "Bonjour Anne Roux" in shown
    assert "Hello Bob Vidal" in shown
    assert replay.mails("firm") == []
    done = replay.command("digest", "--for", "ann@cabinet.example")
    assert done.code == 2
    assert "did you mean anne@cabinet.example" in done.err


def test_a_digest_of_unknown_outcome_is_told_once_and_never_sent_again(replay: Replay) -> None:
    with SmtpServer(faults=[misbehave(Act.ACCEPT_RESET, Step.DOT, times=1)]) as server:
        mail = {
            "from": "Relance <relance@cabinet.example>",
            "smtp": {"host": "127.0.0.1", "port": server.port, "security": "none"},
        }
        start(replay, ANNE, firm={"name": "Cabinet Exemple", "mail": mail})
        assert run(replay, "2026-03-03") == [("anne@cabinet.example", "uncertain")]
        assert run(replay, "2026-03-03") == []
        assert run(replay, "2026-03-04") == [("anne@cabinet.example", "sent")]
        server.settle()
        assert len(server.accepted) == 2


@dataclass(slots=True)
class MovedClock:
    """A clock that the test sets."""

    instant: datetime = field(default=datetime(2026, 3, 2, 5, 0, tzinfo=UTC))

    def now(self) -> datetime:
        return self.instant


class StoppedError(BaseException):
    """The process ends here: nothing after it happens."""


def test_the_hour_is_that_of_the_firms_time_zone(replay: Replay) -> None:
    start(replay, ANNE, firm={**FIRM, "timezone": "America/Montreal"})
    clock = MovedClock()
    installation = open_installation(replay.folder / "config.yaml", None, clock)
    told = []
    # 08:00 in Montreal is 13:00 UTC (winter time until Sun 8 Mar 2026).
    for hour in (7, 12, 13, 14):
        clock.instant = datetime(2026, 3, 3, hour, 0, tzinfo=UTC)
        told += [(hour, one.state) for one in pass_over(installation)]
    assert told == [(13, DigestState.SENT)]


def pass_over(installation: Installation) -> list[Any]:
    with installation.owned_store() as (store, owner):
        return send_daily_digests(installation, store, owner)


@settings(
    max_examples=20,
    deadline=None,
    phases=(Phase.explicit, Phase.reuse, Phase.generate),
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    st.lists(st.tuples(st.integers(0, 20), st.sampled_from(["", "before", "after", "later"])), min_size=1, max_size=12)
)
@pytest.mark.slow
def test_whatever_stops_in_between_nobody_gets_two_digests_of_a_day(
    replay: Replay, passes: list[tuple[int, str]]
) -> None:
    # Each pass comes some hours after the last; some stop before the barrier, some right after it, some never leave.
    with pytest.MonkeyPatch.context() as patch:
        folder = replay.folder / f"run{len(list(replay.folder.iterdir()))}"
        replay_in(replay, folder)
        clock = MovedClock()
        installation = open_installation(folder / "config.yaml", None, clock)
        handed: list[tuple[str, date]] = []
        listen(patch, handed, installation)
        for hours, stop in passes:
            clock.instant += timedelta(hours=hours)
            Listening.stop = stop
            try:
                pass_over(installation)
            except StoppedError:
                continue
        assert len(handed) == len(set(handed))


class Listening:
    """Where the next hand-over stops; "" for nowhere."""

    stop = ""


def listen(patch: pytest.MonkeyPatch, handed: list[tuple[str, date]], installation: Installation) -> None:
    """Put a channel in the maildir's place that notes what was handed over, and stops where it is told."""
    from engine.errors import NotHandedOverError  # noqa: PLC0415 (beside its one use)
    from engine.records import Receipt  # noqa: PLC0415 (the same)

    class Channel:
        def deliver(self, envelope: Any, barrier: Any) -> Receipt:
            if Listening.stop == "later":
                raise NotHandedOverError("out of reach")
            if Listening.stop == "before":
                raise StoppedError
            barrier("here")
            handed.append((envelope.recipients[0], installation.clock.now().date()))
            if Listening.stop == "after":
                raise StoppedError
            return Receipt(server="here", reply="ok")

        def delivered(self, message_id: str) -> bool | None:
            del message_id
            return None

    patch.setattr("relance.daily_sending.mail_channel", lambda _mail: (Channel(), lambda: None))


def replay_in(replay: Replay, folder: Path) -> None:
    """Write the configuration of two collaborators into a folder of its own."""
    import yaml  # noqa: PLC0415 (beside its one use)

    folder.mkdir()
    (folder / "invoices.csv").write_text("number\n", encoding="utf-8")
    everything = {
        "firm": FIRM,
        "companies": [company(), company("martin")],
        "collaborators": [ANNE, {**BOB, "days": ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]}],
    }
    (folder / "config.yaml").write_text(yaml.safe_dump(everything, allow_unicode=True), encoding="utf-8")
    del replay
