"""The page and the OpenAPI document of the hooks listener: true, complete, and nothing from elsewhere."""

import json
import re

import httpx
import pytest
from fastapi import FastAPI
from test_derive_charges import clock, derive, parts, site

from fhir_adapter.operation import Operation, describe, routes

pytestmark = pytest.mark.anyio


@pytest.fixture
async def engine():
    app = FastAPI(title="fhir-adapter hooks", docs_url=None, openapi_url=None)
    door = Operation(sites={"main": site("main")}, tokens={"main": "secret"}, clock=clock, limit=20_000)
    app.include_router(routes(door))
    describe(app)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://adapter.example") as client:
        yield client


async def operation_of(engine):
    about = (await engine.get("/openapi.json")).json()
    return about["paths"]["/fhir/$derive-charges"]["post"]


async def test_the_example_of_the_document_is_a_chart_that_has_charges(engine):
    content = (await operation_of(engine))["requestBody"]["content"]["application/fhir+json"]
    answer = await derive(engine, content["example"])
    assert answer.status_code == 200
    items, _ = parts(answer)
    assert [item["code"]["coding"][0]["code"] for item in items] == ["96374", "J1100"]


async def test_every_status_that_is_given_is_described_and_no_other(engine):
    typed = {"Authorization": "Bearer secret", "content-type": "text/xml"}
    example = (await operation_of(engine))["requestBody"]["content"]["application/fhir+json"]["example"]
    given = [
        await derive(engine, example),
        await derive(engine, {"resourceType": "Patient"}),
        await derive(engine, example, headers={}),
        await derive(engine, {"resourceType": "Bundle", "id": "x" * 20_001}),
        await engine.post("/fhir/$derive-charges", content=b"<a/>", headers=typed),
    ]
    assert {str(answer.status_code) for answer in given} == set((await operation_of(engine))["responses"])


async def test_the_document_names_the_token_and_the_source(engine):
    about = (await engine.get("/openapi.json")).json()
    operation = about["paths"]["/fhir/$derive-charges"]["post"]
    assert about["components"]["securitySchemes"]["token"]["scheme"] == "bearer"
    assert operation["security"] == [{"token": []}]
    assert [(part["name"], part["required"]) for part in operation["parameters"]] == [("source", False)]
    assert "main" not in re.findall(r"\w+", json.dumps(about)), "no source of the site"


async def test_the_page_shows_every_route_and_loads_nothing_from_anywhere(engine):
    about, answer = (await engine.get("/openapi.json")).json(), await engine.get("/docs")
    assert (answer.status_code, answer.headers["content-type"]) == (200, "text/html; charset=utf-8")
    for path, methods in about["paths"].items():
        for method in methods:
            assert f"<h2>{method.upper()} {path}</h2>" in answer.text
    assert re.findall(r'(?:src|href)="([^"]*)"', answer.text) == ["/openapi.json"]
    assert "<script" not in answer.text
    assert "@import" not in answer.text
    assert "url(" not in answer.text
    assert answer.headers["content-security-policy"].startswith("default-src 'none'; style-src 'sha256-")
