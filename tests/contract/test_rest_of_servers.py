"""What the adapter relies on in any R4 server: one suite, three servers of three hands.

Where servers differ and both ways are allowed, the test names all of them: a stale If-Match is 412 by the specification
and 409 at HAPI. What a server does not do at all it is not given: Medplum's router gives no next link, keeps no digits
of a decimal, makes a version of an update without a change, takes unknown search parameters and sends nothing.
"""

import uuid

import pytest

pytestmark = pytest.mark.real
every_server = pytest.mark.parametrize("base", ["sandbox", "hapi", "medplum"], indirect=True)
sandbox_and_hapi = pytest.mark.parametrize("base", ["sandbox", "hapi"], indirect=True)
SYSTEM = "https://example.org/lines"
CPT = "http://www.ama-assn.org/go/cpt"


@pytest.fixture
def patient(fhir):
    return f"Patient/{fhir.post('Patient', json={'resourceType': 'Patient'}).json()['id']}"


@pytest.fixture
def encounter(fhir, patient):
    made = {
        "resourceType": "Encounter",
        "status": "finished",
        "class": {"code": "AMB"},
        "subject": {"reference": patient},
    }
    return f"Encounter/{fhir.post('Encounter', json=made).json()['id']}"


@pytest.fixture
def charge(patient, encounter):
    """One that nobody else has."""
    return {
        "resourceType": "ChargeItem",
        "identifier": [{"system": SYSTEM, "value": uuid.uuid4().hex}],
        "status": "billable",
        "code": {"coding": [{"system": CPT, "code": "96413"}]},
        "subject": {"reference": patient},
        "context": {"reference": encounter},
        "quantity": {"value": 1},
    }


def key(charge):
    return f"{SYSTEM}|{charge['identifier'][0]['value']}"


def ids(fhir, **query):
    """Of every page."""
    page, found = fhir.get("ChargeItem", params=query).raise_for_status().json(), []
    while True:
        found += [entry["resource"]["id"] for entry in page.get("entry", [])]
        following = [link["url"] for link in page.get("link", []) if link["relation"] == "next"]
        if not following:
            return found
        page = fhir.get(following[0]).raise_for_status().json()


def changed(charge, stored, units=2):
    return charge | {"id": stored["id"], "quantity": {"value": units}}


@every_server
def test_what_was_created_has_an_id_and_a_version_and_is_read_back(fhir, charge):
    made = fhir.post("ChargeItem", json=charge)
    stored = made.json()
    assert made.status_code == 201
    assert made.headers["etag"] == f'W/"{stored["meta"]["versionId"]}"'
    place = f"ChargeItem/{stored['id']}/_history/{stored['meta']['versionId']}"
    assert made.headers["location"].endswith(place)
    read = fhir.get(f"ChargeItem/{stored['id']}")
    assert (read.status_code, read.headers["etag"]) == (200, made.headers["etag"])
    assert {name: read.json()[name] for name in charge} == charge


@sandbox_and_hapi
def test_a_decimal_keeps_its_digits(fhir, charge):
    charge["quantity"]["value"] = 0
    body = fhir.build_request("POST", "ChargeItem", json=charge).content.replace(b'"value":0', b'"value":2.50')
    stored = fhir.post("ChargeItem", content=body).json()
    text = "".join(fhir.get(f"ChargeItem/{stored['id']}").text.split())
    assert '"value":2.50' in text


@every_server
def test_a_conditional_create_makes_one_and_then_finds_it(fhir, charge):
    once = {"If-None-Exist": f"identifier={key(charge).replace('|', '%7C')}"}
    first = fhir.post("ChargeItem", json=charge, headers=once)
    second = fhir.post("ChargeItem", json=charge, headers=once)
    assert (first.status_code, second.status_code) == (201, 200)
    assert second.json()["id"] == first.json()["id"]
    assert ids(fhir, identifier=key(charge)) == [first.json()["id"]]


@every_server
def test_a_conditional_create_that_finds_two_is_refused(fhir, charge):
    for _ in range(2):
        assert fhir.post("ChargeItem", json=charge).status_code == 201
    once = {"If-None-Exist": f"identifier={key(charge).replace('|', '%7C')}"}
    assert fhir.post("ChargeItem", json=charge, headers=once).status_code == 412
    assert len(ids(fhir, identifier=key(charge))) == 2


@every_server
def test_an_update_over_the_right_version_makes_the_next(fhir, charge):
    made = fhir.post("ChargeItem", json=charge)
    update = fhir.put(
        f"ChargeItem/{made.json()['id']}", json=changed(charge, made.json()), headers={"If-Match": made.headers["etag"]}
    )
    assert update.status_code == 200
    assert update.headers["etag"] != made.headers["etag"]
    assert fhir.get(f"ChargeItem/{made.json()['id']}").json()["quantity"]["value"] == 2


@every_server
def test_an_update_over_a_stale_version_changes_nothing(fhir, charge):
    made = fhir.post("ChargeItem", json=charge)
    place, before = f"ChargeItem/{made.json()['id']}", {"If-Match": made.headers["etag"]}
    fhir.put(place, json=changed(charge, made.json()), headers=before).raise_for_status()
    refused = fhir.put(place, json=changed(charge, made.json(), units=3), headers=before)
    assert refused.status_code in (409, 412)
    assert refused.json()["resourceType"] == "OperationOutcome"
    assert fhir.get(place).json()["quantity"]["value"] == 2


@sandbox_and_hapi
def test_an_update_without_a_change_makes_no_version(fhir, charge):
    made = fhir.post("ChargeItem", json=charge)
    again = fhir.put(f"ChargeItem/{made.json()['id']}", json=charge | {"id": made.json()["id"]})
    assert (again.status_code, again.headers["etag"]) == (200, made.headers["etag"])


@sandbox_and_hapi
def test_a_clients_own_id_is_created_by_put_without_a_location(fhir):
    name = f"own-{uuid.uuid4().hex}"
    made = fhir.put(f"Patient/{name}", json={"resourceType": "Patient", "id": name})
    assert (made.status_code, "location" in made.headers) == (201, False)
    assert made.headers["content-location"].endswith(f"Patient/{name}/_history/1")


@every_server
def test_searches_by_what_the_adapter_searches_by(fhir, charge):
    stored = fhir.post("ChargeItem", json=charge).json()
    changed_since = f"ge{stored['meta']['lastUpdated']}"
    for query in (
        {"identifier": key(charge)},
        {"context": charge["context"]["reference"]},
        {"subject": charge["subject"]["reference"], "code": f"{CPT}|96413"},
        {"context": charge["context"]["reference"], "_lastUpdated": changed_since, "_sort": "_lastUpdated"},
        {"context": f"{charge['context']['reference']},Encounter/nobody"},
    ):
        assert ids(fhir, **query) == [stored["id"]], query
    for query in (
        {"identifier": f"{SYSTEM}|nobody"},
        {"context": "Encounter/nobody"},
        {"subject": charge["subject"]["reference"], "code": f"{CPT}|96415"},
        {"context": charge["context"]["reference"], "_lastUpdated": "ge2100-01-01T00:00:00.000Z"},
    ):
        assert ids(fhir, **query) == [], query


@sandbox_and_hapi
@pytest.mark.parametrize("query", ["status=billable", "nonsense=1"])
def test_an_unknown_search_parameter_is_refused(fhir, query):
    refused = fhir.get(f"ChargeItem?{query}")
    assert (refused.status_code, refused.json()["resourceType"]) == (400, "OperationOutcome")


@sandbox_and_hapi
def test_pages_follow_one_another_to_the_end(fhir, charge):
    made = [fhir.post("ChargeItem", json=charge).json()["id"] for _ in range(5)]
    first = fhir.get("ChargeItem", params={"identifier": key(charge), "_count": "2"}).json()
    assert len(first["entry"]) == 2
    assert ids(fhir, identifier=key(charge), _count="2", _sort="_lastUpdated") == made


@every_server
def test_history_has_every_version_the_newest_first(fhir, charge):
    made = fhir.post("ChargeItem", json=charge).json()
    place = f"ChargeItem/{made['id']}"
    fhir.put(place, json=changed(charge, made)).raise_for_status()
    history = fhir.get(f"{place}/_history").raise_for_status().json()
    assert history["type"] == "history"
    assert [entry["resource"]["quantity"]["value"] for entry in history["entry"]] == [2, 1]
    first = fhir.get(f"{place}/_history/{made['meta']['versionId']}")
    assert first.json()["quantity"]["value"] == 1


@sandbox_and_hapi
def test_history_says_what_was_done(fhir, charge):
    made = fhir.post("ChargeItem", json=charge).json()
    place = f"ChargeItem/{made['id']}"
    fhir.put(place, json=changed(charge, made)).raise_for_status()
    fhir.delete(place).raise_for_status()
    entries = fhir.get(f"{place}/_history").json()["entry"]
    assert [entry["request"]["method"] for entry in entries] == ["DELETE", "PUT", "POST"]
    assert ["resource" in entry for entry in entries] == [False, True, True]


@every_server
def test_what_was_deleted_is_gone_from_reads_and_searches(fhir, charge):
    made = fhir.post("ChargeItem", json=charge).json()
    assert fhir.delete(f"ChargeItem/{made['id']}").is_success
    assert fhir.get(f"ChargeItem/{made['id']}").status_code in (404, 410)
    assert ids(fhir, identifier=key(charge)) == []


@every_server
@pytest.mark.parametrize(
    ("method", "address", "body", "status"),
    [
        ("GET", "ChargeItem/nobody", None, 404),
        ("GET", "ChargeItem/nobody/_history", None, 404),
        ("POST", "ChargeItem", b"{", 400),
        ("POST", "ChargeItem", b'{"resourceType": "Patient"}', 400),
    ],
)
def test_a_refusal_is_an_operation_outcome(fhir, method, address, body, status):
    answer = fhir.request(method, address, content=body)
    assert (answer.status_code, answer.json()["resourceType"]) == (status, "OperationOutcome")


@every_server
def test_it_says_that_it_speaks_r4(fhir):
    assert fhir.get("metadata").json()["fhirVersion"] == "4.0.1"
