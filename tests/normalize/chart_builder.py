"""Charts for tests: a good infusion, and what one test changes of it."""

import json

from fhir_adapter.fhir_r4 import chart_of
from fhir_adapter.normalize import visits_of
from fhir_adapter.vocabulary import NDC, RXNORM, SNOMED, UCUM, SourceWords

ABSENT = object()
IV = {"coding": [{"system": SNOMED, "code": "47625008"}]}
NINE, TEN = "2026-05-04T09:00:00-05:00", "2026-05-04T10:00:00-05:00"


def at(hour, minute=0, day=4):
    return f"2026-05-{day:02}T{hour:02}:{minute:02}:00-05:00"


def period(start=NINE, end=TEN):
    return {"start": start, "end": end} if end else {"start": start}


def mg(value):
    return {"value": value, "unit": "mg", "system": UCUM, "code": "mg"}


def resource(kind, defaults, changes):
    changed = {**defaults, **{name.rstrip("_"): value for name, value in changes.items()}}
    return {"resourceType": kind, **{name: value for name, value in changed.items() if value is not ABSENT}}


def administration(**changes):
    defaults = {
        "id": "a1",
        "status": "completed",
        "medicationCodeableConcept": {
            "coding": [{"system": NDC, "code": "0703-3985-01"}, {"system": RXNORM, "code": "32592"}],
            "text": "oxaliplatin",
        },
        "subject": {"reference": "Patient/p1"},
        "context": {"reference": "Encounter/e1"},
        "effectivePeriod": period(),
        "dosage": {"route": IV, "method": {"text": "IV Infusion"}, "dose": mg(153)},
    }
    return resource("MedicationAdministration", defaults, changes)


def dosage(**changes):
    return {name: value for name, value in {"route": IV, "dose": mg(153), **changes}.items() if value is not ABSENT}


def encounter(**changes):
    defaults = {
        "id": "e1",
        "status": "finished",
        "class": {"code": "AMB"},
        "subject": {"reference": "Patient/p1"},
        "period": period(at(8), at(20)),
        "location": [{"location": {"reference": "Location/suite"}}],
        "serviceProvider": {"reference": "Organization/hospital"},
    }
    return resource("Encounter", defaults, changes)


def coverage(**changes):
    defaults = {
        "id": "c1",
        "status": "active",
        "type": {"text": "PPO"},
        "beneficiary": {"reference": "Patient/p1"},
        "payor": [{"reference": "Organization/insurer", "display": "Insurer"}],
    }
    return resource("Coverage", defaults, changes)


def words(**changes):
    said = {
        "time_zone": "America/Chicago",
        "facilities": {"Location/suite": "facility"},
        "payers": {"PPO": "commercial"},
    }
    return SourceWords(**{**said, **changes})


def chart(*resources):
    return chart_of(json.dumps(each).encode() for each in resources)


def visits(*resources, traced=False, **changed_words):
    """The visits of these resources, with the encounter and the coverage of the tests where none is given."""
    kinds = {each["resourceType"] for each in resources}
    spare = [made for made in (encounter(), coverage()) if made["resourceType"] not in kinds]
    return visits_of(chart(*resources, *spare), words(**changed_words), traced=traced)


def visit(*resources, **changed_words):
    (only,) = visits(*resources, **changed_words)
    return only


def events(*resources, **changed_words):
    return visit(*resources, **changed_words).visit.administrations


def event(*resources, **changed_words):
    (only,) = events(*resources, **changed_words)
    return only


def found(*resources, **changed_words):
    """(finding id, severity, administrations) of the one visit."""
    return [(each.id, each.severity, each.administrations) for each in visit(*resources, **changed_words).findings]
