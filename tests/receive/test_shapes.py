"""Each way of speaking, as its sender writes it, and what is understood of it."""

import json

import pytest

from fhir_adapter.receive.webhook import understood

BASE = "https://ehr.example/fhir"


def told(method, body=b"", address="", **headers):
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    spoken = {name.replace("_", "-"): value for name, value in headers.items()}
    return understood(method, address, spoken, raw, BASE)


def only(reading):
    (hint,) = reading.hints
    return hint


def administration(subject="Patient/p1", **more):
    about = {} if subject is None else {"subject": {"reference": subject}}
    return {"resourceType": "MedicationAdministration", "id": "a1", "meta": {"versionId": "4"}, **about, **more}


def event(**more):
    data = {"resourceType": "Encounter", "resourceFhirId": "e1", "resourceVersionId": "1"} | more
    return {"eventType": "Microsoft.HealthcareApis.FhirResourceUpdated", "data": data}


def topic(kind, *, focus=(), entries=()):
    events = [
        {"name": "notification-event", "part": [{"name": "focus", "valueReference": {"reference": name}}]}
        for name in focus
    ]
    parameters = {"resourceType": "Parameters", "parameter": [{"name": "type", "valueCode": kind}, *events]}
    return {"resourceType": "Bundle", "type": "history", "entry": [{"resource": parameters}, *entries]}


@pytest.mark.parametrize(
    ("method", "address"),
    [("PUT", "MedicationAdministration/a1"), ("POST", ""), ("POST", "MedicationAdministration/a1")],
)
def test_a_resource_names_its_patient(method, address):
    hint = only(told(method, administration(), address))
    assert (hint.type, hint.id, hint.version, hint.patient, hint.fault) == (
        "MedicationAdministration", "a1", "4", "Patient/p1", None,
    )  # fmt: skip


@pytest.mark.parametrize("reference", ["Patient/p1", f"{BASE}/Patient/p1", "Patient/p1/_history/3"])
def test_a_patient_is_the_same_however_it_is_written(reference):
    assert only(told("POST", administration(reference))).patient == "Patient/p1"


def test_the_version_may_stand_in_if_match_only():
    resource = administration(meta={})
    hint = only(told("PUT", resource, "MedicationAdministration/a1", if_match='W/"9"'))
    assert hint.version == "9"


NO_VERSIONS = ["1\0", "a b", "1/2", "", "v" * 65, "é"]


@pytest.mark.parametrize("said", NO_VERSIONS)
def test_what_is_no_version_is_left_out(said):
    assert only(told("POST", administration(meta={"versionId": said}))).version is None
    assert only(told("PUT", administration(meta={}), if_match=f'W/"{said}"')).version is None
    assert only(told("POST", event(resourceVersionId=said))).version is None


@pytest.mark.parametrize(("said", "version"), [("7", "7"), (7, "7"), (None, None), ([7], None)])
def test_the_version_of_an_event(said, version):
    assert only(told("POST", event(resourceVersionId=said))).version == version


def test_a_request_of_many_faulty_events_is_kept_once():
    good, bad = event(), event(resourceFhirId="no id")
    hints = told("POST", [good, *[bad] * 50, good, bad]).hints
    assert [bool(hint.fault) for hint in hints] == [False, *[True] * 50, False, True]
    assert [at for at, hint in enumerate(hints) if hint.body] == [1]
    assert json.loads(hints[1].body) == [good, *[bad] * 50, good, bad]


def test_a_finished_encounter_says_so():
    encounter = {"resourceType": "Encounter", "id": "e1", "subject": {"reference": "Patient/p1"}}
    assert only(told("POST", encounter | {"status": "finished"})).finished
    assert not only(told("POST", encounter | {"status": "in-progress"})).finished


def test_the_other_resources_of_a_chart():
    coverage = {"resourceType": "Coverage", "id": "c", "beneficiary": {"reference": "Patient/p2"}}
    account = {"resourceType": "Account", "id": "c", "subject": [{"reference": "Patient/p3"}]}
    assert only(told("POST", coverage)).patient == "Patient/p2"
    assert only(told("POST", account)).patient == "Patient/p3"
    assert only(told("POST", {"resourceType": "Patient", "id": "p4"})).patient == "Patient/p4"
    assert only(told("POST", {"resourceType": "Observation", "id": "o"})).ignored


def test_deletions():
    hapi = only(told("DELETE", b"", "MedicationAdministration/a1"))
    medplum = only(told("POST", b"{}", x_medplum_deleted_resource="MedicationAdministration/a1"))
    for hint in (hapi, medplum):
        assert (hint.shape, hint.type, hint.id, hint.patient) == ("deletion", "MedicationAdministration", "a1", None)


@pytest.mark.parametrize(
    "reading",
    [
        told("DELETE", b"", ""),
        told("POST", b"{}", x_medplum_deleted_resource="Jane"),
    ],
)
def test_a_deletion_without_a_name(reading):
    assert only(reading).fault.endswith("names no resource as Type/id")


def test_an_empty_post_asks_for_a_sweep():
    assert only(told("POST", b"")).shape == "empty"
    assert only(told("POST", b" \n")).shape == "empty"


def test_an_empty_body_with_an_address_is_a_name():
    hint = only(told("PUT", b"", "Encounter/e1"))
    assert (hint.type, hint.id, hint.patient, hint.fault) == ("Encounter", "e1", None, None)


FAULTS = [
    (b"not json", "$: is not JSON"),
    (b"\xff\xfe\x00", "$: is not JSON"),
    (b"<MedicationAdministration/>", "$: is XML"),
    (b'"text"', "$: must be a resource"),
    (b"[]", "$: must be a resource"),
    (b"[" * 200_000, "$: must be a resource"),
    (b'{"a":' * 200_000, "$: is nested too deeply"),
    (b"{}", "$.resourceType: is missing"),
    (b'{"resourceType": 7}', "$.resourceType: must be text"),
    (b'{"resourceType": "MedicationAdministration"}', "$.id: is missing"),
    (b'{"resourceType": "MedicationAdministration", "id": "a b"}', "$.id: is no id of FHIR"),
    (administration(None), "$.subject.reference: is missing"),
    (administration(None) | {"subject": {"display": "Jane"}}, "$.subject.reference: is missing"),
    (administration(None) | {"subject": "Patient/p1"}, "$.subject.reference: is missing"),
    (administration("Group/g"), "$.subject.reference: names no Patient"),
    (administration("https://other.example/fhir/Patient/p1"), "$.subject.reference: names no resource of this source"),
    (administration("urn:uuid:1"), "$.subject.reference: names no resource of this source"),
]


@pytest.mark.parametrize(("body", "said"), FAULTS)
def test_a_faulty_body_is_kept_with_the_name_of_the_field(body, said):
    hint = told("POST", body).hints[0]
    assert hint.fault.startswith(said)
    assert hint.body == (body if isinstance(body, bytes) else json.dumps(body).encode())
    assert hint.patient is None


@pytest.mark.parametrize("body", [b"not json", administration(None)])
def test_where_the_address_names_the_resource_the_ehr_is_asked_as_well(body):
    faulty, by_name = told("PUT", body, "MedicationAdministration/a1").hints
    assert faulty.fault
    assert (by_name.type, by_name.id, by_name.fault) == ("MedicationAdministration", "a1", None)


def test_a_body_of_another_resource_than_the_address_says():
    faulty, by_name = told("PUT", administration(), "MedicationAdministration/a2").hints
    assert faulty.fault == "$.resourceType and $.id: differ from the address"
    assert by_name.id == "a2"


@pytest.mark.parametrize("address", ["a/b/c", "Encounter", "Encounter/", "encounter/1", "Encounter/a b", "../x"])
def test_an_address_that_names_nothing(address):
    assert only(told("PUT", administration(), address)).fault == "the address: names no resource as Type/id"


def test_a_byte_order_mark_is_no_fault():
    assert only(told("POST", b"\xef\xbb\xbf" + json.dumps(administration()).encode())).patient == "Patient/p1"


@pytest.mark.parametrize(("kind", "status"), [("handshake", 200), ("heartbeat", 204)])
def test_a_handshake_gets_its_200_a_heartbeat_nothing(kind, status):
    reading = told("POST", topic(kind))
    assert reading.status == status
    assert only(reading).ignored
    r5 = {"resourceType": "SubscriptionStatus", "type": kind}
    assert told("POST", {"resourceType": "Bundle", "entry": [{"resource": r5}]}).status == status


def test_a_topic_notification_without_content_asks_for_a_sweep():
    assert only(told("POST", topic("event-notification"))).shape == "empty"


@pytest.mark.parametrize("name", ["Encounter/e1", f"{BASE}/Encounter/e1"])
def test_a_topic_notification_by_name(name):
    entry = {"fullUrl": name, "request": {"method": "PUT", "url": "Encounter/e1"}}
    hint = only(told("POST", topic("event-notification", focus=[name], entries=[entry])))
    assert (hint.type, hint.id, hint.patient, hint.fault) == ("Encounter", "e1", None, None)


def test_a_created_entry_is_named_by_its_full_url():
    entry = {"fullUrl": f"{BASE}/Encounter/e1", "request": {"method": "POST", "url": "Encounter"}}
    hint = only(told("POST", topic("event-notification", entries=[entry])))
    assert (hint.type, hint.id) == ("Encounter", "e1")


def test_a_topic_notification_with_the_resource():
    entry = {"resource": administration()}
    hint = only(told("POST", topic("event-notification", focus=["MedicationAdministration/a1"], entries=[entry])))
    assert (hint.id, hint.patient) == ("a1", "Patient/p1")
    assert json.loads(hint.body) == administration()


def test_a_topic_notification_of_a_deletion():
    entry = {"request": {"method": "DELETE", "url": "Encounter/e1"}}
    hint = only(told("POST", topic("event-notification", focus=["Encounter/e1"], entries=[entry])))
    assert (hint.shape, hint.type, hint.id) == ("deletion", "Encounter", "e1")


def test_a_focus_on_another_server():
    assert (
        "names no resource of this source"
        in only(told("POST", topic("x", focus=["https://o.example/Encounter/1"]))).fault
    )


def test_a_token_in_a_status_is_never_kept():
    bundle = topic("event-notification", entries=[{"resource": administration()}])
    part = {"name": "authorization-value", "valueString": "canary-token"}
    bundle["entry"][0]["resource"]["parameter"].append({"name": "notification-event", "part": [part]})
    assert b"canary-token" not in b"".join(hint.body for hint in told("POST", bundle).hints)


def test_r5_and_r4b_name_foci_in_fields():
    status = {
        "resourceType": "SubscriptionStatus",
        "type": "event-notification",
        "notificationEvent": [{"eventNumber": "1", "focus": {"reference": "Encounter/e1"}}],
    }
    bundle = {"resourceType": "Bundle", "type": "subscription-notification", "entry": [{"resource": status}]}
    assert only(told("POST", bundle)).id == "e1"


def test_a_transaction_is_its_resources():
    entries = [
        {"resource": administration(id="a1")},
        {"resource": administration(id="a2")},
        {"resource": {"resourceType": "Location", "id": "l"}},
    ]
    hints = told("POST", {"resourceType": "Bundle", "type": "transaction", "entry": entries}).hints
    assert [hint.id for hint in hints] == ["a1", "a2"]


def test_a_faulty_entry_does_not_take_the_others_along():
    entries = [{"resource": administration(None)}, {"resource": administration(id="a2")}, {"request": {"url": "x y"}}]
    hints = told("POST", {"resourceType": "Bundle", "entry": entries}).hints
    assert [bool(hint.fault) for hint in hints] == [True, False, True]


@pytest.mark.parametrize("entry", [7, [7], {"a": 1}])
def test_entries_that_are_none(entry):
    assert only(told("POST", {"resourceType": "Bundle", "entry": entry})).fault == "$.entry: must be a list of objects"
