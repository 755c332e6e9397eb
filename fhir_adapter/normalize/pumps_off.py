"""A pump that went home is taken off at a later encounter: an end without a beginning there, and no fault.

    Monday, encounter 1: New Bag of fluorouracil on the pump that the source lists
    Wednesday, encounter 2: Stopped, under the same order                          → `no-event`

The start of a pump is all that is charged, so its end is not looked for and not joined over encounters. The end of
anything else keeps its fault: an infusion whose start is missing has lost its minutes.
"""

from __future__ import annotations

from datetime import UTC, datetime

import msgspec

from fhir_adapter.fhir_r4 import Chart
from fhir_adapter.normalize.lexicon import Lexicon
from fhir_adapter.normalize.orders import Ordered, ordered
from fhir_adapter.normalize.placed import Placed
from fhir_adapter.normalize.technique import spoken

_NEVER = datetime.max.replace(tzinfo=UTC)


def without_ends_of_pumps(placed: list[Placed], chart: Chart, lexicon: Lexicon) -> list[Placed]:
    """All of them, with the ends of pumps as actions that give nothing."""
    ends = {id(each) for each in placed if _ends_alone(each)}
    if not ends:
        return placed
    given = [each for each in placed if each.state in ("given", "running") and id(each) not in ends]
    pumped = [each for each in given if spoken(each.given, each.action, chart, lexicon) == "pump"]
    pumps = [pump for each in pumped if (pump := ordered(each, chart, lexicon))]
    return [_taken_off(each, pumps, chart, lexicon) if id(each) in ends else each for each in placed]


def _ends_alone(placed: Placed) -> bool:
    is_an_end = placed.action is not None and placed.action.kind in ("stop", "pause")
    return is_an_end and not placed.joined and placed.timing.start is not None and placed.timing.stop is None


def _taken_off(placed: Placed, pumps: list[Ordered], chart: Chart, lexicon: Lexicon) -> Placed:
    end = ordered(placed, chart, lexicon)
    if (
        placed.action is None
        or end is None
        or not any(end.is_of(pump) and _before(pump.placed, placed) for pump in pumps)
    ):
        return placed
    return msgspec.structs.replace(placed, action=msgspec.structs.replace(placed.action, kind="none"))


def _before(pump: Placed, end: Placed) -> bool:
    return (pump.timing.start or _NEVER) < (end.timing.start or _NEVER)
