"""The second opinion in numbers: where two rulebooks differ over real visits, by what causes it, and what it is worth.

A cause is the set of policies that move a line (derive.second_opinion finds them). `worth` is the other rulebook's
units less ours, in dollars; a line without a rate is counted and left out of the sum. It decides nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from decimal import Decimal

import msgspec

from fhir_adapter.derive import Difference
from fhir_adapter.history.report import NOTHING, Rates
from fhir_adapter.history.text import money
from fhir_adapter.vocabulary import Setting


class Opinion(msgspec.Struct, frozen=True, kw_only=True):
    """A coded visit with its second opinion's differences."""

    number: int
    dates: tuple[date, ...]
    setting: Setting
    rulebook: str
    other: str
    differences: tuple[Difference, ...]


class CauseOfDifference(msgspec.Struct, frozen=True, kw_only=True):
    policies: tuple[str, ...]
    because: str
    lines: int
    worth: Decimal
    unpriced: int
    visits: tuple[int, ...]


class Opinions(msgspec.Struct, frozen=True, kw_only=True):
    """Of `visits` visits with a second opinion, `differing` have a line that the other rulebook counts otherwise."""

    source: str
    first: date
    last: date
    visits: int
    differing: int
    causes: tuple[CauseOfDifference, ...]


def opinions(source: str, found: Sequence[Opinion], rates: Rates, first: date, last: date) -> Opinions:
    chosen = [one for one in found if any(first <= day <= last for day in one.dates)]
    grouped: dict[tuple[str, ...], list[tuple[Opinion, Difference]]] = {}
    for one in chosen:
        for difference in one.differences:
            grouped.setdefault(difference.policies, []).append((one, difference))
    causes = sorted((_cause(policies, places, rates) for policies, places in grouped.items()), key=_size)
    differing = sum(bool(one.differences) for one in chosen)
    return Opinions(
        source=source, first=first, last=last, visits=len(chosen), differing=differing, causes=tuple(causes)
    )


def _size(cause: CauseOfDifference) -> tuple[Decimal, int, tuple[str, ...]]:
    return -abs(cause.worth), -cause.lines, cause.policies


def _cause(policies: tuple[str, ...], places: Sequence[tuple[Opinion, Difference]], rates: Rates) -> CauseOfDifference:
    worths = [_worth(one.setting, difference, rates) for one, difference in places]
    return CauseOfDifference(
        policies=policies,
        because=places[0][1].because,
        lines=len(places),
        worth=sum((worth for worth in worths if worth is not None), NOTHING),
        unpriced=worths.count(None),
        visits=tuple(dict.fromkeys(one.number for one, _ in places)),
    )


def _worth(setting: Setting, difference: Difference, rates: Rates) -> Decimal | None:
    rate = rates(difference.code, setting, difference.date)
    return None if rate is None else rate * (difference.other_units - difference.units)


def as_text(found: Opinions) -> str:
    return "\n".join((*_head(found), *_rows(found.causes)))


def _head(found: Opinions) -> Iterator[str]:
    yield f"{found.source}, {found.first} to {found.last}: {found.differing} of {found.visits} visits differ"


def _rows(causes: Iterable[CauseOfDifference]) -> Iterator[str]:
    for cause in causes:
        unpriced = f", {cause.unpriced} lines without a rate" if cause.unpriced else ""
        yield f"{cause.lines:>5} lines  {', '.join(cause.policies) or 'several readings together'}"
        yield f"       {cause.because}"
        visits = ", ".join(map(str, cause.visits))
        yield f"       the other rulebook less ours: {money(cause.worth)}{unpriced}; visits {visits}"
