"""What is on which listener. The two apps as `build` makes them, without a process."""

from pathlib import Path

import httpx
import pytest
from fhir.resources.R4B.chargeitemdefinition import ChargeItemDefinition
from serve.conftest import TOKEN

from fhir_adapter.app.build import build
from fhir_adapter.post import Names
from fhir_adapter.rulebooks import load_rulebook
from fhir_adapter.settings import load

pytestmark = [pytest.mark.anyio, pytest.mark.real]


@pytest.fixture
def make(configure):
    apps = []

    def make(top="", hooks="127.0.0.1:0"):
        path = Path(configure(top=top))
        path.write_text(path.read_text().replace('hooks = "127.0.0.1:0"', f'hooks = "{hooks}"'))
        apps.append(build(load(path, {"HOOK_TOKEN": TOKEN, "METRICS": "measure-me"})))
        return apps[-1]

    yield make
    for app in apps:
        app.store.close()  # twice is once


def paths(app):
    return set(app.openapi()["paths"])


def client(app):
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://127.0.0.1")


async def test_no_desk_route_is_on_the_hooks_listener(make):
    app = make()
    assert paths(app.hooks) == {
        "/hooks/{source}", "/hooks/{source}/{address}", "/healthz", "/readyz", "/metrics",
        "/fhir/StructureDefinition/{name}", "/.well-known/jwks.json",
        "/fhir/$derive-charges", "/fhir/metadata", "/fhir/OperationDefinition/derive-charges",
        "/fhir/ChargeItemDefinition/{rulebook}",
    }  # fmt: skip
    async with client(app.hooks) as hooks, client(app.desk) as desk:
        for path in ("/", "/visits/1", "/visits.csv", "/login?link=x", "/api/visits", "/static/desk.css"):
            answer = await hooks.get(path)
            assert (answer.status_code, answer.content) == (404, b"")
        for path in ("/healthz", "/readyz", "/metrics", "/docs", "/openapi.json", "/fhir/StructureDefinition/x"):
            assert (await desk.get(path)).status_code == 404
        assert (await desk.post("/hooks/main")).status_code in (404, 405)


async def test_health_and_definitions(make):
    app = make()
    async with client(app.hooks) as hooks:
        assert (await hooks.get("/healthz")).status_code == 200
        assert (await hooks.get("/readyz")).status_code == 200
        found = await hooks.get("/fhir/StructureDefinition/charge-modifier")
        assert found.json()["url"] == "https://example.org/fhir-adapter/StructureDefinition/charge-modifier"
        assert (await hooks.get("/fhir/StructureDefinition/other")).status_code == 404
        assert (await hooks.get("/hooks/main")).status_code == 405


async def test_metrics_are_not_for_strangers(make):
    async with client(make().hooks) as hooks:
        assert (await hooks.get("/metrics")).status_code == 200
    app = make(top='data = "other"\nmetrics_token = "env:METRICS"', hooks="0.0.0.0:0")
    async with client(app.hooks) as hooks:
        assert (await hooks.get("/metrics")).status_code == 404
        answer = await hooks.get("/metrics", headers={"Authorization": "Bearer measure-me"})
        assert answer.status_code == 200
    app = make(top='data = "third"', hooks="0.0.0.0:0")
    async with client(app.hooks) as hooks:
        assert (await hooks.get("/metrics")).status_code == 404


async def test_patients_behind_are_counted(make):
    app = make()
    async with client(app.hooks) as hooks:
        notification = {"resourceType": "Patient", "id": "p"}
        answer = await hooks.post("/hooks/main", json=notification, headers={"Authorization": f"Bearer {TOKEN}"})
        assert answer.status_code == 204
        assert 'patients_behind{lane="code",state="waiting"} 1.0' in (await hooks.get("/metrics")).text


async def test_not_ready_when_nothing_can_be_kept(make):
    app = make()
    app.store.close()
    async with client(app.hooks) as hooks:
        assert (await hooks.get("/readyz")).status_code == 503


async def test_the_definition_that_a_charge_names_is_served(make):
    async with client(make().hooks) as hooks:
        answer = await hooks.get("/fhir/ChargeItemDefinition/carecost-96417")
        assert (await hooks.get("/fhir/ChargeItemDefinition/other")).status_code == 404
    book = load_rulebook("carecost-96417")
    named = Names(base="https://example.org/fhir-adapter", source="main").definition(book.name, book.hash)
    found = answer.json()
    ChargeItemDefinition.model_validate(found)
    assert f"{found['url']}|{found['version']}" == named
