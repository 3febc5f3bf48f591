"""Two real exports that lie beside the checkout: their totals are known."""

from __future__ import annotations

from pathlib import Path

import pytest

from connectors.files.fec import FecBooks
from tests.builders import eur
from tests.fakes.fec import read

SAMPLES = Path(__file__).resolve().parents[2] / "../shared/samples/fec"

pytestmark = [
    pytest.mark.spec,
    pytest.mark.skipif(not SAMPLES.is_dir(), reason="the real exports do not lie beside this checkout"),
]


@pytest.mark.parametrize(
    ("name", "lines", "moved", "receivable_lines", "receivable", "unlettered", "groups"),
    [
        ("0000000001FEC20220831.txt", 5422, "10186219.81", 538, "52517.24", (10, "58972.82"), (134, 15, "-6455.58")),
        ("111111111FEC20221231.TXT", 934, "225682.23", 151, "14416.52", (34, "14416.52"), (45, 0, "0.00")),
    ],
)
def test_a_real_export_gives_its_known_totals(
    name: str,
    lines: int,
    moved: str,
    receivable_lines: int,
    receivable: str,
    unlettered: tuple[int, str],
    groups: tuple[int, int, str],
) -> None:
    found = FecBooks(company_id="real", path=SAMPLES / name)
    items, completed = read(found)
    report = found.report
    assert report is not None
    assert (report.lines, report.total_debit, report.total_credit) == (lines, eur(moved), eur(moved))
    assert (report.receivable_lines, report.receivable_sum) == (receivable_lines, eur(receivable))
    assert report.items_sum == eur(receivable)
    assert sum(item.balance.minor for item in items) == eur(receivable).minor
    assert (report.unlettered, report.unlettered_sum) == (unlettered[0], eur(unlettered[1]))
    assert (report.groups, report.unbalanced_groups, report.unbalanced_sum) == (groups[0], groups[1], eur(groups[2]))
    assert (completed.bad_lines, completed.suspicions) == ((), ())


def test_opening_lines_of_real_exports_are_tasks_and_period_labels_are_pointed_out() -> None:
    first, _ = read(FecBooks(company_id="real", path=SAMPLES / "0000000001FEC20220831.txt"))
    assert {item.number for item in first if item.is_opening and item.balance.minor} == {"RAN"}
    second, completed = read(FecBooks(company_id="real", path=SAMPLES / "111111111FEC20221231.TXT"))
    assert {item.number for item in second if item.is_opening and item.balance.minor} == {"sans"}
    assert any("period label" in remark and "VE 0323" in remark for remark in completed.remarks)
    assert completed.known_until is not None
