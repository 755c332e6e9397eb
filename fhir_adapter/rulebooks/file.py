"""The form of a rulebook file as a person writes it; `load` lays it out by date.

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
from typing import Any

import msgspec

from fhir_adapter.coding.rulebook import PolicySource
from fhir_adapter.vocabulary import DrugClass


class Dated(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
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


class PayerText(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What one payer reads otherwise; `decides` names decisions whose lines cite the payer's rule besides."""

    title: str
    cites: tuple[str, ...] = ()
    decides: tuple[str, ...] = ()
    policies: dict[str, tuple[PolicyText, ...]] = {}
    drug_classes: tuple[ClassText, ...] = ()


class RulebookFile(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
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


class Part(msgspec.Struct, frozen=True):
    """One part of a file with its form, so that a fault of one part does not hide the next."""

    path: Path
    raw: Any
    form: Any


def parts_of(raw: dict[str, Any]) -> list[Part]:
    """Every part of a file that has a form of its own."""
    parts: list[Part] = []
    listed = {"policies": PolicyText, "tables": ParentsText}
    keyed = {"rules": RuleText, "decisions": tuple[str, ...], "values": dict[str, PolicySource], "payers": PayerText}
    for section, value in raw.items():
        if section in listed and isinstance(value, dict):
            parts += _lists(value, (section,), listed[section])
        elif section in keyed and isinstance(value, dict):
            parts += [Part((section, key), one, keyed[section]) for key, one in value.items() if section != "payers"]
            parts += _payers(value) if section == "payers" else []
        elif section == "drug_classes" and isinstance(value, list):
            parts += [Part((section, place), one, ClassText) for place, one in enumerate(value)]
    return parts


def one_as_list(raw: dict[str, Any]) -> dict[str, Any]:
    """A single reading may be written as a table, `[policies.pump-start]`, in place of a list of one."""

    def listed(policies: Any) -> Any:
        if not isinstance(policies, dict):
            return policies
        return {policy: [said] if isinstance(said, dict) else said for policy, said in policies.items()}

    def payer(said: Any) -> Any:
        return said | {"policies": listed(said["policies"])} if isinstance(said, dict) and "policies" in said else said

    laid = raw | ({"policies": listed(raw["policies"])} if "policies" in raw else {})
    if isinstance(payers := raw.get("payers"), dict):
        laid["payers"] = {key: payer(said) for key, said in payers.items()}
    return laid


def _lists(raw: dict[str, Any], at: Path, form: type) -> list[Part]:
    parts: list[Part] = []
    for key, value in raw.items():
        if isinstance(value, list):
            parts += [Part((*at, key, place), one, form) for place, one in enumerate(value)]
        else:
            parts.append(Part((*at, key), value, tuple[form, ...]))  # type: ignore[valid-type]
    return parts


def _payers(raw: dict[str, Any]) -> list[Part]:
    parts: list[Part] = []
    for payer, value in raw.items():
        if not isinstance(value, dict):
            parts.append(Part(("payers", payer), value, PayerText))
            continue
        own = {key: one for key, one in value.items() if key not in ("policies", "drug_classes")}
        parts.append(Part(("payers", payer), own, PayerText))
        parts += _lists(value.get("policies", {}), ("payers", payer, "policies"), PolicyText)
        classes = value.get("drug_classes", [])
        parts += [Part(("payers", payer, "drug_classes", place), one, ClassText) for place, one in enumerate(classes)]
    return parts
