"""What holds on which day, when several layers say something: the topmost layer that covers the day.

    base     2024-01-01 …                 96416
    own      2026-07-01 to 2026-12-31     G0498
    →        to 2026-06-30 96416, then to 2026-12-31 G0498, then 96416 again

A layer is one file's readings of one thing. Days are whole and both ends are included. Refuses nothing: `overlaps` and
`gaps` tell, `check` refuses.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import date, timedelta
from itertools import pairwise
from typing import TypeVar

from fhir_adapter.rulebooks.file import Dated

DAY = timedelta(days=1)
_Kind = TypeVar("_Kind", bound=Dated)
Layers = Sequence[Sequence[_Kind]]
"""Lowest first."""


def first_days(entries: Iterable[Dated], start: date, end: date | None) -> list[date]:
    """The days on which something may change, from `start` on."""
    days = {start}
    for entry in entries:
        days |= {day for day in (entry.from_, None if entry.to is None else entry.to + DAY) if day is not None}
    return sorted(day for day in days if day >= start and (end is None or day <= end))


def stretches(entries: Iterable[Dated], start: date, end: date | None) -> list[tuple[date, date | None]]:
    """The time from `start` to `end`, cut wherever something may change."""
    days = first_days(entries, start, end)
    lasts = [day - DAY for day in days[1:]]
    return list(zip(days, [*lasts, end], strict=True))


def holding(layers: Layers[_Kind], on: date) -> _Kind | None:
    """What holds on a day."""
    return next((entry for layer in reversed(layers) for entry in layer if entry.covers(on)), None)


def overlaps(entries: Sequence[Dated]) -> Iterator[tuple[int, int, date | None]]:
    """Places of two entries of one layer that hold on a common day, with the first such day (None: open)."""
    for second, later in enumerate(entries):
        for first, earlier in enumerate(entries[:second]):
            begins = max((day for day in (earlier.from_, later.from_) if day is not None), default=None)
            ends = min((day for day in (earlier.to, later.to) if day is not None), default=None)
            if begins is None or ends is None or begins <= ends:
                yield first, second, begins


def gaps(entries: Sequence[Dated]) -> Iterator[tuple[int, date, date]]:
    """Place of the entry after each hole between the entries of one layer, with its first and last day."""
    ordered = sorted(range(len(entries)), key=lambda place: entries[place].from_ or date.min)
    for before, after in pairwise(ordered):
        ends, begins = entries[before].to, entries[after].from_
        if ends is not None and begins is not None and ends + DAY < begins:
            yield after, ends + DAY, begins - DAY
