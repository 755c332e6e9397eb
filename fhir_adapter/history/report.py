"""The shadow report: how far derived and charged lines agree over days, why they do not, and what that is worth.

Decided. A visit agrees when every line of both sides has the same units. Only settled visits are compared: what is
open or held is counted apart, since nothing would be posted for it; that people have charged the same
(`already-charged`) is what is compared, and no reason. A visit for which nobody charged anything is left to people for
`GRACE`, then it is a disagreement. `missed` is what the derived lines are worth beyond the charged ones, `excess` the
other way round, each added up over disagreements, which are rounded to the cent first: what is printed adds up. A line
without a rate is counted, not guessed.
Left out: who is right.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Protocol

import msgspec

from fhir_adapter.history.causes import WORDS, Disagreement, disagreements
from fhir_adapter.history.side import CodedVisit, Key, PersonsCharge, charged, derived
from fhir_adapter.vocabulary import Setting

GRACE = timedelta(days=3)
CHARGED = "already-charged"
NOTHING, CENT = Decimal(0), Decimal("0.01")


class Rates(Protocol):
    """What one unit of a code is paid in a setting on a date; None where no rate is known."""

    def __call__(self, code: str, setting: Setting, on: date) -> Decimal | None: ...


class Compared(msgspec.Struct, frozen=True, kw_only=True):
    """One visit. `missed` and `excess` in dollars; `unpriced` units had no rate."""

    visit: CodedVisit
    lines: int
    agreeing: int
    disagreements: tuple[tuple[Disagreement, Decimal | None], ...]

    @property
    def agrees(self) -> bool:
        return not self.disagreements


class Cause(msgspec.Struct, frozen=True, kw_only=True):
    """All disagreements of one cause. `visits` are the numbers of the visits behind it."""

    cause: str
    words: str
    count: int
    missed: Decimal
    excess: Decimal
    unpriced: int
    visits: tuple[int, ...]


class Report(msgspec.Struct, frozen=True, kw_only=True):
    source: str
    first: date
    last: date
    compared: tuple[Compared, ...]
    not_compared: Mapping[str, tuple[int, ...]]
    """open, held, not-charged-yet → the numbers of the visits."""
    coded: tuple[date, date] | None
    """First and last service date of all visits that were coded, also outside these days."""
    unknown_encounters: tuple[str, ...]
    """Encounters that people charged and no coded visit has."""
    causes: tuple[Cause, ...]

    @property
    def agreeing(self) -> int:
        return sum(one.agrees for one in self.compared)

    @property
    def lines(self) -> tuple[int, int]:
        """(agreeing, all)"""
        return sum(one.agreeing for one in self.compared), sum(one.lines for one in self.compared)

    @property
    def missed(self) -> Decimal:
        return sum((cause.missed for cause in self.causes), NOTHING)

    @property
    def excess(self) -> Decimal:
        return sum((cause.excess for cause in self.causes), NOTHING)


def report(
    source: str, visits: Sequence[CodedVisit], charges: Iterable[PersonsCharge], rates: Rates, first: date, last: date
) -> Report:
    """`visits` and `charges` of all days; those with a service date from `first` to `last` count."""
    by_encounter: dict[str, list[PersonsCharge]] = {}
    for charge in charges:
        by_encounter.setdefault(charge.encounter, []).append(charge)
    chosen = [visit for visit in visits if any(first <= day <= last for day in visit.dates)]
    judged = [(visit, _not_compared(visit, by_encounter, last)) for visit in chosen]
    compared = tuple(_compared(visit, _of(visit, by_encounter), rates) for visit, why in judged if why is None)
    known = {encounter for visit in visits for encounter in visit.encounters}
    days = {day for visit in visits for day in visit.dates}
    return Report(
        source=source,
        first=first,
        last=last,
        compared=compared,
        not_compared=_left_out(judged),
        coded=(min(days), max(days)) if days else None,
        unknown_encounters=_unknown(by_encounter, known, first, last),
        causes=_causes(compared),
    )


def _of(visit: CodedVisit, by_encounter: Mapping[str, list[PersonsCharge]]) -> list[PersonsCharge]:
    """People's charges of the visit's encounters on its dates: a series account has others that are another visit's."""
    days = set(visit.dates)
    return [
        one for encounter in sorted(visit.encounters) for one in by_encounter.get(encounter, ()) if one.date in days
    ]


def _not_compared(visit: CodedVisit, by_encounter: Mapping[str, list[PersonsCharge]], last: date) -> str | None:
    if visit.state == "open" or (visit.state == "held" and set(visit.held_by) != {CHARGED}):
        return visit.state
    fresh = visit.dates[-1] > last - GRACE
    return "not-charged-yet" if fresh and not _of(visit, by_encounter) else None


def _left_out(judged: Iterable[tuple[CodedVisit, str | None]]) -> dict[str, tuple[int, ...]]:
    found: dict[str, tuple[int, ...]] = {}
    for visit, why in judged:
        if why is not None:
            found[why] = (*found.get(why, ()), visit.number)
    return found


def _unknown(
    by_encounter: Mapping[str, list[PersonsCharge]], known: set[str], first: date, last: date
) -> tuple[str, ...]:
    dated = (name for name, charges in by_encounter.items() if any(first <= one.date <= last for one in charges))
    return tuple(sorted(set(dated) - known))


def _compared(visit: CodedVisit, charges: list[PersonsCharge], rates: Rates) -> Compared:
    ours, theirs = derived(visit.lines), charged(charges)
    found = disagreements(ours, theirs, visit.visit)
    both = ours.keys() | theirs.keys()
    return Compared(
        visit=visit,
        lines=len(both),
        agreeing=sum(ours.get(key) == theirs.get(key) for key in both),
        disagreements=tuple((one, _worth(one, visit.setting, rates)) for one in found),
    )


def _worth(one: Disagreement, setting: Setting, rates: Rates) -> Decimal | None:
    """Charged less derived, in dollars and cents; None where one of the lines has no rate."""
    charged_worth = _sum(one.charged, setting, rates)
    derived_worth = _sum(one.derived, setting, rates)
    if charged_worth is None or derived_worth is None:
        return None
    return (charged_worth - derived_worth).quantize(CENT, ROUND_HALF_UP)


def _sum(side: tuple[tuple[Key, Decimal], ...], setting: Setting, rates: Rates) -> Decimal | None:
    total = NOTHING
    for key, units in side:
        rate = rates(key.code, setting, key.date)
        if rate is None:
            return None
        total += rate * units
    return total


def _causes(compared: Iterable[Compared]) -> tuple[Cause, ...]:
    """The largest first: by money, then by how often."""
    found: dict[str, list[tuple[int, Decimal | None]]] = {}
    for one in compared:
        for disagreement, worth in one.disagreements:
            found.setdefault(disagreement.cause, []).append((one.visit.number, worth))
    causes = [_cause(name, places) for name, places in found.items()]
    return tuple(sorted(causes, key=lambda cause: (-(cause.missed + cause.excess), -cause.count, cause.cause)))


def _cause(name: str, places: list[tuple[int, Decimal | None]]) -> Cause:
    priced = [worth for _, worth in places if worth is not None]
    return Cause(
        cause=name,
        words=WORDS[name],
        count=len(places),
        missed=-sum((worth for worth in priced if worth < 0), NOTHING),
        excess=sum((worth for worth in priced if worth > 0), NOTHING),
        unpriced=len(places) - len(priced),
        visits=tuple(dict.fromkeys(number for number, _ in places)),
    )
