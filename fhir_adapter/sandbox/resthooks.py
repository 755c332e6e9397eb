"""Rest-hook Subscriptions: what was requested becomes active, and a change that fits is told after its answer."""

import asyncio
from collections.abc import Sequence
from contextlib import suppress

import httpx
from fastapi import HTTPException

from fhir_adapter.sandbox.memory import Json, Memory, Query, Version, encode, fits, must_be_known

DELETES = {"url": "http://hapifhir.io/fhir/StructureDefinition/subscription-send-delete-messages", "valueBoolean": True}


def criteria_of(subscription: Json) -> tuple[str, Query]:
    kind, mark, text = str(subscription.get("criteria")).partition("?")
    channel, query = subscription.get("channel", {}), httpx.QueryParams(text).multi_items()
    on_loopback = httpx.URL(str(channel.get("endpoint"))).host in ("127.0.0.1", "localhost")
    if not (mark and channel.get("type") == "rest-hook" and channel.get("payload") and on_loopback):
        raise HTTPException(422, "wanted: `Type?parameters`, a rest-hook with payload, an endpoint on loopback")
    must_be_known(kind, query)
    return kind, query


class RestHooks:
    def __init__(self, memory: Memory, transport: httpx.AsyncBaseTransport | None, pauses: Sequence[float]) -> None:
        self._memory, self._transport, self._pauses = memory, transport, pauses

    async def tell(self, version: Version) -> None:
        if version.kind == "Subscription" and version.resource.get("status") == "requested":
            self._memory.write("PUT", "Subscription", version.id, {**version.resource, "status": "active"})
        active = [one.resource for one in self._memory.search("Subscription", [("status", "active")])]
        await asyncio.gather(*(self._send(one["channel"], version) for one in active if self._asks(one, version)))

    def _asks(self, subscription: Json, version: Version) -> bool:
        kind, query = criteria_of(subscription)
        deletes = DELETES in subscription["channel"].get("extension", [])
        return kind == version.kind and (fits(version.resource, query) if version.resource else deletes)

    async def _send(self, channel: Json, version: Version) -> None:
        lines = ["Content-Type: application/fhir+json", f'If-Match: W/"{version.number}"', *channel.get("header", [])]
        headers = [(name.strip(), text.strip()) for name, _, text in (line.partition(":") for line in lines)]
        place, method = f"{channel['endpoint']}/{version.kind}/{version.id}", "PUT" if version.resource else "DELETE"
        body = encode(version.resource) if version.resource else b""
        async with httpx.AsyncClient(transport=self._transport, timeout=10, trust_env=False, verify=False) as http:
            for pause in (0, *self._pauses):
                await asyncio.sleep(pause)
                with suppress(httpx.TransportError):
                    if (await http.request(method, place, content=body, headers=headers)).is_success:
                        return
