"""What ties administrations to each other: one bag, waste of an order, and the labels of a series.

Waste is a further administration of the same order. It belongs to the one event of that order and drug; where there
is none or more than one, nobody guesses, and a finding names it.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta

import msgspec

from fhir_adapter.coding.model import Administration, Finding, Quantity
from fhir_adapter.normalize.administration import Read, Waste


def of_one_bag(reads: Iterable[Read]) -> list[Administration]:
    """The events, those of the same Medication, order and start tied to the first of them."""
    first: dict[tuple[object, ...], str] = {}
    tied: list[Administration] = []
    for read in reads:
        for event in read.events:
            bag = first.setdefault((*read.bag, event.start), event.id) if read.bag else event.id
            is_further = bag != event.id and event.same_bag_as is None
            tied.append(msgspec.structs.replace(event, same_bag_as=bag) if is_further else event)
    return tied


def with_waste(
    events: list[Administration], wastes: Iterable[Waste]
) -> tuple[list[Administration], dict[str, str], list[Finding]]:
    """The events with what was thrown away of them, what is part of which, and the waste that belongs to none."""
    findings: list[Finding] = []
    part_of: dict[str, str] = {}
    for waste in wastes:
        places = _first_of_each(events, [place for place, event in enumerate(events) if _is_of(waste, event)])
        sum_of = _added(events[places[0]].discarded, waste.amount) if len(places) == 1 else None
        if sum_of is None:
            findings.append(_unassigned(waste, len(places)))
        else:
            part_of[waste.id] = events[places[0]].id.partition("#")[0]
            events[places[0]] = msgspec.structs.replace(events[places[0]], discarded=sum_of)
    return events, part_of, findings


def _first_of_each(events: list[Administration], places: list[int]) -> list[int]:
    """Of the stretches of a chain the first one stands for all."""
    first: dict[str, int] = {}
    for place in places:
        first.setdefault(events[place].id.partition("#")[0], place)
    return list(first.values())


def _is_of(waste: Waste, event: Administration) -> bool:
    drug = waste.drug
    same = (drug.rxcui, event.rxcui), (drug.ndc, event.ndc), ((drug.name or "").lower(), (event.drug or "").lower())
    return waste.order is not None and waste.order == event.order and any(one and one == other for one, other in same)


def _added(one: Quantity | None, other: Quantity | None) -> Quantity | None:
    if one is None or other is None:
        return other
    return Quantity(one.value + other.value, one.unit) if one.unit == other.unit else None


def _unassigned(waste: Waste, places: int) -> Finding:
    why = "it has no amount" if waste.amount is None else f"{places or 'no'} administrations of its order and drug"
    return Finding(
        id="waste-undocumented",
        severity="error",
        administrations=(waste.id,),
        message=f"The waste belongs to no single administration: {why}.",
        fix="Chart the waste once, with its amount, under the order of the administration that it belongs to.",
    )


def labelled(events: list[Administration], encounter: str, gap_hours: int | None) -> list[Administration]:
    """The events of one encounter and day in the order of time; after a long gap the label is `ID#2`."""
    ordered = sorted(events, key=lambda event: (event.start, event.id))
    gap = None if gap_hours is None else timedelta(hours=gap_hours)
    sitting, until = 1, None
    done = []
    for event in ordered:
        if until is not None and gap is not None and event.start > until and event.start - until > gap:
            sitting += 1
        end = event.stop if event.stop and event.technique != "pump" else event.start
        until = end if until is None or end > until else until
        label = encounter if sitting == 1 else f"{encounter}#{sitting}"
        done.append(event if event.encounter == label else msgspec.structs.replace(event, encounter=label))
    return done
