"""`relance interest` and `relance rates check`, as the installed command answers; neither needs a configuration."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from relance.cli import main
from relance.rates import packaged_rates

if TYPE_CHECKING:
    from collections.abc import Callable

FRENCH = ("--country", "FR", "--amount", "10000", "--due", "2026-05-01", "--until", "2026-09-01")


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    code: int
    out: str
    err: str

    @property
    def data(self) -> Any:
        return json.loads(self.out)


@pytest.fixture(name="relance")
def _relance(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[..., Answer]:
    """Run the command in a folder without a configuration, in a language of the terminal."""
    monkeypatch.chdir(tmp_path)
    for name in ("LC_ALL", "LC_MESSAGES", "RELANCE_CONFIG"):
        monkeypatch.delenv(name, raising=False)

    def run(*arguments: str, lang: str = "en_GB.UTF-8") -> Answer:
        monkeypatch.setenv("LANG", lang)
        with pytest.raises(SystemExit) as ended:
            main(list(arguments))
        told = capsys.readouterr()
        code = ended.value.code
        return Answer(code=code if isinstance(code, int) else 0, out=told.out, err=told.err)

    return run


def test_the_installed_command_needs_no_configuration(tmp_path: Path) -> None:
    done = subprocess.run(
        [Path(sys.executable).parent / "relance", "interest", *FRENCH, "--json"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    )
    assert json.loads(done.stdout)["total"] == "10453.76"
    assert done.stderr == ""


def test_the_worked_example_comes_out_to_the_cent(relance: Callable[..., Answer]) -> None:
    data = relance("interest", *FRENCH, "--json").data
    assert (data["principal"], data["interest"], data["indemnity"], data["total"]) == (
        "10000.00",
        "413.76",
        "40.00",
        "10453.76",
    )
    assert data["segments"] == [
        {
            "from": "2026-05-02",
            "to": "2026-06-30",
            "days": 60,
            "base": "10000.00",
            "rate": "12.15",
            "amount": "199.73",
        },
        {
            "from": "2026-07-01",
            "to": "2026-09-01",
            "days": 63,
            "base": "10000.00",
            "rate": "12.40",
            "amount": "214.03",
        },
    ]
    assert data["law"] == "fr_business"
    assert any("L441-10" in source for source in data["sources"])
    assert (data["currency"], data["imputation"], data["warnings"], data["reason"]) == ("EUR", "principal", [], None)


def test_the_british_example_takes_pounds_and_either_code_of_the_country(relance: Callable[..., Answer]) -> None:
    for country in ("GB", "UK", "gb"):
        asked = ("--country", country, "--amount", "10000.00", "--due", "2026-01-10", "--until", "2026-03-11")
        data = relance("interest", *asked, "--json").data
        assert (data["currency"], data["interest"], data["indemnity"], data["total"]) == (
            "GBP",
            "193.15",
            "100.00",
            "10293.15",
        )


def test_consumers_public_buyers_rates_payments_and_notices_are_options(relance: Callable[..., Answer]) -> None:
    consumer = relance("interest", *FRENCH, "--consumer", "--json").data
    assert (consumer["interest"], consumer["reason"]["code"]) == ("0.00", "consumer")
    noticed = relance("interest", *FRENCH, "--consumer", "--formal-notice", "2026-06-20", "--json").data
    assert (noticed["law"], noticed["interest"], noticed["indemnity"]) == ("fr_civil", "54.65", "0.00")
    public = relance("interest", *FRENCH, "--public", "--json").data
    assert (public["law"], public["interest"]) == ("fr_public", "342.04")
    paid = ("--payment", "2026-05-31=1000", "--payment", "2026-06-10=3000.00")
    interest_first = relance("interest", *FRENCH, *paid, "--imputation", "interest", "--json").data
    assert (interest_first["imputation"], interest_first["principal"]) == ("interest", "6130.15")
    low = relance("interest", *FRENCH, "--rate", "8", "--json").data
    assert [(one["code"], one["message"]) for one in low["warnings"]] == [
        (
            "below_floor",
            "the contract’s rate of 8.00% is below the legal minimum of 8.25% in the second half of 2026 (three times the legal interest); it is applied as it is",
        )
    ]
    dutch = relance("interest", *FRENCH, "--day-count", "30/360", "--json").data
    assert [one["days"] for one in dutch["segments"]] == [59, 61]


def test_a_person_reads_the_table_in_the_language_of_the_terminal_or_the_one_asked_for(
    relance: Callable[..., Answer],
) -> None:
    french = relance("interest", *FRENCH, lang="fr_FR.UTF-8").out
    assert "Code de commerce" in french
    assert "Total dû\u00a0: 10\u202f453,76\u00a0€" in french
    assert "199,73\u00a0€" in french
    english = relance("interest", *FRENCH).out
    assert "Total owed: €10,453.76" in english
    assert relance("interest", *FRENCH, "--language", "fr").out == french
    paid = relance("interest", *FRENCH, "--payment", "2026-06-01=5", lang="fr_FR.UTF-8").out
    assert "Règlements partiels imputés\u00a0: d’abord sur le principal" in paid


def test_a_missing_half_year_is_refused_and_named(relance: Callable[..., Answer]) -> None:
    done = relance("interest", *FRENCH[:-1], "2027-02-01", "--json")
    assert (done.code, done.out) == (2, "")
    assert "fr_business of 2027-S1" in done.err


@pytest.mark.parametrize(
    "wrong",
    [
        ("--amount", "12,50"),
        ("--amount", "-5"),
        ("--amount", "10.001"),
        ("--rate", "ten"),
        ("--payment", "10"),
        ("--payment", "2026-13-01=10"),
        ("--payment", "2026-06-01=0"),
        ("--currency", "EURO"),
        ("--consumer", "--public"),
        ("--until", "tomorrow"),
    ],
)
def test_what_cannot_be_read_is_refused(relance: Callable[..., Answer], wrong: tuple[str, ...]) -> None:
    done = relance("interest", *FRENCH, *wrong, "--json")
    assert (done.code, done.out) == (2, "")
    assert done.err
    assert "Traceback" not in done.err


def write(folder: Path, series: dict[str, Any]) -> str:
    path = folder / "rates.json"
    path.write_text(json.dumps({"series": series}), encoding="utf-8")
    return str(path)


def entry(rate: Any, **more: Any) -> dict[str, Any]:
    return {"rate": rate, "source": "an order of the day"} | more


GOOD: dict[str, Any] = {
    "ecb_mro": {"entries": {"2027-S1": entry("2.40")}},
    "fr_business": {"entries": {"2027-S1": entry("12.40")}},
}


def test_an_update_that_fits_is_accepted_and_told(relance: Callable[..., Answer], tmp_path: Path) -> None:
    path = write(tmp_path, GOOD)
    done = relance("rates", "check", path, "--json")
    assert (done.code, done.data["ok"], done.data["problems"], done.data["warnings"]) == (0, True, [], [])
    assert done.data["new"] == [
        {"series": "ecb_mro", "half_year": "2027-S1", "rate": "2.40", "was": None},
        {"series": "fr_business", "half_year": "2027-S1", "rate": "12.40", "was": None},
    ]
    assert "fr_business 2027-S1: 12.40" in relance("rates", "check", path).out
    later = ("interest", *FRENCH[:-1], "2027-02-01", "--rates", path, "--json")
    assert [one["rate"] for one in relance(*later).data["segments"]] == ["12.15", "12.40", "12.40"]


@pytest.mark.parametrize(
    ("series", "where", "why"),
    [
        ({"ecb_mro": {"entries": {"2027-S1": entry(2.40)}}}, "series.ecb_mro.2027-S1", "must be text"),
        ({"ecb_mro": {"entries": {"2027-S1": entry("2,40")}}}, "series.ecb_mro.2027-S1", "must be text"),
        ({"ecb_mro": {"entries": {"2027-S1": entry("240")}}}, "series.ecb_mro.2027-S1", "not believable"),
        ({"ecb_mro": {"entries": {"2027-S1": {"rate": "2.40"}}}}, "series.ecb_mro.2027-S1", "no source"),
        ({"ecb_mro": {"entries": {"2027-S3": entry("2.40")}}}, "series.ecb_mro.2027-S3", "half-year"),
        ({"ecb_mro": {"entries": {"2027-S2": entry("2.40")}}}, "series.ecb_mro", "2027-S1 is missing"),
        ({"ecb_mro": {"entries": {"2027-S1": entry("2.40", valid_until="soon")}}}, "series.ecb_mro.2027-S1", "date"),
        ({"ecb_mor": {"entries": {"2027-S1": entry("2.40")}}}, "series.ecb_mor", "not a series"),
        ({"ecb_mro": {"entries": {"2026-S1": entry("2.00")}}}, "series.ecb_mro.2026-S1", "contradicts the 2.15"),
        (
            {"ecb_mro": {"entries": {"2026-S1": entry("2.00", corrects="2.10")}}},
            "series.ecb_mro.2026-S1",
            "contradicts the 2.15",
        ),
        (GOOD | {"fr_business": {"entries": {"2027-S1": entry("12.15")}}}, "series.fr_business.2027-S1", "12.40"),
        (GOOD | {"be_business": {"entries": {"2027-S1": entry("10.40")}}}, "series.be_business.2027-S1", "10.5"),
        ({"ecb_mro": {"2027-S1": "2.40"}}, "series.ecb_mro", "entries"),
        ({"ecb_mro": {"entries": {}, "rates": {}}}, "series.ecb_mro.rates", "not known"),
    ],
)
def test_an_update_that_does_not_fit_is_refused_with_its_place(
    relance: Callable[..., Answer], tmp_path: Path, series: dict[str, Any], where: str, why: str
) -> None:
    done = relance("rates", "check", write(tmp_path, series), "--json")
    assert (done.code, done.data["ok"]) == (1, False)
    assert any(one["where"] == where and why in one["message"] for one in done.data["problems"]), done.data


def test_a_correction_that_says_what_it_corrects_is_accepted(relance: Callable[..., Answer], tmp_path: Path) -> None:
    corrected = {"fr_legal_other": {"entries": {"2026-S2": entry("2.76", corrects="2.75")}}}
    data = relance("rates", "check", write(tmp_path, corrected), "--json").data
    assert (data["ok"], data["new"]) == (
        True,
        [{"series": "fr_legal_other", "half_year": "2026-S2", "rate": "2.76", "was": "2.75"}],
    )


def test_a_german_rate_that_leaves_its_habit_is_only_pointed_at(relance: Callable[..., Answer], tmp_path: Path) -> None:
    data = relance(
        "rates", "check", write(tmp_path, GOOD | {"de_base": {"entries": {"2027-S1": entry("1.50")}}}), "--json"
    ).data
    assert data["ok"]
    assert [one["where"] for one in data["warnings"]] == ["series.de_base.2027-S1"]


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"series": {}, "series": {}}', b"\xff\xfe", b"null"])
def test_a_file_that_is_no_table_is_refused(relance: Callable[..., Answer], tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "rates.json"
    path.write_bytes(content)
    done = relance("rates", "check", str(path), "--json")
    assert (done.code, done.data["ok"]) == (1, False)
    missing = relance("rates", "check", "nowhere.json", "--json")
    assert (missing.code, missing.data["problems"][0]["message"]) == (
        1,
        "cannot be read: No such file or directory",
    )


def test_the_project_s_own_table_passes_its_own_check(relance: Callable[..., Answer]) -> None:
    own = Path(__file__).parents[2] / "relance" / "rates" / "rates.json"
    done = relance("rates", "check", str(own), "--json")
    assert (done.code, done.data) == (0, {"ok": True, "problems": [], "warnings": [], "new": []})
    assert len(packaged_rates().series) == 10
