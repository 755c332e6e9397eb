"""Time as a row of seconds: a whole number whose bit n stands for second n after the visit began.

Slow and obvious on purpose. What two services share is `&`, what one loses is `& ~`, and a length is a count of bits.
Minutes are whole: the counted seconds, rounded down (D19). Nothing here knows a code.
"""

from __future__ import annotations

import itertools
from datetime import datetime

FOREVER = 40 * 24 * 3600


def seconds_between(begin: str, end: str) -> int:
    return int((datetime.fromisoformat(end) - datetime.fromisoformat(begin)).total_seconds())


def span(begin: int, end: int) -> int:
    """The seconds from begin up to, not including, end."""
    return ((1 << (end - begin)) - 1) << begin if end > begin else 0


def minutes(row: int) -> int:
    return row.bit_count() // 60


def pieces(row: int) -> list[tuple[int, int]]:
    """Its unbroken runs, as begin and end."""
    runs, passed = [], 0
    while row:
        zeros = (row & -row).bit_length() - 1
        row >>= zeros
        ones = (~row & (row + 1)).bit_length() - 1
        runs.append((passed + zeros, passed + zeros + ones))
        row >>= ones
        passed += zeros + ones
    return runs


def moment(row: int, count: int) -> int:
    """The second that comes after `count` counted ones."""
    for begin, end in pieces(row):
        if count < end - begin:
            return begin + count
        count -= end - begin
    return row.bit_length()


def filled(row: int, gap: int) -> int:
    """With the gaps of at most so many seconds counted too."""
    runs = pieces(row)
    for (_, end), (begin, _) in itertools.pairwise(runs):
        if begin - end <= gap:
            row |= span(end, begin)
    return row


def touching(one: int, other: int) -> bool:
    """They overlap, or one begins where the other ends."""
    return bool((one | one << 1 | one >> 1) & other)
