"""The inbox as JSON: by state, one with its patient's work, read again; never a patient's name or a body."""

from datetime import timedelta

import pytest

from fhir_adapter.store import due, inbox

pytestmark = pytest.mark.anyio
AT_ONCE = {"settle": timedelta(0), "max_wait": timedelta(0)}
JSON = {"Content-Type": "application/json"}


@pytest.fixture
async def told(store):
    def work(conn):
        common = {"source": "main", "shape": "resource", "method": "POST", "type": "Encounter", "id": "canary-e1"}
        secret = b'{"name": "canary"}'
        told = inbox.Notification(patient="Patient/canary", body=secret, **common)
        inbox.record(conn, told, **AT_ONCE)
        inbox.record(conn, inbox.Notification(fault="$.id: is missing", body=secret, **common), **AT_ONCE)
        [claim] = due.claim(conn, slots=1, lease=timedelta(hours=1), max_attempts=9)
        due.postpone(conn, claim, "lookup-error", wait=timedelta(0), max_attempts=1)

    await store.write(work)


async def test_the_list_by_state_and_page(analyst, told):
    everything = (await analyst.get("/api/inbox")).json()
    assert [one["number"] for one in everything] == [2, 1]
    assert [one["number"] for one in (await analyst.get("/api/inbox?state=faulty")).json()] == [2]
    assert [one["number"] for one in (await analyst.get("/api/inbox?parked=true")).json()] == [1]
    assert [one["number"] for one in (await analyst.get("/api/inbox?before=2&limit=1")).json()] == [1]
    for absurd in ("0", str(2**63)):
        assert (await analyst.get(f"/api/inbox?before={absurd}")).status_code == 404
    assert everything[0]["fault"] == "$.id: is missing"


async def test_one_with_its_patients_work_and_without_the_patient(analyst, told):
    answer = await analyst.get("/api/inbox/1")
    assert answer.json()["work"] == {"code": {"state": "parked", "attempts": 1, "code": "lookup-error"}}
    assert answer.json()["body"] == {"bytes": 18, "removed_at": None}
    assert "canary" not in answer.text
    assert (await analyst.get("/api/inbox/99")).status_code == 404


async def test_a_stranger_sees_and_replays_nothing(stranger, told):
    for answer in (await stranger.get("/api/inbox"), await stranger.post("/api/inbox/1/replay", headers=JSON)):
        assert answer.status_code == 401


async def test_replaying_is_for_json_only_and_for_what_is_there(analyst, told):
    assert (await analyst.post("/api/inbox/1/replay")).status_code == 415
    assert (await analyst.post("/api/inbox/99/replay", headers=JSON)).status_code == 404
    refused = await analyst.post("/api/inbox/1/replay", headers=JSON)
    assert (refused.status_code, refused.json()) == (409, {"error": "notification 1: this desk reads nothing again"})
