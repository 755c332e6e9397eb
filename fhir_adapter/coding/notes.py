"""A sentence about some lines of a site, as its story is told (see `story`): whom it is about, and times of day.

A sentence rests on administrations, and is told of each line that rests on one of them and has one of its codes.
"""

from __future__ import annotations

import msgspec

from fhir_adapter.coding.given import Service, ids_of
from fhir_adapter.coding.model import Line
from fhir_adapter.coding.spans import MINUTE, Span, local_date

BASES = frozenset({"96365", "96367", "96413", "96417"})
HOURS = frozenset({"96366", "96415"})
FLUID = frozenset({"96360", "96361"})
PUSHES = frozenset({"96374", "96375", "96376", "96409", "96411", "96417"})
BESIDE = frozenset({"96367", "96368", "96416", "96549"})
BY_VEIN = BASES | HOURS | FLUID | PUSHES | BESIDE
DAY = 24 * 60


class Note(msgspec.Struct, frozen=True):
    """A sentence about the lines of some codes that rest on some administrations."""

    ids: frozenset[str]
    codes: frozenset[str]
    text: str
    minutes: bool = False

    def about(self, line: Line) -> bool:
        return line.code in self.codes and not self.ids.isdisjoint(line.administrations)


def note_of(service: Service, codes: frozenset[str], text: str, *, minutes: bool = False) -> Note:
    return Note(frozenset(ids_of(service.givens)), codes, text, minutes)


def clock(spans: tuple[Span, ...]) -> str:
    """Times of day as the chart wrote them."""
    return ", ".join(f"{_time(s.start, s.offset)} to {_time(s.stop, s.offset)}{_later(s)}" for s in spans)


def _later(span: Span) -> str:
    """How many midnights lie between the two."""
    days = (local_date(span.stop, span.offset) - local_date(span.start, span.offset)).days
    return {0: "", 1: " of the next day"}.get(days, f" of {days} days later")


def _time(instant: int, offset: int) -> str:
    of_day = (instant + offset) // MINUTE % DAY
    return f"{of_day // 60:02}:{of_day % 60:02}"
