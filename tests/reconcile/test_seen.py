"""A ChargeItem as the EHR shows it: read tolerantly, because a charge missed here would be charged twice."""

import json
from datetime import date
from zoneinfo import ZoneInfo

import pytest

from fhir_adapter.errors import InputFaults
from fhir_adapter.reconcile import seen_item

SYSTEM = "https://example.org/fhir-adapter/charge-line/main"


def seen(**elements):
    item = {"resourceType": "ChargeItem", "id": "c1", "status": "billable", "context": {"reference": "Encounter/e1"}}
    body = json.dumps(item | elements).encode()
    return seen_item(body, our_system=SYSTEM, zone=ZoneInfo("America/Chicago"))


def test_ours_is_told_by_the_identifier_system_of_the_source():
    elsewhere = {"system": SYSTEM.replace("main", "other"), "value": "x"}
    assert seen(identifier=[elsewhere]).identifier is None
    assert seen(identifier=[elsewhere, {"system": SYSTEM, "value": "e1.2026-05-04.96413.."}]).identifier == (
        "e1.2026-05-04.96413.."
    )


def test_every_coding_is_a_code_whatever_its_system():
    codings = [{"system": "http://chargemaster", "code": "4711"}, {"system": "hcpcs-Level-II", "code": " j9312"}]
    assert seen(code={"coding": codings}).codes == ("4711", "J9312")


@pytest.mark.parametrize(
    ("elements", "day"),
    [
        ({"occurrenceDateTime": "2026-05-05T02:00:00Z"}, date(2026, 5, 4)),
        ({"occurrenceDateTime": "2026-05-04"}, date(2026, 5, 4)),
        ({"occurrencePeriod": {"start": "2026-05-04T23:30:00-05:00"}}, date(2026, 5, 4)),
        ({"occurrenceTiming": {"event": ["2026-05-04T09:00:00-05:00"]}}, date(2026, 5, 4)),
        ({"occurrenceDateTime": "2026-05"}, None),
        ({"occurrenceDateTime": "yesterday"}, None),
        ({}, None),
    ],
)
def test_its_date_is_the_local_one_or_unknown(elements, day):
    assert seen(**elements).date == day


@pytest.mark.parametrize(
    "reference", ["Encounter/e1", "Encounter/e1/_history/3", "https://ehr.example/fhir/Encounter/e1"]
)
def test_its_encounter_is_what_the_context_means(reference):
    assert seen(context={"reference": reference}).encounter == "e1"


def test_version_units_and_a_status_that_counts():
    item = seen(meta={"versionId": "7"}, quantity={"value": 68.0}, status="aborted")
    assert (item.version, item.units, item.is_a_charge) == ("7", "68", False)
    assert seen(meta={"versionId": "7/../8"}).version is None


def test_a_faulty_element_costs_that_element_only():
    item = seen(quantity={"value": "a lot"}, code={"coding": [{"code": "96413"}]})
    assert (item.units, item.codes) == (None, ("96413",))


@pytest.mark.parametrize(
    "body", [b"{", b"[]", b'{"resourceType": "Patient", "id": "p"}', b'{"resourceType": "ChargeItem"}']
)
def test_what_is_no_charge_item_is_refused(body):
    with pytest.raises(InputFaults, match="ChargeItem"):
        seen_item(body, our_system=SYSTEM, zone=ZoneInfo("America/Chicago"))
