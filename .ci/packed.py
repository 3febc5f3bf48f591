"""What the wheels and the sdist hold: everything of our five packages, and nothing else."""

from __future__ import annotations

import sys
import tarfile
import zipfile
from pathlib import Path, PurePosixPath

ROOT = Path(__file__).resolve().parents[1]
PACKAGES = ("connectors", "engine", "relance", "state", "templates")
# Parts of a path that have no business in a distribution.
STRANGE = {
    ".venv",
    "venv",
    ".git",
    ".ci",
    "__pycache__",
    ".hypothesis",
    "relance-data",
    "relance-demo",
    "build",
    "dist",
}
CACHES = ("_cache", ".egg-info")


def expected() -> set[str]:
    """List the files of the five packages in the checkout."""
    return {
        path.relative_to(ROOT).as_posix()
        for package in PACKAGES
        for path in (ROOT / package).rglob("*")
        if path.is_file() and path.suffix != ".pyc"
    }


def strange(names: set[str]) -> list[str]:
    """List the names that are no part of the project's text."""
    return sorted(
        name
        for name in names
        if any(part in STRANGE or part.endswith(CACHES) for part in PurePosixPath(name).parts) or name.endswith(".pyc")
    )


def wheel_names(folder: Path) -> set[str]:
    """List what the one wheel of a folder holds, without its own metadata."""
    (wheel,) = folder.glob("*.whl")
    with zipfile.ZipFile(wheel) as packed:
        names = set(packed.namelist())
    return {name for name in names if not PurePosixPath(name).parts[0].endswith(".dist-info")}


def sdist_names(folder: Path) -> set[str]:
    """List what the one sdist of a folder holds, below its top folder."""
    (sdist,) = folder.glob("*.tar.gz")
    with tarfile.open(sdist) as packed:
        return {str(PurePosixPath(*PurePosixPath(m.name).parts[1:])) for m in packed.getmembers() if m.isfile()}


def problems(from_checkout: Path, from_sdist: Path) -> list[str]:
    """Compare both wheels with the checkout, and look into the sdist."""
    found: list[str] = []
    wanted = expected()
    for label, folder in (("built from the checkout", from_checkout), ("built from the sdist", from_sdist)):
        names = wheel_names(folder)
        found += [f"the wheel {label} lacks {name}" for name in sorted(wanted - names)]
        found += [f"the wheel {label} holds {name}" for name in sorted(names - wanted)]
    packed = sdist_names(from_sdist)
    found += [f"the sdist holds {name}" for name in strange(packed)]
    needed = wanted | {"pyproject.toml", "README.md", "LICENSE", "CHANGELOG.md", "tests/conftest.py"}
    found += [f"the sdist lacks {name}" for name in sorted(needed - packed)]
    return found


def main() -> int:
    """Print what is wrong; 1 when anything is."""
    found = problems(Path(sys.argv[1]), Path(sys.argv[2]))
    print("\n".join(found) or f"the wheels hold the {len(expected())} files of {', '.join(PACKAGES)}, and nothing else")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
