"""JSON as the services write it: amounts with their decimals, never through a float."""

from __future__ import annotations

import json
import re
from decimal import Decimal
from typing import Any, Final

from werkzeug.wrappers import Response

# A character of the private use area, which no name or number holds.
_MARK: Final = "\ue0da"
_MARKED: Final = re.compile(r'"\\ue0da(-?[0-9.]+)\\ue0da"')


def _marked(value: object) -> str:
    if isinstance(value, Decimal):
        return f"{_MARK}{value:f}{_MARK}"
    raise TypeError(f"{type(value).__name__} has no place in an answer")


def dumps(payload: Any) -> str:
    """Write JSON with every Decimal as a plain number that keeps its decimals: 12.50."""
    return _MARKED.sub(r"\1", json.dumps(payload, default=_marked, ensure_ascii=True, separators=(",", ":")))


def loads(text: str | bytes) -> Any:
    """Read JSON with every number that has decimals as a Decimal."""
    return json.loads(text, parse_float=Decimal)


def json_response(payload: Any, status: int = 200, content_type: str = "application/json; charset=utf-8") -> Response:
    """Answer with JSON."""
    return Response(dumps(payload), status=status, content_type=content_type)
