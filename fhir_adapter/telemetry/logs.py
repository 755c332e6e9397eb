"""Logs: one JSON object a line on stderr, ours and the libraries', through the one PHI filter.

A library's message may hold an address with a patient's id in it (httpx logs whole URLs): of its records only the
logger's name, the level and an exception's class are kept, and only from warnings on.

A line that cannot be written is lost and ends nothing: the log often lies on the disk that is just full, and a sender
still has to be told so.
"""

from __future__ import annotations

import logging
from contextlib import suppress
from typing import Any, TextIO, cast

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
        logger_factory=structlog.WriteLoggerFactory(file=cast(TextIO, _Lines(stream))),
        cache_logger_on_first_use=False,
    )
    logging.basicConfig(handlers=[_LibraryRecords()], level=logging.WARNING, force=True)


def log(room: str) -> Any:
    """The logger of a room; keys that no list of `phi.py` names are left out."""
    return structlog.get_logger(room=room)


class _Lines:
    """A stream that takes what it can."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def write(self, line: str) -> None:
        with suppress(OSError):
            self._stream.write(line)

    def flush(self) -> None:
        with suppress(OSError):
            self._stream.flush()


class _LibraryRecords(logging.Handler):
    """What a library wants to say, without its words."""

    def emit(self, record: logging.LogRecord) -> None:
        error = record.exc_info[1] if record.exc_info else None
        level = _LEVELS.get(record.levelno, "warning")
        getattr(log(record.name), level)("a library says something", exc_info=error)
