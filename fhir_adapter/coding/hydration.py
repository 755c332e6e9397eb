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
    unbroken = [tuple(span for span in left if start <= span.start < stop) for start, stop in stretches(left)]
    pieces = [left] if policies.hydration_segments == "total" else unbroken
    counted = tuple(piece for piece in pieces if minutes(piece) >= SHORTEST)
    by_place = {given.place: given for fluid in fluids for given in fluid.givens}
    in_total = unbroken if policies.hydration_segments == "total" else []
    return Water(counted, by_place), _findings(fluids, counted, in_total)


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


def _findings(
    fluids: tuple[Service, ...], counted: tuple[tuple[Span, ...], ...], unbroken: list[tuple[Span, ...]]
) -> list[Finding]:
    places = {span.place for piece in counted for span in piece}
    dry = [given for fluid in fluids for given in fluid.givens if given.place not in places]
    findings = [
        Finding(
            id="hydration-too-short",
            administrations=given.ids,
            message=f"{given.name} has no minute that counts: fewer than {SHORTEST} without a drug beside it.",
        )
        for given in dry
    ]
    short = [piece for piece in unbroken if minutes(piece) < SHORTEST and {span.place for span in piece} <= places]
    if short:
        by_place = {given.place: given for fluid in fluids for given in fluid.givens}
        ids = ids_of(tuple(by_place[span.place] for piece in short for span in piece))
        findings.append(
            Finding(
                id="hydration-segment-short",
                administrations=ids,
                message=f"A segment of fewer than {SHORTEST} minutes counts in the total; some payers refuse it.",
            )
        )
    return findings
