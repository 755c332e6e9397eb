"""Sentences for a letter to a payer, each only where the chart holds what it says (docs/visit.md section 6).

The problem: a letter that asserts what was not documented is a false statement, and the page's templates assert much:
start and stop times, drugs side by side, a treatment plan.

Worked examples. Two drugs from 09:00 and 09:10 to 10:00: "x and y ran at the same time from 09:10 to 10:00." Without
the stop of the second there is no such sentence; "The record documents x from 09:00 to 10:00." remains. With no drug
behind the corrected line there is no letter at all.

Decided: every sentence is made from administrations of the visit or from the rulebook, and `letter` drops what is None.
Left out: guidelines, medical necessity, chart references; the visit holds none.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from fhir_adapter.coding.model import Administration, Visit
from fhir_adapter.vocabulary import DrugClass

CALLED: dict[DrugClass, str] = {
    "therapeutic": "neither chemotherapy nor a highly complex biologic",
    "hydration": "a fluid",
}


def letter(record: str | None, *sentences: str | None) -> str | None:
    """The sentences that hold; without a sentence of the record there is nothing to appeal with."""
    if record is None:
        return None
    return " ".join(sentence for sentence in (record, *sentences) if sentence is not None)


def documented(administrations: Sequence[Administration]) -> str | None:
    """The drugs with the times that were written down."""
    told = [_timed(given) for given in administrations]
    return f"The record documents {'; '.join(told)}." if told else None


def named(given: Administration) -> str:
    """The drug by its name, or by the key that the visit has for it."""
    name = (given.drug or "").strip()
    return name or (f"NDC {given.ndc}" if given.ndc else f"RxCUI {given.rxcui}")


def side_by_side(administrations: Sequence[Administration], visit: Visit) -> str | None:
    """Which drugs ran at the same time, where both have their times."""
    pairs = [(one, other) for one in administrations for other in visit.administrations if _two_infusions(one, other)]
    told = dict.fromkeys(said for one, other in pairs if (said := _together(one, other)))
    return " ".join(told) or None


def one_after_another(administrations: Sequence[Administration], visit: Visit) -> str | None:
    """Drugs that began when every earlier infusion had ended; nothing where one time is missing."""
    told = [said for given in administrations if (said := _after(given, visit))]
    return " ".join(told) or None


def classed(administrations: Sequence[Administration]) -> str | None:
    """What the visit itself says of the drugs' class."""
    told = [
        f"{named(given)} is {CALLED[given.drug_class]}."
        for given in administrations
        if given.drug_class is not None and given.drug_class in CALLED
    ]
    return " ".join(dict.fromkeys(told)) or None


def hours(administrations: Sequence[Administration]) -> str | None:
    """How long one drug ran, where every part of it has a stop."""
    stops = [given.stop for given in administrations]
    if not administrations or None in stops or any(_differ(administrations[0], given) for given in administrations):
        return None
    return f"One drug, {named(administrations[0])}, ran {_minutes(administrations)} minutes."


def _minutes(administrations: Sequence[Administration]) -> int:
    """Whole minutes in which at least one of them ran."""
    ran, until = timedelta(0), None
    for given in sorted(administrations, key=lambda given: given.start):
        begins = given.start if until is None else max(given.start, until)
        ran += max(_end(given) - begins, timedelta(0))
        until = _end(given) if until is None else max(_end(given), until)
    return int(ran.total_seconds() // 60)


def without_pump(visit: Visit) -> str | None:
    """That no pump was started, where the chart has none."""
    pumps = any(given.technique == "pump" for given in visit.administrations)
    return None if pumps else "The record documents no start of a pump."


def _timed(given: Administration) -> str:
    on = f"on {given.start:%Y-%m-%d}"
    if given.stop is None:
        return f"{named(given)} at {given.start:%H:%M} {on}"
    if given.stop.date() == given.start.date():
        return f"{named(given)} from {given.start:%H:%M} to {given.stop:%H:%M} {on}"
    return f"{named(given)} from {given.start:%H:%M} {on} to {given.stop:%H:%M on %Y-%m-%d}"


def _differ(one: Administration, other: Administration) -> bool:
    """Two drugs: no key of the one is the other's."""
    names = [(given.drug or "").strip().lower() or None for given in (one, other)]
    keys = ((names[0], names[1]), (one.rxcui, other.rxcui), (one.ndc, other.ndc))
    return all(ours is None or ours != theirs for ours, theirs in keys)


def _two_infusions(one: Administration, other: Administration) -> bool:
    same_kind = one.technique == other.technique == "infusion"
    return same_kind and _differ(one, other) and one.encounter == other.encounter


def _end(given: Administration) -> datetime:
    return given.start if given.stop is None else given.stop


def _together(one: Administration, other: Administration) -> str | None:
    begins, ends = max(one.start, other.start), min(_end(one), _end(other))
    if one.stop is None or other.stop is None or begins >= ends:
        return None
    first, second = sorted((one, other), key=lambda given: given.start)
    return f"{named(first)} and {named(second)} ran at the same time from {begins:%H:%M} to {ends:%H:%M}."


def _after(given: Administration, visit: Visit) -> str | None:
    others = [one for one in visit.administrations if _two_infusions(given, one) and one.start <= given.start]
    if not others or any(other.stop is None or other.stop > given.start for other in others):
        return None
    last = max(others, key=_end)
    return f"{named(given)} began at {given.start:%H:%M}, when {named(last)} had ended at {_end(last):%H:%M}."
