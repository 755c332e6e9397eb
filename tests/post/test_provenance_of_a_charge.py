"""What attests a charge, whole, as approved; and that it is R4 as fhir.resources knows it."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from fhir.resources.R4B.auditevent import AuditEvent
from fhir.resources.R4B.provenance import Provenance
from post.approved import CASES, ENTERED

from fhir_adapter.post import Posted, attestation, charge_item, sources_of

FIXTURES = Path(__file__).parents[2] / "fixtures" / "attestations"
DECIDED = datetime(2026, 5, 4, 20, 15, 30, 123456, tzinfo=UTC)
READ = {("Encounter", "e1"): "4", ("MedicationAdministration", "a1"): "2", ("MedicationAdministration", "a2"): "1"}
KINDS = {"Provenance": Provenance, "AuditEvent": AuditEvent}
ATTESTED = {"infusion": "create", "push": "amend", "reversed": "void", "sandbox-run": "create"}


def made(kind, name, **changes):
    charge, status, names = CASES[name]
    fields = {"item": "5", "version": "3", "action": ATTESTED[name], "decided": DECIDED}
    posted = Posted(**fields | changes, body=charge_item(charge, status, names, ENTERED))
    return attestation(kind, posted, names, lambda *resource: READ.get(resource))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", ATTESTED)
def test_it_is_as_approved_and_r4(kind, name):
    body = made(kind, name)
    assert json.loads(body) == json.loads((FIXTURES / f"{name}-{kind}.json").read_text())
    assert KINDS[kind].model_validate_json(body).get_resource_type() == kind


def test_what_has_no_version_is_named_without_one():
    found = json.loads(made("Provenance", "push", version=None))
    assert found["target"] == [{"reference": "ChargeItem/5"}]
    assert [one["what"]["reference"] for one in found["entity"]] == [
        "Encounter/e1/_history/4",
        "MedicationAdministration/a2/_history/1",
        "MedicationAdministration/a3",
    ]


def test_its_sources_are_what_the_charge_rests_on():
    charge, status, names = CASES["push"]
    assert sources_of(charge_item(charge, status, names, ENTERED)) == (
        ("Encounter", "e1"),
        ("MedicationAdministration", "a2"),
        ("MedicationAdministration", "a3"),
    )
