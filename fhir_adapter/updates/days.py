"""Days as the official files write them: 20260401, 04/01/2026, and the Julian 2026091 (the 91st day of 2026)."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime

_FORMS = (
    (re.compile(r"\d{8}"), "%Y%m%d"),
    (re.compile(r"\d{7}"), "%Y%j"),
    (re.compile(r"\d{1,2}/\d{1,2}/\d{4}"), "%m/%d/%Y"),
    (re.compile(r"\d{4}-\d{2}-\d{2}"), "%Y-%m-%d"),
)


def day(text: str) -> date | None:
    """None: it is no day. A blank, zeros and `*` are none, too: ask for them first."""
    for form, written in _FORMS:
        if form.fullmatch(text):
            try:
                return datetime.strptime(text, written).replace(tzinfo=UTC).date()
            except ValueError:
                return None
    return None


def is_blank(text: str) -> bool:
    return not text.strip("0* ") or text.casefold() in ("na", "n/a")
