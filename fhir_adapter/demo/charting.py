"""What an EHR would write: the visit of a file as FHIR R4 resources, decimals as they stand in the file."""

from __future__ import annotations

from typing import Any

from fhir_adapter.demo.visit_file import Given, Person, VisitFile, Way
from fhir_adapter.vocabulary import NDC, RXNORM, SNOMED, UCUM

Json = dict[str, Any]
SUITE = "infusion-suite"
PUMP = "Ambulatory pump"
INTRAVENOUS, ORAL = "47625008", "26643006"
METHODS: dict[Way, str] = {"infusion": "IV infusion", "push": "IV push", "pump": PUMP}
ACT_CODES = "http://terminology.hl7.org/CodeSystem/v3-ActCode"


def location() -> Json:
    return {"resourceType": "Location", "id": SUITE, "status": "active", "name": "Infusion suite"}


def patient(person: Person) -> Json:
    name = [{"family": person.family, "given": [person.given]}]
    return {
        "resourceType": "Patient",
        "name": name,
        "gender": person.gender,
        "birthDate": person.birth_date.isoformat(),
    }


def coverage(payer: str, patient_ref: str) -> Json:
    return {
        "resourceType": "Coverage",
        "status": "active",
        "type": {"text": payer},
        "beneficiary": {"reference": patient_ref},
        "payor": [{"display": payer}],
    }


def encounter(visit: VisitFile, patient_ref: str) -> Json:
    """Opened, not finished."""
    return {
        "resourceType": "Encounter",
        "status": "in-progress",
        "class": {"system": ACT_CODES, "code": visit.class_},
        "subject": {"reference": patient_ref},
        "period": {"start": visit.start.isoformat()},
        "location": [{"location": {"reference": f"Location/{SUITE}"}}],
    }


def administration(given: Given, patient_ref: str, encounter_ref: str) -> Json:
    """A pump without a stop is still running; everything else is completed."""
    method = {"method": {"text": METHODS[given.way]}} if given.way in METHODS else {}
    route = ORAL if given.way == "oral" else INTRAVENOUS
    dose = {"value": given.mg, "unit": "mg", "system": UCUM, "code": "mg"}
    return {
        "resourceType": "MedicationAdministration",
        "status": "in-progress" if given.way == "pump" and given.stop is None else "completed",
        "medicationCodeableConcept": {"coding": _codings(given), "text": given.drug},
        "subject": {"reference": patient_ref},
        "context": {"reference": encounter_ref},
        **_effective(given),
        "dosage": {"route": {"coding": [{"system": SNOMED, "code": route}]}, **method, "dose": dose},
    }


def _codings(given: Given) -> list[Json]:
    product = [{"system": NDC, "code": given.ndc}] if given.ndc else []
    return [*product, {"system": RXNORM, "code": given.rxnorm, "display": given.drug}]


def _effective(given: Given) -> Json:
    if given.stop is not None:
        return {"effectivePeriod": {"start": given.start.isoformat(), "end": given.stop.isoformat()}}
    if given.way == "pump":
        return {"effectivePeriod": {"start": given.start.isoformat()}}
    return {"effectiveDateTime": given.start.isoformat()}
