"""What a vein got at one site: infusions joined and judged, pushes, and which of them are one service (D7-D12, D26)."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date

from tests.properties.obvious_coder.reading import Given, Notes
from tests.properties.obvious_coder.timeline import filled, minutes, span, touching

BAG_CHANGE = 5 * 60


@dataclass(eq=False)
class Service:
    """A push, an infusion, or the several infusions of one drug that are coded together."""

    given: list[Given]
    row: int
    push: bool = False
    cut_short: bool = False
    """An infusion of 15 minutes or less that is its own base code with 53."""
    later: bool = False
    """A later infusion of a drug whose infusions are each coded alone."""
    other_date: bool = False
    """The infusions of a later date of a drug whose times are added: hours only."""
    fluid: bool = False
    counted: int = 0
    gave_up: bool = False
    concurrent: bool = False
    code: str = ""

    @property
    def drug(self) -> frozenset[int]:
        return self.given[0].drug

    @property
    def chemo(self) -> bool:
        return any(one.chemo for one in self.given)

    @property
    def start(self) -> int:
        return min(one.start for one in self.given)

    @property
    def position(self) -> int:
        return min(one.position for one in self.given)

    @property
    def date(self) -> date:
        first = min(self.given, key=lambda one: one.start)
        return first.day(first.start)

    @property
    def names(self) -> frozenset[str]:
        return frozenset().union(*(one.names for one in self.given))

    def day(self, second: int, of_start: bool = False) -> date:
        """The local date of a counted second, or of the start of what ran then."""
        ran = [one for one in self.given if one.seconds >> second & 1]
        begun = [one for one in self.given if one.start <= second]
        running = min(ran, key=lambda one: (one.start, one.position)) if ran else max(begun, key=lambda one: one.start)
        return running.day(running.start if of_start else second)


@dataclass
class Vein:
    infusions: list[Service] = field(default_factory=list)
    pushes: list[Service] = field(default_factory=list)


def joined(given: list[Given]) -> list[list[Given]]:
    """Infusions that are one infusion: an order, a touch, or a pause after a discontinued one."""
    groups = [[one] for one in sorted(given, key=lambda one: (one.start, one.position))]
    after = {}
    for one in given:
        rest = [
            x
            for x in given
            if x.drug == one.drug and x is not one and (x.start, x.position) > (one.start, one.position)
        ]
        if one.discontinued and rest:
            after[id(one)] = min(rest, key=lambda x: (x.start, x.position))
    while True:
        pair = next(((a, b) for a in groups for b in groups if a is not b and _one(a, b, after)), None)
        if pair is None:
            return groups
        pair[0].extend(pair[1])
        groups.remove(pair[1])


def _one(group: list[Given], other: list[Given], after: dict[int, Given]) -> bool:
    if group[0].drug != other[0].drug:
        return False
    labels = {one.first.get("order") for one in group} & {one.first.get("order") for one in other}
    if labels - {None} or touching(row_of(group), row_of(other)):
        return True
    return any(after.get(id(one)) in other for one in group)


def row_of(group: list[Given]) -> int:
    """The running seconds: common ones once, and short gaps inside one order counted too."""
    row = 0
    for one in group:
        row |= one.seconds
    for label in {one.first.get("order") for one in group} - {None}:
        ordered = 0
        for one in group:
            if one.first.get("order") == label:
                ordered |= one.seconds
        row |= filled(ordered, BAG_CHANGE) & ~paused(group)
    return row


def paused(group: list[Given]) -> int:
    """The seconds between a resumed infusion and what ran before it."""
    row = 0
    for one in group:
        before = [other.stop for other in group if other.stop is not None and other.start < one.start]
        if any(member.get("resumed") for member in one.members) and before:
            row |= span(max(before), one.start)
    return row


def vein(given: list[Given], policies: dict[str, str]) -> Vein:
    """The services of one encounter and site, before any of them is the initial one."""
    drugs = [one for one in given if one.kind != "hydration"]
    found = Vein()
    long: list[Service] = []
    for group in joined([one for one in drugs if one.way == "infusion"]):
        one = Service(group, row_of(group))
        last = max(group, key=lambda x: (x.start, x.position))
        if minutes(one.row) > 15:
            long.append(one)
        elif last.discontinued and policies["discontinued-infusion"] == "53":
            one.cut_short = True
            found.infusions.append(one)
        else:
            one.push = True
            found.pushes.append(one)
    found.infusions += _per_drug(long, policies["same-drug-separate-infusions"])
    found.pushes += [Service([one], one.seconds, push=True) for one in drugs if one.way == "push"]
    for one in found.infusions:
        one.counted = one.row
    return found


def _per_drug(long: list[Service], policy: str) -> list[Service]:
    services: list[Service] = []
    for drug in dict.fromkeys(one.drug for one in long):
        same = sorted((one for one in long if one.drug == drug), key=lambda one: (one.start, one.position))
        together = policy == "add-times" or (policy == "96376" and same[0].chemo)
        if together:
            services += _by_date(same)
        else:
            for one in same[1:]:
                one.later = True
            services += same
    return services


def _by_date(same: list[Service]) -> list[Service]:
    """Times are added per local start date; the first date has the base code (D9)."""
    dates: dict[date, Service] = {}
    for one in sorted(same, key=lambda one: (one.date, one.start, one.position)):
        if one.date in dates:
            dates[one.date].given = dates[one.date].given + one.given
            dates[one.date].row |= one.row
        else:
            one.other_date = bool(dates)
            dates[one.date] = one
    return list(dates.values())


def reported_pushes(
    found: Vein, policies: dict[str, str], facility: bool, notes: Notes
) -> tuple[list[Service], list[Service]]:
    """First pushes of each drug, and the repeats that are reported (D10, D12)."""
    first, again = [], []
    infused = {one.drug for one in found.infusions}
    for drug in dict.fromkeys(one.drug for one in found.pushes):
        same = sorted((one for one in found.pushes if one.drug == drug), key=lambda one: (one.start, one.position))
        if drug in infused and policies["same-drug-push-and-infusion"] == "infusion-only" and same[0].chemo:
            for one in same:
                notes.add("same-drug-push-and-infusion", "warning", one.names)
            continue
        if drug in infused:
            notes.add("same-drug-push-and-infusion", "info", same[0].names)
        first.append(same[0])
        last = same[0]
        for one in same[1:]:
            apart = (one.start - last.start) > 30 * 60
            if apart and facility and not one.chemo and policies["repeat-push"] == "96376":
                again.append(one)
                last = one
            else:
                notes.add("repeat-not-reported", "info", one.names)
    return first, again
