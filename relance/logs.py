"""Logs on stderr: structured lines for what no user error explains."""

from __future__ import annotations

import sys


def log_failure(company_id: str) -> None:
    """Log the exception being handled, with the company it happened to; its text may hold no secret, so only the place is told."""
    import structlog  # noqa: PLC0415 (a third of the start-up time, and only a failure needs it)

    logger = structlog.wrap_logger(
        structlog.PrintLogger(sys.stderr),
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(),
        ],
    )
    logger.error("a company's run failed", company=company_id, exc_info=sys.exc_info())
