"""What looks like a stop and is none: machines' stops, plans, rates. It is shown to a person and never coded."""

import pytest
from chart_builder import (
    ABSENT,
    NINE,
    administration,
    at,
    dosage,
    event,
    found,
    period,
    visit,
)

from fhir_adapter.settings.profile import profile

PLANNED = "https://fhir-ehr.cerner.com/r4/StructureDefinition/infuse-over-time"
INFUSED = {"effectivePeriod": ABSENT, "effectiveDateTime": NINE, "dosage": dosage(method={"text": "IV Infusion"})}


def evidence(*resources, **said):
    return [each.message for each in visit(*resources, **said).findings if each.id == "stop-evidence"]


def test_a_planned_duration_is_shown_and_is_no_stop():
    planned = administration(
        **INFUSED, extension=[{"url": PLANNED, "valueQuantity": {"value": 120, "unit": "min", "code": "min"}}]
    )
    read = visit(planned, extensions={PLANNED: "planned-duration"})
    assert read.visit.administrations[0].stop is None
    assert [(each.id, each.severity) for each in read.findings] == [("stop-evidence", "info")]
    assert "planned duration 120 min" in read.findings[0].message
    assert evidence(planned) == []


@pytest.mark.parametrize("value", [{"valueString": "2 hours"}, {"valueDuration": {"value": 2, "unit": "hours"}}])
def test_a_planned_duration_in_other_words(value):
    planned = administration(**INFUSED, extension=[{"url": PLANNED, **value}])
    assert "planned duration 2 hours" in evidence(planned, extensions={PLANNED: "planned-duration"})[0]


def test_a_documented_stop_needs_no_evidence():
    planned = administration(extension=[{"url": PLANNED, "valueString": "2 hours"}])
    assert evidence(planned, extensions={PLANNED: "planned-duration"}) == []


def test_a_rate_without_a_dose_is_neither_a_stop_nor_a_dose():
    rate = dosage(method={"text": "IV Infusion"}, rateQuantity={"value": 125, "unit": "mL/h"}, dose=ABSENT)
    given = administration(**{**INFUSED, "dosage": rate})
    assert (event(given).stop, event(given).dose) == (None, None)
    assert evidence(given) == ["No stop is documented. dosage.rate: a rate is never a stop."]


def test_an_end_after_as_many_minutes_as_the_source_lists_is_no_stop():
    one_minute = administration(effectivePeriod=period(at(9), at(9, 1)))
    assert event(one_minute).stop is not None
    assert event(one_minute, artefact_minutes=(1,)).stop is None
    assert "made by a machine" in evidence(one_minute, artefact_minutes=(1,))[0]
    two_minutes = administration(effectivePeriod=period(at(9), at(9, 2)))
    assert event(two_minutes, artefact_minutes=(1,)).stop is not None


def test_a_stop_for_a_reason_that_the_source_lists_is_none():
    reason = administration(status="stopped", statusReason=[{"text": "Auto-stopped by system"}])
    assert event(reason).stop is not None
    assert event(reason, artefact_stops=("auto-stopped by system",)).stop is None


def test_an_action_that_the_source_lists_ends_no_chain():
    mar = "https://site.example.org/StructureDefinition/mar-action"

    def act(name, word, hour):
        said = [{"url": mar, "valueString": word}]
        return administration(
            **{**INFUSED, "effectiveDateTime": at(hour), "dosage": dosage()},
            id=name,
            extension=said,
            request={"reference": "MedicationRequest/r"},
        )

    chain = [act("a1", "New Bag", 9), act("a2", "Stopped (Auto)", 10), act("a3", "Stopped", 11)]
    assert event(*chain).stop.isoformat() == at(10)
    assert event(*chain, artefact_stops=("Stopped (auto)",)).stop.isoformat() == at(11)
    assert found(*chain, artefact_stops=("Stopped (auto)",)) == [("no-event", "info", ("a2",))]


def test_the_kind_of_a_pump_may_stand_in_an_extension():
    url = "urn:site:pump"
    pump = administration(
        dosage=dosage(method={"text": "pump refill"}), extension=[{"url": url, "valueCode": "implantable"}]
    )
    said = {"methods": {"pump refill": "pump-refill"}}
    assert event(pump, **said).pump_kind == "portable"
    assert event(pump, **said, extensions={url: "pump-kind"}).pump_kind == "implantable"


def test_an_administration_as_oracle_health_documents_it():
    ratio = {"numerator": {"value": 5, "unit": "g"}, "denominator": {"value": 250, "unit": "mL"}}
    medication = {
        "resourceType": "Medication",
        "id": "197287785",
        "ingredient": [{"itemCodeableConcept": {"text": "ceftriaxone"}, "strength": ratio}],
    }
    sample = administration(
        id="197287785",
        contained=[medication],
        medicationCodeableConcept=ABSENT,
        medicationReference={"reference": "#197287785"},
        effectivePeriod=ABSENT,
        effectiveDateTime=NINE,
        extension=[{"url": PLANNED, "valueQuantity": {"value": 120, "unit": "min"}}],
        dosage={
            "route": {"coding": [{"code": "47625008"}], "text": "IV Piggyback"},
            "dose": {"value": 125, "unit": "mL"},
            "rateQuantity": {"value": 125, "unit": "mL/h"},
        },
    )
    said = profile("oracle-health")["words"]
    read = event(sample, **said)
    assert (read.technique, read.stop, read.drug) == ("infusion", None, "ceftriaxone")
    assert (str(read.dose.value), read.dose.unit) == ("2.5", "g")
    assert "planned duration 120 min" in evidence(sample, **said)[0]
