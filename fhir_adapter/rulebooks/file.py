"""The form of a rulebook file as a person writes it; `form` reads it and `load` lays it out by date.

    name = "our-hospital"
    title = "Our hospital, from July 2026"
    extends = "cpt-2026"

    [[policies.pump-start]]                  one reading: a value, its dates, its source
    value = "G0498"
    from = 2026-07-01
    to = 2026-12-31
    source = "Letter of our contractor, 12 June 2026"

    [[payers.medicaid.policies.jw-lines]]    the same for one payer
    value = "any-payer"
    source = "State billing manual, section 4"

A date that is left out is open: a reading holds from the first day of the rulebook, or without an end. Where a file
says nothing, the file that it extends holds. A reading names a `source` of its own, or `cites` rules that have one.
"""

from __future__ import annotations

from datetime import date

import msgspec

from fhir_adapter.coding.rulebook import PolicySource
from fhir_adapter.vocabulary import DrugClass


class Dated(msgspec.Struct, frozen=True, kw_only=True):
    """Something that holds from a day to a day, both included, and says where it stands."""

    from_: date | None = msgspec.field(name="from", default=None)
    to: date | None = None
    source: str | None = None
    cites: tuple[str, ...] = ()

    def covers(self, on: date) -> bool:
        return (self.from_ is None or self.from_ <= on) and (self.to is None or on <= self.to)


class RuleText(Dated, frozen=True, kw_only=True):
    title: str
    says: str


class PolicyText(Dated, frozen=True, kw_only=True):
    value: str
    means: str | None = None


class ClassText(Dated, frozen=True, kw_only=True):
    drug: str
    drug_class: DrugClass = msgspec.field(name="class")


class ParentsText(Dated, frozen=True, kw_only=True):
    code: str
    parents: tuple[str, ...]


class PayerText(msgspec.Struct, frozen=True, kw_only=True):
    """What one payer reads otherwise; `decides` names decisions whose lines cite the payer's rule besides."""

    title: str
    cites: tuple[str, ...] = ()
    decides: tuple[str, ...] = ()
    policies: dict[str, tuple[PolicyText, ...]] = {}
    drug_classes: tuple[ClassText, ...] = ()


class RulebookFile(msgspec.Struct, frozen=True, kw_only=True):
    name: str
    title: str
    extends: str | None = None
    from_: date | None = msgspec.field(name="from", default=None)
    to: date | None = None
    rules: dict[str, RuleText] = {}
    decisions: dict[str, tuple[str, ...]] = {}
    values: dict[str, dict[str, PolicySource]] = {}
    """What each value of a policy means, whether it is in force or not."""
    policies: dict[str, tuple[PolicyText, ...]] = {}
    drug_classes: tuple[ClassText, ...] = ()
    tables: dict[str, tuple[ParentsText, ...]] = {}
    """By table: what this rulebook reads otherwise than CMS. There is one such table, `add-ons`."""
    payers: dict[str, PayerText] = {}

    @property
    def add_ons(self) -> tuple[ParentsText, ...]:
        return self.tables.get("add-ons", ())


Path = tuple[str | int, ...]
"""Where something stands in a file: keys, and places in lists."""
