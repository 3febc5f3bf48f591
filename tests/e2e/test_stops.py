"""What stops the chasing, day by day: contested parts, instalments, insolvency, debits, groups, ends. Due Mon 2 Mar 2026."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.e2e.replay import company, credit, invoice, plan, text_of
from tests.fakes.pdfs import words_of

if TYPE_CHECKING:
    from tests.e2e.replay import Replay

DUE = "2026-03-02"  # +5 is Sat 7: first on Mon 9 Mar, printing Tue 17; second Wed 18 (Thu 26); third Wed 1 Apr (Thu 9)


def tasks(replay: Replay) -> dict[str, dict[str, Any]]:
    """Give the open tasks by kind."""
    return {task["kind"]: task for task in replay.do("tasks", "--json").data["tasks"]}


def plain(text: str) -> str:
    return " ".join(text.replace("\u202f", " ").replace("\xa0", " ").split())


def history(replay: Replay, number: str, day: str) -> list[str]:
    return [entry["kind"] for entry in replay.do("explain", number, "--today", day, "--json").data["history"]]


def test_the_undisputed_part_is_chased_and_the_mail_says_which_part_is_not_asked(replay: Replay) -> None:
    # 300 of the 1000 are contested on Tue 10 Mar: the second, on Wed 18, asks 700 of it. 800 come in by Fri 20: what is
    # left, 200, is less than what is contested, so the third on Wed 1 Apr asks for E2 alone. Released on Thu 2 Apr, the
    # whole rest is asked after the gap (1 + 5 is Easter Monday): Tue 7 Apr.
    replay.books(invoice("E1", "A", due=DUE, total="1000.00"), invoice("E2", "A", due=DUE, total="250.00"))
    replay.accept("2026-03-02")
    replay.near("2026-03-09")
    assert replay.do("dispute", "E1", "--amount", "300.00", "--reason", "qualité", "--json").data == {"changed": 1}
    (notice,) = replay.run("2026-03-18").data["notices"]
    assert {item["number"]: item["asked"] for item in notice["items"]} == {"E1": "700.00", "E2": "250.00"}
    second = plain(text_of(replay.read_mails()[-1])) + plain(text_of(replay.read_mails()[0]))
    assert "Reste à régler : 1 000,00 €, dont 300,00 € contestés, non demandés ici" in second
    assert "Total à régler : 950,00 €" in second
    replay.balance("E1", "200.00")
    replay.daily("2026-03-20", "2026-04-01")
    assert replay.why("2026-04-01", "E1") == "dispute"
    assert "300,00 €" in plain(replay.decision("2026-04-01", "E1")["explanation"])
    replay.do("release", "E1")
    replay.daily("2026-04-02", "2026-04-08")
    assert replay.sent == [
        "2026-03-09 A first: E1 first, E2 first: 1250.00 EUR",
        "2026-03-18 A second: E1 second, E2 second: 950.00 EUR",
        "2026-04-01 A third: E2 third: 250.00 EUR",
        "2026-04-07 A third: E1 third: 200.00 EUR",
    ]


def test_a_formal_notice_asks_the_undisputed_part(replay: Replay) -> None:
    # Third on Wed 1 Apr prints Thu 9; +45 is Thu 16 Apr. 300 are contested the day before.
    replay.books(invoice("E1", "A", due=DUE, total="1000.00"))
    replay.accept("2026-03-02")
    replay.daily("2026-03-02", "2026-04-14")
    replay.do("dispute", "E1", "--amount", "300")
    replay.run("2026-04-16")
    assert replay.waiting == ["2026-04-16 A formal: E1 formal: 700.00 EUR"]


def test_the_letter_of_a_formal_notice_says_which_part_is_not_asked_and_whose_invoice_it_is(replay: Replay) -> None:
    # The formal notice is the first level here: +5 is Sat 7, so it is of Mon 9 Mar.
    formal = {"id": "formal", "offset": 5, "channel": "registered_letter", "tone": "formal", "deadline_days": 8}
    replay.configure(plans={"standard": plan(levels=[formal])})
    replay.books(invoice("E1", "A", due=DUE, total="1200.00"))
    replay.accept("2026-02-16")
    replay.books(*replay.rows, invoice("P1", "P", due="2026-06-30", total="9.00"))
    replay.run("2026-02-17")
    replay.do("customer", "A", "--set", "payer=P")
    replay.do("dispute", "E1", "--amount", "300")
    replay.run("2026-03-09")
    replay.do("approve", "--all")
    replay.run("2026-03-09")
    (letter,) = replay.do("letters", "--json").data["letters"]
    words = words_of(Path(letter["path"]).read_bytes())
    for said in ("Client P", "Client A", "dont 300,00 € contestés, non demandés ici", "900,00 €"):
        assert said in plain(words)


def test_a_credit_note_to_come_ends_by_itself_when_it_comes(replay: Replay) -> None:
    # 120 are to be credited: the first asks 1080. The credit note comes on Thu 12 Mar: the second asks the 1200 less it.
    replay.books(invoice("E1", "A", due=DUE, total="1200.00"))
    replay.accept("2026-03-02")
    replay.do("dispute", "E1", "--amount", "120", "--credit-note-to-come")
    replay.near("2026-03-09")
    assert "conteste 120,00 €" not in plain(replay.decision("2026-03-10", "E1")["explanation"])
    replay.books(*replay.rows, credit("A1", "A", on="2026-03-12", amount="-120.00"))
    replay.daily("2026-03-12", "2026-03-18")
    assert "credit_note_came" in history(replay, "E1", "2026-03-18")
    assert replay.sent == ["2026-03-09 A first: E1 first: 1080.00 EUR", "2026-03-18 A second: E1 second: 1080.00 EUR"]


def test_what_awaits_a_credit_note_whole_is_not_asked(replay: Replay) -> None:
    replay.books(invoice("E1", "A", due=DUE, total="1200.00"))
    replay.accept("2026-03-02")
    replay.do("dispute", "E1", "--credit-note-to-come", "--reason", "retour")
    replay.near("2026-03-09")
    decision = replay.decision("2026-03-10", "E1")
    assert (decision["reason"], replay.sent) == ("dispute", [])
    assert "un avoir est attendu (retour)" in plain(decision["explanation"])


def file_of(replay: Replay, *lines: str) -> str:
    (replay.folder / "plan.csv").write_text("\n".join(["due_on;amount;number", *lines]), encoding="utf-8")
    return "plan.csv"


def test_a_missed_instalment_ends_the_plan_and_the_next_level_follows(replay: Replay) -> None:
    # Agreed on Tue 10 Mar for 20 Mar, 20 Apr and 20 May. The first 300 come in on Mon 23 Mar, within the grace that ends
    # on Tue 24. Nothing comes for 20 Apr: judged after Wed 22, so on Thu 23 Apr the second level asks for the rest.
    replay.books(invoice("E1", "A", due=DUE, total="900.00"))
    replay.accept("2026-03-02")
    replay.near("2026-03-09")
    file = file_of(replay, "2026-03-20;300,00;", "20/04/2026;300,00;", "2026-05-20;300.00;")
    agreed = replay.do("instalments", "E1", "--file", file, "--reason", "au téléphone", "--json").data
    assert (agreed["changed"], [one["amount"] for one in agreed["plans"][0]["instalments"]]) == (1, ["300.00"] * 3)
    replay.daily("2026-03-11", "2026-03-22")
    decision = replay.decision("2026-03-22", "E1")
    assert (decision["reason"], decision["until"]) == ("instalments", "2026-03-24")
    assert "La prochaine échéance est de 300,00 € le 20 mars 2026" in plain(decision["explanation"])
    replay.balance("E1", "600.00")
    replay.daily("2026-03-23", "2026-04-22")
    assert replay.decision("2026-04-22", "E1")["until"] == "2026-04-22"
    assert "instalment_missed" not in tasks(replay)
    replay.daily("2026-04-23", "2026-04-24")
    assert replay.sent == ["2026-03-09 A first: E1 first: 900.00 EUR", "2026-04-23 A second: E1 second: 600.00 EUR"]
    task = tasks(replay)["instalment_missed"]
    assert "Échéance n° 2, 300,00 € au 20 avril 2026 : il manquait 300,00 €." in plain(task["text"])
    assert (task["customer_id"], task["due_on"]) == ("A", "2026-04-23")


def test_a_customers_plan_that_is_kept_through_ends_without_a_word(replay: Replay) -> None:
    replay.books(
        invoice("E1", "A", due=DUE, total="500.00"),
        invoice("E2", "A", due=DUE, total="400.00"),
        invoice("E3", "B", due=DUE, total="80.00"),
    )
    replay.accept("2026-03-02")
    file = file_of(replay, "2026-03-20;450.00;", "2026-04-20;450.50;")
    assert replay.do("instalments", "--customer", "A", "--file", file, "--json").data["changed"] == 2
    replay.daily("2026-03-03", "2026-03-20")
    replay.balance("E1", "50.00")
    replay.daily("2026-03-21", "2026-04-20")
    replay.balance("E1", "0.00")
    replay.balance("E2", "0.00")
    replay.daily("2026-04-21", "2026-04-27")
    assert {line.split()[1] for line in replay.sent} == {"B"}
    assert not tasks(replay).keys() & {"instalment_missed"}
    assert "instalments_kept" in history(replay, "E2", "2026-04-27")


def test_instalments_that_name_their_invoices_are_a_plan_each(replay: Replay) -> None:
    replay.books(invoice("E1", "A", due=DUE, total="500.00"), invoice("E2", "A", due=DUE, total="400.00"))
    replay.accept("2026-03-02")
    file = file_of(replay, "2026-03-20;500.00;E1", "2026-03-20;200.00;E2", "2026-04-20;200.00;E2")
    plans = replay.do("instalments", "--customer", "A", "--file", file, "--json").data["plans"]
    assert {tuple(one["numbers"]): len(one["instalments"]) for one in plans} == {("E1",): 1, ("E2",): 2}
    # Nothing comes in: E1 and E2 both miss their first on Wed 25 Mar, and are reminded together.
    replay.daily("2026-03-03", "2026-03-25")
    assert replay.sent == ["2026-03-25 A first: E1 first, E2 first: 900.00 EUR"]


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        (("2026-03-20;300.00;", "2026-04-20;500.00;"), "make 800.00 EUR, the invoices owe 900.00 EUR"),
        (("2026-04-20;300.00;", "2026-03-20;600.00;"), "the days must rise: 2026-03-20"),
        (("soon;300.00;", "2026-04-20;0;", "2026-05-20;x;", "2026-05-21;5;F9"), "plan.csv:2: 'soon' is no date"),
        (("2026-03-20;300.00;E1", "2026-04-20;600.00;"), "either every line names its invoice, or none does"),
        ((), "the plan has no instalment"),
    ],
)
def test_instalments_that_do_not_fit_are_refused_with_every_reason(
    replay: Replay, lines: tuple[str, ...], said: str
) -> None:
    replay.books(invoice("E1", "A", due=DUE, total="900.00"))
    replay.accept("2026-03-02")
    done = replay.command("instalments", "E1", "--file", file_of(replay, *lines), "--json")
    assert (done.code, done.out) == (2, "")
    assert said in done.err
    if said.startswith("plan.csv"):
        for place in ("plan.csv:3: '0' is not a positive", "plan.csv:4: 'x' is no amount", "plan.csv:5: 'F9' is none"):
            assert place in done.err
    assert replay.why("2026-03-09", "E1") == "remind"


def test_insolvency_holds_what_is_from_before_the_judgment_and_dates_the_claim(replay: Replay) -> None:
    # E1 is from 31 Jan, E2 from 16 Mar (due Wed 15 Apr): the judgment of Tue 10 Mar stops E1 alone. E2 gets no
    # courtesy before its due date, since E1 was reminded and is open; +5: Mon 20 Apr. Published on Tue 17 Mar, the claim
    # is filed by 17 May.
    replay.books(
        invoice("E1", "A", due=DUE, total="900.00"),
        invoice("E2", "A", due="2026-04-15", issued="2026-03-16", total="100.00"),
    )
    replay.accept("2026-03-02")
    replay.near("2026-03-09")
    opened = ("--judgment-on", "2026-03-10", "--published-on", "2026-03-17")
    replay.do("hold", "--customer", "A", "--kind", "insolvency", *opened, "--reason", "redressement judiciaire")
    task = tasks(replay)["claim_to_file"]
    assert (task["due_on"], plain(task["title"])) == ("2026-05-17", "Déclarer la créance : Client A, 900,00 €")
    replay.daily("2026-03-17", "2026-04-21")
    assert replay.sent == [
        "2026-03-09 A first: E1 first: 900.00 EUR",
        "2026-04-20 A first: E2 first: 100.00 EUR",
    ]
    decision = replay.decision("2026-04-21", "E1")
    assert decision["reason"] == "insolvency"
    assert "antérieure au jugement du 10 mars 2026" in plain(decision["explanation"])
    assert replay.do("tasks", "--done", task["key"], "--json").data["tasks"] == []


@pytest.mark.parametrize("kind", ["factored", "intercompany"])
def test_what_a_factor_collects_or_the_group_owes_is_held(replay: Replay, kind: str) -> None:
    replay.books(invoice("E1", "A", due=DUE, total="900.00"), invoice("E2", "B", due=DUE, total="80.00"))
    replay.accept("2026-03-02")
    replay.do("hold", "E1", "--kind", kind)
    replay.near("2026-03-09")
    assert (replay.why("2026-03-09", "E1"), len(replay.sent)) == (kind, 1)
    for wrong in (("hold", "E1", "--kind", "insolvency"), ("hold", "E1", "--judgment-on", "2026-03-10")):
        assert replay.command(*wrong).code == 2


@pytest.mark.parametrize("method", ["direct_debit", "card"])
def test_who_is_collected_from_gets_no_mail_and_a_rejected_payment_is_a_task(replay: Replay, method: str) -> None:
    # Collected on Wed 4 Mar, taken back on Fri 6. On Tue 10 the customer is to pay by transfer: the first leaves then.
    replay.books(invoice("E1", "A", due=DUE, total="500.00"))
    replay.accept("2026-03-02")
    replay.do("customer", "A", "--set", f"payment_method={method}")
    replay.daily("2026-03-02", "2026-03-03")
    replay.balance("E1", "0.00")
    replay.daily("2026-03-04", "2026-03-05")
    assert not tasks(replay)
    replay.balance("E1", "500.00")
    replay.daily("2026-03-06", "2026-03-09")
    assert not replay.sent
    task = tasks(replay)["debit_rejected"]
    assert plain(task["title"]) == "Prélèvement rejeté : E1 (Client A), 500,00 €"
    assert "nous l’avons vu le 6 mars 2026" in plain(task["text"])
    assert replay.why("2026-03-09", "E1") == "direct_debit"
    replay.do("customer", "A", "--set", "payment_method=transfer")
    replay.run("2026-03-10")
    assert (replay.sent, tasks(replay)) == (["2026-03-10 A first: E1 first: 500.00 EUR"], {})


def test_the_payer_of_a_group_gets_one_notice_for_all_and_the_members_none(replay: Replay) -> None:
    # M1 and N1 are due with 150 of credit of N's; P's own P1 is due Thu 12 Mar (+5: Tue 17, the gap from 9 is over).
    # The seconds of M1 and N1, Wed 18, wait for the gap from 17: Mon 23 (17 + 5 is Sunday).
    replay.configure(plans={"standard": plan(thank_you=True)})
    replay.books(
        invoice("M1", "M", due=DUE, total="1000.00"),
        invoice("N1", "N", due=DUE, total="200.00"),
        credit("A1", "N", on="2026-02-20", amount="-150.00"),
        invoice("P1", "P", due="2026-03-12", total="900.00"),
    )
    replay.accept("2026-03-02")
    for member in ("M", "N"):
        replay.do("customer", member, "--set", "payer=P")
    assert replay.command("customer", "P", "--set", "payer=M").code == 2
    assert replay.command("customer", "P", "--set", "payer=ZZ").code == 2
    replay.daily("2026-03-03", "2026-03-08")
    (notice,) = replay.run("2026-03-09").data["notices"]
    assert (notice["customer_id"], notice["customer"], notice["to"]) == ("P", "Client P", "ap@p.example")
    decision = replay.decision("2026-03-10", "M1")
    assert (decision["customer_id"], decision["customer"]) == ("M", "Client M")
    # The credit goes to the oldest invoice of the group, M1, although it is N's.
    assert {item["number"]: item["asked"] for item in notice["items"]} == {"M1": "850.00", "N1": "200.00"}
    text = plain(text_of(replay.read_mails()[0]))
    assert "Facture M1 du 31 janvier 2026 – Client M" in text
    assert "Total à régler : 1 050,00 €" in text
    replay.daily("2026-03-10", "2026-03-23")
    assert replay.sent == [
        "2026-03-09 P first: M1 first, N1 first: 1050.00 EUR",
        "2026-03-17 P first: P1 first: 900.00 EUR",
        "2026-03-23 P second: M1 second, N1 second: 1050.00 EUR",
    ]
    for number in ("M1", "N1", "A1", "P1"):
        replay.balance(number, "0.00")
    replay.run("2026-03-24")
    assert replay.thanked == ["2026-03-24 P"]
    assert {str(mail["To"]) for mail in replay.read_mails()} == {"ap@p.example"}


def test_a_hold_on_a_member_covers_its_items_only_and_whoever_must_not_be_contacted_is_not(replay: Replay) -> None:
    replay.books(
        invoice("M1", "M", due=DUE, total="100.00"),
        invoice("N1", "N", due=DUE, total="20.00"),
        invoice("P1", "P", due=DUE, total="3.00"),
        invoice("O1", "O", due=DUE, total="70.00"),
    )
    replay.accept("2026-03-02")
    for member in ("M", "N", "O"):
        replay.do("customer", member, "--set", "payer=P")
    replay.do("hold", "--customer", "M", "--reason", "visite prévue")
    replay.do("customer", "O", "--set", "do_not_contact=yes")
    replay.near("2026-03-09")
    assert replay.sent == ["2026-03-09 P first: N1 first, P1 first: 23.00 EUR"]
    assert (replay.why("2026-03-10", "M1"), replay.why("2026-03-10", "O1")) == ("hold", "do_not_contact")
    replay.do("release", "--customer", "M")
    replay.do("hold", "--customer", "P", "--reason", "direction")
    assert {replay.why("2026-03-18", number) for number in ("M1", "N1", "P1")} == {"hold"}


def test_a_payer_named_between_planning_and_sending_is_written_to_instead(replay: Replay) -> None:
    # Approved mode: M1 waits for a person from Mon 9 Mar; on Tue 10 it turns out that P pays. The old one is gone, and
    # the one for P waits from the next run on.
    replay.configure(company(mode="approve"))
    replay.books(invoice("M1", "M", due=DUE, total="100.00"), invoice("P1", "P", due="2026-06-30", total="9.00"))
    replay.accept("2026-03-02")
    replay.run("2026-03-09")
    replay.do("customer", "M", "--set", "payer=P")
    replay.do("approve", "--all")
    replay.run("2026-03-10")
    assert replay.waiting == ["2026-03-09 M first: M1 first: 100.00 EUR", "2026-03-10 P first: M1 first: 100.00 EUR"]
    replay.do("approve", "--all")
    replay.run("2026-03-11")
    assert replay.sent == ["2026-03-11 P first: M1 first: 100.00 EUR"]
    assert [str(mail["To"]) for mail in replay.read_mails()] == ["ap@p.example"]


def test_the_end_of_a_hold_is_shown_when_it_comes(replay: Replay) -> None:
    # Held until Wed 11 Mar: the first leaves on Thu 12, when the end is shown; it goes after a week, on Thu 19.
    replay.books(invoice("E1", "A", due=DUE, total="75.00"))
    replay.accept("2026-03-02")
    replay.do("hold", "E1", "--until", "2026-03-11", "--reason", "nous devons une réponse")
    replay.daily("2026-03-03", "2026-03-11")
    assert not tasks(replay)
    replay.run("2026-03-12")
    assert replay.sent == ["2026-03-12 A first: E1 first: 75.00 EUR"]
    task = tasks(replay)["hold_ended"]
    assert plain(task["title"]) == "Fin de la suspension : E1"
    assert "(nous devons une réponse) a pris fin le 11 mars 2026. Les relances reprennent" in plain(task["text"])
    replay.daily("2026-03-13", "2026-03-18")
    assert "hold_ended" in tasks(replay)
    replay.run("2026-03-19")
    assert not tasks(replay)
    assert history(replay, "E1", "2026-03-19").count("hold_ended") == 1


def test_a_promise_kept_in_part_is_broken_and_the_mail_says_what_came_in(replay: Replay) -> None:
    # 1200 promised for Fri 20 Mar, 500 come in: broken on Wed 25, and the second asks for the rest.
    replay.books(invoice("E1", "A", due=DUE, total="1200.00"))
    replay.accept("2026-03-02")
    replay.near("2026-03-09")
    replay.do("promise", "E1", "--on", "2026-03-20")
    replay.balance("E1", "700.00")
    replay.daily("2026-03-19", "2026-03-24")
    explained = replay.do("explain", "E1", "--today", "2026-03-25", "--json").data
    assert "avait promis 1 200,00 € pour le 20 mars 2026 : seuls 500,00 € sont arrivés" in plain(
        explained["decision"]["explanation"]
    )
    replay.run("2026-03-25")
    texts = [plain(text_of(mail)) for mail in replay.read_mails()]
    assert [text for text in texts if "1 200,00 € pour le 20 mars 2026" in text and "reçu que 500,00 €" in text]
    history_ = replay.do("explain", "E1", "--today", "2026-03-25", "--json").data["history"]
    (broken,) = [entry for entry in history_ if entry["kind"] == "promise_broken"]
    assert broken["detail"]["received"] == "500.00 EUR"
    (figures,) = replay.do("stats", "--today", "2026-03-26", "--json").data["companies"][0]["currencies"]
    assert (figures["promises"]["fallen_due"], figures["promises"]["kept"], figures["promises"]["partly_kept"]) == (
        1,
        0,
        1,
    )


def test_a_customers_promise_covers_each_open_invoice(replay: Replay) -> None:
    # E1 and E2 are promised together for Fri 20 Mar, E1 comes in: E2 alone is broken on Wed 25.
    replay.books(invoice("E1", "A", due=DUE, total="100.00"), invoice("E2", "A", due=DUE, total="50.00"))
    replay.accept("2026-03-02")
    replay.near("2026-03-09")
    assert replay.do("promise", "--customer", "A", "--on", "2026-03-20", "--json").data["changed"] == 2
    replay.balance("E1", "0.00")
    replay.daily("2026-03-18", "2026-03-25")
    assert replay.sent[1:] == ["2026-03-25 A second: E2 second: 50.00 EUR"]


def test_a_contact_that_must_not_be_written_to_is_passed_over(replay: Replay) -> None:
    replay.books(invoice("E1", "A", due=DUE, total="100.00"))
    replay.accept("2026-03-02")
    replay.do("customer", "A", "--set", "do_not_write_to=ap@a.example")
    replay.near("2026-03-09")
    assert (replay.sent, replay.why("2026-03-10", "E1")) == ([], "do_not_contact")
    replay.do("customer", "A", "--set", "email=compta@a.example")
    replay.run("2026-03-11")
    assert replay.sent == ["2026-03-11 A first: E1 first: 100.00 EUR"]
