"""The walk along a chain: which stretches of time its actions say that the drug ran.

Two examples, `|` where a segment ends:

    New Bag 09:00, Paused 09:20, Restarted 09:40, Stopped 10:00  → 09:00-09:20 | 09:40-10:00
    New Bag 09:00-10:00, Subsequent Bag 10:00-11:00              → 09:00-11:00, two bags

At one instant what ends comes before what begins when something runs, and after it when nothing does: a bag is changed
in the first case and given in no time in the second. So the order of arrival changes nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from itertools import groupby
from typing import Literal, NamedTuple

from fhir_adapter.normalize.placed import ChainFault, Placed, Segment

Step = Literal["start", "continue", "pause", "stop", "own-end"]

_HANGS_NO_BAG = ("restarted", "resumed")
_HANGS_A_BAG = ("subsequent bag",)
_ENDS = ("pause", "stop", "own-end")


class _Event(NamedTuple):
    at: datetime
    step: Step
    by: Placed


def walked(members: Sequence[Placed], gap: timedelta) -> tuple[tuple[Segment, ...], tuple[ChainFault, ...]]:
    """The segments in order of time, and what could not be followed. `members` are in order of time and id."""
    walk = _Walk(gap)
    events = sorted((event for each in members for event in _events(each)), key=lambda event: event.at)
    for _, at_once in groupby(events, key=lambda event: event.at):
        runs = walk.runs
        for event in sorted(at_once, key=lambda event: (event.step in _ENDS) != runs):
            walk.take(event)
    return walk.done()


def hangs_a_bag(placed: Placed) -> bool:
    """Whether the action brings a drug of its own, and does not only go on with what hangs there."""
    action = placed.action
    if action is None:
        return True
    word = action.word.lower()
    return word in _HANGS_A_BAG or (action.kind == "start" and word not in _HANGS_NO_BAG)


def _events(placed: Placed) -> Iterator[_Event]:
    kind, start, stop = placed.action and placed.action.kind, placed.timing.start, placed.timing.stop
    if start is None:
        return
    stop = None if stop == start else stop
    if kind == "pause":
        yield _Event(start, "pause", placed)
    elif kind == "stop":
        if stop is not None:
            yield _Event(start, "start", placed)
        yield _Event(stop or start, "stop", placed)
    else:
        yield _Event(start, "start" if kind == "start" or stop is not None else "continue", placed)
        if stop is not None:
            yield _Event(stop, "own-end", placed)


class _Walk:
    """What runs at the moment that is looked at, and what ran before."""

    def __init__(self, gap: timedelta) -> None:
        self._gap = gap
        self._segments: list[Segment] = []
        self._faults: list[ChainFault] = []
        self._start: datetime | None = None
        self._bags: list[Placed] = []
        self._latest: Placed | None = None
        self._last: datetime | None = None
        self._ended_by: _Event | None = None

    @property
    def runs(self) -> bool:
        return self._start is not None

    def take(self, event: _Event) -> None:
        if event.step == "start":
            self._begin(event)
        elif event.step == "continue":
            self._go_on(event)
        elif event.step == "own-end":
            self._own_end(event)
        else:
            self._end(event)
        self._last = event.at

    def done(self) -> tuple[tuple[Segment, ...], tuple[ChainFault, ...]]:
        if self._start is not None:
            self._close(self._start, None, None)
        ran = [each for each in self._segments if each.stop != each.start]
        return tuple(ran or self._segments[:1]), tuple(self._faults)

    def _begin(self, event: _Event) -> None:
        if self._start is not None and self._last is not None and event.at - self._last > self._gap:
            self._close(self._start, None, None)
        if self._start is None:
            self._open(event.at)
        self._latest = event.by
        self._hang(event.by)

    def _open(self, at: datetime) -> None:
        """A segment; one that ended at this very instant goes on."""
        self._start, self._bags = at, []
        if self._segments and self._segments[-1].stop == at:
            before = self._segments.pop()
            self._start, self._bags = before.start, list(before.bags)

    def _go_on(self, event: _Event) -> None:
        if self._start is None:
            self._faults.append(ChainFault(event.by, "goes on with what was not running"))
        elif hangs_a_bag(event.by):
            self._latest = event.by
            self._hang(event.by)

    def _hang(self, placed: Placed) -> None:
        if hangs_a_bag(placed) and placed not in self._bags:
            self._bags.append(placed)

    def _own_end(self, event: _Event) -> None:
        """Counts where no later bag and no later rate has an end of its own."""
        if event.by is not self._latest:
            return
        if self._start is not None:
            self._close(self._start, event.at, event)
        elif self._ended_by is not None and self._ended_by.step == "stop" and self._ended_by.at != event.at:
            self._faults.append(ChainFault(event.by, "has an end that another action contradicts"))

    def _end(self, event: _Event) -> None:
        before = self._ended_by
        if self._start is not None:
            self._close(self._start, event.at, event)
        elif before is None:
            self._faults.append(ChainFault(event.by, "ends what never began"))
        elif event.step == "stop" and before.step == "own-end" and before.at != event.at:
            self._faults.append(ChainFault(event.by, "has an end that another action contradicts"))

    def _close(self, start: datetime, at: datetime | None, event: _Event | None) -> None:
        segment = Segment(
            start=start,
            stop=at,
            bags=tuple(self._bags),
            ended_by=event.by if event else None,
            is_paused=event is not None and event.step == "pause",
            is_resumed=bool(self._segments) and (self._segments[-1].is_paused or not self._bags),
        )
        self._segments.append(segment)
        self._start, self._bags, self._ended_by = None, [], event
