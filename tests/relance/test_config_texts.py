from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Final

from hypothesis import example, given
from hypothesis import strategies as st

from engine.kinds import Mode
from relance.config import check_config, load_config
from relance.config.base import Section
from relance.config.schema_books import CsvBooks, FecBooks
from relance.config.schema_plan import standard_plan
from relance.config.starter import StarterAnswers, company_id_of, starter_config
from tests.fakes.config_files import config

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pytest

ROOT: Final = Path(__file__).resolve().parents[2]
EXAMPLE: Final = ROOT / "config.example.yaml"
GUIDE: Final = ROOT / "docs" / "configuration.md"


def sections(base: type[Section] = Section) -> Iterator[type[Section]]:
    for section in base.__subclasses__():
        yield section
        yield from sections(section)


def keys() -> set[str]:
    found = {key for section in sections() for key in section.keys()}  # noqa: SIM118 (a class, not a mapping)
    assert {"data_dir", "from", "if", "min_gap_days", "client_secret"} <= found
    return found


def test_the_example_loads() -> None:
    loaded = load_config(EXAMPLE)
    assert [company.company_id for company in loaded.companies] == ["dupont", "atelier", "conseil"]


def test_every_key_is_in_the_example() -> None:
    text = EXAMPLE.read_text(encoding="utf-8")
    assert sorted(key for key in keys() if not re.search(rf"(?<![\w.]){key}:", text)) == []


def test_every_key_is_in_the_guide() -> None:
    text = GUIDE.read_text(encoding="utf-8")
    assert sorted(key for key in keys() if f"`{key}`" not in text) == []


def test_the_standard_plan_of_the_guide_and_the_example_is_the_one_that_applies(tmp_path: Path) -> None:
    guide = GUIDE.read_text(encoding="utf-8")
    (written,) = (block for block in re.findall(r"```yaml\n(.*?)```", guide, re.DOTALL) if block.startswith("plans:"))
    assert config(tmp_path, written).plans["standard"] == standard_plan()
    assert load_config(EXAMPLE).plans["standard"] == standard_plan()


def test_a_first_configuration_with_defaults_loads_in_preview_and_holds_no_secret(tmp_path: Path) -> None:
    text = starter_config(StarterAnswers())
    loaded = config(tmp_path, text)
    (company,) = loaded.companies
    assert company.mode is Mode.PREVIEW
    assert isinstance(company.books, FecBooks)
    assert company.mail is not None
    assert company.mail.smtp is None
    assert loaded.plans["standard"] == standard_plan()
    assert "password: {env: SMTP_PASSWORD}" in text


def test_a_first_configuration_lacks_nothing_but_the_books(tmp_path: Path) -> None:
    config(tmp_path, starter_config(StarterAnswers()))
    assert [problem.key for problem in check_config(tmp_path / "config.yaml")] == [
        "companies[mon-entreprise].books.path"
    ]


def test_a_first_configuration_holds_the_answers(tmp_path: Path) -> None:
    answers = StarterAnswers(
        company_name="Éts. Müller & Fils: «l'Atelier» #1",
        provider="csv",
        path="export du jour.csv",
        sender="compta@muller.example",
        smtp_host="smtp.muller.example",
    )
    (company,) = config(tmp_path, starter_config(answers)).companies
    assert (company.company_id, company.name) == ("ets-muller-fils-l-atelier-1", answers.company_name)
    assert isinstance(company.books, CsvBooks)
    assert company.books.invoices == tmp_path / "export du jour.csv"
    assert company.mail is not None
    assert company.mail.sender.address == "compta@muller.example"
    assert company.mail.smtp is not None
    assert (company.mail.smtp.host, company.mail.smtp.username) == ("smtp.muller.example", "compta@muller.example")


def test_what_a_first_configuration_leaves_as_comments_loads_when_it_is_taken_up(tmp_path: Path) -> None:
    for provider in ("fec", "csv"):
        text = starter_config(StarterAnswers(provider=provider))
        taken_up = re.sub(r"^( +)# (?=  )?(\w+:(?: .*)?|  \w+: .*)$", r"\1\2", text, flags=re.MULTILINE)
        assert "\n      smtp:\n        host:" in taken_up
        (company,) = config(tmp_path, taken_up).companies
        assert company.mail is not None
        assert company.mail.smtp is not None
        assert company.bank.bic == "AGRIFRPP"


@example(name="Null", path="true")
@example(name="2026-01-01", path="012")
@given(name=st.text(max_size=60), path=st.text(max_size=30))
def test_a_first_configuration_loads_whatever_the_company_is_called(
    tmp_path_factory: pytest.TempPathFactory, name: str, path: str
) -> None:
    answers = StarterAnswers(company_name=name, path=path)
    (company,) = config(tmp_path_factory.mktemp("any"), starter_config(answers)).companies
    assert company.name
    assert re.fullmatch(r"[a-z0-9-]{1,40}", company_id_of(name))
