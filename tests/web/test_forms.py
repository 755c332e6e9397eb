"""The forms of the page: what they keep, under whose name, and who cannot send one."""

import re

import pytest
from desk_visit import keep, kept

from fhir_adapter.store import decisions, progress

pytestmark = pytest.mark.anyio
BY = {"name": "Ada Reviewer", "why": "pump log, page 3"}


@pytest.fixture
async def number(store):
    (number,) = await store.write(lambda conn: keep(conn, kept()))
    return number


@pytest.fixture
async def send(analyst, number):
    """`send(path, fields)` as the page would, with the token that the page has."""
    page = (await analyst.get(f"/visits/{number}")).text
    token = re.search(r'name="token" value="([0-9a-f]{64})"', page)[1]

    async def send(path="decisions", **fields):
        return await analyst.post(f"/visits/{number}/{path}", data={"token": token} | BY | fields)

    return send


def of_patient(store):
    return store.read(lambda conn: decisions.of_patient(conn, "main", "Patient/p1"))


@pytest.mark.parametrize(
    ("fields", "about", "value"),
    [
        ({"kind": "hold"}, "e1/2026-05-04", ""),
        ({"kind": "stop-time", "administration": "a3", "value": "2026-05-04T13:45"}, "a3", "2026-05-04T13:45:00-05:00"),
        ({"kind": "product", "administration": "a3", "value": "ndc:50242005306"}, "a3", "ndc:50242005306"),
        ({"kind": "class", "administration": "a2", "value": "therapeutic"}, "a2", "therapeutic"),
        ({"kind": "site", "administration": "a2", "value": "right"}, "a2", "right"),
    ],
)
async def test_each_form_keeps_a_decision_and_has_the_visit_coded_anew(
    send, store, analyst, number, fields, about, value
):
    answer = await send(**fields)
    assert (answer.status_code, answer.headers["location"]) == (303, f"/visits/{number}#decisions")
    (one,) = await of_patient(store)
    assert (one.kind, one.about, one.value, one.why) == (fields["kind"], about, value, BY["why"])
    assert re.fullmatch(r"Ada Reviewer \(session [0-9a-f]{8}\)", one.who)
    assert (await store.read(lambda conn: progress.of(conn, "main", "Patient/p1"))).state == "waiting"
    page = (await analyst.get(f"/visits/{number}")).text
    assert "Ada Reviewer" in page
    assert BY["why"] in page


async def test_a_release_names_the_lines_that_were_seen(send, store):
    await send(kind="release")
    (one,) = await of_patient(store)
    assert re.fullmatch("[0-9a-f]{64}", one.value)


async def test_a_decision_is_taken_back_by_name(send, store, analyst, number):
    await send(kind="hold")
    (one,) = await of_patient(store)
    assert (await send(f"decisions/{one.number}/undo", why="settled")).status_code == 303
    assert await of_patient(store) == ()
    assert "taken back by Ada Reviewer" in (await analyst.get(f"/visits/{number}")).text
    assert (await send(f"decisions/{one.number}/undo")).status_code == 404


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"kind": "hold", "name": " "}, "name: your name is needed"),
        ({"kind": "hold", "why": ""}, "why: a reason is needed"),
        ({"kind": "dose"}, "kind:"),
        ({"kind": "stop-time", "administration": "a3", "value": "noon"}, "value:"),
        ({"kind": "stop-time", "administration": "a3", "value": "2026-11-01T01:30"}, "value: the clocks change"),
        ({"kind": "stop-time", "administration": "a3", "value": "2026-03-08T02:30"}, "value: the clocks change"),
        ({"kind": "site", "administration": "a99", "value": "left"}, "administration:"),
    ],
)
async def test_what_is_refused_comes_back_on_the_page_with_its_field(send, store, fields, words):
    answer = await send(**fields)
    assert answer.status_code == 400
    assert f"<strong>Not kept.</strong> {words}" in answer.text
    assert await of_patient(store) == ()


async def test_a_form_without_the_sessions_token_is_refused(send, store, analyst, number):
    assert (await send(kind="hold", token="0" * 64)).status_code == 403
    assert (await analyst.post(f"/visits/{number}/decisions", data=BY | {"kind": "hold"})).status_code == 403
    assert (await analyst.post(f"/visits/{number}/decisions", json=BY | {"kind": "hold"})).status_code == 415
    long = {"kind": "hold", "why": "x" * 70_000}
    assert (await send(**long)).status_code == 413
    analyst.cookies.clear()
    assert (await send(kind="hold")).status_code == 401
    assert await of_patient(store) == ()


async def test_an_older_coding_has_no_forms_and_refuses_a_release(send, store, analyst, number):
    await store.write(lambda conn: keep(conn, kept(state="billable")))
    assert (await send(kind="release")).status_code == 400
    assert 'name="kind"' not in (await analyst.get(f"/visits/{number}")).text
