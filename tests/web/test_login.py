"""Who may look: one-time links, sessions, the Host header, the headers of every answer."""

import pytest

from fhir_adapter.store import access

pytestmark = pytest.mark.anyio
PROTECTED = ["/", "/visits.csv", "/visits/1", "/api/visits", "/api/visits/1"]


@pytest.mark.parametrize("path", PROTECTED)
async def test_nothing_is_shown_without_a_login(stranger, path, store):
    answer = await stranger.get(path)
    assert answer.status_code == 401
    assert "a login is needed" in answer.text.lower()
    assert await store.read(lambda conn: access.listed(conn, limit=9)) == ()


async def test_a_link_opens_once(stranger, desk):
    path = desk.logins.new_path()
    first = await stranger.get(path)
    assert (first.status_code, first.headers["location"]) == (303, "/")
    cookie = first.headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=strict" in cookie
    assert (await stranger.get("/")).status_code == 200
    assert (await stranger.get(path)).status_code == 401


async def test_a_link_grows_old(stranger, desk, clock):
    path = desk.logins.new_path()
    clock.move(hours=1)
    assert (await stranger.get(path)).status_code == 401


async def test_a_session_lasts_a_working_day(analyst, clock):
    clock.move(hours=9, minutes=59)
    assert (await analyst.get("/")).status_code == 200
    clock.move(minutes=1)
    assert (await analyst.get("/")).status_code == 401


async def test_logging_out_ends_the_session(analyst, desk):
    session = analyst.cookies[desk.logins.cookie]
    await analyst.post("/logout")
    analyst.cookies.set(desk.logins.cookie, session)
    assert (await analyst.get("/")).status_code == 401


async def test_who_is_in_makes_a_link_for_a_colleague(analyst, stranger):
    link = (await analyst.post("/api/login-links", params={"visit": 7})).json()["link"]
    assert link.startswith("http://127.0.0.1:8081/login?link=")
    stranger.cookies.clear()
    assert (await stranger.post("/api/login-links")).status_code == 401
    assert (await stranger.get(link)).headers["location"] == "/visits/7"


@pytest.mark.parametrize("elsewhere", ["//evil.example", "https://evil.example", "7/../.."])
async def test_a_link_leads_to_a_visit_and_nowhere_else(stranger, desk, elsewhere):
    answer = await stranger.get(desk.logins.new_path(), params={"visit": elsewhere})
    assert "location" not in answer.headers


@pytest.mark.parametrize("host", ["127.0.0.1:8081", "localhost", "[::1]:8081"])
async def test_loopback_names_are_answered(analyst, host):
    assert (await analyst.get("/", headers={"host": host})).status_code == 200


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example", "10.0.0.1:8081", ""])
async def test_other_names_are_not(analyst, host):
    answer = await analyst.get("/", headers={"host": host})
    assert answer.status_code == 400
    assert "visit" not in answer.text.lower()


@pytest.mark.parametrize("path", ["/", "/static/desk.css", "/nowhere", "/visits/none", "/login"])
async def test_every_answer_forbids_scripts_frames_and_copies(stranger, path):
    headers = (await stranger.get(path)).headers
    assert "default-src 'none'" in headers["content-security-policy"]
    assert "script" not in headers["content-security-policy"]
    assert "frame-ancestors 'none'" in headers["content-security-policy"]
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["cache-control"] == "no-store"
