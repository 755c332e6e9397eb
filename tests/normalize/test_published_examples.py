"""HL7's own R4 examples (fixtures/published): read without loss, and none placed in another patient's encounter.

Their shapes that matter (contained Medication beside a Provenance, ingredients with a strength, an open period, an
administration in another patient's encounter) are tested in their own form in the other modules here.
"""

import json
from decimal import Decimal
from pathlib import Path

from chart_builder import words

from fhir_adapter.fhir_r4 import chart_of
from fhir_adapter.normalize import visits_of

EXAMPLES = Path(__file__).parents[2] / "fixtures" / "published"


def test_they_are_read_without_loss():
    files = sorted(EXAMPLES.glob("*.json"))
    assert files
    chart = chart_of(file.read_bytes() for file in files)
    assert chart.faults == ()
    assert len(chart.administrations) == sum(file.name.startswith("MedicationAdministration-") for file in files)
    for given in chart.administrations:
        name = f"MedicationAdministration-{given.id}.json"
        written = json.loads((EXAMPLES / name).read_bytes(), parse_float=Decimal)
        dose = written.get("dosage", {}).get("dose", {}).get("value")
        assert given.status == written["status"]
        assert (given.effective_period.start if given.effective_period else None) == written.get(
            "effectivePeriod", {}
        ).get("start")
        assert (given.dosage.dose.value if given.dosage and given.dosage.dose else None) == dose
        assert len(given.contained) == len(written.get("contained", ()))


def test_each_administration_of_a_patient_in_anothers_encounter_is_held_or_reversed():
    chart = chart_of(file.read_bytes() for file in sorted(EXAMPLES.glob("*.json")))
    visits = visits_of(chart, words())
    held = {name for visit in visits for each in visit.findings for name in each.administrations}
    reversed_ids = {name for visit in visits for name in visit.reversed_ids}
    assert held | reversed_ids == {given.id for given in chart.administrations}
    assert {each.id for visit in visits for each in visit.findings} == {"encounter-unknown"}
