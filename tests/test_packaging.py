"""The house as a whole: names that we own, what is packed, who may read the clock, what must not be in the files."""

from __future__ import annotations

import ast
import re
import shutil
import subprocess
import sys
import tomllib
from importlib.metadata import PackageNotFoundError, distribution, packages_distributions
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT: Final = Path(__file__).resolve().parents[1]
PACKAGES: Final = ("connectors", "engine", "relance", "state", "templates")
PROJECT: Final = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
CLOCK: Final = "relance/clock.py"

# What the core may import besides itself: no I/O, no clock, no chance.
_PURE: Final = """
    __future__ abc base64 binascii bisect calendar collections contextlib dataclasses datetime decimal enum fractions
    functools hashlib heapq hmac html itertools json math numbers operator re shlex statistics string struct textwrap types typing
    unicodedata zoneinfo
    babel flufl holidays mailparser_reply segno stdnum
"""
CORE_MAY_IMPORT: Final = frozenset(_PURE.split())
# Calls that give an instant, as they are written.
CLOCK_CALLS: Final = frozenset(
    f"{name}.{call}"
    for name, calls in {
        "datetime": ("now", "utcnow", "today"),
        "date": ("today",),
        "time": ("time", "time_ns", "localtime", "gmtime", "ctime", "strftime"),
    }.items()
    for call in calls
)


def modules(*packages: str) -> list[Path]:
    return sorted(path for package in packages for path in (ROOT / package).rglob("*.py"))


def relative(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def parsed(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"), filename=relative(path))


def imported(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.module or ""


# -- names -------------------------------------------------------------------------------------------------------------


def test_relance_is_installed_where_its_tests_run() -> None:
    try:
        distribution("relance")
    except PackageNotFoundError:
        pytest.fail("install the checkout first: pip install -e '.[dev]'")


@pytest.mark.parametrize("name", PACKAGES)
def test_no_other_distribution_owns_one_of_our_names(name: str) -> None:
    owners = set(packages_distributions().get(name, []))
    if not owners:
        # An editable installation lists its path file, not its packages: what is imported must then be the checkout.
        assert _imported_from(name) == ROOT / name
    assert owners <= {"relance"}


def _imported_from(name: str) -> Path:
    found = subprocess.run(
        [sys.executable, "-c", f"import {name}; print({name}.__path__[0])"],
        capture_output=True,
        text=True,
        check=True,
        cwd="/",
    )
    return Path(found.stdout.strip()).resolve()


def test_the_command_is_an_entry_point() -> None:
    commands = {
        point.name: point.value for point in distribution("relance").entry_points if point.group == "console_scripts"
    }
    assert commands == {"relance": "relance.cli:main"}


def test_the_version_installed_is_the_version_written() -> None:
    assert distribution("relance").version == PROJECT["project"]["version"]


# -- what is packed ----------------------------------------------------------------------------------------------------


def test_the_wheel_packs_the_five_packages() -> None:
    assert PROJECT["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"] == list(PACKAGES)


def test_all_that_the_sdist_names_exists() -> None:
    named = PROJECT["tool"]["hatch"]["build"]["targets"]["sdist"]["include"]
    assert [entry for entry in named if not (ROOT / entry.lstrip("/")).exists()] == []


def test_every_folder_with_modules_is_a_package() -> None:
    folders = {path.parent for path in modules(*PACKAGES)}
    assert [relative(folder) for folder in sorted(folders) if not (folder / "__init__.py").is_file()] == []


def test_templates_hold_no_code() -> None:
    assert [relative(path) for path in modules("templates")] == ["templates/__init__.py"]


def test_the_types_of_our_packages_are_told_to_their_users() -> None:
    assert [name for name in PACKAGES if name != "templates" and not (ROOT / name / "py.typed").is_file()] == []


# -- how modules are written -------------------------------------------------------------------------------------------


def test_every_module_starts_with_one_line_that_says_what_it_is() -> None:
    silent = []
    for path in modules(*PACKAGES):
        first = (ast.get_docstring(parsed(path)) or "").partition("\n")[0]
        if not first.endswith((".", ":")):
            silent.append(relative(path))
    assert silent == []


def test_only_one_module_reads_the_clock() -> None:
    readers = set()
    for path in modules(*PACKAGES):
        for node in ast.walk(parsed(path)):
            if not isinstance(node, ast.Call):
                continue
            words = ast.unparse(node.func).split(".")
            if ".".join(words[-2:]) in CLOCK_CALLS:
                readers.add(relative(path))
    assert readers == {CLOCK}


def test_the_linter_refuses_a_clock_read(tmp_path: Path) -> None:
    ruff = shutil.which("ruff", path=str(Path(sys.executable).parent)) or shutil.which("ruff")
    if ruff is None:
        pytest.skip("ruff is not installed here")
    sample = tmp_path / "sample.py"
    sample.write_text(
        "import datetime as dt\n"
        "import time\n"
        "from datetime import date, datetime\n"
        "a = datetime.now(dt.UTC)\n"
        "b = date.today()\n"
        "c = time.time()\n"
        "d = dt.datetime.utcnow()\n"
        "e = dt.date.today()\n"
        "time.sleep(1)\n",
        encoding="utf-8",
    )
    told = subprocess.run(
        [ruff, "check", "--no-cache", "--config", str(ROOT / "pyproject.toml"), "--select", "TID251",
         "--output-format", "concise", str(sample)],
        capture_output=True,
        text=True,
        check=False,
    )  # fmt: skip
    lines = {int(found[1]) for found in re.finditer(r"sample\.py:(\d+):\d+: TID251", told.stdout)}
    assert lines == {4, 5, 6, 7, 8, 9}


# -- arrows ------------------------------------------------------------------------------------------------------------


def test_the_core_imports_only_what_does_no_input_and_no_output() -> None:
    strange = set()
    for path in modules("engine"):
        if "channels" in path.relative_to(ROOT).parts:
            continue
        for name in imported(parsed(path)):
            if name.partition(".")[0] not in CORE_MAY_IMPORT | {"engine"}:
                strange.add(f"{relative(path)}: {name}")
    assert strange == set()


def test_the_contracts_know_every_module_of_the_engine() -> None:
    """A module that is neither a value nor forbidden to adapters would be open to them by oversight."""
    contract = next(c for c in PROJECT["tool"]["importlinter"]["contracts"] if c["id"] == "adapters")
    rules = {name.removeprefix("engine.") for name in contract["forbidden_modules"]}
    values = {
        "calendar",
        "creditor",
        "digest",
        "errors",
        "kinds",
        "ledgered",
        "model",
        "money",
        "owner_copy",
        "past",
        "plan",
        "ports",
        "records",
        "rules",
        "setup",
        "spread",
        "standing",
        "store_ports",
    }
    found = {path.stem for path in (ROOT / "engine").glob("*.py")} - {"__init__"}
    assert rules | values == found
    assert rules & values == set()


# -- words that belong to no file --------------------------------------------------------------------------------------


def _committed() -> list[Path]:
    git = shutil.which("git")
    if git is None or not (ROOT / ".git").exists():
        return [path for folder in (*PACKAGES, "tests", "docs", "bench") for path in (ROOT / folder).rglob("*")]
    listed = subprocess.run([git, "-C", str(ROOT), "ls-files", "-z"], capture_output=True, text=True, check=True)
    return [ROOT / name for name in listed.stdout.split("\0") if name]


def test_no_file_names_a_place_outside_the_checkout() -> None:
    """A path of one machine or the address of a package registry works for its author only."""
    forbidden = re.compile(
        "|".join(
            [
                r"(?<![\w.<])/(?:work|home|Users|root)/\w",
                "py" + r"pi\.org",
                "files" + r"\.pythonhosted",
                "--index" + "-url",
            ]
        )
    )
    found = []
    for path in _committed():
        try:
            text = path.read_text(encoding="utf-8")
        except (UnicodeDecodeError, FileNotFoundError, IsADirectoryError):
            continue
        found += [f"{relative(path)}: {hit.group()}" for hit in forbidden.finditer(text)]
    assert found == []
