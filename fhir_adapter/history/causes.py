"""Why two sides differ, in a coder's words.

The problem: a difference of units per code says little. 96365 one too many and 96367 one too few is one mistake (a
second initial), not two; 96417 three too many and 96415 three too few is hours billed as new drugs.

Worked examples. Derived 96365 ×1 and 96367 ×1, charged 96365 ×2: one unit of 96365 goes with one of 96367, cause
`initial-not-sequential`, and nothing is left. Derived J9312 ×68 for 680 mg, charged ×680: no other code explains it
and the units are the milligrams, cause `units-are-the-dose`.

Decided: exchanges are looked for first, in the order of the table, within one date, and take as many units as both
codes have; what is left is told by its code alone. Left out: who is right. The rulebook's line has its reason on the
desk; the report only says in what way people charged otherwise.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from decimal import Decimal

import msgspec

from fhir_adapter.coding.lines import is_drug
from fhir_adapter.coding.model import Visit
from fhir_adapter.history.side import Key

INITIAL = ("96360", "96365", "96374", "96409", "96413")
SEQUENTIAL = ("96367", "96375", "96376", "96411", "96417")
HOURS = ("96361", "96366", "96415", "96423", "96370")
CHEMOTHERAPY = ("96401", "96402", "96409", "96411", "96413", "96415", "96416", "96417")
THERAPEUTIC = ("96365", "96366", "96367", "96368", "96372", "96374", "96375", "96376")
HYDRATION = ("96360", "96361")
INFUSED = ("96365", "96366", "96367", "96368", "96413", "96415", "96417")
PUSHED = ("96374", "96375", "96376", "96409", "96411")

WORDS: Mapping[str, str] = {
    "initial-not-sequential": "an initial service was charged for a drug that follows another",
    "sequential-not-initial": "an add-on was charged where the visit's initial service belongs",
    "sequential-not-concurrent": "a new sequential infusion was charged for one that ran beside another",
    "new-drug-not-hour": "a further hour was charged as a new drug",
    "push-not-infusion": "a push was charged for an infusion",
    "infusion-not-push": "an infusion was charged for a push",
    "class-of-service": "the service was charged in another class (chemotherapy, therapeutic, hydration)",
    "missing-hour": "an additional hour is missing",
    "hour-too-many": "more additional hours were charged than the minutes give",
    "service-missing": "an administration service was not charged",
    "service-not-derived": "an administration service was charged that the chart does not give",
    "waste-not-charged": "a discarded amount was not charged",
    "waste-not-derived": "a discarded amount was charged that the chart does not give",
    "drug-missing": "a drug was not charged",
    "drug-not-derived": "a drug was charged that the chart does not give",
    "other-drug-code": "another drug code was charged",
    "units-are-the-dose": "drug units are the dose, not the dose by billing unit",
    "units-by-vial": "drug units look like vials or bags, not like billing units",
    "drug-units": "drug units differ from the dose by billing unit",
    "visit-not-charged": "nothing was charged for the visit",
}
"""Cause → what people did, seen from the rulebook."""

EXCHANGES: tuple[tuple[str, tuple[str, ...], tuple[str, ...]], ...] = (
    ("initial-not-sequential", INITIAL, SEQUENTIAL),
    ("sequential-not-initial", SEQUENTIAL, INITIAL),
    ("sequential-not-concurrent", ("96367", "96417"), ("96368", "96549")),
    ("new-drug-not-hour", ("96367", "96417"), HOURS),
    ("push-not-infusion", PUSHED, INFUSED),
    ("infusion-not-push", INFUSED, PUSHED),
    ("class-of-service", THERAPEUTIC + HYDRATION, CHEMOTHERAPY),
    ("class-of-service", CHEMOTHERAPY, THERAPEUTIC + HYDRATION),
    ("class-of-service", THERAPEUTIC, HYDRATION),
    ("class-of-service", HYDRATION, THERAPEUTIC),
)
"""(cause, codes of which too much was charged, codes of which too little was)."""

MILLIGRAMS = {"mg": Decimal(1), "g": Decimal(1000), "ug": Decimal("0.001"), "mcg": Decimal("0.001")}


class Disagreement(msgspec.Struct, frozen=True, kw_only=True):
    """One cause at one place: the units that people charged and those that were derived instead."""

    cause: str
    charged: tuple[tuple[Key, Decimal], ...] = ()
    derived: tuple[tuple[Key, Decimal], ...] = ()

    @property
    def words(self) -> str:
        return WORDS[self.cause]


def disagreements(
    derived: Mapping[Key, Decimal], charged: Mapping[Key, Decimal], visit: Visit
) -> tuple[Disagreement, ...]:
    """Every unit in which the two sides differ is in exactly one of them."""
    if not charged and derived:
        return (Disagreement(cause="visit-not-charged", derived=tuple(sorted(derived.items()))),)
    beyond = {key: charged.get(key, Decimal(0)) - derived.get(key, Decimal(0)) for key in derived.keys() | charged}
    found = tuple(_exchanges(beyond)) + tuple(_other_drugs(beyond, derived, charged))
    return found + tuple(_alone(key, beyond[key], derived, charged, visit) for key in sorted(beyond) if beyond[key])


def _exchanges(beyond: dict[Key, Decimal]) -> Iterator[Disagreement]:
    for cause, over, under in EXCHANGES:
        for day in sorted({key.date for key in beyond}):
            for more in (Key(day, code) for code in over):
                for less in (Key(day, code) for code in under):
                    yield from _exchanged(cause, more, less, beyond)


def _exchanged(cause: str, more: Key, less: Key, beyond: dict[Key, Decimal]) -> Iterator[Disagreement]:
    count = min(beyond.get(more, Decimal(0)), -beyond.get(less, Decimal(0)))
    if count > 0:
        beyond[more] -= count
        beyond[less] += count
        yield Disagreement(cause=cause, charged=((more, count),), derived=((less, count),))


def _other_drugs(
    beyond: dict[Key, Decimal], derived: Mapping[Key, Decimal], charged: Mapping[Key, Decimal]
) -> Iterator[Disagreement]:
    """One drug code that only people have, and one that only the rules have, on one day: they are about one drug."""
    for day in sorted({key.date for key in beyond}):
        ours, theirs = _only(derived, charged, day), _only(charged, derived, day)
        if len(ours) == len(theirs) == 1:
            less, more = ours[0], theirs[0]
            beyond[less] = beyond[more] = Decimal(0)
            yield Disagreement(
                cause="other-drug-code", charged=((more, charged[more]),), derived=((less, derived[less]),)
            )


def _only(here: Mapping[Key, Decimal], there: Mapping[Key, Decimal], day: date) -> list[Key]:
    return [key for key in here if key.date == day and is_drug(key.code) and not key.wasted and key not in there]


def _alone(
    key: Key, beyond: Decimal, derived: Mapping[Key, Decimal], charged: Mapping[Key, Decimal], visit: Visit
) -> Disagreement:
    cause = _drug_cause(key, derived, charged, visit) if is_drug(key.code) else _service_cause(key, beyond)
    more, less = ((key, beyond),), ((key, -beyond),)
    return Disagreement(cause=cause, charged=more) if beyond > 0 else Disagreement(cause=cause, derived=less)


def _service_cause(key: Key, beyond: Decimal) -> str:
    if key.code in HOURS:
        return "hour-too-many" if beyond > 0 else "missing-hour"
    return "service-not-derived" if beyond > 0 else "service-missing"


def _drug_cause(key: Key, derived: Mapping[Key, Decimal], charged: Mapping[Key, Decimal], visit: Visit) -> str:
    ours, theirs = derived.get(key, Decimal(0)), charged.get(key, Decimal(0))
    if key.wasted:
        return "waste-not-charged" if theirs < ours else "waste-not-derived"
    if not theirs or not ours:
        return "drug-not-derived" if theirs else "drug-missing"
    if theirs in _doses(visit, key.date):
        return "units-are-the-dose"
    return "units-by-vial" if theirs <= _bags(visit, key.date) < ours else "drug-units"


def _doses(visit: Visit, day: date) -> frozenset[Decimal]:
    """The doses of the day in milligrams, one by one and together by drug."""
    together: dict[str | None, Decimal] = {}
    single = set()
    for given in visit.administrations:
        if given.service_date == day and given.dose and given.dose.unit in MILLIGRAMS:
            amount = given.dose.value * MILLIGRAMS[given.dose.unit]
            single.add(amount)
            together[given.drug] = together.get(given.drug, Decimal(0)) + amount
    return frozenset(single | set(together.values()))


def _bags(visit: Visit, day: date) -> Decimal:
    """More vials than this for one drug would be a surprise: ten for each time it was given."""
    return 10 * Decimal(sum(given.service_date == day for given in visit.administrations))
