"""Logs: one JSON object a line on stderr, ours and the libraries', through the one PHI filter.

A library's message may hold an address with a patient's id in it (httpx logs whole URLs): of its records only the
logger's name, the level and an exception's class are kept, and only from warnings on.
"""

from __future__ import annotations

import logging
from typing import Any, TextIO

import structlog

from fhir_adapter.telemetry.phi import Hasher, PhiFilter

_LEVELS = {logging.WARNING: "warning", logging.ERROR: "error", logging.CRITICAL: "critical"}


def configure(hashed: Hasher, stream: TextIO) -> None:
    """Once per process, by `app`."""
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            PhiFilter(hashed),
            structlog.processors.JSONRenderer(),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=structlog.WriteLoggerFactory(file=stream),
        cache_logger_on_first_use=False,
    )
    logging.basicConfig(handlers=[_LibraryRecords()], level=logging.WARNING, force=True)


def log(room: str) -> Any:
    """The logger of a room; keys that no list of `phi.py` names are left out."""
    return structlog.get_logger(room=room)


class _LibraryRecords(logging.Handler):
    """What a library wants to say, without its words."""

    def emit(self, record: logging.LogRecord) -> None:
        error = record.exc_info[1] if record.exc_info else None
        level = _LEVELS.get(record.levelno, "warning")
        getattr(log(record.name), level)("a library says something", exc_info=error)
