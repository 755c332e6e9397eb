"""Findings that concern a whole visit: unreadable resources, an inpatient stay, an admission soon after."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import timedelta

from fhir_adapter.coding.model import Finding
from fhir_adapter.fhir_r4 import Chart
from fhir_adapter.normalize.lexicon import Lexicon
from fhir_adapter.normalize.placed import Placed
from fhir_adapter.normalize.sittings import Sitting, kind_of
from fhir_adapter.normalize.timing import moment


def unreadable(chart: Chart, encounters: tuple[str, ...]) -> Iterator[Finding]:
    """What was left out of the visit's encounters, and of what may have been any kind of resource, holds it."""
    for fault in chart.faults:
        kind = fault.resource.partition("/")[0]
        if kind in ("MedicationAdministration", "Medication") or (
            kind == "Encounter" and fault.resource not in encounters
        ):
            continue
        holds = kind == "Encounter" or kind.startswith("$")
        said = f"{fault.resource} {fault.path}: {fault.message}."
        yield Finding(id="field-unreadable", severity="error" if holds else "warning", message=said)


def inpatient(placed: Iterable[Placed]) -> Iterator[Finding]:
    for name in (name for each in placed for name in each.ids):
        yield Finding(
            id="inpatient",
            administrations=(name,),
            message="It was given during an inpatient stay: it makes no outpatient line.",
        )


def unknown_class(code: str | None, about: tuple[str, ...]) -> Finding:
    return Finding(
        id="setting-unknown",
        severity="error",
        administrations=about,
        message=f"Encounter.class {code or 'is absent and'} says neither outpatient, observation nor inpatient.",
        fix="Name the class under words.episodes of the source.",
    )


def without_encounter(placed: Placed) -> Finding:
    return Finding(
        id="encounter-unknown",
        severity="error",
        administrations=(placed.given.id,),
        message=f"Its encounter is not known: {placed.how}.",
        fix="Name the patient's encounter as the context of the administration.",
    )


def admission_soon_after(sitting: Sitting, chart: Chart, lexicon: Lexicon) -> Iterator[Finding]:
    """An inpatient admission at the same facility within the payment window: the stay may include this visit."""
    if not sitting.days:
        return
    provider = chart.key(chart.encounters[sitting.encounters[0]].service_provider)
    window = timedelta(days=lexicon.words.payment_window)
    for key, encounter in chart.encounters.items():
        begun = encounter.period.start if encounter.period else None
        admitted = moment(begun or "", lexicon.zone).day
        is_here = chart.key(encounter.subject) == sitting.patient and chart.key(encounter.service_provider) == provider
        if kind_of(encounter, lexicon) != "inpatient" or encounter.status == "planned" or not is_here or not admitted:
            continue
        if min(sitting.days) <= admitted <= max(sitting.days) + window:
            said = f"{key} admitted the patient on {admitted}, within {window.days} days after this visit."
            yield Finding(
                id="payment-window",
                severity="error",
                administrations=tuple(name for each in sitting.placed if each.state != "reversed" for name in each.ids),
                message=said,
                fix="Decide whether the stay includes these services.",
            )
