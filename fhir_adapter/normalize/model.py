"""What a chart becomes: visits, each with what could not be read, and where each of its facts stood in the chart."""

from __future__ import annotations

import msgspec

from fhir_adapter.coding.model import Finding, Visit
from fhir_adapter.fhir_r4 import Encounter


class FieldTrace(msgspec.Struct, frozen=True, kw_only=True):
    """One field of the visit contract: what it was read as, from which element, and what was not used for it."""

    resource: str
    """`MedicationAdministration/ID` or `Encounter/ID`."""
    field: str
    value: str | None = None
    """None: absent."""
    path: str | None = None
    ignored: tuple[str, ...] = ()
    """Elements that say something about the field and were not used, with the reason."""


class ChartVisit(msgspec.Struct, frozen=True, kw_only=True):
    """A visit as the chart tells it. What is found wrong counts for the disposition beside what coding finds."""

    key: str
    """First encounter's id and first service date: `e1/2026-05-04`."""
    patient: str
    visit: Visit
    setting_known: bool
    """False: `visit.setting` means nothing and an error among the findings says why; no lines may be made."""
    findings: tuple[Finding, ...]
    encounters: dict[str, Encounter]
    """Encounter label of the administrations → encounter; a series' later sitting has a label of its own."""
    is_open: bool
    """Something is still running, or the encounter has not finished."""
    running: tuple[str, ...] = ()
    """What keeps it open beside its encounters: events without a stop, `-` for what is no event yet."""
    awaits_encounter: bool = False
    """Where something runs: it would not be settled without that either, because of its encounters."""
    reversed_ids: tuple[str, ...] = ()
    """MedicationAdministrations that were not given or entered in error: what they charged is reversed."""
    joined: dict[str, str] = {}
    """Further actions of a chain, and waste → the administration of the visit that they are part of."""
    trace: tuple[FieldTrace, ...] = ()
