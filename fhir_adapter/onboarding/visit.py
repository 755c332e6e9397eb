"""The visits of a trial: two people who do not exist, on the day before.

{run}-p1   a push and a four-hour infusion, both documented to the end: charged
{run}-p2   an infusion whose stop nobody documented: held, and the finding says why
"""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from fhir_adapter.vocabulary import RXNORM, UCUM

Json = dict[str, Any]
Drug = tuple[str, str, int]
"""RxCUI, name and milligrams."""
DEXAMETHASONE: Drug = ("3264", "dexamethasone", 10)
RITUXIMAB: Drug = ("121191", "rituximab", 680)
PACLITAXEL: Drug = ("56946", "paclitaxel", 260)


def synthetic(run: str, day: date, zone: ZoneInfo) -> list[Json]:
    """Patients, Encounters and MedicationAdministrations, in the order in which references allow them."""

    def at(hour: int, minute: int = 0) -> str:
        return datetime.combine(day, time(hour, minute), zone).isoformat()

    def given(of: int, number: int, drug: Drug, method: str, **when: Any) -> Json:
        return _given(f"{run}-a{number}", f"{run}-p{of}", f"{run}-e{of}", drug, method) | when

    visits = [part for of in (1, 2) for part in (_patient(f"{run}-p{of}"), _encounter(run, of, at(8), at(14)))]
    return [
        *visits,
        given(1, 1, DEXAMETHASONE, "IV Push", effectivePeriod={"start": at(8, 30), "end": at(8, 35)}),
        given(1, 2, RITUXIMAB, "IV Infusion", effectivePeriod={"start": at(9), "end": at(13)}),
        given(2, 3, PACLITAXEL, "IV Infusion", effectiveDateTime=at(9)),
    ]


def yesterday(now: datetime, zone: ZoneInfo) -> date:
    return now.astimezone(zone).date() - timedelta(days=1)


def _patient(name: str) -> Json:
    return {"resourceType": "Patient", "id": name, "name": [{"family": "Trial", "given": ["Adapter"]}]}


def _encounter(run: str, of: int, start: str, end: str) -> Json:
    return {
        "resourceType": "Encounter",
        "id": f"{run}-e{of}",
        "status": "finished",
        "class": {"system": "http://terminology.hl7.org/CodeSystem/v3-ActCode", "code": "AMB"},
        "subject": {"reference": f"Patient/{run}-p{of}"},
        "period": {"start": start, "end": end},
    }


def _given(name: str, patient: str, encounter: str, drug: Drug, method: str) -> Json:
    rxcui, text, mg = drug
    return {
        "resourceType": "MedicationAdministration",
        "id": name,
        "status": "completed",
        "medicationCodeableConcept": {"coding": [{"system": RXNORM, "code": rxcui}], "text": text},
        "subject": {"reference": f"Patient/{patient}"},
        "context": {"reference": f"Encounter/{encounter}"},
        "dosage": {
            "route": {"text": "Intravenous"},
            "method": {"text": method},
            "dose": {"value": mg, "unit": "mg", "system": UCUM, "code": "mg"},
        },
    }
