"""The values that go into and come out of the coding room (docs/visit.md is their contract). Frozen; no FHIR, no clock.

In: a `Visit` of `Administration`s. Times are instants with the offset that the chart wrote; a service date is the
local date in that offset. Amounts are decimals. Bags, orders and encounters are labels by which administrations name
each other.

Out: a `VisitResult` of `Line`s and `Finding`s. Every administration is named by a line or a finding. A fault inside
the rules is a finding; only an input that breaks the contract is an error (`errors.InputFaults`, raised where visits
are read).
"""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Literal

import msgspec

from fhir_adapter.vocabulary import Container, DrugClass, PumpKind, Reason, Setting, Severity, Technique


class Quantity(msgspec.Struct, frozen=True, cache_hash=True):
    """An exact amount with its UCUM unit."""

    value: Decimal
    unit: str


class Administration(msgspec.Struct, frozen=True, kw_only=True):
    """One documented giving of one drug, before any time rule."""

    id: str
    technique: Technique
    start: datetime
    stop: datetime | None = None
    drug: str | None = None
    rxcui: str | None = None
    ndc: str | None = None
    drug_class: DrugClass | None = None
    site: str | None = None
    site_required: bool = False
    dose: Quantity | None = None
    discarded: Quantity | None = None
    container: Container | None = None
    same_bag_as: str | None = None
    discontinued: bool = False
    resumed: bool = False
    """It goes on with the same bag after a documented pause: the pause does not count, and its dose stands there."""
    encounter: str | None = None
    order: str | None = None
    pump_kind: PumpKind = "portable"
    lesions: int | None = None

    @property
    def service_date(self) -> date:
        return self.start.date()


class BilledLine(msgspec.Struct, frozen=True, kw_only=True):
    """What somebody charged."""

    code: str
    units: int
    date: date
    modifiers: tuple[str, ...] = ()


class AuthorizedLine(msgspec.Struct, frozen=True, kw_only=True):
    """What a prior authorization expects."""

    code: str
    units: int


class Visit(msgspec.Struct, frozen=True, kw_only=True):
    """What one patient received at one facility on connected service dates."""

    id: str
    setting: Setting
    administrations: tuple[Administration, ...]
    primary_reason: Reason | None = None
    payer: str | None = None
    billed: tuple[BilledLine, ...] | None = None
    authorized: tuple[AuthorizedLine, ...] | None = None


class Share(msgspec.Struct, frozen=True):
    """The part of a line's units that belongs to one encounter; one ChargeItem is made per share."""

    encounter: str | None
    units: int


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """One charge line: a code on a date, why, and what it rests on."""

    code: str
    system: Literal["CPT", "HCPCS"]
    units: int
    modifiers: tuple[str, ...] = ()
    date: date
    ndc: str | None = None
    shares: tuple[Share, ...]
    administrations: tuple[str, ...]
    minutes: int | None = None
    """Counted minutes where time decided the units, else None."""
    because: str
    citations: tuple[str, ...]


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """Something a person should know. An `error` about `derived` holds the visit."""

    id: str
    severity: Severity = "info"
    about: Literal["derived", "billed"] = "derived"
    carc: str | None = None
    administrations: tuple[str, ...] = ()
    message: str
    fix: str | None = None
    appeal: str | None = None


class Comparison(msgspec.Struct, frozen=True, kw_only=True):
    """One code on one date: what the rules derive beside what somebody billed."""

    code: str
    modifiers: tuple[str, ...]
    date: date
    derived: int
    billed: int
    kind: Literal["match", "missing", "over", "under", "unsupported"]


class VisitResult(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=False):
    """A coded visit. The same visit, rulebook hash, data hash and engine give the same bytes."""

    contract: Literal[1] = 1
    id: str
    rulebook: str
    rulebook_hash: str
    data_hash: str
    engine: str
    disposition: Literal["billable", "held", "not-reported"]
    lines: tuple[Line, ...]
    findings: tuple[Finding, ...]
    comparison: tuple[Comparison, ...] | msgspec.UnsetType = msgspec.UNSET
