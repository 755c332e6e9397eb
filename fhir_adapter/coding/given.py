"""What was given, as the stages of coding see it: an administration or mixed bag, then a service, then a charge.

A `Given` is one administration, or one bag of several (D27), with its drug and class decided. A `Service` is what the
time rules make of one or several of them: an infusion, a push, an infusion cut short. A `Charge` is a code on a date
with its reason; `lines` sums charges up. A stage yields charges and findings as it decides; nothing is explained
later. All frozen; no stage changes what another one made.
"""

from __future__ import annotations

from datetime import date
from typing import Literal

import msgspec

from fhir_adapter.coding.model import Administration, Finding
from fhir_adapter.coding.spans import Span, local_date
from fhir_adapter.vocabulary import Reason, Technique

DrugKey = int | frozenset[int]
"""Which drug it is within one visit: a number, or for a mixed bag the set of its drugs'."""

SiteKey = tuple[str | None, int]
"""An encounter's label and the number of a site in it."""


class Given(msgspec.Struct, frozen=True, eq=False, kw_only=True):
    """One administration or one mixed bag."""

    place: int
    """Of the first member in the file."""
    members: tuple[Administration, ...]
    drug: DrugKey
    name: str
    family: Reason
    """Chemotherapy and hormonal antineoplastics by vein are one family."""
    hormonal: bool
    technique: Technique
    encounter: str | None
    start: int
    stop: int | None
    offset: int
    discontinued: bool

    @property
    def ids(self) -> tuple[str, ...]:
        return tuple([member.id for member in self.members])

    @property
    def on(self) -> date:
        return local_date(self.start, self.offset)

    @property
    def span(self) -> Span:
        return Span(self.start, self.start if self.stop is None else self.stop, self.offset, self.place)


class Service(msgspec.Struct, frozen=True, eq=False, kw_only=True):
    """One infusion, push or infusion cut short (D7 `53`), after joining and judging by time."""

    kind: Literal["infusion", "push", "cut-short"]
    givens: tuple[Given, ...]
    drug: DrugKey
    name: str
    family: Reason
    start: int
    on: date
    place: int
    spans: tuple[Span, ...]
    """Its running time; empty for a push without a stop."""
    minutes: int


class Charge(msgspec.Struct, frozen=True, eq=False, kw_only=True):
    """A code on a date, before lines are summed: one decision with its reason."""

    code: str
    units: int = 1
    date: date
    givens: tuple[Given, ...]
    site: SiteKey
    because: str
    """A clause; the line's sentence joins those of its charges."""
    cites: tuple[str, ...]
    minutes: int | None = None
    modifiers: tuple[str, ...] = ()
    initial: bool = False

    @property
    def first(self) -> tuple[int, int]:
        """For orders by time: the earliest start, then the place in the file."""
        return min([(given.start, given.place) for given in self.givens])


Outcome = Charge | Finding


def ids_of(givens: tuple[Given, ...]) -> tuple[str, ...]:
    """The administrations of several, in order of time."""
    if len(givens) == 1:
        return givens[0].ids
    ordered = sorted(givens, key=lambda given: (given.start, given.place))
    return tuple(dict.fromkeys([id_ for given in ordered for id_ in given.ids]))
