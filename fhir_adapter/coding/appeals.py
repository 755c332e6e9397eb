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
from itertools import combinations

from fhir_adapter.coding.model import Administration, Visit


def letter(record: str | None, *sentences: str | None) -> str | None:
    """The sentences that hold; without a sentence of the record there is nothing to appeal with."""
    if record is None:
        return None
    return " ".join(sentence for sentence in (record, *sentences) if sentence is not None)


def documented(administrations: Sequence[Administration]) -> str | None:
    """The drugs with the times that were written down, in the order of time."""
    told = [_timed(given) for given in sorted(administrations, key=lambda given: given.start)]
    return f"The record documents {'; '.join(told)}." if told else None


def named(given: Administration) -> str:
    """The drug by its name, or by the key that the visit has for it."""
    name = (given.drug or "").strip()
    return name or (f"NDC {given.ndc}" if given.ndc else f"RxCUI {given.rxcui}")


def side_by_side(administrations: Sequence[Administration], visit: Visit) -> str | None:
    """Which drugs ran at the same time, where both have their times."""
    in_order = sorted(visit.administrations, key=lambda given: given.start)
    pairs = [pair for pair in combinations(in_order, 2) if any(given in administrations for given in pair)]
    told = dict.fromkeys(said for one, other in pairs if (said := _together(one, other)))
    return " ".join(told) or None


def one_after_another(administrations: Sequence[Administration], visit: Visit) -> str | None:
    """Drugs that began when every earlier infusion had ended; nothing where one time is missing."""
    told = [said for given in administrations if (said := _after(given, visit))]
    return " ".join(told) or None


def classed(administrations: Sequence[Administration]) -> str | None:
    """Which drugs the visit itself calls therapeutic."""
    told = [
        f"{named(given)} is neither chemotherapy nor a highly complex biologic."
        for given in administrations
        if given.drug_class == "therapeutic"
    ]
    return " ".join(dict.fromkeys(told)) or None


def hours(administrations: Sequence[Administration]) -> str | None:
    """How long one drug ran, where every part of it has a stop."""
    times = [(given.start, given.stop) for given in administrations if given.stop is not None]
    is_one = all(_same(one, other) for one, other in combinations(administrations, 2))
    if not times or len(times) < len(administrations) or not is_one:
        return None
    return f"One drug, {named(administrations[0])}, ran {_minutes(times)} minutes."


def _minutes(times: Sequence[tuple[datetime, datetime]]) -> int:
    """Whole minutes in which at least one of them ran."""
    ran, until = timedelta(0), min(times)[0]
    for start, stop in sorted(times):
        ran += max(stop - max(start, until), timedelta(0))
        until = max(stop, until)
    return ran // timedelta(minutes=1)


def _timed(given: Administration) -> str:
    on = f"on {given.start:%Y-%m-%d}"
    if given.stop is None:
        return f"{named(given)} at {given.start:%H:%M} {on}"
    start, stop = _clocks(given.start, given.stop)
    return f"{named(given)} from {start} to {stop}" + (f" {on}" if on not in start else "")


def _clocks(one: datetime, other: datetime) -> tuple[str, str]:
    """Hours and minutes, with the dates where these are two."""
    told = "%H:%M" if one.date() == other.date() else "%H:%M on %Y-%m-%d"
    return f"{one:{told}}", f"{other:{told}}"


def _keys(given: Administration) -> tuple[str | None, str | None, str | None]:
    return (given.drug or "").strip().lower() or None, given.rxcui, given.ndc and _eleven_digits(given.ndc)


def _eleven_digits(ndc: str) -> str:
    """5-4-2 without hyphens, whichever of its parts was written one digit short."""
    return "".join(part.zfill(digits) for part, digits in zip(ndc.split("-"), (5, 4, 2), strict=False))


def _share_a_key(one: Administration, other: Administration) -> bool:
    return any(ours is not None and ours == theirs for ours, theirs in zip(_keys(one), _keys(other), strict=True))


def _same(one: Administration, other: Administration) -> bool:
    """Surely one drug: two names must be one, as two drugs may share an RxCUI."""
    names = {_keys(one)[0], _keys(other)[0]} - {None}
    return len(names) < 2 and _share_a_key(one, other)


def _are_two_infusions(one: Administration, other: Administration) -> bool:
    """Surely two drugs, both infused in one encounter."""
    are_infused = one.technique == other.technique == "infusion"
    return are_infused and not _share_a_key(one, other) and one.encounter == other.encounter


def _together(one: Administration, other: Administration) -> str | None:
    """One that began first, and the other."""
    if one.stop is None or other.stop is None or not _are_two_infusions(one, other):
        return None
    until = min(one.stop, other.stop)
    if other.start >= until:
        return None
    begins, ends = _clocks(other.start, until)
    return f"{named(one)} and {named(other)} ran at the same time from {begins} to {ends}."


def _after(given: Administration, visit: Visit) -> str | None:
    earlier = [one for one in visit.administrations if _are_two_infusions(given, one) and one.start <= given.start]
    ended = [(one.stop, named(one)) for one in earlier if one.stop is not None and one.stop <= given.start]
    if not earlier or len(ended) < len(earlier):
        return None
    stop, last = max(ended)
    began, at = _clocks(given.start, stop)
    return f"{named(given)} began at {began}, when {last} had ended at {at}."
