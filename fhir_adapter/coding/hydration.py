"""The minutes of fluid that count: those that no drug shares, 31 or more (D20, D21).

Worked examples. Saline 08:00-12:00 beside a drug 09:00-10:00 counts 180 minutes in two segments. Two segments of 20
count together under `total`, and not at all under `each-alone`.

Decided: a fluid gives up the minutes of infusions, pushes and running pumps of its site, a pump without a stop runs on.
Injections, oral drugs, unknown drugs and drugs without minutes take none.
"""

from __future__ import annotations

import msgspec

from fhir_adapter.coding.given import Given, Service, ids_of
from fhir_adapter.coding.merge import Infused
from fhir_adapter.coding.model import Finding
from fhir_adapter.coding.policies import Policies
from fhir_adapter.coding.spans import Span, Stretch, minutes, once, stretches, without

SHORTEST = 31
FOREVER = 1 << 62


class Water(msgspec.Struct, frozen=True, eq=False):
    """Hydration that counts: `pieces` are coded one by one, under `total` there is one of them."""

    pieces: tuple[tuple[Span, ...], ...] = ()
    by_place: dict[int, Given] = {}

    def givens(self, piece: tuple[Span, ...]) -> tuple[Given, ...]:
        return tuple(self.by_place[place] for place in dict.fromkeys(span.place for span in piece))


def water(site: list[Given], all_infused: Infused, policies: Policies) -> tuple[Water, list[Finding]]:
    fluids = all_infused.fluids
    if not fluids:
        return Water(), []
    left = without(once(_ran(fluids)), _taken(site, all_infused))
    unbroken = [
        tuple(span for span in left if start <= span.start and span.stop <= stop) for start, stop in stretches(left)
    ]
    added = policies.hydration_segments == "total"
    counted = tuple(piece for piece in ([left] if added else unbroken) if minutes(piece) >= SHORTEST)
    fluid = Water(counted, {given.place: given for service in fluids for given in service.givens})
    short = [piece for piece in unbroken if minutes(piece) < SHORTEST] if added and counted else []
    return fluid, [*_without_minutes(fluid), *_short_segments(fluid, short)]


def _ran(fluids: tuple[Service, ...]) -> tuple[Span, ...]:
    """Each bag's own time, then the changes between bags: of minutes that two bags share the earlier has them, and a
    change of bags has only what no bag has."""
    bags = [given.span for fluid in fluids for given in fluid.givens]
    changes = without((span for fluid in fluids for span in fluid.spans), stretches(bags))
    return (*bags, *changes)


def _taken(site: list[Given], all_infused: Infused) -> list[Stretch]:
    timed = (
        *all_infused.services,
        *all_infused.other_dates,
        *all_infused.later,
        *all_infused.cut_short,
        *all_infused.pushes,
    )
    taken = [(span.start, span.stop) for service in timed for span in service.spans]
    pumps = [given for given in site if given.technique == "pump" and given.family != "hydration"]
    return taken + [(pump.start, pump.stop or FOREVER) for pump in pumps]


def _without_minutes(fluid: Water) -> list[Finding]:
    places = {span.place for piece in fluid.pieces for span in piece}
    return [
        Finding(
            id="hydration-too-short",
            administrations=given.ids,
            message=f"{given.name} has no minute that counts: fewer than {SHORTEST} without a drug beside it.",
        )
        for place, given in fluid.by_place.items()
        if place not in places
    ]


def _short_segments(fluid: Water, short: list[tuple[Span, ...]]) -> list[Finding]:
    if not short:
        return []
    return [
        Finding(
            id="hydration-segment-short",
            administrations=ids_of(fluid.givens(tuple(span for piece in short for span in piece))),
            message=f"A segment of fewer than {SHORTEST} minutes counts in the total; some payers refuse it.",
        )
    ]
