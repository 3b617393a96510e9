"""Structured logs: one JSON object a line on standard error, with our own random ids only."""

from __future__ import annotations

import logging
import sys
from pathlib import Path
from traceback import extract_tb

import structlog

_FRAMES = 6


def log_to_stderr(level: str) -> None:
    """Configure structlog for this process; a second call changes nothing."""
    if structlog.is_configured():
        return
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.JSONRenderer(),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[level.upper()]),
        logger_factory=structlog.WriteLoggerFactory(sys.stderr),
    )


def fault(error: BaseException) -> dict[str, object]:
    """Return what may be logged of an error: its type and the lines it passed, never its message.

    A foreign message can hold a header value, and so a name.
    """
    frames = extract_tb(error.__traceback__)[-_FRAMES:]
    return {
        "error": type(error).__name__,
        "cause": type(error.__cause__).__name__ if error.__cause__ else None,
        "at": [f"{Path(frame.filename).name}:{frame.lineno}" for frame in frames],
    }
