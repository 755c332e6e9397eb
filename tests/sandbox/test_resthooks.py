"""Rest-hook Subscriptions against a receiver in the same loop, and once over real sockets."""

import asyncio
import subprocess
import sys
from contextlib import asynccontextmanager

import httpx
import pytest

from fhir_adapter.errors import ConfigurationError
from fhir_adapter.sandbox import build, serve

pytestmark = pytest.mark.anyio
DELETES = {
    "url": "http://hapifhir.io/fhir/StructureDefinition/subscription-send-delete-messages",
    "valueBoolean": True,
}
CHANNEL = {
    "type": "rest-hook",
    "endpoint": "http://127.0.0.1:1/hooks/main",
    "payload": "application/fhir+json",
    "header": ["Authorization: Bearer a:b"],
}
WANTED = {"resourceType": "Subscription", "status": "requested", "criteria": "Encounter?", "channel": CHANNEL}
ENCOUNTER = {"resourceType": "Encounter", "id": "e", "status": "in-progress", "class": {"code": "AMB"}}


class Receiver(httpx.AsyncBaseTransport):
    """Answers with the statuses it was given, then with 204; `heard` has every request."""

    def __init__(self, *statuses):
        self.statuses, self.heard, self.arrived = list(statuses), [], asyncio.Condition()

    async def handle_async_request(self, request):
        async with self.arrived:
            self.heard.append(request)
            self.arrived.notify_all()
        return httpx.Response(self.statuses.pop(0) if self.statuses else 204)

    async def until(self, count):
        async with asyncio.timeout(5), self.arrived:
            await self.arrived.wait_for(lambda: len(self.heard) >= count)
        return [f"{request.method} {request.url.path}" for request in self.heard]


@asynccontextmanager
async def subscribed(receiver, subscription=WANTED):
    transport = httpx.ASGITransport(app=build(hooks=receiver, pauses=(0, 0)))
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1/fhir/") as fhir:
        made = (await fhir.post("Subscription", json=subscription)).json()
        assert made["status"] == subscription["status"]
        async with asyncio.timeout(5):
            while (await fhir.get(f"Subscription/{made['id']}")).json()["status"] == "requested":
                await asyncio.sleep(0)
        yield fhir


async def test_a_change_is_told_by_put_with_the_resource_and_the_headers_of_the_channel():
    receiver = Receiver()
    async with subscribed(receiver) as fhir:
        await fhir.put("Encounter/e", json=ENCOUNTER)
        assert await receiver.until(1) == ["PUT /hooks/main/Encounter/e"]
        request = receiver.heard[0]
        assert request.headers["authorization"] == "Bearer a:b"
        assert request.headers["if-match"] == 'W/"1"'
        assert request.content == (await fhir.get("Encounter/e")).content


async def test_what_does_not_fit_the_criteria_is_not_told():
    receiver = Receiver()
    async with subscribed(receiver, WANTED | {"criteria": "Encounter?status=finished"}) as fhir:
        await fhir.put("Encounter/e", json=ENCOUNTER)
        await fhir.put("Patient/p", json={"resourceType": "Patient", "id": "p"})
        await fhir.put("Encounter/f", json=ENCOUNTER | {"id": "f", "status": "finished"})
        assert await receiver.until(1) == ["PUT /hooks/main/Encounter/f"]


async def test_a_delete_is_told_only_where_the_channel_asks():
    silent, asking = Receiver(), Receiver()
    async with subscribed(silent) as fhir:
        await fhir.put("Encounter/e", json=ENCOUNTER)
        await fhir.delete("Encounter/e")
        await fhir.put("Encounter/f", json=ENCOUNTER | {"id": "f"})
        assert sorted(await silent.until(2)) == ["PUT /hooks/main/Encounter/e", "PUT /hooks/main/Encounter/f"]
    async with subscribed(asking, WANTED | {"channel": CHANNEL | {"extension": [DELETES]}}) as fhir:
        await fhir.put("Encounter/e", json=ENCOUNTER)
        await fhir.delete("Encounter/e")
        assert "DELETE /hooks/main/Encounter/e" in await asking.until(2)


async def test_a_receiver_that_fails_is_asked_again():
    receiver = Receiver(503, 500)
    async with subscribed(receiver) as fhir:
        await fhir.put("Encounter/e", json=ENCOUNTER)
        assert await receiver.until(3) == ["PUT /hooks/main/Encounter/e"] * 3


async def test_a_subscription_that_is_off_tells_nothing():
    receiver = Receiver()
    async with subscribed(receiver, WANTED | {"status": "off"}) as fhir:
        await fhir.put("Encounter/e", json=ENCOUNTER)
        await asyncio.sleep(0.05)
        assert receiver.heard == []


@pytest.mark.parametrize(
    "wrong",
    [
        {"criteria": "Encounter"},
        {"criteria": "Encounter?nonsense=1"},
        {"channel": CHANNEL | {"endpoint": "http://ehr.example.org/hooks"}},
        {"channel": CHANNEL | {"type": "email"}},
        {"channel": {name: value for name, value in CHANNEL.items() if name != "payload"}},
    ],
)
async def test_a_subscription_that_could_never_be_obeyed_is_refused(wrong):
    transport = httpx.ASGITransport(app=build())
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1/fhir/") as fhir:
        assert (await fhir.post("Subscription", json=WANTED | wrong)).status_code in (400, 422)


@pytest.mark.parametrize("host", ["0.0.0.0", "192.0.2.1", "localhost.example.org"])
def test_the_sandbox_listens_on_loopback_only(host):
    with pytest.raises(ConfigurationError, match="cannot listen"):
        serve(host, 0)


@pytest.mark.real
async def test_the_command_prints_its_address_and_answers_there():
    command = [sys.executable, "-m", "fhir_adapter", "sandbox", "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            word, address = process.stdout.readline().split()
            async with httpx.AsyncClient(trust_env=False) as client:
                assert (await client.get(f"{address}/metadata")).json()["fhirVersion"] == "4.0.1"
            assert word == "sandbox"
        finally:
            process.terminate()
