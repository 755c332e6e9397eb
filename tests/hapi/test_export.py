"""A backfill by HAPI's own bulk export: killed while HAPI writes and in the middle of a file, it goes on there."""

import signal
import sqlite3
from contextlib import closing, contextmanager

import httpx
import pytest
from hapi.conftest import serving, until
from hapi.ward import place

from fhir_adapter.receive.exports import BATCH

pytestmark = pytest.mark.real
PATIENT, GROUP = "Patient/exported", "Group/exported"
GIVEN = 2 * BATCH + 50
KICKED_OFF = "receive.exports.Backfill._now: after commit"
SECOND_BATCH = "receive.exports.Backfill._keep: after commit#2"
STATUS = ("source", "backfill", "hapi", "--status")


def administration(number):
    return {
        "resourceType": "MedicationAdministration",
        "id": f"exported-{number}",
        "status": "completed",
        "medicationCodeableConcept": {"text": "oxaliplatin"},
        "subject": {"reference": PATIENT},
        "effectivePeriod": {"start": "2026-05-04T09:00:00-05:00", "end": "2026-05-04T10:00:00-05:00"},
    }


def charted(server):
    """A patient of whom more is charted than one batch holds, and the Group of this patient alone."""
    server.put({"resourceType": "Patient", "id": "exported"})
    server.put({"resourceType": "Group", "id": "exported", "type": "person", "actual": True,
                "member": [{"entity": {"reference": PATIENT}}]})  # fmt: skip
    entries = [
        {"resource": one, "request": {"method": "PUT", "url": place(one)}} for one in map(administration, range(GIVEN))
    ]
    server.asked("POST", "/", json={"resourceType": "Bundle", "type": "transaction", "entry": entries})


def test_an_export_goes_on_after_a_kill_while_it_is_written_and_in_the_middle_of_a_file(server, tmp_path):
    charted(server)
    with until_it_stands(tmp_path, server, KICKED_OFF) as killed:
        killed.commanded("source", "backfill", "hapi", "--group", "exported")
    until(lambda: httpx.get(poll_of(tmp_path)).status_code == 200)
    with until_it_stands(tmp_path, server, SECOND_BATCH) as killed:
        pass
    assert f"hapi: reading, {2 * BATCH} resources kept" in killed.asked(*STATUS).stdout
    with serving(tmp_path, server.base, mode="shadow") as adapter:
        until(lambda: "hapi: done" in adapter.asked(*STATUS).stdout)
        assert f"hapi: done, {GIVEN} resources kept" in adapter.asked(*STATUS).stdout
        until(lambda: adapter.figures("inbox").get('state="coded"'))
        until(adapter.is_quiet)


@contextmanager
def until_it_stands(folder, server, point):
    """A `serve` that stands still at a point, and is killed there."""
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("FHIR_ADAPTER_STAND_STILL_AT", point)
        with serving(folder, server.base, mode="shadow") as adapter:
            yield adapter
            adapter.process.until("at ")
            adapter.process.end(signal.SIGKILL)


def poll_of(folder):
    """Where HAPI says how far it is: asked by the adapter a moment too early, it is asked again after two minutes."""
    with closing(sqlite3.connect(folder / "data" / "adapter.sqlite3")) as database:
        return database.execute("select poll from exports").fetchone()[0]
