"""Our Subscriptions at an EHR: the sandbox, and servers that refuse what it takes."""

import asyncio
import json
from contextlib import nullcontext
from datetime import UTC, datetime

import httpx
import pytest

from fhir_adapter.ehr import EhrClient
from fhir_adapter.errors import EhrConflict, EhrError
from fhir_adapter.receive.subscriptions import Subscriptions
from fhir_adapter.sandbox import build

pytestmark = pytest.mark.anyio
BASE = "http://127.0.0.1/fhir/"
ENDPOINT = "http://127.0.0.1:9/hooks/main"


class Server(httpx.AsyncBaseTransport):
    """The sandbox behind rules: `refuses` says which bodies get a 422, `races` how many deletes get a 409."""

    def __init__(self, refuses=lambda body: False, races=0):
        self.sandbox, self.refuses, self.asked = httpx.ASGITransport(app=build(pauses=())), refuses, []
        self.races = races

    async def handle_async_request(self, request):
        self.asked.append((request.method, request.url.path))
        if request.content and self.refuses(json.loads(request.content)):
            return httpx.Response(422, request=request)
        if request.method == "DELETE" and self.races > 0:
            self.races -= 1
            return httpx.Response(409, request=request)
        return await self.sandbox.handle_async_request(request)


@pytest.fixture
def server():
    return Server()


def subscriptions(server, token="first", endpoint=ENDPOINT):
    ehr = EhrClient(BASE, clock=lambda: datetime(2026, 3, 2, tzinfo=UTC), transport=server)
    return Subscriptions(ehr=ehr, endpoint=endpoint, token=token)


async def stored(server):
    async with httpx.AsyncClient(transport=server, base_url=BASE) as fhir:
        page = (await fhir.get("Subscription")).json()
    return [entry["resource"] for entry in page["entry"]]


async def put(server, subscription):
    async with httpx.AsyncClient(transport=server, base_url=BASE) as fhir:
        assert (await fhir.put(f"Subscription/{subscription['id']}", json=subscription)).is_success


def states(standing):
    return [(one.criteria, one.state) for one in standing]


BOTH_ACTIVE = [("MedicationAdministration?", "active"), ("Encounter?", "active")]


async def test_they_become_active_with_our_token_and_ask_for_deletes(server):
    assert states(await subscriptions(server).subscribe(5)) == BOTH_ACTIVE
    for one in await stored(server):
        assert one["channel"]["endpoint"] == ENDPOINT
        assert one["channel"]["header"] == ["Authorization: Bearer first"]
        assert one["channel"]["extension"][0]["valueBoolean"] is True
        assert "status" not in one["criteria"]


async def test_a_second_time_changes_nothing(server):
    ours = subscriptions(server)
    await ours.subscribe(5)
    before = await stored(server)
    server.asked.clear()
    assert states(await ours.subscribe(5)) == BOTH_ACTIVE
    assert {method for method, _ in server.asked} == {"GET"}
    assert await stored(server) == before


@pytest.mark.parametrize("state", ["off", "error"])
async def test_one_that_the_server_gave_up_is_requested_anew(server, state):
    ours = subscriptions(server)
    await ours.subscribe(5)
    broken = (await stored(server))[0]
    await put(server, broken | {"status": state})
    assert sorted(one.state for one in await ours.standing()) == ["active", state]
    assert states(await ours.subscribe(5)) == BOTH_ACTIVE
    assert len(await stored(server)) == 2


async def test_another_token_reaches_the_server(server):
    await subscriptions(server).subscribe(5)
    await subscriptions(server, token="second").subscribe(5)
    assert {one["channel"]["header"][0] for one in await stored(server)} == {"Authorization: Bearer second"}


async def test_what_is_not_there_is_missing_and_what_is_not_ours_is_left_alone(server):
    ours, others = subscriptions(server), subscriptions(server, endpoint="http://127.0.0.1:9/hooks/other")
    assert states(await ours.standing()) == [("MedicationAdministration?", "missing"), ("Encounter?", "missing")]
    await others.subscribe(5)
    await ours.subscribe(5)
    by_hand = (await stored(server))[0] | {"id": "by-hand", "criteria": "Encounter?status=finished"}
    by_hand["channel"] = by_hand["channel"] | {"endpoint": ENDPOINT}
    await put(server, by_hand)
    assert [one.state for one in await ours.unsubscribe()] == ["active", "active"]
    assert [one.state for one in await ours.standing()] == ["missing", "missing"]
    assert {one["id"] for one in await stored(server)} >= {"by-hand"}
    assert states(await others.standing()) == BOTH_ACTIVE
    assert await ours.unsubscribe() == ()


@pytest.mark.parametrize(("races", "left"), [(4, 0), (5, 2)])
async def test_a_server_that_writes_into_one_meanwhile_is_asked_again_to_delete_it(races, left):
    server = Server(races=races)
    ours = subscriptions(server)
    await ours.subscribe(5)
    with nullcontext() if not left else pytest.raises(EhrConflict):
        await ours.unsubscribe()
    assert [one.state for one in await ours.standing()].count("missing") == 2 - left


async def test_a_server_that_refuses_to_tell_deletes_is_asked_without():
    server = Server(refuses=lambda body: "extension" in body["channel"])
    assert [one.tells_deletes for one in await subscriptions(server).subscribe(5)] == [False, False]


async def test_one_that_does_not_become_active_is_told(server):
    ours = subscriptions(server)
    await ours.subscribe(5)
    broken = (await stored(server))[0]
    server.refuses = lambda body: body["status"] == "requested"
    await put(server, broken | {"status": "off"})
    with pytest.raises(EhrError, match="422"):
        await ours.subscribe(5)


async def test_a_server_that_never_gets_round_to_it_is_not_waited_for_for_ever():
    class Idle(Server):
        async def handle_async_request(self, request):
            answer = await super().handle_async_request(request)
            body = (await answer.aread()).replace(b'"active"', b'"requested"')
            return httpx.Response(answer.status_code, headers={"etag": answer.headers.get("etag", "")}, content=body)

    async with asyncio.timeout(10):
        with pytest.raises(EhrError, match=r"not active within 0\.1 s: MedicationAdministration\? is requested"):
            await subscriptions(Idle()).subscribe(0.1)


async def test_a_server_that_turns_one_off_is_told_with_its_reason():
    class Unwilling(Server):
        async def handle_async_request(self, request):
            answer = await super().handle_async_request(request)
            body = (await answer.aread()).replace(b'"active"', b'"error","error":"endpoint does not answer"')
            return httpx.Response(answer.status_code, headers={"etag": answer.headers.get("etag", "")}, content=body)

    with pytest.raises(EhrError, match="to error: endpoint does not answer"):
        await subscriptions(Unwilling()).subscribe(5)
