"""Builders of configuration files, whole and with a piece that is wrong."""

from __future__ import annotations

from textwrap import indent
from typing import TYPE_CHECKING

from relance.config import ConfigError, load_config

if TYPE_CHECKING:
    from pathlib import Path

    from relance.config import CompanyConfig, Config

BOOKS = "books: {provider: csv, invoices: invoices.csv}"
MAIL = 'mail: {from: "Dupont <compta@dupont.example>", maildir: outbox/}'


def company_text(*lines: str, company_id: str = "dupont") -> str:
    """Write a company as an entry of `companies`, with books and mail unless the lines have their own."""
    written = [f"id: {company_id}", "name: Dupont Menuiserie", *lines]
    written += [BOOKS] if not any(line.startswith("books:") for line in lines) else []
    written += [MAIL] if not any(line.startswith("mail:") for line in lines) else []
    first, *rest = indent("\n".join(written), "    ").split("\n")
    return "\n".join(["  - " + first.strip(), *rest]) + "\n"


def config_text(*companies: str, head: str = "") -> str:
    """Write a main file with these companies (one without faults where none is given)."""
    return head + "companies:\n" + "".join(companies or (company_text(),))


def plan_text(*levels: str, settings: str = "") -> str:
    """Write `plans` with a standard plan of these levels."""
    return f"plans:\n  standard:\n{settings}    levels:\n" + "".join(f"      - {level}\n" for level in levels)


def write_config(folder: Path, text: str) -> Path:
    """Put a main file into a folder."""
    path = folder / "config.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def config(folder: Path, text: str) -> Config:
    """Load a text as the main file of a folder."""
    return load_config(write_config(folder, text))


def company(folder: Path, *lines: str, head: str = "") -> CompanyConfig:
    """Load one company that has these lines."""
    return config(folder, config_text(company_text(*lines), head=head)).companies[0]


def problems_in(folder: Path, text: str) -> list[tuple[str, str, int | None, str]]:
    """Give file name, key, line and message of each problem of a text; [] where it loads."""
    try:
        load_config(write_config(folder, text))
    except ConfigError as error:
        return [(p.file.removeprefix(f"{folder}/"), p.key, p.line, p.message) for p in error.problems]
    return []
