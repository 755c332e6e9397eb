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
    server.change(charted.given["vincristine"], status="entered-in-error")
    until(lambda: "J9370" not in charted.standing())
    until(attesting.is_quiet)

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
        "version 2",
        "version 1",
    ]
    events = [attested(server, item, "AuditEvent", "entity") for item in items.values()]
    assert [len(each) for each in events] == [len(each) for each in found.values()]
    everything = [one for each in (*found.values(), *events) for one in each]
    errors = errors_of([*everything, everything[0] | {"recorded": "yesterday"}])
    assert [int(error.split("\t")[0]) - len(everything) for error in errors] == [1], errors
