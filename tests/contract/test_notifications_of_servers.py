"""Rest-hooks of real servers, and `source subscribe` that asks for them."""

import json
import time

import pytest
from typer.testing import CliRunner

from fhir_adapter.cli import build
from fhir_adapter.errors import EhrError

pytestmark = pytest.mark.real
sandbox_and_hapi = pytest.mark.parametrize("base", ["sandbox", "hapi"], indirect=True)
CONFIGURATION = """
[sources.main]
base_url = "{base}"
mode = "shadow"
rulebook = "cpt-2026"
hook_url = "{hooks}/"
hook_token = "file:token"
[sources.main.words]
time_zone = "America/Chicago"
"""
TOKEN = "token-of-this-test"


@pytest.fixture
def source(base, receiver, tmp_path):
    """`source COMMAND main`: exit status, what it said, what it raised."""
    (tmp_path / "token").write_text(TOKEN)
    (tmp_path / "token").chmod(0o600)
    (tmp_path / "adapter.toml").write_text(CONFIGURATION.format(base=base, hooks=receiver.address), "utf-8")

    def run(command, *options):
        config = str(tmp_path / "adapter.toml")
        done = CliRunner().invoke(build(), ["source", command, "main", "--config", config, *options])
        return done.exit_code, done.stdout, done.exception

    return run


@pytest.fixture
def ours(fhir, receiver, until):
    """The Subscriptions that lead to the receiver; those that a test leaves are deleted after it.

    HAPI makes one active by an update of its own, and answers a delete at that moment with 409.
    """

    def ours():
        page = fhir.get("Subscription", params={"url": f"{receiver.address}/hooks/main"}).raise_for_status().json()
        return [entry["resource"] for entry in page.get("entry", [])]

    yield ours

    def deleted():
        for one in ours():
            fhir.delete(f"Subscription/{one['id']}")
        return not ours()

    until(deleted)


def opened(fhir):
    patient = fhir.post("Patient", json={"resourceType": "Patient"}).json()["id"]
    subject = {"reference": f"Patient/{patient}"}
    encounter = {"resourceType": "Encounter", "status": "in-progress", "class": {"code": "AMB"}, "subject": subject}
    return fhir.post("Encounter", json=encounter).json()


def heard(receiver, path):
    return lambda: [told for told in receiver.heard if told.path == path]


def told_of_a_new_one(fhir, receiver, source):
    """Whether an encounter opened now is told (a server may tell for a while after a Subscription was deleted)."""
    place = f"/hooks/main/Encounter/{opened(fhir)['id']}"
    source("status")
    time.sleep(1)
    return heard(receiver, place)()


@sandbox_and_hapi
def test_what_happens_is_told_with_our_token_until_we_unsubscribe(fhir, source, receiver, until, ours):
    code, said, raised = source("subscribe")
    assert (code, said.count("active "), raised) == (0, 2, None)
    encounter = opened(fhir)
    place = f"/hooks/main/Encounter/{encounter['id']}"
    told = until(heard(receiver, place))[0]
    assert (told.method, told.headers["Authorization"]) == ("PUT", f"Bearer {TOKEN}")
    assert (told.headers["If-Match"], json.loads(told.body)["status"]) == ('W/"1"', "in-progress")

    fhir.put(f"Encounter/{encounter['id']}", json=encounter | {"status": "entered-in-error"}).raise_for_status()
    until(lambda: len(heard(receiver, place)()) == 2)
    fhir.delete(f"Encounter/{encounter['id']}").raise_for_status()
    until(lambda: [told.method for told in heard(receiver, place)()][2:] == ["DELETE"])

    assert source("unsubscribe")[1].count("deleted") == 2
    assert ours() == []
    assert source("status")[:2] == (1, "missing   MedicationAdministration?\nmissing   Encounter?\n")
    until(lambda: not told_of_a_new_one(fhir, receiver, source))


@sandbox_and_hapi
def test_subscribing_again_leaves_two_and_a_broken_one_is_mended(fhir, source, ours):
    assert source("subscribe")[0] == 0
    before = {(one["id"], one["meta"]["versionId"]) for one in ours()}
    assert source("subscribe")[0] == 0
    assert {(one["id"], one["meta"]["versionId"]) for one in ours()} == before
    broken = ours()[0]
    fhir.put(f"Subscription/{broken['id']}", json=broken | {"status": "off"}).raise_for_status()
    code, said, _ = source("status")
    assert (code, said.count("off "), said.count("active ")) == (1, 1, 1)
    code, said, _ = source("subscribe")
    assert (code, said.count("active ")) == (0, 2)
    assert {one["id"] for one in ours()} == {identity for identity, _ in before}


@pytest.mark.parametrize("base", ["medplum"], indirect=True)
def test_a_server_that_never_activates_is_told_clearly(source):
    _, said, raised = source("subscribe", "--wait", "0.5")
    assert (type(raised), said) == (EhrError, "")
    assert str(raised).startswith("Subscription: not active within 0.5 s: MedicationAdministration? is requested")
