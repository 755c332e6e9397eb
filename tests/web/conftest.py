"""A desk over a real SQLite store."""

from zoneinfo import ZoneInfo

import httpx
import pytest
from desk_visit import Clock

from fhir_adapter.store import open_store
from fhir_adapter.web import Desk, Logins, build

CENTRAL = ZoneInfo("America/Chicago")


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def store(tmp_path, clock):
    store = open_store("sqlite", tmp_path / "data", clock)
    yield store
    store.close()


@pytest.fixture
def desk(clock):
    return Desk(
        clock=clock, logins=Logins(clock), hashed=lambda text: f"hash-of-{len(text)}",
        modes={"main": "shadow"}, zones={"main": CENTRAL},
        warnings={"carecost-96417": "CMS reads these codes otherwise."},
    )  # fmt: skip


@pytest.fixture
def app(store, desk):
    return build(store, desk)


@pytest.fixture
async def stranger(app):
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8081") as client:
        yield client


@pytest.fixture
async def analyst(stranger, desk):
    await stranger.get(desk.logins.new_path())
    return stranger
