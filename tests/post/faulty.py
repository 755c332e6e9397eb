"""A sandbox behind a wire that can be cut: each request may meet a fault, before or after the server has done it."""

import json
from collections import deque

import httpx

from fhir_adapter.ehr import EhrClient
from fhir_adapter.post import Rest
from fhir_adapter.sandbox import build

BASE = "http://127.0.0.1/fhir"
TYPE = f"{BASE}/ChargeItem"


class Wire(httpx.AsyncBaseTransport):
    """`faults` has one of these for each coming write: None, `lost` (done, no answer), `never` (not done, no answer),
    or the status that is answered without doing anything. `broken_reads` are types whose searches fail; `after_write`
    and `after_read` are awaited after each of their kind."""

    def __init__(self):
        self.server = httpx.ASGITransport(app=build())
        self.faults = deque()
        self.asked = []
        self.broken_reads = set()
        self.after_write = self.after_read = None

    async def handle_async_request(self, request):
        self.asked.append((request.method, dict(request.headers)))
        write = request.method in ("POST", "PUT")
        fault = self.faults.popleft() if write and self.faults else None
        if not write and any(f"/{kind}" in request.url.path for kind in self.broken_reads):
            fault = 503
        if isinstance(fault, int):
            return httpx.Response(fault, request=request, json={"resourceType": "OperationOutcome"})
        if fault == "never":
            raise httpx.ReadTimeout("no answer", request=request)
        answer = await self.server.handle_async_request(request)
        if after := self.after_write if write else self.after_read:
            await after()
        if fault == "lost":
            raise httpx.ReadTimeout("no answer", request=request)
        return answer

    @property
    def writes(self):
        return [method for method, _ in self.asked if method in ("POST", "PUT")]


class Ehr:
    """The EHR as the tests see it, and the driver that is tested against it."""

    def __init__(self, clock, system):
        self.wire = Wire()
        self.client = EhrClient(BASE, clock=clock, transport=self.wire)
        self.driver = Rest(self.client, system)
        self.person = httpx.AsyncClient(transport=self.wire.server)

    async def items(self):
        answer = await self.person.get(TYPE, params={"_count": "200"})
        return [entry["resource"] for entry in answer.json().get("entry", [])]

    async def change(self, item, **elements):
        """Somebody else edits an item."""
        changed = {name: value for name, value in (item | elements).items() if name != "meta"}
        return (await self.person.put(f"{TYPE}/{item['id']}", content=json.dumps(changed))).json()

    async def add(self, body):
        return (await self.person.post(TYPE, content=body)).json()

    async def delete(self, item):
        await self.person.delete(f"{TYPE}/{item['id']}")
