"""`inbox`, `pause` and `resume` as a person types them."""

import asyncio
import json

import pytest
from store.conftest import AT_ONCE, notification, request
from typer.testing import CliRunner

from fhir_adapter.cli import build
from fhir_adapter.errors import ConfigurationError
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
