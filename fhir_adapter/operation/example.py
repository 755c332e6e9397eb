"""The smallest chart that has charges, for whoever reads what the operation takes: one push, one encounter."""

from __future__ import annotations

from typing import Any

from fhir_adapter.vocabulary import RXNORM, UCUM

Json = dict[str, Any]
_PATIENT, _ENCOUNTER = {"reference": "Patient/p1"}, {"reference": "Encounter/e1"}
CHART: Json = {
    "resourceType": "Bundle",
    "type": "collection",
    "entry": [
        {
            "resource": {
                "resourceType": "Encounter",
                "id": "e1",
                "status": "finished",
                "class": {"code": "AMB"},
                "subject": _PATIENT,
                "location": [{"location": {"reference": "Location/infusion-suite"}}],
            }
        },
        {
            "resource": {
                "resourceType": "MedicationAdministration",
                "id": "a1",
                "status": "completed",
                "medicationCodeableConcept": {"coding": [{"system": RXNORM, "code": "3264"}], "text": "dexamethasone"},
                "subject": _PATIENT,
                "context": _ENCOUNTER,
                "effectiveDateTime": "2026-05-04T09:00:00-05:00",
                "dosage": {
                    "method": {"text": "IV Push"},
                    "dose": {"value": 10, "unit": "mg", "system": UCUM, "code": "mg"},
                },
            }
        },
    ],
}
