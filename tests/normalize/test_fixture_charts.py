"""The charts under fixtures/charts: three regimens read whole, and one chart for each fault."""

import tomllib
from pathlib import Path

import msgspec
import pytest

from fhir_adapter.fhir_r4 import chart_of_bundle
from fhir_adapter.normalize import visits_of
from fhir_adapter.vocabulary import SourceWords

CHARTS = Path(__file__).parents[2] / "fixtures" / "charts"
WORDS = msgspec.convert(tomllib.loads((CHARTS / "words.toml").read_text()), SourceWords)

TECHNIQUES = {
    "r-chop": ["oral", "push", "push", "infusion", "infusion", "push", "push"],
    "folfox": ["infusion", "infusion", "push", "pump"],
    "folfirinox": ["infusion", "infusion", "infusion", "push", "pump"],
}
FAULTS = {
    "class-unknown": [("setting-unknown", "error")],
    "date-only": [("date-only", "error")],
    "drug-class-unknown": [("drug-class-unknown", "error")],
    "encounter-cancelled": "reversed",
    "encounter-of-another-patient": [("encounter-unknown", "error")],
    "encounter-unknown": [("encounter-unknown", "error")],
    "end-before-start": [("end-before-start", "error")],
    "entered-in-error": "reversed",
    "field-unreadable": [("field-unreadable", "error")],
    "inpatient": [("inpatient", "info")],
    "mar-action-unknown": [("mar-action-unknown", "error")],
    "not-done": "reversed",
    "payer-unknown": [("payer-unknown", "warning")],
    "setting-unknown": [("setting-unknown", "error")],
    "status-unknown": [("technique-unknown", "error")],
    "technique-contradicted": [("technique-unknown", "error")],
    "technique-unknown": [("technique-unknown", "error")],
    "time-missing": [("time-missing", "error")],
    "time-unreadable": [("time-unreadable", "error")],
    "time-without-zone": [("time-without-zone", "error")],
}


def read(name):
    return visits_of(chart_of_bundle((CHARTS / f"{name}.json").read_bytes()), WORDS)


@pytest.mark.parametrize("name", TECHNIQUES)
def test_a_regimen_is_one_finished_visit_without_findings(name):
    (visit,) = read(name)
    assert [each.technique for each in visit.visit.administrations] == TECHNIQUES[name]
    assert (visit.findings, visit.is_open, visit.setting_known) == ((), False, True)
    assert (visit.visit.setting, visit.visit.payer) == ("office", "commercial")
    assert all(each.dose is not None and each.rxcui for each in visit.visit.administrations)


@pytest.mark.parametrize("name", FAULTS)
def test_a_faulty_chart_has_its_finding(name):
    (visit,) = read(f"faults/{name}")
    if FAULTS[name] == "reversed":
        assert (visit.findings, visit.reversed_ids) == ((), ("a1",))
    else:
        assert [(each.id, each.severity) for each in visit.findings] == FAULTS[name]


def test_every_faulty_chart_is_tried():
    assert {file.stem for file in (CHARTS / "faults").glob("*.json")} == set(FAULTS)
