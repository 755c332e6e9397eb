"""What a rulebook says, as values: dated policies, rules to cite, parents of add-ons, what a payer reads differently.

The problem: a rule holds from a date to a date, a payer may read it differently, and a stored visit must code the
same for ever. So a rulebook is laid out as `Reading`s: stretches of time without gap or overlap, in each of which
every policy has one value and one place to cite. The date of service picks the reading; outside all of them there is
no rule (`no-rule-in-force`), never a silent default.

Worked example. `cpt-2026` has one reading, from 2024-01-01 without an end. A hospital that reads 90 minutes otherwise
from July 2026 has two: `reading(date(2026, 6, 30), None)` is the first, `reading(date(2026, 7, 1), None)` the second.

Pure: `fhir_adapter.rulebooks` reads the files and lays them out; this module holds and looks up.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from functools import cached_property, lru_cache

import msgspec

from fhir_adapter.coding.drugs import Release
from fhir_adapter.coding.model import Administration, Visit
from fhir_adapter.coding.policies import Policies
from fhir_adapter.coding.tables import Tables
from fhir_adapter.vocabulary import DrugClass, Setting

DECISIONS = (
    "initial",
    "initial-facility",
    "initial-office",
    "infusion",
    "push",
    "further-chemo",
    "further-therapeutic",
    "further-push",
    "hours",
    "chemo-hours",
    "hydration",
    "hydration-hours",
    "route",
    "pump",
    "refill",
    "flush",
    "drug-units",
)
"""What the engine cites beside policies: a rulebook says for each what it rests on."""


class Rule(msgspec.Struct, frozen=True, kw_only=True):
    """Something a line may cite: what it says in our own words, and where that stands."""

    id: str
    title: str
    says: str
    source: str
    first: date
    last: date | None = None

    def in_force(self, on: date) -> bool:
        return self.first <= on and (self.last is None or on <= self.last)


class PolicySource(msgspec.Struct, frozen=True):
    """Why a policy has its value: a sentence, and the ids of the rules that it rests on."""

    means: str
    cites: tuple[str, ...]


class Payer(msgspec.Struct, frozen=True):
    """A payer that a rulebook names, and the rules that are this payer's own."""

    title: str
    rules: tuple[str, ...]


class Reading(msgspec.Struct, frozen=True, kw_only=True, dict=True):
    """The rules of one stretch of time for one payer."""

    first: date
    last: date | None
    policies: Policies
    sources: dict[str, PolicySource]
    """By policy name."""
    decisions: dict[str, tuple[str, ...]]
    """What a decision of the engine cites: ids of rules by the decision's name."""
    drug_classes: dict[str, DrugClass] = {}
    """RxCUI, NDC or name in small letters → class, before the catalog is asked."""
    class_rules: dict[str, tuple[str, ...]] = {}
    """The same keys → the rules that say so."""
    parents: dict[str, tuple[str, ...]] = {}
    """Primaries of an add-on that this rulebook reads otherwise than the CMS table."""
    payer: Payer | None = None

    def in_force(self, on: date) -> bool:
        return self.first <= on and (self.last is None or on <= self.last)

    def class_key(self, given: Administration) -> str | None:
        """The key by which this reading knows an administration's drug, if it does."""
        keys = (given.ndc, given.rxcui, given.drug and given.drug.strip().lower())
        return next((key for key in keys if key in self.drug_classes), None)

    def cite(self, *names: str) -> tuple[str, ...]:
        """The citations of decisions and policies, each once, in their order."""
        cited = self._cited.get(names)
        if cited is None:
            cited = self._cited[names] = tuple(dict.fromkeys(cite for name in names for cite in self._cites(name)))
        return cited

    @cached_property
    def _cited(self) -> dict[tuple[str, ...], tuple[str, ...]]:
        """What was cited before: the engine cites the same few names together."""
        return {}

    def _cites(self, name: str) -> tuple[str, ...]:
        source = self.sources.get(name)
        return source.cites if source is not None else self.decisions[name]


class PolicyChange(msgspec.Struct, frozen=True):
    """One dated value of a policy, as `rulebook show` prints it."""

    value: str
    first: date
    last: date | None
    source: PolicySource


class Rulebook(msgspec.Struct, frozen=True, kw_only=True, dict=True):
    """A rulebook as it is used: one run's policies are part of it, and so of its hash."""

    name: str
    title: str
    hash: str
    """`sha256:…` over everything below but the tables, which have their own."""
    policies: dict[str, tuple[PolicyChange, ...]]
    alternatives: dict[str, dict[str, PolicySource]]
    """Every allowed value of every policy with its meaning and sources."""
    rules: dict[str, Rule]
    readings: tuple[Reading, ...]
    payer_readings: dict[str, tuple[Reading, ...]] = {}
    payer_policies: dict[str, dict[str, tuple[PolicyChange, ...]]] = {}
    payers: dict[str, Payer] = {}
    differs: tuple[str, ...] = ()
    """Policies whose value is this rulebook's own and not its base's."""
    overridden: tuple[str, ...] = ()
    """Policies that this run set by hand."""
    tables: Tables

    def __repr__(self) -> str:
        return f"Rulebook({self.name!r}, {self.hash!r})"

    def reading(self, on: date, payer: str | None) -> Reading | None:
        readings = self.payer_readings.get(payer, self.readings) if payer is not None else self.readings
        return next((reading for reading in readings if reading.in_force(on)), None)

    def permitted_parents(self, code: str, visit: Visit, on: date) -> tuple[frozenset[str] | None, Release | None]:
        """The primaries that an add-on may follow, None if the code is no add-on, and the release that was asked."""
        return self._parents(code, visit.payer, visit.setting, on)

    @cached_property
    def _parents(self) -> Callable[[str, str | None, Setting, date], tuple[frozenset[str] | None, Release | None]]:
        """Answers are kept: a day asks for the same codes over and over."""
        return lru_cache(maxsize=4096)(self._parents_of)

    def _parents_of(
        self, code: str, payer: str | None, setting: Setting, on: date
    ) -> tuple[frozenset[str] | None, Release | None]:
        reading = self.reading(on, payer)
        if reading is not None and code in reading.parents:
            return frozenset(reading.parents[code]), None
        add_on, release = self.tables.add_on(code, on)
        return (None if add_on is None else add_on.permitted(setting)), release
