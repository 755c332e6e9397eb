"""Time as intervals: what ran, what two drugs share, what is left, and when a counted hour begins (D16, D19, D24).

The problem: minutes are counted over broken intervals, parts of them are given up to other drugs, and an additional
hour takes the date on which it begins, in the offset that the chart wrote.

Worked examples. 09:00:50 to 09:16:10 is 920 seconds, 15 whole minutes. A fluid 23:00-02:00 counts 180 minutes; its
second hour begins 60 counted minutes after the start, at 00:00 of day 2.

Decided: instants are whole microseconds, so sums are exact; intervals that touch do not overlap; an hour that begins
where a pause begins, begins when the running goes on. Left out: clocks and calendars; a date comes from the offset.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from typing import NamedTuple

MINUTE = 60_000_000
DAY = 24 * 60 * MINUTE
EPOCH_ORDINAL = date(1970, 1, 1).toordinal()

Stretch = tuple[int, int]


class Span(NamedTuple):
    """An interval in microseconds since 1970 UTC, its offset from UTC, and the place of the administration it is of."""

    start: int
    stop: int
    offset: int
    place: int


def local_date(instant: int, offset: int) -> date:
    return date.fromordinal(EPOCH_ORDINAL + (instant + offset) // DAY)


def minutes(spans: Iterable[Span]) -> int:
    """Whole minutes: elapsed time summed, then rounded down."""
    return sum([span.stop - span.start for span in spans]) // MINUTE


def once(spans: Iterable[Span]) -> tuple[Span, ...]:
    """In order of time, with common time counted once, for the earlier one."""
    kept: list[Span] = []
    for span in sorted(spans):
        start = max(span.start, kept[-1].stop) if kept else span.start
        if start < span.stop:
            kept.append(span._replace(start=start))
    return tuple(kept)


def stretches(spans: Iterable[Span]) -> list[Stretch]:
    """Unbroken running time; intervals that touch are one stretch."""
    unbroken: list[Stretch] = []
    for span in sorted(spans):
        if unbroken and span.start <= unbroken[-1][1]:
            unbroken[-1] = unbroken[-1][0], max(unbroken[-1][1], span.stop)
        else:
            unbroken.append((span.start, span.stop))
    return unbroken


def common(some: Sequence[Span], others: Sequence[Span]) -> list[Stretch]:
    """The time that both have, in order."""
    shared = [
        (max(one.start, other.start), min(one.stop, other.stop))
        for one in some
        for other in others
        if one.start < other.stop and other.start < one.stop
    ]
    return sorted(shared)


def without(spans: Iterable[Span], taken: Iterable[Stretch]) -> tuple[Span, ...]:
    """What is left of the intervals when the taken time is cut out."""
    left = list(spans)
    for start, stop in taken:
        left = [piece for span in left for piece in _cut(span, start, stop)]
    return tuple(left)


def _cut(span: Span, start: int, stop: int) -> list[Span]:
    before, after = span._replace(stop=min(span.stop, start)), span._replace(start=max(span.start, stop))
    return [piece for piece in (before, after) if piece.start < piece.stop]


def span_at(spans: Sequence[Span], counted_minutes: int) -> tuple[int, Span]:
    """The instant at which so many minutes have been counted, and the interval that runs then."""
    to_count = counted_minutes * MINUTE
    for span in spans:
        length = span.stop - span.start
        if to_count < length:
            return span.start + to_count, span
        to_count -= length
    return spans[-1].stop, spans[-1]
