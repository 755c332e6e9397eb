"""Decisions over the desk's API: who may, what is refused, and that each is kept under the name of who made it."""

import pytest
from desk_visit import keep, kept

from fhir_adapter.store import access, decisions

pytestmark = pytest.mark.anyio
STOP = {"kind": "stop-time", "administration": "a1", "value": "2026-05-04T13:00:00-05:00", "why": "pump log"}


@pytest.fixture
async def number(store):
    (number,) = await store.write(lambda conn: keep(conn, kept()))
    return number


async def test_a_decision_is_kept_listed_and_taken_back_once(analyst, store, number):
    made = await analyst.post(f"/api/visits/{number}/decisions", json=STOP)
    assert made.status_code == 201
    (listed,) = (await analyst.get("/api/decisions")).json()
    assert (listed["decision"]["about"], listed["decision"]["why"], listed["undone_at"]) == ("a1", "pump log", None)
    assert listed["decision"]["who"]
    undone = [
        (await analyst.post(f"/api/decisions/{made.json()['decision']}/undo", json={"why": "charted"})).status_code
        for _ in range(2)
    ]
    assert undone == [204, 404]
    assert await store.read(lambda conn: decisions.of_patient(conn, "main", "Patient/p1")) == ()
    assert any("to decide" in one.what for one in await store.read(lambda conn: access.listed(conn, limit=9)))


@pytest.mark.parametrize(
    ("body", "status", "words"),
    [
        ({**STOP, "kind": "dose"}, 400, "kind"),
        ({**STOP, "administration": "a99"}, 400, "administration"),
        ({**STOP, "value": "noon"}, 400, "value"),
        ({**STOP, "why": ""}, 400, "why"),
        ({**STOP, "colour": 1}, 400, "colour"),
        ([], 400, "Expected"),
    ],
)
async def test_what_is_no_decision_is_refused_by_field(analyst, number, body, status, words):
    answer = await analyst.post(f"/api/visits/{number}/decisions", json=body)
    assert answer.status_code == status
    assert words in answer.json()["error"]


async def test_a_form_from_elsewhere_a_stranger_and_an_unknown_visit(analyst, stranger, desk, number):
    form = await analyst.post(f"/api/visits/{number}/decisions", data={"kind": "hold"})
    assert form.status_code == 415
    assert (await analyst.post("/api/visits/999/decisions", json=STOP)).status_code == 404
    assert (await analyst.post("/api/decisions/1/undo", json={"why": " "})).status_code == 400
    stranger.cookies.clear()
    for path in (f"/api/visits/{number}/decisions", "/api/decisions/1/undo"):
        assert (await stranger.post(path, json=STOP)).status_code == 401
    assert (await stranger.get("/api/decisions")).status_code == 401
