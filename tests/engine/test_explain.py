"""Every decision explains itself, in both languages, with what is known and without what is not."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date
from itertools import product
from pathlib import Path

import pytest

from engine.explain import explain, explain_block
from engine.kinds import Channel, DueSource, HoldReason, ItemKind, Tone
from engine.model import CompanyBlock, Facts, Hold, Remind
from engine.plan import Level, Plan
from tests.fakes.letterbox import MARTIN, credit, invoice, money

PLAN = Plan(
    plan_id="standard",
    levels=(
        Level(level_id="first", offset=5, channel=Channel.EMAIL, tone=Tone.FRIENDLY, deadline_days=8),
        Level(level_id="second", offset=15, channel=Channel.EMAIL, tone=Tone.FIRM, deadline_days=8),
    ),
)
# All that the decision may tell, at once.
FULL: Facts = (
    ("due_on", "2026-03-10"), ("due_source", "stated"), ("days_late", "6"), ("balance", "1234.50 EUR"),
    ("last_level", "first"), ("last_sent", "2026-03-09"), ("deadline", "2026-03-17"), ("level", "second"),
    ("limit", "180"), ("credits", "A-2026-0003"), ("minimum", "5.00"), ("last_contact", "2026-03-09"),
    ("min_gap_days", "5"), ("detail", "dernière écriture de banque du 2 mars"), ("reason", "attend un avoir."),
    ("author", "Claire"), ("promised_on", "2026-03-20"), ("promised", "500.00 EUR"), ("reminder", "r-7"),
)  # fmt: skip
VARIANTS: tuple[Facts, ...] = (
    (),
    FULL,
    (("cause", "opening_line"),),
    (("cause", "uncertain_reminder"), ("reminder", "r-7")),
    (("cause", "formal"),),
    (("kind", "written_off"), ("reason", ""), ("author", "Claire")),
    (("kind", "stopped"), ("reason", "trop cher"), ("author", "")),
    (("credit", "yes"),),
    (("cause", "credit_note_to_come"), ("kind", "dispute"), ("disputed", "120.00 EUR"), ("reason", "")),
    (("kind", "dispute"), ("disputed", "300.00 EUR"), ("reason", "qualité"), ("author", "Claire")),
    (("kind", "instalments"), ("next_on", "2026-04-20"), ("next_amount", "400.00 EUR"), ("author", "Claire")),
    (("kind", "insolvency"), ("judgment_on", "2026-03-20"), ("author", "Claire")),
    (("cause", "debit_rejected"), ("returned", "90.00 EUR"), ("returned_on", "2026-03-12")),
)
LANGUAGES = ("fr", "en")


def hold(reason: HoldReason, facts: Facts = (), until: date | None = None) -> Hold:
    return Hold(
        item_id="F-2026-0042",
        reason=reason,
        until=until,
        held=money("1234.50"),
        covered=money("0.00"),
        level_id="second" if facts is FULL else "",
        channel=Channel.EMAIL if facts is FULL else None,
        facts=facts,
    )


def told(decision: Hold | Remind, language: str) -> str:
    return explain(decision, invoice(), PLAN, MARTIN, language).replace("\u202f", " ").replace("\xa0", " ")


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("reason", HoldReason)
def test_every_reason_reads_well_whatever_is_known(reason: HoldReason, language: str) -> None:
    for facts, until in product(VARIANTS, [None, date(2026, 3, 17)]):
        text = told(hold(reason, facts, until), language)
        assert text.startswith(("Facture F-2026-0042 (Martin Rénovation)", "Invoice F-2026-0042 (Martin Rénovation)"))
        assert text.count(".") >= 3, text
        assert text.endswith("."), text
        assert not re.search(r"None|[{}]|  |\(\)|\.\.|\.\)|2026-03-|\bEUR\b", text), text


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_two_reasons_read_alike(language: str) -> None:
    texts = {told(hold(reason), language) for reason in HoldReason}
    assert len(texts) == len(HoldReason)


def test_a_running_deadline_names_the_reminder_and_the_day() -> None:
    decision = hold(HoldReason.DEADLINE_RUNNING, FULL, date(2026, 3, 17))
    assert told(decision, "fr") == (
        "Facture F-2026-0042 (Martin Rénovation) : 1 234,50 € à régler, échue le 10 mars 2026, 6 jours de retard. "
        "En attente : la relance du 9 mars 2026 (niveau « first ») laisse au client jusqu’au 17 mars 2026 pour payer. "
        "Le niveau « second » suivra au premier jour d’envoi après cette date, si rien n’est payé."
    )
    assert "the reminder of 9 March 2026 (level “first”) gives the customer until 17 March 2026" in told(decision, "en")


def test_a_promise_names_amount_and_day_and_when_it_is_judged() -> None:
    text = told(hold(HoldReason.PROMISE, FULL, date(2026, 3, 24)), "fr")
    assert "a promis 500,00 € pour le 20 mars 2026" in text
    assert "jugée après le 24 mars 2026" in text


def test_a_dispute_names_who_recorded_it_and_why() -> None:
    assert "un litige est enregistré par Claire (attend un avoir)." in told(hold(HoldReason.DISPUTE, FULL), "fr")


def test_a_reminder_of_a_part_names_what_is_contested_what_was_promised_and_who_pays() -> None:
    decision = Remind(
        item_id="F-2026-0042",
        level_id="second",
        channel=Channel.EMAIL,
        on=date(2026, 3, 18),
        asked=money("934.50"),
        covered=money("0.00"),
        disputed=money("300.00"),
        facts=(
            ("broken_promise_on", "2026-03-10"),
            ("broken_promised", "500.00 EUR"),
            ("promise_received", "200.00 EUR"),
            ("instalments_missed_on", "2026-03-12"),
            ("payer", "Holding Martin"),
        ),
    )
    text = told(decision, "fr")
    assert "conteste 300,00 €, qui ne sont pas demandés" in text
    assert "avait promis 500,00 € pour le 10 mars 2026 : seuls 200,00 € sont arrivés." in text
    assert "L’échéancier convenu n’a pas été tenu" in text
    assert "La relance est adressée à Holding Martin" in text
    assert "only €200.00 came in" in told(decision, "en")


def test_a_minimum_without_currency_is_the_invoices() -> None:
    assert "le minimum du plan, 5,00 €" not in told(hold(HoldReason.BELOW_MINIMUM), "fr")
    assert "inférieur au minimum du plan, 5,00 €." in told(hold(HoldReason.BELOW_MINIMUM, FULL), "fr")


def test_a_reminder_says_when_how_how_much_and_what_went_before() -> None:
    decision = Remind(
        item_id="F-2026-0042",
        level_id="second",
        channel=Channel.REGISTERED_LETTER,
        on=date(2026, 3, 18),
        asked=money("1034.50"),
        covered=money("200.00"),
        facts=FULL,
    )
    text = told(decision, "fr")
    assert "À relancer le 18 mars 2026 par lettre recommandée, niveau « second », pour 1 034,50 €." in text
    assert "« first » est parti le 9 mars 2026 et le délai qu’il donnait, jusqu’au 17 mars 2026, est passé." in text
    assert "couvrent déjà 200,00 €" in text


def test_a_credit_is_explained_as_what_it_is() -> None:
    text = explain(hold(HoldReason.COVERED_BY_CREDIT, (("credit", "yes"),)), credit(), PLAN, MARTIN, "en")
    assert text.startswith("A-2026-0003 (Martin Rénovation): €200.00 in the customer’s favour.")
    assert "never asked for" in text
    payment = credit("VIR-88", kind=ItemKind.PAYMENT)
    assert "Affectez-le" in explain(
        hold(HoldReason.PAYMENT_TO_ALLOCATE, (("credit", "yes"),)), payment, PLAN, MARTIN, "fr"
    )


def test_in_a_language_without_words_days_and_amounts_are_english_too() -> None:
    (german, english) = (
        explain(hold(HoldReason.NOT_DUE), invoice(), PLAN, MARTIN, language) for language in ("de", "en")
    )
    assert german == english


def test_an_assumed_due_date_is_said_to_be_assumed() -> None:
    item = replace(invoice(), due_source=DueSource.ASSUMED)
    assert "Cette échéance est supposée" in explain(hold(HoldReason.NOT_DUE), item, PLAN, MARTIN, "fr")


def test_what_a_person_typed_is_never_read_as_a_name_in_braces() -> None:
    facts: Facts = (("reason", "{number} {0} <b>"), ("author", "{x}"))
    assert "par {x} ({number} {0} <b>)" in told(hold(HoldReason.DISPUTE, facts), "fr")


def test_a_language_without_sentences_is_explained_in_english() -> None:
    assert told(hold(HoldReason.MODE_OFF), "de") != told(hold(HoldReason.MODE_OFF), "fr")
    assert "mode is “off”" in told(hold(HoldReason.MODE_OFF), "de")


@pytest.mark.parametrize("reason", HoldReason)
def test_a_blocked_company_is_explained_too(reason: HoldReason) -> None:
    for language in LANGUAGES:
        for detail in ("", "FEC du 2 mars"):
            text = explain_block(CompanyBlock(reason=reason, detail=detail), "dupont", language)
            assert "dupont" in text
            assert "{" not in text


def test_the_guide_documents_every_reason() -> None:
    guide = (Path(__file__).parents[2] / "docs" / "hold-reasons.md").read_text(encoding="utf-8")
    assert [reason for reason in HoldReason if f"| `{reason.value}` |" not in guide] == []
