"""Several actions of the medication record into one giving: new bag, rate change, pause, restart, stop.

The problem: a record has a resource for each thing a nurse did, each with a time and none with an end, and a pump or a
second nurse may have documented them in any order. Coded one by one they are nothing: a start without a stop, a stop
without a start. Coded with the pause between them they are too much.

    New Bag 09:00, Rate Change 09:30, Stopped 11:00                     → 09:00-11:00
    New Bag 09:00, Stopped 09:10 (reaction), Restarted 10:00, Stopped 12:00 → 09:00-09:10 and 10:00-12:00 of one order

Decided: what is joined has one order, one medication and one encounter; without an order nothing is. A segment runs
from one action to the next, also over a new bag hung while the last one ran; but where more than the source's
`series_gap` passed in between nobody knows that it did, and the last one has no stop. An end of its own that an
action has (effectivePeriod) counts as a stop. "Given" begins an infusion only where something else says infusion.
An action that goes on, pauses or ends what never began, and two ends that disagree, are `chain-incomplete`: never a
guess. A pump that went home and is taken off at a later encounter is no fault: that end gives no drug. Left out: other
chains over encounters.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

import msgspec

from fhir_adapter.fhir_r4 import Chart
from fhir_adapter.normalize.lexicon import Lexicon
from fhir_adapter.normalize.orders import Ordered, ordered
from fhir_adapter.normalize.placed import Placed, Segment
from fhir_adapter.normalize.pumps_off import without_ends_of_pumps
from fhir_adapter.normalize.technique import spoken
from fhir_adapter.normalize.timing import Timing
from fhir_adapter.normalize.walk import walked

_NEVER = datetime.max.replace(tzinfo=UTC)
_JOINED = ("start", "continue", "pause", "stop")


def in_chains(placed: Iterable[Placed], chart: Chart, lexicon: Lexicon) -> list[Placed]:
    """Each chain as its first member, which has the segments and the others; what is no chain as it was."""
    alone: list[Placed] = []
    groups: dict[tuple[str, str, str], list[Ordered]] = {}
    for each in placed:
        candidate = _candidate(each, chart, lexicon)
        if candidate is None:
            alone.append(each)
        else:
            key = (each.patient, each.encounter or "", candidate.order)
            groups.setdefault(key, []).append(candidate)
    gap = timedelta(hours=lexicon.words.series_gap)
    for together in groups.values():
        for of_one_drug in _by_drug(together):
            alone += _chain([each.placed for each in of_one_drug], gap, chart, lexicon)
    return without_ends_of_pumps(alone, chart, lexicon)


def _candidate(placed: Placed, chart: Chart, lexicon: Lexicon) -> Ordered | None:
    kind = placed.action.kind if placed.action else None
    is_alive = placed.state in ("given", "running") and placed.timing.start is not None
    if kind not in _JOINED or not is_alive or placed.encounter is None:
        return None
    return ordered(placed, chart, lexicon)


def _by_drug(candidates: list[Ordered]) -> list[list[Ordered]]:
    """Those that share a code, a name or a Medication are of one drug, also by way of a third."""
    groups: list[list[Ordered]] = []
    for candidate in candidates:
        same = [group for group in groups if any(each.drug & candidate.drug for each in group)]
        groups = [group for group in groups if group not in same]
        groups.append([candidate, *(each for group in same for each in group)])
    return groups


def _chain(members: list[Placed], gap: timedelta, chart: Chart, lexicon: Lexicon) -> list[Placed]:
    plain = [each for each in members if _is_given(each)]
    has_action = len(plain) < len(members)
    joined = [each for each in members if not _is_given(each) or _is_infused(each, has_action, chart, lexicon)]
    alone = [each for each in plain if each not in joined]
    return alone + ([_joined(joined, gap)] if len(joined) > 1 else joined)


def _is_given(placed: Placed) -> bool:
    return placed.action is not None and placed.action.word.lower() == "given"


def _is_infused(placed: Placed, has_action: bool, chart: Chart, lexicon: Lexicon) -> bool:
    way = spoken(placed.given, placed.action, chart, lexicon)
    return way in ("infusion", "pump") or (has_action and way in ("iv", None))


def _joined(members: list[Placed], gap: timedelta) -> Placed:
    ordered = sorted(members, key=lambda each: (each.timing.start or _NEVER, each.given.id))
    segments, faults = walked(ordered, gap)
    head = segments[0].bags[0] if segments and segments[0].bags else ordered[0]
    others = tuple(each for each in ordered if each is not head)
    return msgspec.structs.replace(
        head,
        state="running" if _still_runs(ordered, segments) else "given",
        timing=_timing(head, ordered, segments),
        segments=segments,
        joined=others,
        faults=faults,
    )


def _still_runs(ordered: list[Placed], segments: tuple[Segment, ...]) -> bool:
    last = segments[-1] if segments else None
    was_ended = last is not None and last.stop is not None and not last.is_paused
    return not was_ended and any(each.state == "running" for each in ordered)


def _timing(head: Placed, ordered: list[Placed], segments: tuple[Segment, ...]) -> Timing:
    if not segments:
        return head.timing
    first, last = segments[0], segments[-1]
    return Timing(
        start=first.start,
        stop=last.stop,
        day=first.start.date(),
        is_open_period=last.stop is None and any(each.timing.is_open_period for each in ordered),
        path="the actions of the medication record",
    )
