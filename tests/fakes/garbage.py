"""A host that answers everything with the same bytes, as a proxy or a broken line does."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    import responses

GARBAGE: Final = "https://garbage.example"


def garbage(mock: responses.RequestsMock, content: bytes) -> None:
    """Let every call to GARBAGE succeed, with these bytes as JSON."""
    for method in ("GET", "POST", "PUT"):
        mock.add(method, re.compile(re.escape(GARBAGE) + "/.*"), body=content, content_type="application/json")
