"""The timeline of a visit as geometry: one row per administration, time to the right. Pure; the template draws it.

The problem: overlaps decide codes, so a person must see them. Every row shares one axis; where a running drug has
another running beside it at the same encounter and site, that stretch of its bar is marked.

Worked examples.
    a 09:00–13:00, b 12:00–14:00, one site   12:00–13:00 is marked in both rows
    a push at 09:10 during that infusion     a point; a push shares no time

Decided: the axis ends with the last thing that happened in the clinic. A home pump of 46 hours would press the rest
into a corner; its bar runs to the edge and says until when. A missing stop is never drawn as if it were known: the bar
is open. Left out: what the rules make of an overlap; that stands in the lines.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

import msgspec

from fhir_adapter.coding.model import Administration, Line, VisitResult

LABELS, PLOT, CODES = 230, 620, 210
WIDTH = LABELS + PLOT + CODES
ROW, HEAD, FOOT = 54, 34, 10
NARROWEST = 3.0
STEPS = tuple(timedelta(minutes=minutes) for minutes in (15, 30, 60, 120, 240, 480, 720, 1440))
MOST_TICKS = 10
RUNNING = frozenset({"infusion", "sc-infusion", "intra-arterial-infusion"})
PUMPS = frozenset({"pump"})


class Stretch(msgspec.Struct, frozen=True):
    x: float
    width: float


class Tick(msgspec.Struct, frozen=True):
    x: float
    label: str


class Bar(msgspec.Struct, frozen=True, kw_only=True):
    """One administration's row. `kind` is `span`, `point`, `open` (no stop is known) or `clipped` (goes on)."""

    id: str
    y: float
    kind: str
    x: float
    width: float
    shared: tuple[Stretch, ...]
    name: str
    detail: str
    times: str
    times_at_the_end: bool
    """Right of the middle the times end where the bar ends, so that they stay inside."""
    codes: tuple[str, ...]
    has_error: bool


class Timeline(msgspec.Struct, frozen=True, kw_only=True):
    width: int
    height: int
    plot_x: int
    plot_width: int
    codes_x: int
    ticks: tuple[Tick, ...]
    bars: tuple[Bar, ...]


class Axis(msgspec.Struct, frozen=True):
    first: datetime
    last: datetime

    def x(self, at: datetime) -> float:
        part = (at - self.first) / (self.last - self.first)
        return round(LABELS + PLOT * min(max(part, 0.0), 1.0), 1)


def timeline(administrations: Sequence[Administration], result: VisitResult) -> Timeline | None:
    """None: nothing was given."""
    if not administrations:
        return None
    given = sorted(administrations, key=lambda one: (one.start, one.id))
    axis = _axis(given)
    bars = tuple(_bar(one, number, given, axis, result) for number, one in enumerate(given))
    return Timeline(
        width=WIDTH,
        height=HEAD + ROW * len(bars) + FOOT,
        plot_x=LABELS,
        plot_width=PLOT,
        codes_x=LABELS + PLOT + 14,
        ticks=_ticks(axis),
        bars=bars,
    )


def _axis(given: Sequence[Administration]) -> Axis:
    """From the tick before the first start to the tick after the last end in the clinic."""
    ends = [one.stop for one in given if one.stop is not None and one.technique not in PUMPS]
    last = max([one.start for one in given] + ends) + timedelta(minutes=10)
    first = min(one.start for one in given)
    step = _step(last - first)
    return Axis(_floor(first, step), _floor(last, step) + step)


def _step(length: timedelta) -> timedelta:
    """The shortest step with few enough ticks; beyond the list, whole days."""
    days = STEPS[-1] * (1 + length // (STEPS[-1] * MOST_TICKS))
    return next((step for step in STEPS if length <= step * MOST_TICKS), days)


def _floor(at: datetime, step: timedelta) -> datetime:
    """The last multiple of `step` in the local day, or local midnight."""
    midnight = at.replace(hour=0, minute=0, second=0, microsecond=0)
    return midnight + (at - midnight) // step * step


def _ticks(axis: Axis) -> tuple[Tick, ...]:
    step = _step(axis.last - axis.first - timedelta(seconds=1))
    ticks: list[Tick] = []
    at = axis.first
    while at <= axis.last:
        new_day = not ticks or at.date() != (at - step).date()
        ticks.append(Tick(axis.x(at), _day(at) if new_day and ticks else f"{at:%H:%M}"))
        at += step
    return tuple(ticks)


def _day(at: datetime) -> str:
    return f"{at.day} {at:%b}" if (at.hour, at.minute) == (0, 0) else f"{at.day} {at:%b %H:%M}"


def _bar(one: Administration, number: int, given: Sequence[Administration], axis: Axis, result: VisitResult) -> Bar:
    kind = _kind(one, axis)
    x = axis.x(one.start)
    end = {"span": one.stop, "point": one.start}.get(kind) or axis.last
    return Bar(
        id=one.id,
        y=HEAD + ROW * number,
        kind=kind,
        x=x,
        width=max(NARROWEST, round(axis.x(end) - x, 1)),
        shared=tuple(_shared(one, given, axis)),
        name=one.drug or one.rxcui or one.ndc or one.id,
        detail=_detail(one),
        times=_times(one, kind),
        times_at_the_end=x > LABELS + PLOT / 2,
        codes=tuple(code_words(line, one.id) for line in result.lines if one.id in line.administrations),
        has_error=any(one.id in finding.administrations and finding.severity == "error" for finding in result.findings),
    )


def _kind(one: Administration, axis: Axis) -> str:
    if one.stop is None:
        return "open" if one.technique in RUNNING else "clipped" if one.technique in PUMPS else "point"
    return "span" if one.stop <= axis.last else "clipped"


def _shared(one: Administration, given: Sequence[Administration], axis: Axis) -> list[Stretch]:
    """Where another runs at the same time, encounter and site; joined, so that no stretch is drawn twice."""
    if not _runs(one):
        return []
    beside = [other for other in given if other is not one and _runs(other) and _same_place(one, other)]
    stretches: list[tuple[float, float]] = []
    for start, stop in sorted((max(one.start, b.start), min(_stop(one), _stop(b))) for b in beside):
        if start >= stop:
            continue
        left, right = axis.x(start), axis.x(stop)
        if stretches and left <= stretches[-1][1]:
            left, right = stretches[-1][0], max(right, stretches.pop()[1])
        stretches.append((left, right))
    return [Stretch(left, round(right - left, 1)) for left, right in stretches]


def _runs(one: Administration) -> bool:
    return one.stop is not None and one.technique in RUNNING


def _stop(one: Administration) -> datetime:
    return one.stop or one.start


def _same_place(one: Administration, other: Administration) -> bool:
    return (one.encounter, one.site) == (other.encounter, other.site)


def _detail(one: Administration) -> str:
    dose = f"{one.dose.value.normalize():f} {one.dose.unit}" if one.dose else "no dose"
    return " · ".join(part for part in (one.technique, dose, one.site) if part)


def _times(one: Administration, kind: str) -> str:
    start = f"{one.start:%H:%M}"
    if one.stop is None:
        return f"{start} – no stop" if kind == "open" else start
    minutes = int((one.stop - one.start).total_seconds() // 60)
    stop = f"{one.stop:%H:%M}" if one.stop.date() == one.start.date() else _day(one.stop)
    return f"{start}–{stop} · {minutes} min"


def code_words(line: Line, administration: str) -> str:
    """A line that rests on one administration shows its units there; a shared line shows its code only."""
    code = "-".join((line.code, *line.modifiers))
    return f"{code} × {line.units}" if line.administrations == (administration,) else f"{code} (shared)"
