"""The sandbox as a client sees it: what HAPI answers, it answers."""

import json

import httpx
import pytest

from fhir_adapter.sandbox import build

pytestmark = pytest.mark.anyio
PATIENT = {"resourceType": "Patient", "identifier": [{"system": "urn:x", "value": "1"}]}
KEYED = {
    "resourceType": "ChargeItem",
    "status": "billable",
    "identifier": [{"system": "urn:line", "value": "e.1"}],
    "code": {"coding": [{"system": "urn:cpt", "code": "96413"}]},
    "subject": {"reference": "Patient/p"},
    "context": {"reference": "Encounter/e"},
}


@pytest.fixture
async def fhir():
    transport = httpx.ASGITransport(app=build())
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1/fhir/") as client:
        yield client


async def entries(fhir, address, **parameters):
    answer = await fhir.get(address, params=parameters)
    assert answer.status_code == 200, answer.text
    return [entry["resource"] for entry in answer.json()["entry"]]


async def test_a_created_resource_has_an_id_a_version_and_its_address(fhir):
    made = await fhir.post("Patient", json=PATIENT)
    identity = made.json()["id"]
    assert (made.status_code, made.headers["etag"]) == (201, 'W/"1"')
    assert made.headers["location"] == f"http://127.0.0.1/fhir/Patient/{identity}/_history/1"
    assert made.json()["meta"]["lastUpdated"].endswith("Z")
    assert (await fhir.get(f"Patient/{identity}")).content == made.content


async def test_decimals_keep_their_digits(fhir):
    body = b'{"resourceType":"ChargeItem","id":"c","quantity":{"value":2.50},"x":[0.1,1.000,12345678901234567890.1]}'
    await fhir.put("ChargeItem/c", content=body)
    text = (await fhir.get("ChargeItem/c")).text
    assert '"value":2.50' in text
    assert "[0.1,1.000,12345678901234567890.1]" in text


async def test_an_update_makes_the_next_version_and_one_without_change_makes_none(fhir):
    assert (await fhir.put("Patient/p", json=PATIENT | {"id": "p"})).status_code == 201
    assert (await fhir.put("Patient/p", json=PATIENT | {"id": "p"})).headers["etag"] == 'W/"1"'
    changed = await fhir.put("Patient/p", json=PATIENT | {"id": "p", "active": True}, headers={"If-Match": 'W/"1"'})
    assert (changed.status_code, changed.headers["etag"]) == (200, 'W/"2"')


@pytest.mark.parametrize("version", ['W/"1"', 'W/"3"', '"1"'])
async def test_if_match_that_is_not_the_current_version_is_a_conflict(fhir, version):
    await fhir.put("Patient/p", json=PATIENT | {"id": "p"})
    await fhir.put("Patient/p", json=PATIENT | {"id": "p", "active": True})
    refused = await fhir.put("Patient/p", json=PATIENT | {"id": "p"}, headers={"If-Match": version})
    assert refused.status_code == 409
    assert refused.json()["resourceType"] == "OperationOutcome"
    assert (await fhir.get("Patient/p")).json()["active"] is True


async def test_a_conditional_create_makes_one_resource(fhir):
    asked = {"If-None-Exist": "identifier=urn%3Aline%7Ce.1"}
    first = await fhir.post("ChargeItem", json=KEYED, headers=asked)
    second = await fhir.post("ChargeItem", json=KEYED, headers=asked)
    assert (first.status_code, second.status_code) == (201, 200)
    assert first.headers["location"] == second.headers["location"]
    await fhir.post("ChargeItem", json=KEYED)
    assert (await fhir.post("ChargeItem", json=KEYED, headers=asked)).status_code == 412


@pytest.mark.parametrize(
    "query",
    [
        {"identifier": "urn:line|e.1"},
        {"identifier": "e.1"},
        {"identifier": "other,e.1"},
        {"identifier": "urn:line|"},
        {"context": "Encounter/e"},
        {"context": "e", "patient": "p"},
        {"subject": "http://127.0.0.1/fhir/Patient/p"},
        {"code": "urn:cpt|96413"},
        {"_lastUpdated": "ge2020-01-01"},
        {"_id": "c"},
    ],
)
async def test_searches_that_find(fhir, query):
    await fhir.put("ChargeItem/c", json=KEYED | {"id": "c"})
    assert [found["id"] for found in await entries(fhir, "ChargeItem", **query)] == ["c"]


@pytest.mark.parametrize(
    "query",
    [
        {"identifier": "urn:other|e.1"},
        {"context": "Encounter/other"},
        {"context": "e", "patient": "other"},
        {"code": "urn:cpt|96415"},
        {"_lastUpdated": "lt2020-01-01"},
        {"_id": "d"},
    ],
)
async def test_searches_that_do_not(fhir, query):
    await fhir.put("ChargeItem/c", json=KEYED | {"id": "c"})
    assert await entries(fhir, "ChargeItem", **query) == []


@pytest.mark.parametrize(
    ("effective", "query", "found"),
    [
        ("2026-05-04T09:00:00-05:00", "ge2026-05-04", True),
        ("2026-05-04T09:00:00-05:00", "ge2026-05-05", False),
        ("2026-05-04T21:00:00-05:00", "ge2026-05-05", True),
        ("2026-05-04T09:00:00-05:00", "gt2026-05-03", True),
        ("2026-05-04T09:00:00-05:00", "gt2026-05-04", False),
        ("2026-05-04T09:00:00-05:00", "ge2026-05-04T14:00:00Z", True),
        ("2026-05-04T09:00:00-05:00", "gt2026-05-04T14:00:00Z", False),
        ("2026-05-04T09:00:00-05:00", "le2026-05-04T14:00:00Z", True),
        ("2026-05-04T09:00:00-05:00", "lt2026-05-04T14:00:00Z", False),
        ("2026-05-04T09:00:00-05:00", "le2026-05-04", True),
        ("2026-05-04T09:00:00-05:00", "lt2026-05-04", False),
        ("2026-05-04T21:00:00-05:00", "le2026-05-04", False),
    ],
)
async def test_a_date_is_a_whole_day_and_a_time_an_instant(fhir, effective, query, found):
    given = {"resourceType": "MedicationAdministration", "id": "m", "effectiveDateTime": effective}
    await fhir.put("MedicationAdministration/m", json=given)
    assert bool(await entries(fhir, "MedicationAdministration", **{"effective-time": query})) is found


async def test_a_period_without_end_reaches_every_later_day(fhir):
    given = {
        "resourceType": "Encounter",
        "id": "e",
        "status": "in-progress",
        "period": {"start": "2026-05-04T08:00:00Z"},
    }
    await fhir.put("Encounter/e", json=given | {"class": {"code": "AMB"}})
    assert await entries(fhir, "Encounter", **{"date": "ge2027-01-01", "status": "in-progress", "class": "AMB"})


@pytest.mark.parametrize(
    "address",
    [
        "ChargeItem?status=billable",
        "ChargeItem?code:not=1",
        "ChargeItem?_sort=code",
        "ChargeItem?_lastUpdated=zz2026-01-01",
        "Encounter?date=2026-01-01",
        "Encounter?date=geyesterday",
    ],
)
async def test_what_r4_or_this_server_does_not_know_is_refused_and_never_ignored(fhir, address):
    refused = await fhir.get(address)
    assert refused.status_code == 400
    assert refused.json()["issue"][0]["diagnostics"]


async def test_pages_follow_one_another_to_the_end(fhir):
    for number in range(7):
        await fhir.put(f"Patient/p{number}", json=PATIENT | {"id": f"p{number}"})
    page = (await fhir.get("Patient", params={"_count": "3", "_sort": "_lastUpdated"})).json()
    assert "total" not in page
    seen, links = [], True
    while links:
        seen += [entry["resource"]["id"] for entry in page["entry"]]
        links = [link["url"] for link in page["link"] if link["relation"] == "next"]
        page = (await fhir.get(links[0])).json() if links else page
    assert seen == [f"p{number}" for number in range(7)]


async def test_a_deleted_resource_is_gone_from_searches_and_may_come_back(fhir):
    await fhir.put("Patient/p", json=PATIENT | {"id": "p"})
    assert (await fhir.delete("Patient/p")).status_code == 200
    gone = await fhir.get("Patient/p")
    assert (gone.status_code, gone.headers["location"]) == (410, "http://127.0.0.1/fhir/Patient/p/_history/2")
    assert await entries(fhir, "Patient") == []
    assert (await fhir.delete("Patient/p")).status_code == 200
    assert (await fhir.put("Patient/p", json=PATIENT | {"id": "p"})).headers["etag"] == 'W/"3"'


async def test_history_is_newest_first_and_names_each_request(fhir):
    await fhir.put("Patient/p", json=PATIENT | {"id": "p"})
    await fhir.put("Patient/p", json=PATIENT | {"id": "p", "active": True})
    await fhir.delete("Patient/p")
    history = (await fhir.get("Patient/p/_history")).json()
    assert [entry["request"]["method"] for entry in history["entry"]] == ["DELETE", "PUT", "PUT"]
    assert "resource" not in history["entry"][0]
    assert len((await fhir.get("Patient/_history")).json()["entry"]) == 3
    assert "active" not in (await fhir.get("Patient/p/_history/1")).json()


@pytest.mark.parametrize(
    ("method", "address", "body", "status"),
    [
        ("GET", "Patient/none", None, 404),
        ("GET", "Nonsense", None, 404),
        ("GET", "Patient/none/_history", None, 404),
        ("PUT", "Patient/7", PATIENT | {"id": "7"}, 400),
        ("PUT", "Patient/p", PATIENT, 400),
        ("POST", "Encounter", PATIENT, 400),
        ("POST", "Patient", [], 400),
    ],
)
async def test_a_refusal_is_an_operation_outcome(fhir, method, address, body, status):
    answer = await fhir.request(method, address, content=None if body is None else json.dumps(body))
    assert (answer.status_code, answer.json()["resourceType"]) == (status, "OperationOutcome")


async def test_the_capability_statement_names_every_parameter_that_a_search_takes(fhir):
    statement = (await fhir.get("metadata")).json()
    assert statement["fhirVersion"] == "4.0.1"
    for resource in statement["rest"][0]["resource"]:
        for parameter in resource["searchParam"]:
            value = "lt2026-01-01" if parameter["type"] == "date" else "x"
            assert await entries(fhir, resource["type"], **{parameter["name"]: value}) == []


async def test_a_request_by_another_name_than_loopback_is_refused(fhir):
    assert (await fhir.get("metadata", headers={"Host": "ehr.example.org"})).status_code == 400
