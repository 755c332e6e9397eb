"""The public door over a real store: what it answers, what is kept, what never reaches a log."""

from datetime import timedelta

import httpx
import pytest
from fastapi import FastAPI

from fhir_adapter.errors import StoreBusy, StoreFull
from fhir_adapter.receive.webhook import Webhook, routes
from fhir_adapter.store.versions import Version, keep

pytestmark = [pytest.mark.anyio, pytest.mark.real]
AUTHORIZED = {"Authorization": "Bearer canary-token-1"}


def door(world, store=None, limit=10_000):
    app = FastAPI()
    webhook = Webhook(
        sources={"main": world.source}, store=store or world.store, metrics=world.metrics, ring=world.ring, limit=limit
    )
    app.include_router(routes(webhook))
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://adapter", headers=AUTHORIZED)


async def test_a_notification_is_kept_and_its_patient_due_when_quiet(world, administration, encode):
    body = encode(administration())
    async with door(world) as client:
        answer = await client.put("/hooks/main/MedicationAdministration/a1", content=body)
    assert (answer.status_code, answer.content) == (204, b"")
    (told,) = await world.inbox()
    assert (told.method, told.type, told.id, told.version, told.patient) == (
        "PUT", "MedicationAdministration", "a1", "1", "Patient/p1",
    )  # fmt: skip
    assert told.state == "marked"
    due = await world.due()
    assert due.due_at == world.clock.now + timedelta(seconds=60)
    assert world.rings == 1


async def test_a_finished_encounter_makes_its_patient_due_at_once(world, encode):
    encounter = {"resourceType": "Encounter", "id": "e1", "status": "finished", "subject": {"reference": "Patient/p1"}}
    async with door(world) as client:
        await client.post("/hooks/main", content=encode(encounter))
    assert (await world.due()).due_at == world.clock.now


async def test_more_notifications_wait_on_but_not_for_ever(world, administration, encode):
    async with door(world) as client:
        for _ in range(12):
            await client.post("/hooks/main/", content=encode(administration()))
            world.clock.pass_(seconds=59)
    first = world.clock.now - timedelta(seconds=12 * 59)
    assert (await world.due()).due_at == first + timedelta(seconds=600)


async def test_a_resource_that_moved_marks_both_patients(world, administration, encode):
    before = Version(
        type="MedicationAdministration", id="a1", version_id="1", last_updated=None, patient="Patient/p0", body=b"{}"
    )
    await world.store.write(lambda conn: keep(conn, "main", [before]))
    async with door(world) as client:
        await client.post("/hooks/main", content=encode(administration()))
    assert await world.due("Patient/p0")
    assert await world.due("Patient/p1")


@pytest.mark.parametrize(
    ("body", "fault"),
    [
        (b"{", "$: is not JSON"),
        (b'{"resourceType": "MedicationAdministration", "id": "a1"}', "$.subject.reference: is missing"),
        (b'{"a":' * 1_500, "$: "),
    ],
)
async def test_a_malformed_body_is_kept_with_its_fault(world, body, fault):
    async with door(world) as client:
        answer = await client.post("/hooks/main", content=body)
    assert answer.status_code == 204
    told = (await world.inbox())[0]
    assert told.state == "faulty"
    assert told.fault.startswith(fault)


@pytest.mark.parametrize(
    ("path", "headers", "status"),
    [
        ("/hooks/other", AUTHORIZED, 404),
        ("/hooks/other", {}, 404),
        ("/hooks/main", {}, 401),
        ("/hooks/main", {"Authorization": "Bearer wrong"}, 401),
        ("/hooks/main", {"Authorization": "canary-token-1"}, 401),
        ("/hooks/main/Encounter/1", {"Authorization": "Bearer \u00e9"}, 401),
    ],
)
async def test_strangers_get_no_body_and_leave_no_trace(world, path, headers, status):
    async with door(world) as client:
        client.headers.pop("Authorization")
        encoded = {name: value.encode() for name, value in headers.items()}
        answer = await client.post(path, content=b"{}", headers=encoded)
    assert (answer.status_code, answer.content) == (status, b"")
    assert await world.inbox() == ()


async def test_a_body_over_the_limit_is_refused_however_it_comes(world):
    async def in_parts():
        for _ in range(20):
            yield b" " * 1_000

    async with door(world) as client:
        for content in (b" " * 10_001, in_parts()):
            answer = await client.post("/hooks/main", content=content)
            assert (answer.status_code, answer.content) == (413, b"")
        assert (await client.post("/hooks/main", content=b" " * 10_000)).status_code == 204


@pytest.mark.parametrize("error", [StoreBusy, StoreFull])
async def test_a_full_store_asks_to_send_again(world, error):
    class Full:
        async def write(self, work):
            raise error("no room")

    async with door(world, Full()) as client:
        answer = await client.post("/hooks/main", content=b"{}")
    assert (answer.status_code, answer.content, answer.headers["Retry-After"]) == (503, b"", "5")


async def test_a_handshake_gets_its_200(world, encode):
    status = {"resourceType": "SubscriptionStatus", "type": "handshake"}
    async with door(world) as client:
        answer = await client.post(
            "/hooks/main", content=encode({"resourceType": "Bundle", "entry": [{"resource": status}]})
        )
    assert (answer.status_code, answer.content) == (200, b"")
    assert (await world.inbox())[0].state == "ignored"


async def test_a_source_without_token_takes_everybody(world):
    world.source = type(world.source)(base_url="http://x", mode="shadow", rulebook="r", words=world.source.words)
    async with door(world) as client:
        client.headers.pop("Authorization")
        assert (await client.post("/hooks/main", content=b"")).status_code == 204


CANARY = "canary-jane-doe"


async def test_nothing_of_a_patient_is_in_a_log_line(world, administration, encode, log_lines):
    named = {
        "id": CANARY,
        "meta": {"versionId": CANARY},
        "status": CANARY,
        "subject": {"reference": f"Patient/{CANARY}"},
    }
    bodies = [
        encode({"resourceType": "MedicationAdministration", **named}),
        encode({"resourceType": CANARY, **named}),
        encode({"resourceType": "Canary", **named}),
        encode(administration(note=[{"text": CANARY}])),
        encode({"resourceType": "Encounter", "id": CANARY, "subject": {"display": CANARY}}),
        encode({"resourceType": "Bundle", "entry": [{"request": {"method": CANARY, "url": f"Encounter/{CANARY}"}}]}),
        encode({"resourceType": "Bundle", "entry": [{"fullUrl": CANARY, "resource": {"resourceType": CANARY}}]}),
        f'{{"{CANARY}": '.encode(),
        CANARY.encode(),
    ]
    paths = [
        "/hooks/main",
        f"/hooks/main/Encounter/{CANARY}",
        f"/hooks/main/{CANARY}/x?name={CANARY}",
        f"/hooks/{CANARY}",
    ]
    headers = {"If-Match": CANARY, "X-Medplum-Deleted-Resource": f"Encounter/{CANARY}", "Cookie": CANARY}
    async with door(world, limit=400) as client:
        for path in paths:
            for body in [*bodies, CANARY.encode() * 40]:
                await client.put(path, content=body)
                await client.post(path, content=body, headers=headers)
                await client.post(path, content=body, headers={"Authorization": f"Bearer {CANARY}"})
            await client.delete(path)
    await world.hints.answer()
    lines = log_lines()
    assert lines.count("notification kept") > 40
    assert lines.count("request refused") > 40
    assert "canary" not in lines.lower()
    assert "canary" not in world.metrics.exposition().decode().lower()
