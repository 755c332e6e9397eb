"""A webhook over a real store in a folder of the test, and an EHR that is a handler function."""

import io
import json
from datetime import UTC, datetime, timedelta

import httpx
import msgspec
import pytest
from fastapi import FastAPI

from fhir_adapter.ehr import EhrClient
from fhir_adapter.receive.hints import Hints
from fhir_adapter.receive.keep import pace_of
from fhir_adapter.receive.webhook import Webhook, routes
from fhir_adapter.settings import Secret, Source
from fhir_adapter.store import inbox, open_store, progress
from fhir_adapter.telemetry import Hasher, Metrics, configure
from fhir_adapter.vocabulary import SourceWords

BASE = "https://ehr.example/fhir"
TOKEN = "canary-token-1"


class Time:
    """A clock that a test moves."""

    def __init__(self):
        self.now = datetime(2026, 3, 2, 15, 0, tzinfo=UTC)

    def __call__(self):
        return self.now

    def pass_(self, **length):
        self.now += timedelta(**length)


class FakeEhr:
    """Resources by address; everything that was asked, in order."""

    def __init__(self, clock):
        self.resources, self.asked, self.status = {}, [], None
        self.refused = {}  # part of an address → status
        self.client = EhrClient(BASE, clock=clock, transport=httpx.MockTransport(self._answer))

    def put(self, resource):
        self.resources[f"{resource['resourceType']}/{resource['id']}"] = resource

    def _answer(self, request):
        path = request.url.path.removeprefix("/fhir/")
        self.asked.append(path + (f"?{request.url.query.decode()}" if request.url.query else ""))
        refusals = [status for part, status in self.refused.items() if part in self.asked[-1]]
        if self.status or refusals:
            return httpx.Response(self.status or refusals[0])
        if "/" in path:
            found = self.resources.get(path)
            return httpx.Response(200, json=found) if found else httpx.Response(404)
        matches = [{"resource": one} for name, one in self.resources.items() if name.startswith(f"{path}/")]
        return httpx.Response(200, json={"resourceType": "Bundle", "entry": matches})


class World:
    """What a test looks at."""

    def __init__(self, store, clock, source, folder):
        self.store, self.clock, self.source, self.folder, self.rings = store, clock, source, folder, 0
        self.ehr, self.metrics = FakeEhr(clock), Metrics()
        self.hints = Hints(
            source="main", ehr=self.ehr.client, store=store, pace=pace_of(source), clock=clock,
            metrics=self.metrics, ring=self.ring,
        )  # fmt: skip

    def ring(self):
        self.rings += 1

    def door(self, limit=100_000):
        """A client of the real webhook, with the right token."""
        app = FastAPI()
        parts = {"store": self.store, "metrics": self.metrics, "ring": self.ring, "limit": limit}
        app.include_router(routes(Webhook(sources={"main": self.source}, **parts)))
        token = {"Authorization": f"Bearer {TOKEN}"}
        return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://adapter", headers=token)

    async def say(self, row):
        """One request as a row of `fixtures/notifications` has it."""
        self.source = msgspec.structs.replace(self.source, event_numbers=row.get("event_numbers", "subscription"))
        body = row["body"] if isinstance(row["body"], str) else json.dumps(row["body"])
        async with self.door() as client:
            place = "/hooks/main" + (f"/{row['address']}" if row["address"] else "")
            return await client.request(row["method"], place, headers=row["headers"], content=body.encode())

    async def inbox(self):
        """The oldest first."""
        return (await self.store.read(lambda conn: inbox.listed(conn, limit=100)))[::-1]

    async def due(self, patient="Patient/p1"):
        return await self.store.read(lambda conn: progress.of(conn, "main", patient))


@pytest.fixture
def log_lines():
    stream = io.StringIO()
    configure(Hasher(b"k" * 32), stream)
    return stream.getvalue


@pytest.fixture
def world(tmp_path, log_lines):
    clock = Time()
    source = Source(
        base_url=BASE, mode="shadow", rulebook="cpt-2026", words=SourceWords(time_zone="UTC"),
        hook_token=Secret(TOKEN, "env:T"), settle=60, max_wait=600,
    )  # fmt: skip
    store = open_store("sqlite", tmp_path / "data", clock)
    yield World(store, clock, source, tmp_path / "data")
    store.close()


@pytest.fixture
def administration():
    def make(name="a1", patient="Patient/p1", **more):
        subject = {} if patient is None else {"subject": {"reference": patient}}
        return {"resourceType": "MedicationAdministration", "id": name, "meta": {"versionId": "1"}, **subject, **more}

    return make


@pytest.fixture
def encode():
    return lambda resource: json.dumps(resource).encode()
