"""Where the parts are built and the clock is handed out. Nothing else asks the machine what time it is."""

from __future__ import annotations

from datetime import UTC, datetime


def clock() -> datetime:
    """This instant, in UTC."""
    return datetime.now(UTC)
