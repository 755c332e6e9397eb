"""Each version of a ChargeItem in HAPI has its Provenance, which HL7's validator passes; HAPI takes AuditEvents too."""

import pytest
from hapi.conftest import serving, subscribed, until
from hapi.expected import R_CHOP
from hapi.ward import label

pytestmark = pytest.mark.real


@pytest.fixture(scope="module")
def attesting(server, tmp_path_factory):
    more = 'audit_event = true\nenterer = "Device/adapter"'
    server.put({"resourceType": "Device", "id": "adapter", "status": "active"})
    with (
        serving(tmp_path_factory.mktemp("attesting"), server.base, more=more) as adapter,
        subscribed(server, adapter),
    ):
        yield adapter


def attested(server, item, kind="Provenance", by="target"):
    found = server.search(kind, **{by: f"ChargeItem/{item['id']}"})
    return sorted(found, key=lambda one: one["recorded"])


def test_every_version_is_attested_and_valid(server, attesting, visit, errors_of):
    charted = visit().open().chart().finish()
    until(lambda: charted.standing() == R_CHOP)
    charted.stop("rituximab", "2026-05-04T12:25:00-05:00")
    until(lambda: charted.standing().get("96415") == 2)
    server.delete(charted.given["vincristine"])
    until(lambda: "J9370" not in charted.standing())
    until(attesting.is_quiet)
    assert attesting.figures("charges_attested_total").keys() == {'outcome="written",source="hapi"'}

    items = {label(item): item for item in charted.charges()}
    found = {code: attested(server, item) for code, item in items.items()}
    assert {code: len(each) for code, each in found.items()} == {
        code: int(item["meta"]["versionId"]) for code, item in items.items()
    }
    assert [one["activity"]["coding"][0]["code"] for one in found["J9370"]] == ["CREATE", "NULLIFY"]
    last = found["J9370"][-1]
    assert last["agent"][0]["who"] == {"reference": "Device/adapter"}
    assert last["policy"] == items["J9370"]["definitionCanonical"]
    assert [last["target"][0]["display"], *(one["what"]["display"] for one in last["entity"])] == [
        "version 2",
        f"{charted.encounter}, version 2",
        f"{charted.given['vincristine']}, version 1",
    ]
    events = [attested(server, item, "AuditEvent", "entity") for item in items.values()]
    assert [len(each) for each in events] == [len(each) for each in found.values()]
    everything = [one for each in (*found.values(), *events) for one in each]
    errors = errors_of([*everything, everything[0] | {"recorded": "yesterday"}])
    assert [int(error.split("\t")[0]) - len(everything) for error in errors] == [1], errors


def test_the_definitions_are_created_once(server, attesting):
    first, again = (attesting.asked("definitions", "--send").stdout.splitlines() for _ in range(2))
    assert [line.split()[1] for line in first] == ["created"] * 3
    assert [line.split()[1:3] for line in again] == [["was", "there"]] * 3
    (defined,) = server.search("ChargeItemDefinition", url=again[0].split()[-1].partition("|")[0])
    assert defined["version"] == again[0].split()[-1].partition("|")[2]
