"""The whole set or an error. The EHR is a handler function that keeps what was asked."""

import asyncio
from contextlib import suppress
from datetime import UTC, date, datetime

import httpx
import pytest

from fhir_adapter.ehr import EhrClient
from fhir_adapter.errors import EhrRefused, EhrUnavailable
from fhir_adapter.receive.snapshot import read_chart

pytestmark = pytest.mark.anyio
BASE = "https://ehr.example/fhir"
RESOURCES = [
    {"resourceType": "Encounter", "id": "e1", "account": [{"reference": "Account/ac"}]},
    {
        "resourceType": "MedicationAdministration",
        "id": "a1",
        "meta": {"versionId": "7", "lastUpdated": "2026-03-02T14:00:00.1234567Z"},
        "medicationReference": {"reference": f"{BASE}/Medication/m1"},
        "device": [{"reference": "Device/d1"}, {"display": "pump"}],
    },
    {"resourceType": "MedicationAdministration", "id": "a2", "medicationReference": {"reference": "Medication/gone"}},
    {"resourceType": "MedicationAdministration", "id": "a3", "medicationReference": {"reference": "#contained"}},
    {
        "resourceType": "MedicationAdministration",
        "id": "a4",
        "medicationReference": {"reference": "https://elsewhere.example/Medication/m9"},
    },
    {"resourceType": "Medication", "id": "m1", "ingredient": [{"itemReference": {"reference": "Medication/m2"}}]},
    {"resourceType": "Medication", "id": "m2", "ingredient": [{"itemReference": {"reference": "Medication/m1"}}]},
    {"resourceType": "Device", "id": "d1"},
    {"resourceType": "Account", "id": "ac", "coverage": [{"coverage": {"reference": "Coverage/c2"}}]},
    {"resourceType": "Coverage", "id": "c2"},
    {"resourceType": "ChargeItem", "id": "others"},
    {"resourceType": "ClaimResponse", "id": "r1", "request": {"reference": "Claim/cl"}},
    {"resourceType": "Claim", "id": "cl"},
]
SEARCHED = ("Encounter", "MedicationAdministration", "ChargeItem", "ClaimResponse")


def chart_server(asked, failing=None, status=500):
    def answer(request):
        path = request.url.path.removeprefix("/fhir/")
        asked.append((path, dict(request.url.params)))
        if path == failing:
            return httpx.Response(status)
        kind, _, name = path.partition("/")
        matches = [one for one in RESOURCES if one["resourceType"] == kind and (not name or one["id"] == name)]
        if name:
            return httpx.Response(200, json=matches[0]) if matches else httpx.Response(404)
        found = matches if kind in SEARCHED else []
        return httpx.Response(200, json={"resourceType": "Bundle", "entry": [{"resource": one} for one in found]})

    return EhrClient(BASE, clock=lambda: datetime(2026, 3, 2, tzinfo=UTC), transport=httpx.MockTransport(answer))


@pytest.fixture
def asked():
    return []


async def test_everything_of_the_patient_and_what_it_refers_to(asked):
    snapshot = await read_chart(chart_server(asked), "Patient/p1")
    chart = snapshot.chart
    assert [one.id for one in chart.administrations] == ["a1", "a2", "a3", "a4"]
    assert set(chart.medications) == {"Medication/m1", "Medication/m2"}
    assert set(chart.devices) == {"Device/d1"}
    assert (set(chart.accounts), set(chart.coverages)) == ({"Account/ac"}, {"Coverage/c2"})
    assert [one.id for one in chart.charge_items] == ["others"]
    assert ("ChargeItem", {"context": "Encounter/e1", "_count": "200"}) in asked
    assert len(asked) == len({str(one) for one in asked})


async def test_what_is_kept_of_it(asked):
    snapshot = await read_chart(chart_server(asked), "Patient/p1")
    kept = {f"{one.type}/{one.id}": one for one in snapshot.versions}
    assert kept["MedicationAdministration/a1"].version_id == "7"
    assert kept["MedicationAdministration/a1"].last_updated.isoformat() == "2026-03-02T14:00:00.123456+00:00"
    assert kept["MedicationAdministration/a1"].patient == "Patient/p1"
    assert kept["Medication/m1"].patient is None


async def test_coverage_is_not_asked_for_where_no_payer_is_mapped(asked):
    await read_chart(chart_server(asked), "Patient/p1", with_coverage=False)
    assert not {"Coverage", "Account/ac", "Coverage/c2"} & {path for path, _ in asked}


@pytest.mark.parametrize(
    "failing",
    ["Encounter", "MedicationAdministration", "Coverage", "ChargeItem", "Medication/m1", "Medication/m2", "Account/ac"],
)
async def test_one_read_that_fails_fails_the_whole(asked, failing):
    with pytest.raises(EhrUnavailable):
        await read_chart(chart_server(asked, failing), "Patient/p1")
    with pytest.raises(EhrRefused):
        await read_chart(chart_server(asked, failing, 403), "Patient/p1")


async def test_nothing_before_the_first_day(asked):
    await read_chart(chart_server(asked), "Patient/p1", first_day=date(2026, 1, 1))
    searched = dict(asked)
    assert searched["Encounter"]["date"] == "ge2026-01-01"
    assert searched["MedicationAdministration"]["effective-time"] == "ge2026-01-01T00:00:00.000Z"


async def test_preauthorizations_and_what_they_answer_only_where_the_source_names_them(asked):
    await read_chart(chart_server(asked), "Patient/p1")
    assert "ClaimResponse" not in dict(asked)
    snapshot = await read_chart(chart_server(asked), "Patient/p1", with_preauthorizations=True)
    assert dict(asked)["ClaimResponse"] == {"patient": "Patient/p1", "use": "preauthorization", "_count": "200"}
    assert ([each.id for each in snapshot.chart.preauthorizations], list(snapshot.chart.claims)) == (
        ["r1"],
        ["Claim/cl"],
    )


async def test_an_encounter_is_never_finished_without_what_was_given_before():
    """The EHR at its busiest: as soon as administrations are read, the last one is charted and the visit finished."""
    given, all_charted = ["a1"], asyncio.Event()

    async def answer(request):
        if request.url.path.endswith("/Encounter"):
            with suppress(TimeoutError):
                await asyncio.wait_for(all_charted.wait(), 0.2)
            status = "finished" if all_charted.is_set() else "in-progress"
            found = [{"resourceType": "Encounter", "id": "e1", "status": status}]
        elif request.url.path.endswith("/MedicationAdministration"):
            found = [{"resourceType": "MedicationAdministration", "id": name} for name in given]
            given.append("a2")
            all_charted.set()
        else:
            found = []
        return httpx.Response(200, json={"resourceType": "Bundle", "entry": [{"resource": one} for one in found]})

    ehr = EhrClient(BASE, clock=lambda: datetime(2026, 3, 2, tzinfo=UTC), transport=httpx.MockTransport(answer))
    chart = (await read_chart(ehr, "Patient/p1", with_coverage=False)).chart
    assert (chart.encounters["Encounter/e1"].status, len(chart.administrations)) == ("in-progress", 1)
