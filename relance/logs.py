"""Logs on stderr: one JSON line for each thing worth telling, with no secret in it."""

from __future__ import annotations

import logging
import os
import sys
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from structlog.typing import WrappedLogger


LEVEL: Final = "RELANCE_LOG"
# What connectors tell of their calls: a failed one always, every one of them where the level says debug.
_CALLS: Final = "relance.http"


class _AsEvents(logging.Handler):
    """Writes what the standard library's loggers say as one of our lines, cleaned once more of what looks like a secret."""

    def emit(self, record: logging.LogRecord) -> None:
        from connectors.http_redact import clean  # noqa: PLC0415 (only who calls a provider gets here)

        log_event(clean(record.getMessage()), level_of_call=record.levelname.lower())


def follow_calls() -> None:
    """Let the calls to providers be told on stderr: troubles, or all of them with RELANCE_LOG=debug."""
    logger = logging.getLogger(_CALLS)
    if not any(isinstance(handler, _AsEvents) for handler in logger.handlers):
        logger.addHandler(_AsEvents())
    logger.propagate = False
    logger.setLevel(logging.DEBUG if os.environ.get(LEVEL, "").lower() == "debug" else logging.WARNING)


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
