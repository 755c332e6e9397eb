"""Rest-hook Subscriptions: requested becomes active, and each change that fits the criteria is told in the background.

With a payload `PUT endpoint/Type/id`, without one an empty POST; a delete only where the channel asks for it (HAPI's
extension). Two are in work for one Subscription at a time, so order is not kept, and after the last try a notification
is lost in silence: a real server does no better. Refuses other criteria than `Type?parameters` and an endpoint that is
not on loopback.
"""

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator, Coroutine, Sequence
from contextlib import asynccontextmanager
from typing import Any

import httpx
from fastapi import FastAPI

from fhir_adapter.sandbox.answers import Json, Refusal
from fhir_adapter.sandbox.memory import Memory, Version
from fhir_adapter.sandbox.search import Clause, clauses

DELETES = "http://hapifhir.io/fhir/StructureDefinition/subscription-send-delete-messages"
IN_WORK = 2


def criteria_of(subscription: Json) -> tuple[str, list[Clause]]:
    kind, mark, query = str(subscription.get("criteria", "")).partition("?")
    if not mark:
        raise Refusal(422, "processing", "criteria must be `Type?parameters`")
    return kind, clauses(kind, httpx.QueryParams(query).multi_items())


def check(subscription: Json) -> None:
    criteria_of(subscription)
    channel = subscription.get("channel", {})
    endpoint = httpx.URL(str(channel.get("endpoint", "")))
    if channel.get("type") != "rest-hook" or endpoint.host not in ("127.0.0.1", "localhost"):
        raise Refusal(422, "processing", "channel must be a rest-hook to an http address on loopback")


class RestHooks:
    def __init__(self, memory: Memory, transport: httpx.AsyncBaseTransport | None, pauses: Sequence[float]) -> None:
        self._memory, self._pauses = memory, (*pauses, None)
        self._http = httpx.AsyncClient(transport=transport, timeout=10, trust_env=False, verify=False)
        self._slots: dict[str, asyncio.Semaphore] = defaultdict(lambda: asyncio.Semaphore(IN_WORK))
        self._tasks: set[asyncio.Task[None]] = set()
        memory.listeners.append(self._changed)

    @asynccontextmanager
    async def lifespan(self, _: FastAPI) -> AsyncIterator[None]:
        yield
        for task in self._tasks:
            task.cancel()
        await self._http.aclose()

    def _changed(self, version: Version) -> None:
        if version.kind == "Subscription" and version.resource and version.resource.get("status") == "requested":
            self._start(self._activate(version))
        for subscription in self._memory.search("Subscription", clauses("Subscription", [("status", "active")])):
            assert subscription.resource is not None
            if self._wants(subscription.resource, version):
                self._start(self._tell(subscription.id, subscription.resource["channel"], version))

    def _wants(self, subscription: Json, version: Version) -> bool:
        kind, asked = criteria_of(subscription)
        if version.resource is None:
            extensions = subscription["channel"].get("extension", [])
            return kind == version.kind and any(e.get("url") == DELETES and e.get("valueBoolean") for e in extensions)
        return kind == version.kind and all(clause.fits(version.resource) for clause in asked)

    def _start(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _activate(self, requested: Version) -> None:
        if self._memory.versions("Subscription", requested.id)[-1] is requested and requested.resource:
            self._memory.write("Subscription", requested.id, requested.resource | {"status": "active"}, "PUT")

    async def _tell(self, subscription: str, channel: Json, version: Version) -> None:
        lines = (line.partition(":") for line in channel.get("header", []))
        headers = {name.strip(): value.strip() for name, _, value in lines}
        payload = channel.get("payload")
        request = self._request(channel["endpoint"].rstrip("/"), headers, version if payload else None)
        async with self._slots[subscription]:
            for pause in self._pauses if payload else (None,):
                if await self._told(request) or pause is None:
                    return
                await asyncio.sleep(pause)

    def _request(self, endpoint: str, headers: dict[str, str], version: Version | None) -> httpx.Request:
        if version is None:
            return self._http.build_request("POST", endpoint, headers=headers)
        place, method = f"{endpoint}/{version.kind}/{version.id}", "PUT" if version.body else "DELETE"
        about = {"Content-Type": "application/fhir+json; charset=UTF-8", "If-Match": f'W/"{version.number}"'}
        return self._http.build_request(method, place, content=version.body, headers=headers | about)

    async def _told(self, request: httpx.Request) -> bool:
        try:
            return (await self._http.send(request)).is_success
        except httpx.TransportError:
            return False
