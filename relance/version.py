"""Which release this is."""

from __future__ import annotations

from importlib import metadata


def version() -> str:
    """Give the installed version, as the package's own metadata states it."""
    return metadata.version("relance")
