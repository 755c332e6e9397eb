"""From which quarter a file is: its name says so, or the lines above its header, or the person who imports it.

    HCPC2026_JUL_ANWEB.txt                          2026Q3
    MCR_MUE_PractitionerServices_Eff_10-01-2026.csv 2026Q4
    ccioph-v322r0-f1.TXT                            2026Q3   (version 32.2: 32 is 2026, .2 the third quarter)
    "… Effective July 1, 2026 …"                    2026Q3

Refused: a file of which nobody says it, and a header whose year is not the quarter's.
"""

from __future__ import annotations

import re
from datetime import date, timedelta

_MONTHS = {"jan": 1, "apr": 2, "jul": 3, "oct": 4}
_QUARTER = re.compile(r"(20\d\d) ?Q([1-4])", re.IGNORECASE)
_YEAR_MONTH = re.compile(r"(20\d\d)[-_ ]?(jan|apr|jul|oct)", re.IGNORECASE)
_MONTH_YEAR = re.compile(r"(jan|apr|jul|oct)[a-z]*\.?[-_ ]+(?:\d{1,2},? *)?(20\d\d)", re.IGNORECASE)
_EFFECTIVE = re.compile(r"(?<!\d)(\d\d)-(\d\d)-(20\d\d)(?!\d)")
_VERSION = re.compile(r"v(\d\d)[._]?([0-3])r\d", re.IGNORECASE)
_FIRST_YEAR = 1994


def quarter_of(text: str) -> str | None:
    """`2026Q3`, or None where the text names no quarter."""
    if found := _QUARTER.search(text):
        return f"{found[1]}Q{found[2]}"
    if found := _YEAR_MONTH.search(text):
        return f"{found[1]}Q{_MONTHS[found[2].casefold()]}"
    if found := _MONTH_YEAR.search(text):
        return f"{found[2]}Q{_MONTHS[found[1].casefold()]}"
    if (found := _EFFECTIVE.search(text)) and 1 <= int(found[1]) <= 12:
        return f"{found[3]}Q{(int(found[1]) + 2) // 3}"
    if found := _VERSION.search(text):
        return f"{_FIRST_YEAR + int(found[1])}Q{int(found[2]) + 1}"
    return None


def days_of(quarter: str) -> tuple[date, date] | None:
    """First and last day; None: no quarter is called so."""
    if not (found := _QUARTER.fullmatch(quarter)):
        return None
    year, number = int(found[1]), int(found[2])
    after = date(year + number // 4, number % 4 * 3 + 1, 1)
    return date(year, number * 3 - 2, 1), after - timedelta(days=1)
