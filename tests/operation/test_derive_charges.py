"""The operation as an integration engine meets it: HTTP in, HTTP out, no store behind it."""

import json
import tomllib
from datetime import UTC, datetime
from pathlib import Path

import httpx
import msgspec
import pytest
from fastapi import FastAPI
from fhir.resources.R4B.capabilitystatement import CapabilityStatement
from fhir.resources.R4B.chargeitem import ChargeItem
from fhir.resources.R4B.operationdefinition import OperationDefinition
from fhir.resources.R4B.operationoutcome import OperationOutcome

from fhir_adapter.catalog import load_catalog
from fhir_adapter.operation import Operation, Site, routes
from fhir_adapter.post import Names
from fhir_adapter.rulebooks import load_rulebook
from fhir_adapter.vocabulary import SourceWords

pytestmark = pytest.mark.anyio
CHARTS = Path(__file__).parents[2] / "fixtures" / "charts"
WORDS = msgspec.convert(tomllib.loads((CHARTS / "words.toml").read_text()), SourceWords)
TOKEN = {"Authorization": "Bearer secret"}


def clock():
    return datetime(2026, 5, 5, 8, 0, tzinfo=UTC)


def site(name):
    return Site(
        names=Names(base="https://example.org/fhir-adapter", source=name),
        words=WORDS,
        rulebook=load_rulebook("cpt-2026"),
        drugs=load_catalog(WORDS),
        needs_product=False,
    )


@pytest.fixture
async def engine():
    app = FastAPI()
    app.include_router(
        routes(Operation(sites={"main": site("main")}, tokens={"main": "secret"}, clock=clock, limit=200_000))
    )
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://adapter.example") as client:
        yield client


def chart(name="r-chop"):
    return json.loads((CHARTS / f"{name}.json").read_text())


async def derive(engine, bundle, **how):
    return await engine.post("/fhir/$derive-charges", json=bundle, **({"headers": TOKEN} | how))


def parts(answer):
    resources = [entry["resource"] for entry in answer.json()["entry"]]
    return resources[:-1], resources[-1]


async def test_a_finished_chart_gives_its_charges_and_an_outcome(engine):
    answer = await derive(engine, chart())
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/fhir+json")
    items, outcome = parts(answer)
    units = {item["code"]["coding"][0]["code"]: item["quantity"]["value"] for item in items}
    assert (units["96413"], units["96415"]) == (1, 3)
    assert {item["context"]["reference"] for item in items} == {"Encounter/e1"}
    for item in items:
        ChargeItem.model_validate(item)
    OperationOutcome.model_validate(outcome)


async def test_an_open_visit_and_a_held_one_have_no_charge_and_say_why(engine):
    opened = chart()
    for entry in opened["entry"]:
        if entry["resource"]["resourceType"] == "Encounter":
            entry["resource"]["status"] = "in-progress"
    items, outcome = parts(await derive(engine, opened))
    assert items == []
    assert any(issue["code"] == "incomplete" for issue in outcome["issue"])
    held = chart()
    given = next(entry["resource"] for entry in held["entry"] if entry["resource"].get("id") == "a4")
    given["effectivePeriod"] = {"start": "2026-05-04T13:00:00-05:00", "end": "2026-05-04T09:00:00-05:00"}
    items, outcome = parts(await derive(engine, held))
    assert items == []
    (issue,) = [one for one in outcome["issue"] if one["severity"] == "error"]
    assert issue["details"]["coding"][0]["code"] == "end-before-start"
    assert issue["expression"] == ["MedicationAdministration/a4"]


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"{", "$"),
        (b'{"resourceType":"Patient"}', "$"),
        (b'{"resourceType":"Bundle","type":"collection","entry":[]}', "$.entry"),
    ],
)
async def test_what_is_no_chart_is_refused_by_field(engine, body, words):
    answer = await engine.post(
        "/fhir/$derive-charges", content=body, headers=TOKEN | {"content-type": "application/fhir+json"}
    )
    assert answer.status_code == 400
    outcome = answer.json()
    OperationOutcome.model_validate(outcome)
    assert any(words in place for issue in outcome["issue"] for place in issue["expression"])


async def test_a_stranger_another_type_and_a_long_body_are_refused(engine):
    assert (await derive(engine, chart(), headers={})).status_code == 401
    assert (await derive(engine, chart(), headers={"Authorization": "Bearer wrong"})).status_code == 401
    typed = TOKEN | {"content-type": "text/xml"}
    assert (await engine.post("/fhir/$derive-charges", content=b"<a/>", headers=typed)).status_code == 415
    assert (await derive(engine, {"resourceType": "Bundle", "id": "x" * 200_001})).status_code == 413
    assert (await derive(engine, chart(), params={"source": "nowhere"})).status_code == 400


async def test_the_statements_are_valid_and_name_the_operation(engine):
    statement = (await engine.get("/fhir/metadata")).json()
    CapabilityStatement.model_validate(statement)
    (named,) = statement["rest"][0]["operation"]
    found = (await engine.get(named["definition"].removeprefix("http://adapter.example"))).json()
    OperationDefinition.model_validate(found)
    assert found["code"] == named["name"] == "derive-charges"


async def test_the_same_chart_gives_the_same_bytes(engine):
    assert (await derive(engine, chart())).content == (await derive(engine, chart())).content
