"""A plan explains itself: why this one, with the figures; what it counts from; what holds a day's reminders back."""

from __future__ import annotations

from datetime import date

import pytest

from engine.explain import explain
from engine.explain_plans import SENTENCES
from engine.kinds import Channel, HoldReason
from engine.model import Facts, Hold, Remind
from tests.fakes.customer_life import STANDARD
from tests.fakes.letterbox import MARTIN, invoice, money

BY_RULE: Facts = (("plan", "brisk"), ("plan_rule", "2"))


def told(facts: Facts, language: str = "fr", *, hold: HoldReason | None = None, until: date | None = None) -> str:
    decision: Hold | Remind
    if hold is None:
        decision = Remind(
            item_id="F", level_id="first", channel=Channel.EMAIL, on=date(2026, 3, 18), asked=money("1234.50"),
            covered=money("0.00"), facts=facts,
        )  # fmt: skip
    else:
        decision = Hold(
            item_id="F", reason=hold, until=until, held=money("1234.50"), covered=money("0.00"), facts=facts
        )
    text = explain(decision, invoice(), STANDARD, MARTIN, language)
    return text.replace("\u202f", " ").replace("\xa0", " ").replace("\u2019", "'")


def test_the_companys_own_plan_is_not_explained() -> None:
    assert "Plan" not in told(())


def test_an_average_is_shown_with_its_arithmetic() -> None:
    facts: Facts = (
        *BY_RULE,
        ("plan_paid", "4"),
        ("plan_days", "74"),
        ("plan_average", "18.5"),
        ("plan_late_over", "15"),
    )
    assert told(facts).endswith(
        "Plan « brisk », selon la règle n° 2 de plan_rules : 4 factures payées en un an, 74 jours de retard en tout, "
        "soit 18,5 jours de retard en moyenne, plus de 15."
    )
    assert told(facts, "en").endswith(
        "by rule 2 of plan_rules: 4 invoices paid within a year, 74 days late in all, 18.5 days late on average, "
        "more than 15."
    )


@pytest.mark.parametrize(
    ("facts", "french", "english"),
    [
        (
            (("plan_tag", "grand-compte"),),
            "le client porte l'étiquette « grand-compte ».",
            "the customer has the tag “grand-compte”.",
        ),
        ((("plan_kind", "public"),), "il est un acheteur public.", "it is a public buyer."),
        ((("plan_country", "DE"),), "son pays est DE.", "its country is DE."),
        ((("plan_currency", "USD"),), "il a des factures ouvertes en USD.", "invoices open in USD."),
        (
            (("plan_open", "12000.00 EUR"), ("plan_over", "10000.00 EUR")),
            "son encours est de 12 000,00 €, plus de 10 000,00 €.",
            "what it owes is €12,000.00, more than €10,000.00.",
        ),
        (
            (("plan_overdue", "50.00 EUR"), ("plan_over", "10.00 EUR"), ("plan_under", "100.00 EUR")),
            "ses factures échues s'élèvent à 50,00 €, entre 10,00 € et 100,00 €.",
            "its overdue invoices come to €50.00, between €10.00 and €100.00.",
        ),
    ],
)
def test_each_condition_is_said(facts: Facts, french: str, english: str) -> None:
    assert told((*BY_RULE, *facts)).endswith(french)
    assert told((*BY_RULE, *facts), "en").endswith(english)


def test_several_conditions_are_one_sentence() -> None:
    text = told((*BY_RULE, ("plan_tag", "vip"), ("plan_country", "DE")))
    assert text.endswith("plan_rules : le client porte l'étiquette « vip » ; son pays est DE.")


def test_a_plan_that_a_person_chose_says_so() -> None:
    assert told((("plan", "gentle"), ("plan_by", "person"))).endswith(
        "Plan « gentle », choisi pour ce client par une personne."
    )


def test_pay_days_preferred_days_silence_and_skipped_levels_are_said() -> None:
    text = told(
        (("pay_day", "2026-03-10"), ("preferred", "2026-03-24"), ("unanswered", "2"), ("skipped", "third, formal"))
    )
    assert "le plan compte à partir du 10 mars 2026 ; intérêts et prescription courent, eux, depuis l'échéance" in text
    assert "L'envoi est porté au 24 mars 2026, jour d'envoi préféré." in text
    assert "Le client n'a pas réagi aux 2 niveaux précédents" in text
    assert "Niveau sauté, ce qui reste dû sortant de ses montants : third, formal." in text


def test_a_limit_says_whose_it_is_and_what_sets_it() -> None:
    company: Facts = (("cause", "company"), ("per_day", "20"), ("ahead", "34"))
    assert "20 relances par jour au plus pour cette société, et 34 passent avant celle-ci" in told(
        company, hold=HoldReason.CAP_REACHED
    )
    customer: Facts = (("cause", "customer"), ("contacts", "3"), ("cap_days", "30"))
    text = told(customer, "en", hold=HoldReason.CAP_REACHED, until=date(2026, 3, 21))
    assert "Waiting until 21 March 2026 included: this customer has been contacted 3 times in 30 days" in text


def test_a_closure_names_its_last_day() -> None:
    text = told((), hold=HoldReason.CLOSED_PERIOD, until=date(2030, 12, 31))
    assert "En attente jusqu'au 31 décembre 2030 inclus" in text


def test_both_languages_say_the_same_things() -> None:
    assert len(SENTENCES["fr"]) == len(SENTENCES["en"])
    assert [len(one) for one in SENTENCES["fr"]] == [len(one) for one in SENTENCES["en"]]
