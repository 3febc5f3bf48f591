"""Logs on stderr: one JSON line for each thing worth telling, with no secret in it."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from structlog.typing import WrappedLogger


def log_event(event: str, **facts: object) -> None:
    """Log something that happened, with plain facts."""
    _logger().info(event, **facts)


def log_failure(company_id: str, error: BaseException | None = None) -> None:
    """Log an exception (the one being handled) and the company it happened to.

    Its text may hold a secret, so only the place and the kind are told.
    """
    found = error or sys.exc_info()[1]
    places = []
    trace = found.__traceback__ if found is not None else None
    while trace is not None:
        places.append(f"{trace.tb_frame.f_code.co_filename}:{trace.tb_lineno}")
        trace = trace.tb_next
    _logger().error("a company's run failed", company=company_id, error=type(found).__name__, at=places)


def _logger() -> Any:
    import structlog  # noqa: PLC0415 (a third of the start-up time, and few commands log)

    printer: WrappedLogger = structlog.PrintLogger(sys.stderr)
    return structlog.wrap_logger(
        printer,
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.JSONRenderer(ensure_ascii=False),
        ],
    )
