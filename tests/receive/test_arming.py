"""Subscriptions by topic, and Subscriptions that are watched: requested anew when switched off, a person told."""

import asyncio
import json
from datetime import timedelta

import httpx
import pytest

from fhir_adapter.ehr import EhrClient
from fhir_adapter.errors import StoreFull
from fhir_adapter.receive.arming import Watch
from fhir_adapter.receive.subscriptions import Subscriptions

pytestmark = [pytest.mark.anyio, pytest.mark.real]
BASE = "https://ehr.example/fhir"
ENDPOINT = "https://adapter.example/hooks/main"
TOPIC = "http://ehr.example/topics/medication-administration"


class Server:
    """Keeps Subscriptions; a new or changed one is `then`."""

    def __init__(self, then="active"):
        self.then, self.kept, self.written, self.broken = then, {}, [], False

    def __call__(self, request):
        if self.broken:
            return httpx.Response(503)
        if request.method == "GET":
            entries = [{"resource": one} for one in self.kept.values()]
            return httpx.Response(200, json={"resourceType": "Bundle", "entry": entries})
        self.written.append(json.loads(request.content))
        name = request.url.path.removeprefix("/fhir/Subscription").strip("/") or f"s{len(self.kept)}"
        version = str(len(self.written))
        self.kept[name] = self.written[-1] | {"id": name, "meta": {"versionId": version}, "status": self.then}
        return httpx.Response(201, json=self.kept[name])

    def switch(self, state):
        for one in self.kept.values():
            one["status"] = state


class FullOnce:
    """A store whose disk takes the first write not."""

    def __init__(self, store):
        self.store, self.full = store, True

    async def write(self, work):
        if self.full:
            self.full = False
            raise StoreFull("the disk is full")
        return await self.store.write(work)


@pytest.fixture
def server():
    return Server()


def subscriptions(world, server, **more):
    ehr = EhrClient(BASE, clock=world.clock, transport=httpx.MockTransport(server))
    return Subscriptions(**({"ehr": ehr, "endpoint": ENDPOINT, "token": "t"} | more))


def watch(world, server):
    return Watch(
        source="main", subscriptions=subscriptions(world, server), store=world.store, pace=world.hints.pace,
        metrics=world.metrics, wake=world.hints.rang.set, every=timedelta(milliseconds=1),
    )  # fmt: skip


async def test_a_topic_takes_the_criteria_s_place(world, server):
    ours = subscriptions(world, server, topics={TOPIC: "Encounter?"}, heartbeat=timedelta(minutes=10))
    (one,) = await ours.subscribe(5)
    assert (one.criteria, one.state) == (TOPIC, "active")
    (written,) = server.written
    url = "http://hl7.org/fhir/uv/subscriptions-backport/StructureDefinition/backport-"
    assert written["criteria"] == TOPIC
    assert written["meta"] == {"profile": [f"{url}subscription"]}
    assert written["_criteria"] == {"extension": [{"url": f"{url}filter-criteria", "valueString": "Encounter?"}]}
    channel = written["channel"]
    assert channel["extension"] == [{"url": f"{url}heartbeat-period", "valueUnsignedInt": 600}]
    assert channel["_payload"] == {"extension": [{"url": f"{url}payload-content", "valueCode": "id-only"}]}
    assert (channel["endpoint"], channel["header"]) == (ENDPOINT, ["Authorization: Bearer t"])


async def test_a_topic_without_filter_and_heartbeat(world, server):
    await subscriptions(world, server, topics={TOPIC: ""}).subscribe(5)
    assert "_criteria" not in server.written[0]
    assert "extension" not in server.written[0]["channel"]


@pytest.mark.parametrize("state", ["off", "error"])
async def test_one_that_is_switched_off_is_requested_anew_and_told_once(world, server, log_lines, state):
    watched = watch(world, server)
    await watched.subscriptions.subscribe(5)
    await watched.look()
    assert log_lines() == ""
    server.switch(state)
    before = len(server.written)
    await watched.look()
    assert len(server.written) == before + 2
    await watched.look()
    assert len(server.written) == before + 2
    assert [(one.method, one.shape) for one in await world.inbox()] == [("watch", "subscription-error")] * 2
    assert [json.loads(line)["event"] for line in log_lines().splitlines()] == [
        "subscriptions do not tell",
        "subscriptions requested anew",
        "subscriptions are active again",
    ]
    assert world.hints.rang.is_set()
    await world.hints.answer()
    assert [one.state for one in await world.inbox()] == ["ignored"] * 2, "swept"


async def test_what_changed_until_it_was_active_again_is_swept(world, server, administration):
    watched = watch(world, server)
    await watched.subscriptions.subscribe(5)
    server.switch("off")
    await watched.look()
    await world.hints.answer()
    world.ehr.put(administration())
    world.hints.rang.clear()
    await watched.look()
    assert world.hints.rang.is_set()
    await world.hints.answer()
    assert (await world.inbox())[-1].patient == "Patient/p1"
    before = len(await world.inbox())
    await watched.look()
    assert len(await world.inbox()) == before


@pytest.mark.parametrize("state", ["requested", "entered-in-error", ""])
async def test_whatever_is_not_active_does_not_tell(world, server, state):
    watched = watch(world, server)
    await watched.subscriptions.subscribe(5)
    server.switch(state)
    written = len(server.written)
    for _ in range(2):
        await watched.look()
    assert [one.shape for one in await world.inbox()] == ["subscription-error"]
    assert len(server.written) == written


async def test_what_could_not_be_kept_is_told_at_the_next_look(world, server):
    watched = watch(world, server)
    watched.store = FullOnce(world.store)
    with pytest.raises(StoreFull):
        await watched.look()
    assert await world.inbox() == ()
    await watched.look()
    assert [one.shape for one in await world.inbox()] == ["subscription-error"]


async def test_one_that_cannot_be_armed_is_tried_at_each_look_and_told_once(world, server):
    watched = watch(world, server)
    await watched.subscriptions.subscribe(5)
    server.then = "error"
    server.switch("error")
    for _ in range(3):
        await watched.look()
    assert len(server.written) == 2 + 3 * 2
    assert len(await world.inbox()) == 1


async def test_one_that_is_missing_is_told_and_not_made_again(world, server):
    watched = watch(world, server)
    for _ in range(2):
        await watched.look()
    assert server.written == []
    assert [one.shape for one in await world.inbox()] == ["subscription-error"]


async def test_an_ehr_that_is_away_does_not_end_the_watch(world, server, log_lines):
    watched, stop = watch(world, server), asyncio.Event()
    await watched.subscriptions.subscribe(5)
    server.broken = True
    running = asyncio.create_task(watched.run(stop))
    while log_lines().count("subscriptions not looked at") < 2:
        await asyncio.sleep(0.001)
    server.broken = False
    server.switch("off")
    while any(one["status"] == "off" for one in server.kept.values()):
        await asyncio.sleep(0.001)
    stop.set()
    await asyncio.wait_for(running, 5)
