"""The key `rates` and the contract's rate, as `relance check` looks at them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from engine.rates import HalfYear
from relance.config import check_config
from relance.rates import RatesFileError, packaged_rates, rates_with
from tests.fakes.config_files import company_text, config, config_text, write_config

if TYPE_CHECKING:
    from pathlib import Path

NEXT = HalfYear(2027, 1)


def update(folder: Path, series: dict[str, Any]) -> Path:
    path = folder / "taux.json"
    path.write_text(json.dumps({"series": series}), encoding="utf-8")
    return path


def entries(**rates: str) -> dict[str, Any]:
    listed = {one.replace("_", "-"): {"rate": rate, "source": "arrêté"} for one, rate in rates.items()}
    return {"entries": {key.removeprefix("of-"): value for key, value in listed.items()}}


def problems(folder: Path, *lines: str, head: str = "") -> list[tuple[str, str, int | None, str]]:
    (folder / "invoices.csv").write_text("", encoding="utf-8")
    path = write_config(folder, config_text(company_text(*lines), head=head))
    return [(one.file.removeprefix(f"{folder}/"), one.key, one.line, one.message) for one in check_config(path)]


def test_a_file_of_rates_is_laid_over_the_known_ones(tmp_path: Path) -> None:
    update(tmp_path, {"ecb_mro": entries(of_2027_S1="2.40"), "fr_business": entries(of_2027_S1="12.40")})
    head = "rates: taux.json\n"
    assert problems(tmp_path, head=head) == []
    loaded = config(tmp_path, config_text(head=head))
    rates = rates_with(loaded.rates)
    assert str(rates.entry("fr_business", NEXT).rate) == "12.40"
    assert str(rates.entry("fr_business", HalfYear(2026, 2)).rate) == "12.40"
    assert str(rates.entry("de_base", HalfYear(2026, 2)).rate) == "1.52"
    assert rates_with(None) is packaged_rates()


def test_a_changed_file_is_read_again(tmp_path: Path) -> None:
    path = update(tmp_path, {"ecb_mro": entries(of_2027_S1="2.40")})
    assert str(rates_with(path).entry("ecb_mro", NEXT).rate) == "2.40"
    path = update(tmp_path, {"ecb_mro": entries(of_2027_S1="2.15", of_2027_S2="2.15")})
    assert str(rates_with(path).entry("ecb_mro", NEXT).rate) == "2.15"


@pytest.mark.parametrize(
    ("series", "key"),
    [
        ({"ecb_mro": entries(of_2027_S2="2.40")}, "series.ecb_mro"),
        ({"fr_business": entries(of_2026_S1="13.00")}, "series.fr_business.2026-S1"),
    ],
)
def test_a_file_of_rates_that_cannot_be_used_is_told_with_its_place(
    tmp_path: Path, series: dict[str, Any], key: str
) -> None:
    path = update(tmp_path, series)
    found = problems(tmp_path, head="rates: taux.json\n")
    assert {(file, where) for file, where, _, _ in found} == {("taux.json", key)}
    with pytest.raises(RatesFileError, match=key):
        rates_with(path)


def test_a_file_of_rates_that_is_not_there_is_told(tmp_path: Path) -> None:
    assert problems(tmp_path, head="rates: nowhere.json\n") == [
        ("nowhere.json", "", None, "cannot be read: No such file or directory")
    ]


def test_a_contract_rate_below_the_floor_is_refused_at_check_with_its_line(tmp_path: Path) -> None:
    ((file, key, line, message),) = problems(tmp_path, 'late_rate: "8.00"')
    assert (file, key, line) == ("config.yaml", "companies[dupont].late_rate", 4)
    assert "8.25 % in 2026-S2" in message
    assert "L441-10" in message


@pytest.mark.parametrize("lines", [('late_rate: "8.25"',), ("late_rate: null",), ("country: DE", 'late_rate: "1.00"')])
def test_a_contract_rate_that_the_law_allows_passes(tmp_path: Path, lines: tuple[str, ...]) -> None:
    assert problems(tmp_path, *lines) == []


def test_the_floor_follows_the_firms_own_rates(tmp_path: Path) -> None:
    update(tmp_path, {"fr_legal_other": entries(of_2027_S1="2.60")})
    assert problems(tmp_path, 'late_rate: "8.00"', head="rates: taux.json\n") == []
    ((_, key, _, message),) = problems(tmp_path, 'late_rate: "7.79"', head="rates: taux.json\n")
    assert key == "companies[dupont].late_rate"
    assert "7.80 % in 2027-S1" in message
