"""Plans and rules as they are written: built-in ones, derived ones, and what `relance check` refuses."""

from __future__ import annotations

import re
from decimal import Decimal
from itertools import pairwise
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.kinds import AttachmentKind, Channel, Charges, ContactRole, Tone
from engine.plan import AfterSilence, CustomerCap
from engine.rules import AmountBound, Condition
from engine.spread import Ramp, Spread
from relance.checking import plans_told
from relance.config import check_config
from relance.config.build import calendar_of, creditor_of, plans_of, rules_of, spread_of
from relance.config.presets import PRESETS
from relance.config.schema_plan import PlanConfig
from relance.config.values import Context
from tests.fakes.config_files import company, company_text, config, config_text, plan_text, problems_in, write_config

if TYPE_CHECKING:
    from pathlib import Path

    from engine.plan import Plan

LEVEL = "{id: a, offset: 5, channel: email, tone: firm}"


def plans(folder: Path, head: str = "") -> dict[str, Plan]:
    return plans_of(config(folder, config_text(head=head)))


def refused(folder: Path, text: str) -> list[tuple[str, str]]:
    """Give key and message of each problem that loading a text finds."""
    return [(key, message) for _, key, _, message in problems_in(folder, text)]


def warned(folder: Path, *lines: str, head: str = "") -> list[tuple[str, int | None, str]]:
    """Give what `check` says of a company that loads."""
    text = config_text(company_text(*lines), head=head)
    (folder / "invoices.csv").touch()
    config(folder, text)
    return [(one.key, one.line, one.message) for one in check_config(write_config(folder, text))]


# Built-in plans.


def test_the_built_in_plans_have_the_offsets_that_the_guide_prints(tmp_path: Path) -> None:
    found = {name: [level.offset for level in plan.levels] for name, plan in plans(tmp_path).items()}
    assert found == {
        "gentle": [-5, 7, 15, 30, 45],
        "standard": [-5, 5, 15, 30, 45],
        "brisk": [0, 8, 15, 30],
        "big_accounts": [3, 10, 25, 40, 60],
        "public": [10, 30, 50, 75],
        "consumer": [-5, 7, 20, 35, 50],
    }


@pytest.mark.parametrize("name", sorted(PRESETS))
def test_a_built_in_plan_keeps_its_own_deadlines_and_never_grows_softer(name: str, tmp_path: Path) -> None:
    plan = plans(tmp_path)[name]
    firmness = [list(Tone).index(level.tone) for level in plan.levels]
    assert firmness == sorted(firmness)
    for level, following in pairwise(plan.levels):
        # The next level would wait for the deadline anyway; an offset inside it would promise a day that never holds.
        assert level.offset + (level.deadline_days or 0) < following.offset
    assert all(level.approval for level in plan.levels if level.is_formal)


def test_a_consumer_is_asked_for_no_charges_and_large_accounts_are_called_first(tmp_path: Path) -> None:
    found = plans(tmp_path)
    assert {level.charges for level in found["consumer"].levels} == {Charges.NONE}
    assert found["consumer"].levels[-1].channel is Channel.REGISTERED_LETTER
    assert found["big_accounts"].levels[0].channel is Channel.CALL
    assert any(level.copy_owner for level in found["big_accounts"].levels)
    assert not any(level.is_formal for level in found["gentle"].levels)


def test_a_plan_that_is_written_replaces_the_built_in_one_of_its_name(tmp_path: Path) -> None:
    head = plan_text(LEVEL).replace("standard", "brisk")
    found = plans(tmp_path, head)
    assert [level.level_id for level in found["brisk"].levels] == ["a"]
    assert len(found["standard"].levels) == 5


def test_a_plan_may_start_from_a_built_in_one(tmp_path: Path) -> None:
    found = plans(tmp_path, "plans:\n  ours: {preset: brisk, min_gap_days: 7}\n")
    assert found["ours"].min_gap_days == 7
    assert found["ours"].levels == found["brisk"].levels
    replaced = plans(tmp_path, f"plans:\n  ours: {{preset: gentle, levels: [{LEVEL}]}}\n")["ours"]
    assert ([level.level_id for level in replaced.levels], replaced.min_gap_days) == (["a"], 7)


def test_a_company_may_name_a_built_in_plan_without_writing_it(tmp_path: Path) -> None:
    assert company(tmp_path, "plan: gentle").plan == "gentle"


@given(name=st.text(alphabet="abcdefghijklmnopqrstuvwxyz", min_size=1, max_size=12).filter(lambda n: n not in PRESETS))
def test_any_other_preset_is_refused_at_its_own_key(name: str) -> None:
    from pathlib import Path as Folder  # noqa: PLC0415 (hypothesis calls this without the fixture of a folder)

    context = Context(base=Folder(), plan_ids=(), known={})
    with pytest.raises(ValueError, match="there is no preset") as caught:
        PlanConfig.model_validate({"preset": name}, context=context)
    (error,) = caught.value.errors()  # type: ignore[attr-defined]
    assert error["loc"] == ("preset",)


def test_check_lists_the_plans_and_who_uses_them(tmp_path: Path) -> None:
    path = write_config(tmp_path, config_text(company_text("plan_rules:", "  - {if: {kind: public}, plan: public}")))
    told = plans_told(path)
    assert "  standard: -5 pre_due, +5 first, +15 second, +30 third, +45 formal; dupont" in told
    assert "  public: +10 first, +30 second, +50 third, +75 formal; dupont" in told
    assert "  brisk: +0 due, +8 first, +15 second, +30 formal" in told


# Levels.


def test_everything_a_level_may_ask_for_reaches_the_engine(tmp_path: Path) -> None:
    head = plan_text(
        LEVEL,
        "{id: b, offset: 9, channel: email, tone: final, to: [director, billing], min_amount: 100, max_amount: '500.50',"
        " signatory: boss, copy_owner: true, attachments: [invoice, terms, invoice],"
        " after_silence: {channel: call, levels: 1}}",
        settings="    customer_cap: {contacts: 3, days: 30}\n",
    )
    plan = plans(tmp_path, head)["standard"]
    level = plan.levels[1]
    assert plan.customer_cap == CustomerCap(contacts=3, days=30)
    assert level.to == (ContactRole.DIRECTOR, ContactRole.BILLING)
    assert (level.min_amount, level.max_amount) == (Decimal(100), Decimal("500.50"))
    assert (level.signatory, level.copy_owner) == ("boss", True)
    assert level.attachments == (AttachmentKind.INVOICE, AttachmentKind.TERMS)
    assert level.after_silence == AfterSilence(channel=Channel.CALL, levels=1)


@pytest.mark.parametrize(
    ("changes", "key", "says"),
    [
        ("min_amount: 500, max_amount: 100", "max_amount", "less than min_amount (500)"),
        ("copy_owner: true, channel: call", "copy_owner", "channel: email"),
        ("after_silence: {channel: email}", "after_silence.channel", "name another"),
        ("after_silence: {channel: call, levels: 1}", "after_silence", "can never apply: only 0 levels"),
        ("after_silence: {channel: call, levels: 0}", "after_silence.levels", "1 or more"),
        ("to: []", "to", "too few"),
        ("to: chef", "to", "must be"),
        ("attachments: [invoice, photo]", "attachments[#2]", "must be"),
        ("signatory: 'a b'", "signatory", "short name"),
    ],
)
def test_a_level_that_makes_no_sense_is_refused_at_its_key(changes: str, key: str, says: str, tmp_path: Path) -> None:
    level = {"id": "a", "offset": "5", "channel": "email", "tone": "firm"}
    written = ", ".join(
        f"{name}: {value}" for name, value in level.items() if not re.search(rf"(^|, ){name}:", changes)
    )
    ((found, message),) = refused(tmp_path, plan_text(f"{{{written}, {changes}}}") + config_text())
    assert found.removeprefix("plans.standard.levels[a].") == key
    assert says in message


def test_an_unknown_preset_is_named_with_its_line(tmp_path: Path) -> None:
    text = config_text(head="plans:\n  ours:\n    preset: brysk\n    min_gap_days: 7\n")
    assert problems_in(tmp_path, text) == [
        ("config.yaml", "plans.ours.preset", 3, "there is no preset brysk; did you mean brisk?")
    ]


@pytest.mark.parametrize("cap", ["{contacts: 0, days: 30}", "{contacts: 3, days: 0}", "{contacts: 3}"])
def test_a_cap_of_nothing_is_refused(cap: str, tmp_path: Path) -> None:
    assert len(refused(tmp_path, plan_text(LEVEL, settings=f"    customer_cap: {cap}\n") + config_text())) == 1


# Rules.


def test_rules_reach_the_engine_in_their_order(tmp_path: Path) -> None:
    found = company(
        tmp_path,
        "plan_rules:",
        '  - {if: {tag: vip, country: DE, currency: USD, amount: {over: "100.50", under: 900, of: overdue, currency: USD},'
        " days_late_over: 15}, plan: gentle}",
        "  - {if: {amount: {over: 5000}}, plan: brisk}",
    )
    first, second = rules_of(found)
    assert first.condition == Condition(
        tag="vip",
        country="DE",
        currency="USD",
        amount=AmountBound(currency="USD", over=Decimal("100.50"), under=Decimal(900), overdue=True),
        days_late_over=15,
    )
    assert second.condition == Condition(amount=AmountBound(currency="EUR", over=Decimal(5000)))
    assert (first.plan_id, second.plan_id) == ("gentle", "brisk")


@pytest.mark.parametrize(
    ("condition", "key", "says"),
    [
        ("{amount: {of: overdue}}", "if.amount", "says nothing"),
        ("{amount: {over: 500, under: 500}}", "if.amount", "no amount is both"),
        ("{currency: euro}", "if.currency", "three capital letters"),
        ("{amount: {over: 1, currency: eur}}", "if.amount.currency", "three capital letters"),
        ("{country: France}", "if.country", "two capital letters"),
        ("{days_late_over: -1}", "if.days_late_over", "0 or more"),
        ("{}", "if", "says nothing"),
    ],
)
def test_a_condition_that_makes_no_sense_is_refused_at_its_key(
    condition: str, key: str, says: str, tmp_path: Path
) -> None:
    text = config_text(company_text("plan_rules:", f"  - {{if: {condition}, plan: gentle}}"))
    ((found, message),) = refused(tmp_path, text)
    assert found == f"companies[dupont].plan_rules[#1].{key}"
    assert says in message


@pytest.mark.parametrize(
    ("earlier", "later", "shadowed"),
    [
        ("{tag: vip}", "{tag: vip, kind: public}", True),
        ("{tag: vip, kind: public}", "{tag: vip}", False),
        ("{tag: vip}", "{tag: vip}", True),
        ("{tag: vip}", "{tag: other}", False),
        ("{amount: {over: 100}}", "{amount: {over: 500}}", True),
        ("{amount: {over: 500}}", "{amount: {over: 100}}", False),
        ("{amount: {over: 100, under: 900}}", "{amount: {over: 500, under: 800}}", True),
        ("{amount: {over: 100, under: 700}}", "{amount: {over: 500, under: 800}}", False),
        ("{amount: {over: 100}}", "{amount: {over: 500, of: overdue}}", False),
        ("{days_late_over: 10}", "{days_late_over: 20}", True),
        ("{days_late_over: 20}", "{days_late_over: 10}", False),
        ("{kind: public}", "{country: DE}", False),
    ],
)
def test_check_names_a_rule_that_an_earlier_one_leaves_nobody_for(
    earlier: str, later: str, shadowed: bool, tmp_path: Path
) -> None:
    rules = ("plan_rules:", f"  - {{if: {earlier}, plan: gentle}}", f"  - {{if: {later}, plan: brisk}}")
    found = warned(tmp_path, *rules)
    if not shadowed:
        assert found == []
        return
    ((key, line, message),) = found
    assert (key, line) == ("companies[dupont].plan_rules[#2]", 6)
    assert message.startswith("never decides: rule 1 fits whomever it fits")


# Signatories.


def test_a_level_may_be_signed_by_another_signatory_of_the_company(tmp_path: Path) -> None:
    head = plan_text(LEVEL.replace("}", ", signatory: boss}"))
    lines = ("signatories: {boss: {name: Paul Dupont, title: Directeur}}",)
    assert warned(tmp_path, *lines, head=head) == []
    loaded = config(tmp_path, config_text(company_text(*lines), head=head))
    ((name, signatory),) = creditor_of(loaded.companies[0], loaded.firm).signatories
    assert (name, signatory.name, signatory.title) == ("boss", "Paul Dupont", "Directeur")


def test_check_names_a_signatory_whom_the_company_does_not_know(tmp_path: Path) -> None:
    head = plan_text(LEVEL.replace("}", ", signatory: bos}"))
    ((key, _, message),) = warned(tmp_path, "signatories: {boss: {name: Paul Dupont}}", head=head)
    assert key == "companies[dupont].signatories"
    assert message.endswith("did you mean boss?")
    assert warned(tmp_path, "plan: gentle", head=head) == []


def test_check_names_a_level_that_turns_to_the_providers_mail_after_silence_where_there_is_none(tmp_path: Path) -> None:
    second = "{id: b, offset: 9, channel: email, tone: firm, after_silence: {channel: provider, levels: 1}}"
    ((key, _, message),) = warned(tmp_path, head=plan_text(LEVEL, second))
    assert key == "companies[dupont].plan"
    assert message.startswith("level b of plan standard has channel provider")


# When mail may leave.


def test_the_keys_of_send_reach_calendar_and_limits(tmp_path: Path) -> None:
    found = company(
        tmp_path,
        "send: {prefer: [tue, thu], prefer_within: 2, bridge_days: false, customer_holidays: false, per_day: 50,"
        " ramp: {start: 10, step: 5}}",
    )
    calendar = calendar_of(found)
    assert (calendar.prefer, calendar.prefer_within) == (frozenset({1, 3}), 2)
    assert (calendar.bridge_days, calendar.customer_holidays) == (False, False)
    assert spread_of(found) == Spread(per_day=50, ramp=Ramp(start=10, step=5))
    assert spread_of(company(tmp_path)) is None


@pytest.mark.parametrize(
    ("send", "key", "says"),
    [
        ("ramp: {start: 0, step: 10}", "send.ramp.start", "1 or more"),
        ("ramp: {start: 10, step: 0}", "send.ramp.step", "1 or more"),
        ("ramp: {start: 60, step: 10}, per_day: 50", "send.ramp.start", "more than per_day (50)"),
        ("per_day: 0", "send.per_day", "1 or more"),
        ("prefer: [sat]", "send.prefer", "sat is not among days"),
        ("prefer: [tue], prefer_within: 0", "send.prefer_within", "1 or more"),
        ("prefer: [tue], prefer_within: 7", "send.prefer_within", "6 or less"),
    ],
)
def test_a_rule_of_sending_that_makes_no_sense_is_refused(send: str, key: str, says: str, tmp_path: Path) -> None:
    ((found, message),) = refused(tmp_path, config_text(company_text(f"send: {{{send}}}")))
    assert found == f"companies[dupont].{key}"
    assert says in message


def test_closed_periods_that_overlap_are_refused(tmp_path: Path) -> None:
    text = config_text(
        company_text("closed:", "  - {from: 2026-12-24, to: 2027-01-02}", "  - {from: 2027-01-02, to: 2027-01-05}")
    )
    ((key, message),) = refused(tmp_path, text)
    assert key == "companies[dupont].closed[#2]"
    assert "overlaps the period from 2026-12-24 to 2027-01-02" in message
