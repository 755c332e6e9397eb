"""What the list and the visit page show, and that each look is written down."""

import csv
import io

import msgspec
import pytest
from desk_visit import RESULT, keep, kept

from fhir_adapter.store import access, counters, pauses

pytestmark = pytest.mark.anyio


@pytest.fixture
async def number(store):
    (number,) = await store.write(lambda conn: keep(conn, kept()))
    return number


async def test_the_list_is_empty_at_first(analyst):
    assert "No visit yet" in (await analyst.get("/")).text


async def test_the_list_says_state_reason_and_age(analyst, number, clock):
    clock.move(hours=2, minutes=5)
    page = (await analyst.get("/")).text
    for shown in (f'href="/visits/{number}"', "e1/2026-05-04", "stop-time-missing", "2 h 5 min", "shadow", ">held<"):
        assert shown in page
    assert "Patient/p1" not in page


async def test_held_visits_come_first_and_a_state_can_be_chosen(analyst, store, number):
    fine = {"key": "e2/2026-05-04", "state": "posted", "held_by": (), "disposition": "billable"}
    await store.write(lambda conn: keep(conn, kept(**fine), patient="Patient/p2"))
    keys = [row["key"] for row in (await analyst.get("/api/visits")).json()]
    assert keys == ["e1/2026-05-04", "e2/2026-05-04"]
    posted = (await analyst.get("/", params={"state": "posted"})).text
    assert "e2/2026-05-04" in posted
    assert "e1/2026-05-04" not in posted


async def test_the_list_as_json(analyst, number, clock):
    clock.move(seconds=90)
    (row,) = (await analyst.get("/api/visits")).json()
    assert row == {
        "id": number, "source": "main", "key": "e1/2026-05-04", "patient": "hash-of-10", "state": "held",
        "disposition": "held", "held_by": ["stop-time-missing"], "age_seconds": 90, "coded_at": "2026-05-04T20:00:00Z",
        "rulebook": "carecost-96417", "lines": 4,
    }  # fmt: skip


async def test_the_list_as_csv(analyst, store, number):
    await store.write(lambda conn: keep(conn, kept(key="-2+3/2026-05-04"), patient="Patient/p2"))
    answer = await analyst.get("/visits.csv")
    assert answer.headers["content-type"].startswith("text/csv")
    rows = list(csv.DictReader(io.StringIO(answer.text)))
    assert {row["key"] for row in rows} == {"e1/2026-05-04", "'-2+3/2026-05-04"}
    assert rows[0]["held_by"] == "stop-time-missing"


async def test_a_pause_and_the_rulebooks_warning_stand_on_the_list(analyst, store, number):
    await store.write(lambda conn: pauses.pause(conn, "main", why="month end", who="somebody"))
    page = (await analyst.get("/")).text
    assert "month end" in page
    assert "CMS reads these codes otherwise." in page


async def test_what_only_sweeps_found_stands_on_the_list(analyst, store):
    assert "told of" not in (await analyst.get("/")).text
    await store.write(lambda conn: counters.add(conn, counters.UNTOLD + "main", 3))
    assert "3 changes that no notification told of" in (await analyst.get("/")).text


async def test_the_page_shows_lines_reasons_findings_and_the_second_opinion(analyst, number):
    page = (await analyst.get(f"/visits/{number}")).text
    for shown in (
        "96413", "J9312", "why 96415", "R2.2", "NDC 50242005306", "The infusion has no stop.", "Chart when it stopped.",
        "96411", "A push of a further drug is 96411.", "R6.1", "CMS reads these codes otherwise.", "Patient/p1",
        "this source is in shadow",
    ):  # fmt: skip
        assert shown in page


async def test_what_a_chart_says_is_escaped(analyst, number):
    page = (await analyst.get(f"/visits/{number}")).text
    assert "vincristine &lt;b&gt;" in page
    assert "vincristine <b>" not in page


async def test_a_rulebook_without_a_warning_has_no_banner(analyst, store):
    result = msgspec.structs.replace(RESULT, rulebook="cpt-2026")
    (number,) = await store.write(lambda conn: keep(conn, kept(result=result, held_by=())))
    assert "CMS reads" not in (await analyst.get(f"/visits/{number}")).text


async def test_the_visit_as_json_is_what_was_kept(analyst, number):
    answer = (await analyst.get(f"/api/visits/{number}")).json()
    assert answer["result"] == msgspec.json.decode(msgspec.json.encode(RESULT))
    assert answer["second_opinion"]["differences"][0]["because"] == "A push of a further drug is 96411."
    assert answer["newest"] == number
    assert answer["charges"] == []
    assert [bar["id"] for bar in answer["timeline"]["bars"]] == ["a1", "a2", "a3", "a4", "a5"]


async def test_an_older_coding_leads_to_the_latest(analyst, store, number):
    changed = msgspec.structs.replace(RESULT, lines=RESULT.lines[:2])
    (newer,) = await store.write(lambda conn: keep(conn, kept(result=changed)))
    assert f'<a href="/visits/{newer}">the visit was coded again</a>' in (await analyst.get(f"/visits/{number}")).text
    assert (await analyst.get(f"/api/visits/{number}")).json()["newest"] == newer
    assert "was coded again" not in (await analyst.get(f"/visits/{newer}")).text


async def test_a_visit_without_second_opinion_or_administrations(analyst, store):
    chart = msgspec.json.decode(kept().chart)
    chart["visit"]["administrations"] = []
    empty = msgspec.structs.replace(RESULT, lines=(), findings=())
    visit = kept(result=empty, second_opinion=None, chart=msgspec.json.encode(chart))
    (number,) = await store.write(lambda conn: keep(conn, visit))
    page = (await analyst.get(f"/visits/{number}")).text
    assert "None was asked for" in page
    assert "<svg" not in page


@pytest.mark.parametrize("path", ["/visits/99", "/visits/none", "/api/visits/99", "/nowhere"])
async def test_what_is_not_there_is_said_so(analyst, path):
    answer = await analyst.get(path)
    assert answer.status_code == 404
    assert "99" not in answer.text


async def test_each_look_is_in_the_access_log(analyst, store, number):
    for path in ("/", f"/visits/{number}", "/visits.csv", f"/api/visits/{number}"):
        await analyst.get(path)
    looks = await store.read(lambda conn: access.listed(conn, limit=9))
    assert [look.what for look in looks] == [
        f"visit {number} as JSON", "list as CSV", f"visit {number} as page", "list",
    ]  # fmt: skip
    assert len({look.who for look in looks}) == 1
