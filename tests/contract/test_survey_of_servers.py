"""`source check` on servers that nobody here wrote: their searches, their stated rights, and a sample of charts."""

import uuid

import pytest
from typer.testing import CliRunner

from fhir_adapter.cli import build
from fhir_adapter.settings import load

pytestmark = pytest.mark.real
servers = pytest.mark.parametrize("base", ["hapi", "medplum"], indirect=True)
MAR = "https://site.example.org/StructureDefinition/mar-action"


@pytest.fixture
def site(fhir):
    """One patient whose chart has words that only this site uses, an infusion without a stop and a nameless drug."""
    word = uuid.uuid4().hex[:8]
    patient = {"reference": f"Patient/{fhir.post('Patient', json={'resourceType': 'Patient'}).json()['id']}"}
    opened = {"resourceType": "Encounter", "status": "finished", "class": {"code": "AMB"}, "subject": patient}
    context = {"reference": f"Encounter/{fhir.post('Encounter', json=opened).json()['id']}"}
    dose = {"value": 10, "unit": "mg"}
    given = {
        "resourceType": "MedicationAdministration",
        "status": "completed",
        "extension": [{"url": MAR, "valueString": f"Hung {word}"}],
        "medicationCodeableConcept": {"text": f"mixture {word}"},
        "subject": patient,
        "context": context,
        "effectiveDateTime": "2026-05-04T09:00:00-05:00",
        "dosage": {"dose": dose, "route": {"text": f"port {word}"}, "method": {"text": f"pump {word}"}},
    }
    infused = {"extension": [], "dosage": {"dose": dose, "method": {"text": "IV Infusion"}}}
    unstopped = infused | {"medicationCodeableConcept": {"text": "rituximab"}}
    for one in (given, given | infused, given | unstopped):
        fhir.post("MedicationAdministration", json={k: v for k, v in one.items() if v}).raise_for_status()
    return word


def checked(base, out):
    words = ["source", "check", base, "--time-zone", "America/Chicago", "--setting", "facility", "--out", str(out)]
    return CliRunner().invoke(build(), words)


@servers
def test_what_works_what_does_not_and_a_configuration_to_start_from(base, site, tmp_path):
    out = tmp_path / "start.toml"
    done = checked(base, out)
    said = done.output
    for search in ("Encounter by patient", "MedicationAdministration by patient", "ChargeItem by context"):
        assert f"search {search}  " in said
    assert "MedicationAdministration by _lastUpdated  understood" in said
    assert "write ChargeItem" in said
    for line in (f"Hung {site} → in no table", f"port {site} → in no table", f"pump {site} → in no table"):
        assert line in said
    assert f"mixture {site} (no code)" in said
    assert "stop-time-missing" in said
    assert f'# "Hung {site}" = "start"' in out.read_text()
    source = load(out, {}).sources["main"]
    assert (source.mode, source.base_url) == ("shadow", base)


@pytest.mark.parametrize("base", ["hapi"], indirect=True)
def test_rights_are_read_from_what_the_server_states(base, site, tmp_path):
    done = checked(base, tmp_path / "start.toml")
    assert done.exit_code == 0, done.output
    (right,) = [line for line in done.output.splitlines() if "write ChargeItem" in line]
    assert right.startswith("ok ")
    assert right.endswith("read, create, update")


@pytest.mark.parametrize("base", ["medplum"], indirect=True)
def test_rights_that_a_server_does_not_state_are_told(base, site, tmp_path):
    """This router states its version and nothing else: to read is needed, to write is needed when it is posted to."""
    done = checked(base, tmp_path / "start.toml")
    assert done.exit_code == 2
    rows = {line.split("-  ")[1].split("  ")[0]: line for line in done.output.splitlines() if "-  " in line}
    assert rows["read MedicationAdministration"].startswith("failed")
    assert rows["write ChargeItem"].startswith("note")
    assert "in shadow nothing is written" in rows["write ChargeItem"]
