"""What a client may ask before it calls: the CapabilityStatement and the OperationDefinition, true and no more."""

from __future__ import annotations

from importlib.metadata import version
from typing import Any

Json = dict[str, Any]
SINCE = "2026-11-24"
NAME = "derive-charges"


def capability(base: str) -> Json:
    return {
        "resourceType": "CapabilityStatement",
        "status": "active",
        "date": SINCE,
        "kind": "instance",
        "software": {"name": "fhir_adapter", "version": version("fhir-adapter")},
        "implementation": {"description": "Charges of infusion visits, derived from a chart", "url": base},
        "fhirVersion": "4.0.1",
        "format": ["application/fhir+json"],
        "rest": [
            {
                "mode": "server",
                "documentation": "One stateless operation; resources are neither kept nor searched.",
                "operation": [{"name": NAME, "definition": f"{base}/OperationDefinition/{NAME}"}],
            }
        ],
    }


def operation(base: str) -> Json:
    return {
        "resourceType": "OperationDefinition",
        "id": NAME,
        "url": f"{base}/OperationDefinition/{NAME}",
        "name": "DeriveCharges",
        "title": "Derive the charges of an infusion chart",
        "status": "active",
        "kind": "operation",
        "date": SINCE,
        "description": "The Bundle holds Encounters, MedicationAdministrations and what they refer to. The answer has a"
        " ChargeItem for each charge of a finished visit that nothing holds, and an OperationOutcome with every"
        " finding. Nothing is kept.",
        "affectsState": False,
        "code": NAME,
        "system": True,
        "type": False,
        "instance": False,
        "parameter": [
            _parameter("source", "in", 0, "string", "A source of the configuration; needed where there are several"),
            _parameter("chart", "in", 1, "Bundle", "The chart; it is the body of the request"),
            _parameter("return", "out", 1, "Bundle", "ChargeItems and one OperationOutcome"),
        ],
    }


def _parameter(name: str, use: str, least: int, kind: str, text: str) -> Json:
    return {"name": name, "use": use, "min": least, "max": "1", "documentation": text, "type": kind}
