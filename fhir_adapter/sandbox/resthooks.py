"""Rest-hook Subscriptions: requested becomes active; a change that fits the criteria is told in the background by
`PUT endpoint/Type/id`, a delete by DELETE where the channel asks for it. Two are in work for one Subscription, so order
is not kept; after the last try a notification is lost in silence: no better than a real server, on purpose. Refuses
criteria other than `Type?parameters`, a channel without payload, an endpoint that is not on loopback."""

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator, Coroutine, Sequence
from contextlib import asynccontextmanager, suppress
from typing import Any

import httpx
from fastapi import FastAPI

from fhir_adapter.sandbox.answers import Json, Refusal
from fhir_adapter.sandbox.memory import Memory, Version
from fhir_adapter.sandbox.search import Clause, clauses

DELETES = "http://hapifhir.io/fhir/StructureDefinition/subscription-send-delete-messages"


def criteria_of(subscription: Json) -> tuple[str, list[Clause]]:
    kind, mark, query = str(subscription.get("criteria")).partition("?")
    channel = subscription.get("channel", {})
    host = httpx.URL(str(channel.get("endpoint"))).host
    if not (
        mark and channel.get("type") == "rest-hook" and channel.get("payload") and host in ("127.0.0.1", "localhost")
    ):
        raise Refusal(422, "wanted: criteria `Type?parameters`, a rest-hook with payload, an endpoint on loopback")
    return kind, clauses(kind, httpx.QueryParams(query).multi_items())


class RestHooks:
    def __init__(self, memory: Memory, transport: httpx.AsyncBaseTransport | None, pauses: Sequence[float]) -> None:
        self._memory, self._pauses = memory, pauses
        self._http = httpx.AsyncClient(transport=transport, timeout=10, trust_env=False, verify=False)
        self._slots: dict[str, asyncio.Semaphore] = defaultdict(lambda: asyncio.Semaphore(2))
        self._tasks: set[asyncio.Task[None]] = set()
        memory.listeners.append(self._changed)

    @asynccontextmanager
    async def lifespan(self, _: FastAPI) -> AsyncIterator[None]:
        yield
        for task in self._tasks:
            task.cancel()
        await self._http.aclose()

    def _changed(self, version: Version) -> None:
        if version.kind == "Subscription" and version.resource.get("status") == "requested":
            self._begin(self._activate(version))
        for subscription in self._memory.search("Subscription", clauses("Subscription", [("status", "active")])):
            kind, asked = criteria_of(subscription.resource)
            channel = subscription.resource["channel"]
            deletes = any(one["url"] == DELETES and one.get("valueBoolean") for one in channel.get("extension", []))
            fits = all(clause.fits(version.resource) for clause in asked) if version.resource else deletes
            if kind == version.kind and fits:
                self._begin(self._tell(subscription.id, channel, version))

    def _begin(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _activate(self, asked: Version) -> None:
        if self._memory.versions("Subscription", asked.id)[-1] is asked:
            self._memory.write("PUT", "Subscription", asked.id, {**asked.resource, "status": "active"})

    async def _tell(self, subscription: str, channel: Json, version: Version) -> None:
        own = {"Content-Type": "application/fhir+json; charset=UTF-8", "If-Match": f'W/"{version.number}"'}
        headers = {
            name.strip(): text.strip() for name, text in (line.split(":", 1) for line in channel.get("header", []))
        }
        place, method = f"{channel['endpoint']}/{version.kind}/{version.id}", "PUT" if version.body else "DELETE"
        request = self._http.build_request(method, place, content=version.body, headers={**headers, **own})
        async with self._slots[subscription]:
            for pause in (0, *self._pauses):
                await asyncio.sleep(pause)
                with suppress(httpx.TransportError):
                    if (await self._http.send(request)).is_success:
                        return
