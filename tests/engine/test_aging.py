from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.aging import (
    CurrencyStats,
    Ledgered,
    LevelSent,
    PromiseJudged,
    Received,
    aging,
    company_stats,
)
from engine.effects import level_effects, promises_kept
from engine.kinds import ItemKind
from engine.ledgered import Ledger, Period, one_decimal, percent
from engine.money import Money
from engine.ratios import (
    Days,
    MonthSales,
    collection_effectiveness,
    count_back,
    days_of_sales,
    months_back,
    payment_delay,
)
from tests.builders import eur

AS_OF = date(2026, 6, 30)


def ledgered(
    number: str,
    balance: str,
    *,
    due: date = AS_OF,
    issued: date | None = None,
    total: str | None = None,
    kind: ItemKind = ItemKind.INVOICE,
    settled: date | None = None,
    currency: str = "EUR",
) -> Ledgered:
    return Ledgered(
        item_id=number,
        kind=kind,
        issued_on=issued or due - timedelta(days=30),
        due_on=due,
        total=Money.of(Decimal(total or balance), currency),
        balance=Money.of(Decimal(balance), currency),
        settled_on=settled,
    )


def received(number: str, on: date, amount: str) -> Received:
    return Received(item_id=number, on=on, amount=eur(amount))


def sent(number: str, level: str, on: date) -> LevelSent:
    return LevelSent(item_id=number, level_id=level, sent_on=on)


def only_currency(
    items: list[Ledgered],
    payments: list[Received] | None = None,
    levels: list[LevelSent] | None = None,
    promises: list[PromiseJudged] | None = None,
    as_of: date = AS_OF,
) -> CurrencyStats:
    (figures,) = company_stats(as_of, items, payments or [], levels or [], promises or []).currencies
    return figures


# Aging


@pytest.mark.parametrize(
    ("days_late", "bucket"),
    [
        (-10, "not_due"),
        (0, "not_due"),
        (1, "1-30"),
        (30, "1-30"),
        (31, "31-60"),
        (60, "31-60"),
        (61, "61-90"),
        (90, "61-90"),
        (91, ">90"),
        (900, ">90"),
    ],
)
def test_an_invoice_ages_by_days_after_its_due_date(days_late: int, bucket: str) -> None:
    aged = aging(AS_OF, [ledgered("F1", "100.00", due=AS_OF - timedelta(days=days_late))], "EUR")
    assert [(b.name, b.count) for b in aged.buckets if b.amount.minor] == [(bucket, 1)]
    assert aged.as_of == AS_OF


def test_credits_and_unallocated_payments_stand_apart_and_only_the_net_takes_them_off() -> None:
    aged = aging(
        AS_OF,
        [
            ledgered("F1", "100.00", due=date(2026, 6, 1)),
            ledgered("F2", "50.00", due=date(2026, 7, 15)),
            ledgered("A1", "-30.00", kind=ItemKind.CREDIT_NOTE),
            ledgered("R1", "-20.00", kind=ItemKind.PAYMENT),
        ],
        "EUR",
    )
    assert [f"{bucket.amount}" for bucket in aged.buckets] == ["50.00", "100.00", "0.00", "0.00", "0.00"]
    assert (aged.receivable, aged.overdue) == (eur("150.00"), eur("100.00"))
    assert (aged.credits, aged.unallocated, aged.net) == (eur("-30.00"), eur("-20.00"), eur("100.00"))


def test_each_currency_has_figures_of_its_own() -> None:
    items = [ledgered("F1", "100.00"), ledgered("F2", "70", currency="JPY"), ledgered("F3", "1.234", currency="TND")]
    figures = company_stats(AS_OF, items, [], [], []).currencies
    assert [(f.currency, str(f.aging.receivable)) for f in figures] == [
        ("EUR", "100.00"),
        ("JPY", "70"),
        ("TND", "1.234"),
    ]


BALANCES = st.lists(
    st.tuples(
        st.integers(-200, 200),
        st.integers(1, 10**7),
        st.sampled_from(list(ItemKind)),
        st.sampled_from(["EUR", "USD", "JPY"]),
    ),
    max_size=30,
)


@given(BALANCES)
def test_buckets_credits_and_unallocated_payments_sum_to_the_open_balance(
    drawn: list[tuple[int, int, ItemKind, str]],
) -> None:
    items = [
        Ledgered(
            item_id=str(number),
            kind=kind,
            issued_on=AS_OF - timedelta(days=late + 30),
            due_on=AS_OF - timedelta(days=late),
            total=Money(minor=minor if kind is ItemKind.INVOICE else -minor, currency=currency),
            balance=Money(minor=minor if kind is ItemKind.INVOICE else -minor, currency=currency),
        )
        for number, (late, minor, kind, currency) in enumerate(drawn)
    ]
    figures = company_stats(AS_OF, items, [], [], []).currencies
    assert {f.currency for f in figures} == {i.balance.currency for i in items}
    for f in figures:
        here = [i for i in items if i.balance.currency == f.currency]
        assert f.aging.net.minor == sum(i.balance.minor for i in here)
        assert sum(b.amount.minor for b in f.aging.buckets) == f.aging.receivable.minor
        assert f.aging.overdue.minor == sum(b.amount.minor for b in f.aging.buckets[1:])
        assert sum(b.count for b in f.aging.buckets) == sum(1 for i in here if i.balance.minor > 0)
        assert f.dso is None or f.dso == (f.best_dso or 0) + (f.average_delay or 0)
        assert f.dso_count_back.days >= 0


# How long money stays out: the oracles of the published formulas


def months(*sales: tuple[int, str]) -> list[MonthSales]:
    return [MonthSales(days=days, invoiced=eur(amount)) for days, amount in sales]


def test_dso_count_back_takes_whole_months_and_the_last_one_pro_rata() -> None:
    # 212 000 open; 100, 80 and 70 thousand sold in months of 30 days: 60 + 32/70 x 30.
    counted, at_least = count_back(eur("212000"), months((30, "100000"), (30, "80000"), (30, "70000")))
    assert counted == 60 + Fraction(32, 70) * 30
    assert (round(float(counted), 2), at_least) == (73.71, False)


def test_dso_count_back_uses_the_real_length_of_each_month() -> None:
    # March 900 thousand, February 800, January 700: 31 + 28 + 400/700 x 31.
    counted, at_least = count_back(eur("2100000"), months((31, "900000"), (28, "800000"), (31, "700000")))
    assert (round(float(counted), 2), at_least) == (76.71, False)


def test_dso_count_back_says_at_least_when_sales_run_out() -> None:
    assert count_back(eur("300"), months((30, "100"), (31, "100"))) == (Fraction(61), True)
    assert str(Days(days=Decimal("61.0"), at_least=True)) == ">= 61.0"
    assert str(Days(days=Decimal("61.0"))) == "61.0"


def test_dso_count_back_is_whole_months_when_sales_add_up_exactly_and_zero_when_nothing_is_open() -> None:
    assert count_back(eur("200"), months((30, "100"), (31, "100"))) == (Fraction(61), False)
    assert count_back(eur("0"), months((30, "100"))) == (Fraction(0), False)


def test_a_month_without_sales_still_counts_its_days() -> None:
    assert count_back(eur("150"), months((30, "100"), (31, "0"), (30, "100"))) == (Fraction(76), False)


def test_the_month_under_way_counts_only_its_days_so_far() -> None:
    ledger = Ledger(
        [
            ledgered("F1", "10.00", issued=date(2026, 6, 10)),
            ledgered("F2", "20.00", issued=date(2026, 5, 31)),
            ledgered("F3", "30.00", issued=date(2026, 2, 1)),
        ],
        [],
        "EUR",
    )
    assert [(m.days, str(m.invoiced)) for m in months_back(ledger, date(2026, 6, 15))] == [
        (15, "10.00"),
        (31, "20.00"),
        (30, "0.00"),
        (31, "0.00"),
        (28, "30.00"),
    ]


def test_simple_dso_is_what_is_open_over_sales_times_days() -> None:
    assert days_of_sales(eur("50000"), eur("150000"), 90) == 30
    assert days_of_sales(eur("50000"), eur("0"), 90) is None


def test_dso_best_possible_dso_and_average_delay_add_up_as_printed() -> None:
    # 90 days up to 30 June begin on 2 April. Open 300 of which 100 not overdue; sold 900: 30.0, 10.0, 20.0 days.
    figures = only_currency(
        [
            ledgered("F1", "100.00", issued=date(2026, 6, 15), due=date(2026, 7, 15)),
            ledgered("F2", "200.00", issued=date(2026, 4, 2), due=date(2026, 5, 2)),
            ledgered("F3", "0.00", total="600.00", issued=date(2026, 5, 1), due=date(2026, 5, 31), settled=AS_OF),
            ledgered("F0", "0.00", total="999.00", issued=date(2026, 4, 1), due=date(2026, 4, 1), settled=AS_OF),
        ]
    )
    assert figures.sales == eur("900.00")
    assert (figures.dso, figures.best_dso, figures.average_delay) == (Decimal("30.0"), Decimal("10.0"), Decimal("20.0"))
    # June 100 and May 600 hold more than is open: 30 days + 200/600 of 31.
    assert figures.dso_count_back == Days(days=Decimal("40.3"))


def test_without_sales_there_is_no_dso_and_no_division_by_zero() -> None:
    figures = only_currency([ledgered("F1", "100.00", issued=date(2025, 1, 1), due=date(2025, 2, 1))])
    assert (figures.dso, figures.best_dso, figures.average_delay) == (None, None, None)
    assert figures.dso_count_back.at_least is False


def test_days_beyond_terms_and_days_to_pay_are_weighted_by_amount() -> None:
    # 300 came 10 days late (40 after the invoice), 100 came 2 days early (28): (3000 - 200) / 400 and (12000 + 2800) / 400.
    ledger = Ledger(
        [
            ledgered("F1", "0.00", total="300.00", due=date(2026, 6, 1)),
            ledgered("F2", "0.00", total="100.00", due=date(2026, 6, 1)),
        ],
        [received("F1", date(2026, 6, 11), "300.00"), received("F2", date(2026, 5, 30), "100.00")],
        "EUR",
    )
    delay = payment_delay(ledger, Period(first=date(2026, 5, 1), last=AS_OF))
    assert (delay.beyond_terms, delay.to_pay) == (Decimal("7.0"), Decimal("37.0"))


def test_money_received_outside_the_period_is_left_out_of_the_averages() -> None:
    ledger = Ledger([ledgered("F1", "0.00", total="300.00", due=date(2026, 1, 1))], [], "EUR")
    ledger = Ledger(ledger.invoices.values(), [received("F1", date(2026, 1, 5), "300.00")], "EUR")
    delay = payment_delay(ledger, Period(first=date(2026, 5, 1), last=AS_OF))
    assert (delay.beyond_terms, delay.to_pay) == (None, None)


def test_an_invoice_settled_by_payments_nobody_recorded_counts_as_paid_whole_on_the_day_it_was_seen() -> None:
    item = ledgered("F1", "0.00", total="300.00", due=date(2026, 6, 1), settled=date(2026, 6, 4))
    ledger = Ledger([item], [], "EUR")
    assert payment_delay(ledger, Period(first=date(2026, 5, 1), last=AS_OF)).beyond_terms == Decimal("3.0")
    assert ledger.balance_on(item, date(2026, 6, 3)) == eur("300.00")
    assert ledger.balance_on(item, date(2026, 6, 4)) == eur("0.00")


def test_collection_effectiveness_is_what_was_collected_of_what_could_be() -> None:
    # Begin 100, sold 200, end 150 of which 120 current: (100 + 200 - 150) / (100 + 200 - 120).
    share = collection_effectiveness(eur("100"), eur("200"), eur("150"), eur("120"))
    assert share == Fraction(150, 180)
    assert percent(share) == Decimal("83.33")
    assert collection_effectiveness(eur("0"), eur("100"), eur("100"), eur("100")) is None


def test_collection_effectiveness_of_a_company_reads_what_was_open_when_the_period_began() -> None:
    # Open on 1 April: F1 with 100. Sold since: F2 with 200. Open now: 50 of F1 (late) and 100 of F2 (current).
    figures = only_currency(
        [
            ledgered("F1", "50.00", total="100.00", issued=date(2026, 3, 1), due=date(2026, 4, 1)),
            ledgered("F2", "100.00", total="200.00", issued=date(2026, 6, 1), due=date(2026, 7, 1)),
        ],
        [received("F1", date(2026, 4, 20), "50.00"), received("F2", date(2026, 6, 20), "100.00")],
    )
    # (100 + 200 - 150) / (100 + 200 - 100) = 75 %.
    assert figures.collection_effectiveness == Decimal("75.00")


def test_collecting_everything_that_was_late_is_a_hundred_percent() -> None:
    figures = only_currency([ledgered("F2", "100.00", issued=date(2026, 6, 1), due=date(2026, 7, 1))])
    assert figures.collection_effectiveness is None
    paid = ledgered("F1", "0.00", total="80.00", issued=date(2026, 5, 1), settled=date(2026, 6, 1))
    assert only_currency([paid]).collection_effectiveness == Decimal("100.00")


# What reminding brought


def test_promises_kept_are_counted_by_number_and_by_amount() -> None:
    promises = [
        PromiseJudged(promised_on=date(2026, 5, 1), amount=eur("100.00"), kept=True),
        PromiseJudged(promised_on=date(2026, 5, 2), amount=eur("200.00"), kept=True),
        PromiseJudged(promised_on=date(2026, 5, 3), amount=eur("600.00"), kept=False),
        PromiseJudged(promised_on=date(2026, 5, 3), amount=Money(minor=1, currency="USD"), kept=False),
    ]
    judged = promises_kept(promises, "EUR")
    assert (judged.fallen_due, judged.kept) == (3, 2)
    assert (judged.by_number, judged.by_amount) == (Decimal("66.67"), Decimal("33.33"))
    none = promises_kept([], "EUR")
    assert (none.by_number, none.by_amount) == (None, None)


def test_a_level_brings_what_comes_in_within_its_days_and_not_after_the_next_level() -> None:
    items = [ledgered("F1", "20.00", total="105.00", due=date(2026, 4, 1))]
    payments = [
        received("F1", date(2026, 4, 6), "5.00"),  # on the day of the first level: not its effect
        received("F1", date(2026, 4, 8), "10.00"),  # the first level's
        received("F1", date(2026, 4, 16), "30.00"),  # on the day of the second: still the first level's
        received("F1", date(2026, 4, 20), "5.00"),  # within the first's fifteen days, but after the second
        received("F1", date(2026, 5, 1), "25.00"),  # the last of the second level's fifteen days
        received("F1", date(2026, 5, 2), "10.00"),  # nobody's
    ]
    levels = [sent("F1", "second", date(2026, 4, 16)), sent("F1", "first", date(2026, 4, 6))]
    first, second = level_effects(Ledger(items, payments, "EUR"), levels, AS_OF, within_days=15)
    assert (first.level_id, str(first.asked), str(first.collected), first.rate) == (
        "first",
        "100.00",
        "40.00",
        Decimal("40.00"),
    )
    assert (second.level_id, str(second.asked), str(second.collected)) == ("second", "60.00", "30.00")


def test_a_level_is_judged_only_once_all_its_days_are_over() -> None:
    items = [ledgered("F1", "0.00", total="100.00", due=date(2026, 6, 1), settled=date(2026, 6, 20))]
    assert (
        level_effects(Ledger(items, [], "EUR"), [sent("F1", "first", date(2026, 6, 16))], AS_OF, within_days=15) == ()
    )
    (effect,) = level_effects(Ledger(items, [], "EUR"), [sent("F1", "first", date(2026, 6, 15))], AS_OF, within_days=15)
    assert (effect.cases, effect.answered, effect.rate) == (1, 1, Decimal("100.00"))


@pytest.mark.parametrize(("cases", "too_few"), [(4, True), (5, False)])
def test_fewer_than_five_cases_are_marked_as_too_few(cases: int, too_few: bool) -> None:
    items = [ledgered(f"F{n}", "10.00", due=date(2026, 4, 1)) for n in range(cases)]
    levels = [sent(f"F{n}", "first", date(2026, 4, 6)) for n in range(cases)]
    (effect,) = level_effects(Ledger(items, [], "EUR"), levels, AS_OF, within_days=15)
    assert (effect.cases, effect.too_few, effect.answered) == (cases, too_few, 0)


def test_the_figures_state_their_day_and_their_period() -> None:
    stats = company_stats(AS_OF, [], [], [], [])
    assert (stats.as_of, stats.period.first, stats.period.last, stats.effect_days) == (
        AS_OF,
        date(2026, 4, 2),
        AS_OF,
        15,
    )
    assert stats.currencies == ()


def test_days_are_rounded_half_up_to_one_decimal_and_shares_to_two() -> None:
    assert one_decimal(Fraction(145, 100)) == Decimal("1.5")
    assert one_decimal(Fraction(1, 3)) == Decimal("0.3")
    assert percent(Fraction(1, 16)) == Decimal("6.25")
    assert percent(Fraction(3335, 100000)) == Decimal("3.34")
