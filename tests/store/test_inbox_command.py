"""`inbox`, `pause` and `resume` as a person types them."""

import asyncio
import json

import pytest
from store.conftest import AT_ONCE, notification, request
from typer.testing import CliRunner

from fhir_adapter.cli import build
from fhir_adapter.errors import ConfigurationError, StoreError
from fhir_adapter.store import control, due, inbox, outbox, pauses

CONFIGURATION = """
data = "data"
[sources.main]
base_url = "http://127.0.0.1:9/fhir"
mode = "shadow"
rulebook = "cpt-2026"
[sources.main.words]
time_zone = "America/Chicago"
"""


@pytest.fixture
def config(sqlite):
    path = sqlite.folder.parent / "site.toml"
    path.write_text(CONFIGURATION)
    return path


@pytest.fixture
def run(config):
    def run(*words):
        result = CliRunner().invoke(build(), [*words, "--config", str(config)])
        if result.exception and not isinstance(result.exception, SystemExit):
            raise result.exception
        return result

    return run


@pytest.fixture
def told(sqlite):
    """One that was coded, one at fault, one whose patient is not known."""
    store = sqlite.open()

    def work(conn):
        inbox.record(conn, notification(), **AT_ONCE)
        inbox.record(conn, notification(fault="effectiveDateTime: no offset"), **AT_ONCE)
        inbox.record(conn, notification(patient=None, id=None, type=None), **AT_ONCE)
        [claim] = due.claim(conn, slots=9, lease=AT_ONCE["settle"], max_attempts=9)
        outbox.ask(conn, claim, (request("e1.2026-03-03.96413.."),))
        inbox.coded(conn, claim, (7,))
        due.finish(conn, claim)

    asyncio.run(store.write(work))
    store.close()


def paused(sqlite):
    store = sqlite.open()
    try:
        return [(pause.source, pause.why) for pause in asyncio.run(store.read(pauses.listed))]
    finally:
        store.close()


@pytest.mark.usefixtures("told")
def test_inbox_says_what_each_notification_caused(run):
    unknown, faulty, coded = run("inbox").stdout.splitlines()
    assert coded.endswith("POST Encounter/e1  coded: visits 7; charges create e1.2026-03-03.96413..")
    assert faulty.endswith("faulty: effectiveDateTime: no offset")
    assert unknown.endswith("POST  received")


@pytest.mark.usefixtures("told")
def test_inbox_for_machines_and_by_state(run):
    [coded] = json.loads(run("inbox", "--state", "coded", "--format", "json").stdout)
    assert (coded["visits"], coded["charges"]) == ([7], ["create e1.2026-03-03.96413.."])
    assert len(json.loads(run("inbox", "--limit", "2", "--format", "json").stdout)) == 2


def test_an_empty_inbox_says_so(run, sqlite):
    sqlite.open().close()
    assert run("inbox").stdout == "no notifications\n"


@pytest.mark.parametrize(("option", "value"), [("--state", "eaten"), ("--format", "xml")], ids=["state", "format"])
@pytest.mark.usefixtures("told")
def test_another_word_is_refused_with_those_allowed(run, option, value):
    with pytest.raises(ConfigurationError, match=f"^{option}: allowed are "):
        run("inbox", option, value)


def test_before_the_first_start_there_is_no_inbox(run):
    with pytest.raises(ConfigurationError, match="no database"):
        run("inbox")


def test_pause_and_resume_where_no_serve_runs(run, sqlite):
    assert run("pause", "main", "--why", "go-live").stdout.startswith("main: posting is paused since ")
    assert paused(sqlite) == [("main", "go-live")]
    assert run("resume", "main").stdout == "main: posting goes on\n"
    assert paused(sqlite) == []


def test_pause_asks_the_process_that_runs(run, sqlite):
    async def serve():
        store = sqlite.open()
        async with control.listening(store, sqlite.folder):
            await asyncio.to_thread(run, "pause", "main", "--why", "go-live")
        [pause] = await store.read(pauses.listed)
        store.close()
        return pause

    assert asyncio.run(serve()).why == "go-live"


def test_a_source_that_is_not_configured_is_refused(run):
    with pytest.raises(ConfigurationError, match="no such source; it has main"):
        run("pause", "mian", "--why", "go-live")


def test_a_pause_needs_a_reason(run):
    assert run("pause", "main").exit_code == 2
    with pytest.raises(ConfigurationError, match="a reason is needed"):
        run("pause", "main", "--why", " ")


def test_a_list_of_those_at_fault_is_the_quarantine(run, told):
    assert "effectiveDateTime: no offset" in run("inbox", "list", "--state", "faulty").stdout
    assert run("inbox", "list").stdout == run("inbox").stdout


def test_one_notification_with_its_patients_work(run, told):
    said = run("inbox", "show", "1").stdout.splitlines()
    assert said[0].startswith("     1  ")
    assert said[1:] == ["body: 12 bytes", "code: settled, 0 attempts", "send: waiting, 0 attempts"]
    assert json.loads(run("inbox", "show", "1", "--format", "json").stdout)["received"]["number"] == 1
    assert run("inbox", "show", "1", "--body").stdout == '{"as": 1.50}'
    with pytest.raises(ConfigurationError, match="no notification 99"):
        run("inbox", "show", "99")


def test_a_notification_is_read_again_and_stands_anew(run, told, sqlite):
    said = run("inbox", "replay", "2").stdout
    assert said == "notification 2 was read again and is kept as 4 (faulty)\n", "its body is no resource still"
    listed = json.loads(run("inbox", "list", "--format", "json").stdout)
    assert {one["number"]: one["state"] for one in listed} == {1: "coded", 2: "replayed", 3: "received", 4: "faulty"}
    with pytest.raises(StoreError, match="none of this number"):
        run("inbox", "replay", "99")


def test_a_parked_patient_is_found_and_woken_by_a_replay(run, sqlite):
    store = sqlite.open()
    body = b'{"resourceType": "Encounter", "id": "e1", "subject": {"reference": "Patient/1"}}'

    def park(conn):
        inbox.record(conn, notification(body=body), **AT_ONCE)
        inbox.record(conn, notification(patient="Patient/2"), **AT_ONCE)
        for claim in due.claim(conn, slots=9, lease=AT_ONCE["settle"], max_attempts=9):
            if claim.patient == "Patient/1":
                due.postpone(conn, claim, "lookup-error", wait=AT_ONCE["settle"], max_attempts=1)

    asyncio.run(store.write(park))
    store.close()
    parked = json.loads(run("inbox", "list", "--parked", "--format", "json").stdout)
    assert [one["number"] for one in parked] == [1]
    assert "code: parked, 1 attempts, lookup-error" in run("inbox", "show", "1").stdout
    assert run("inbox", "replay", "1").stdout.endswith("kept as 3 (marked)\n")
    assert run("inbox", "list", "--parked").stdout == "no notifications\n"
