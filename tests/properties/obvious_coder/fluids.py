"""Hydration: what is left of the fluids when drugs have taken their minutes, and its hours (D20, D21)."""

from __future__ import annotations

from tests.properties.obvious_coder.reading import Given, Notes, running
from tests.properties.obvious_coder.services import Service, joined, row_of
from tests.properties.obvious_coder.timeline import minutes, pieces, span


def countable(given: list[Given]) -> tuple[list[Given], int]:
    """The fluids of a site, and their seconds that no drug shares."""
    fluids = [one for one in given if one.kind == "hydration" and one.way == "infusion"]
    row = 0
    for group in joined(fluids):
        row |= row_of(group)
    for one in given:
        if one.kind == "hydration":
            continue
        if one.way == "pump":
            row &= ~running(one)
        elif one.way == "push":
            row &= ~one.seconds
    for group in joined([one for one in given if one.kind != "hydration" and one.way == "infusion"]):
        row &= ~row_of(group)
    return fluids, row


def earlier_first(fluids: list[Given]) -> dict[frozenset[str], int]:
    """The seconds of each fluid; those of two at once are the earlier one's."""
    own, taken = {}, 0
    for one in sorted(fluids, key=lambda one: (one.start, one.stop or one.start, one.position)):
        own[one.names] = one.seconds & ~taken
        taken |= one.seconds
    return own


def hydration(given: list[Given], policies: dict[str, str], notes: Notes) -> list[Service]:
    """One service for the total, or one for each segment that stands alone; none when too short."""
    fluids, row = countable(given)
    runs = [span(*run) for run in pieces(row)]
    own = earlier_first(fluids)
    if policies["hydration-segments"] == "total":
        services = [row] if minutes(row) >= 31 else []
        if services:
            for run in runs:
                if minutes(run) < 31:
                    whose = [one.names for one in fluids if own[one.names] & run]
                    notes.add("hydration-segment-short", "info", frozenset().union(*whose))
    else:
        services = [run for run in runs if minutes(run) >= 31]
    made, total = [], 0
    for counted in services:
        total |= counted
    for counted in services:
        mine = [one for one in fluids if own[one.names] & counted]
        made.append(Service(mine, counted, fluid=True, counted=total))
    for one in fluids:
        if not any(own[one.names] & counted for counted in services):
            notes.add("hydration-too-short", "info", one.names)
    return made
