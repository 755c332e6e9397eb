"""The one place that asks the machine what time it is; everybody else is handed this function."""

from __future__ import annotations

from datetime import UTC, datetime


def clock() -> datetime:
    """This instant, in UTC."""
    return datetime.now(UTC)
