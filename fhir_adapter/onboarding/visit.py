"""The visit of a trial: a person who does not exist, a push and a four-hour infusion, on the day before."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from fhir_adapter.vocabulary import RXNORM, UCUM

Json = dict[str, Any]
DEXAMETHASONE, RITUXIMAB = "3264", "121191"


def synthetic(run: str, day: date, zone: ZoneInfo) -> list[Json]:
    """Patient, Encounter and two MedicationAdministrations, in the order in which references allow them."""
    patient, encounter = {"reference": f"Patient/{run}-p"}, {"reference": f"Encounter/{run}-e"}

    def at(hour: int, minute: int = 0) -> str:
        return datetime.combine(day, time(hour, minute), zone).isoformat()

    def given(number: int, rxcui: str, drug: str, method: str, mg: int, start: str, end: str) -> Json:
        return {
            "resourceType": "MedicationAdministration",
            "id": f"{run}-a{number}",
            "status": "completed",
            "medicationCodeableConcept": {"coding": [{"system": RXNORM, "code": rxcui}], "text": drug},
            "subject": patient,
            "context": encounter,
            "effectivePeriod": {"start": start, "end": end},
            "dosage": {
                "route": {"text": "Intravenous"},
                "method": {"text": method},
                "dose": {"value": mg, "unit": "mg", "system": UCUM, "code": "mg"},
            },
        }

    return [
        {"resourceType": "Patient", "id": f"{run}-p", "name": [{"family": "Trial", "given": ["Adapter"]}]},
        {
            "resourceType": "Encounter",
            "id": f"{run}-e",
            "status": "finished",
            "class": {"system": "http://terminology.hl7.org/CodeSystem/v3-ActCode", "code": "AMB"},
            "subject": patient,
            "period": {"start": at(8), "end": at(14)},
        },
        given(1, DEXAMETHASONE, "dexamethasone", "IV Push", 10, at(8, 30), at(8, 35)),
        given(2, RITUXIMAB, "rituximab", "IV Infusion", 680, at(9), at(13)),
    ]


def yesterday(now: datetime, zone: ZoneInfo) -> date:
    return now.astimezone(zone).date() - timedelta(days=1)
