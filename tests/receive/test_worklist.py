"""A sweep of a server that searches administrations by patient and time only, as Oracle Health documents it."""

import json
import re
from datetime import date, timedelta
from zoneinfo import ZoneInfo

import httpx
import msgspec
import pytest

from fhir_adapter.ehr import EhrClient
from fhir_adapter.errors import EhrRefused, EhrRejected, EhrUnavailable
from fhir_adapter.receive.snapshot import read_chart, version_of
from fhir_adapter.receive.sweep import sweep
from fhir_adapter.receive.waiting import look_again
from fhir_adapter.store import due, versions, visits
from fhir_adapter.store.visits import CodedVisit

pytestmark = pytest.mark.anyio
BASE = "https://ehr.example/fhir"
ALLOWED = {"_id", "patient", "status", "performer", "effective-time", "_count"}
TIMED = re.compile(r"(ge|gt|le|lt)\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")


class PatientsOnly:
    """Refuses what the documentation does not list; `asked` keeps every search of administrations."""

    def __init__(self, clock):
        self.resources, self.asked = [], []
        self.refused = {}  # patient → status of the answer
        self.client = EhrClient(BASE, clock=clock, transport=httpx.MockTransport(self._answer))

    def put(self, kind, name, patient, **elements):
        self.resources = [each for each in self.resources if each["id"] != name]
        subject = {"reference": patient}
        self.resources.append({"resourceType": kind, "id": name, "subject": subject, **elements})

    def _answer(self, request):
        kind, params = request.url.path.rpartition("/")[2], dict(request.url.params)
        if kind == "MedicationAdministration":
            self.asked.append(params)
            if status := self.refused.get(params.get("patient")):
                return httpx.Response(status)
            when = params.get("effective-time")
            if not params.keys() <= ALLOWED or "patient" not in params or (when and not TIMED.fullmatch(when)):
                return httpx.Response(400)
        found = [each for each in self.resources if each["resourceType"] == kind]
        found = [each for each in found if params.get("patient") in (None, each["subject"].get("reference"))]
        return httpx.Response(200, json={"resourceType": "Bundle", "entry": [{"resource": one} for one in found]})


@pytest.fixture
def oracle(world):
    ehr = PatientsOnly(world.clock)
    for number in (1, 2):
        ehr.put("Encounter", f"e{number}", f"Patient/p{number}", status="in-progress")
        ehr.put("MedicationAdministration", f"a{number}", f"Patient/p{number}", status="in-progress")
    return ehr


async def swept(world, oracle):
    pace = world.hints.pace
    return await sweep(world.store, oracle.client, "main", pace, world.clock, "worklist")


async def keep_all(world, oracle, version_id=None):
    found = await oracle.client.search("Encounter", {})
    for patient in ("Patient/p1", "Patient/p2"):
        found += await oracle.client.search("MedicationAdministration", {"patient": patient})
    kept = [msgspec.structs.replace(version_of(each, "Patient/x"), version_id=version_id) for each in found]
    await world.store.write(lambda conn: versions.keep(conn, "main", kept))


async def test_the_patients_of_the_encounters_are_asked_one_by_one(world, oracle):
    assert await swept(world, oracle) == 4
    since = "ge2026-02-27T15:00:00.000Z"
    assert oracle.asked == [
        {"patient": f"Patient/p{number}", "effective-time": since, "_count": "200"} for number in (1, 2)
    ]
    assert [(await world.due(f"Patient/p{number}")).state for number in (1, 2)] == ["waiting", "waiting"]


async def test_by_last_updated_such_a_server_refuses(world, oracle):
    with pytest.raises(EhrRejected):
        await sweep(world.store, oracle.client, "main", world.hints.pace, world.clock)


async def test_without_version_ids_the_bytes_say_what_is_new(world, oracle):
    await keep_all(world, oracle)
    assert await swept(world, oracle) == 0
    oracle.put("MedicationAdministration", "a2", "Patient/p2", status="completed")
    assert await swept(world, oracle) == 1
    assert [one.patient for one in await world.inbox()] == ["Patient/p2"]


async def test_a_patient_without_encounters_of_these_days_is_not_asked(world, oracle):
    oracle.resources = [each for each in oracle.resources if each["id"] != "e2"]
    await swept(world, oracle)
    assert [each["patient"] for each in oracle.asked] == ["Patient/p1"]


@pytest.mark.parametrize("status", [400, 403, 404, 200])
async def test_a_patient_who_is_not_shown_does_not_hide_the_others(world, oracle, log_lines, status):
    oracle.refused["Patient/p1"] = status
    assert await swept(world, oracle) == 3
    assert (await world.due("Patient/p2")).state == "waiting"
    (said,) = [json.loads(line) for line in log_lines().splitlines()]
    assert (said["event"], said["count"]) == ("patients not swept", 1)


async def test_where_no_patient_is_shown_the_sweep_fails(world, oracle):
    oracle.refused = {"Patient/p1": 403, "Patient/p2": 403}
    with pytest.raises(EhrRefused):
        await swept(world, oracle)


async def test_a_server_that_is_away_ends_the_sweep(world, oracle):
    oracle.refused["Patient/p1"] = 503
    with pytest.raises(EhrUnavailable):
        await swept(world, oracle)
    assert [each["patient"] for each in oracle.asked] == ["Patient/p1"]


async def test_what_cannot_be_read_of_an_encounter_names_no_patient(world, oracle):
    oracle.resources[0]["subject"] = {"display": "somebody"}
    await swept(world, oracle)
    assert [each["patient"] for each in oracle.asked] == ["Patient/p2"]


async def test_the_hints_sweep_as_they_are_told(world, oracle):
    hints = msgspec.structs.replace(world.hints, ehr=oracle.client, sweep_by="worklist")
    await hints.sweep()
    assert len(oracle.asked) == 2


async def test_the_chart_of_such_a_server_is_read_from_a_first_day(world, oracle):
    zone = ZoneInfo("America/Chicago")
    oracle.put("Coverage", "c1", "Patient/p1")
    snapshot = await read_chart(oracle.client, "Patient/p1", first_day=date(2026, 3, 1), zone=zone)
    assert [each.id for each in snapshot.chart.administrations] == ["a1"]
    assert oracle.asked[-1]["effective-time"] == "ge2026-03-01T06:00:00.000Z"


def coded(key, state):
    return CodedVisit(
        key=key, rulebook="r", rulebook_hash="r", data_hash="d", engine="e", disposition="held", state=state,
        lines=0, result=b"{}", chart=b"{}",
    )  # fmt: skip


async def test_an_open_visit_that_nobody_speaks_of_is_looked_at_again_after_an_hour(world):
    def code(conn):
        for patient in ("Patient/p1", "Patient/p2"):
            due.mark(conn, "main", patient, settle=timedelta(0), max_wait=timedelta(0))
        for claim in due.claim(conn, slots=2, lease=timedelta(minutes=1), max_attempts=9):
            visits.keep(conn, claim, coded(claim.patient, "open" if claim.patient == "Patient/p1" else "billable"))
            due.finish(conn, claim)

    await world.store.write(code)
    world.clock.pass_(minutes=59)
    assert await look_again(world.store, "main", world.hints.pace) == 0
    world.clock.pass_(minutes=1)
    assert await look_again(world.store, "main", world.hints.pace) == 1
    assert [(await world.due(f"Patient/p{number}")).state for number in (1, 2)] == ["waiting", "settled"]
    await world.hints.look_again()
    assert world.rings == 1
