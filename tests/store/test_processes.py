"""Processes that are stopped and killed: the fence holds, and nothing that was acknowledged is lost."""

import contextlib
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from store.conftest import AT_ONCE, notification

from fhir_adapter.store import counters, inbox, progress, versions

pytestmark = [pytest.mark.anyio, pytest.mark.real]
HERE = Path(__file__).parent


@pytest.fixture
def start(database):
    """Starts a program of this folder on the database; ends whatever of them still runs."""
    with contextlib.ExitStack() as running:

        def run(program, *arguments):
            command = [sys.executable, HERE / program, *arguments, database.url, database.folder]
            pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
            process = running.enter_context(subprocess.Popen(command, text=True, **pipes))
            running.callback(process.kill)
            return process

        yield run


async def test_a_worker_stopped_past_its_lease_is_refused_and_counted(database, start):
    store = database.open()
    await store.write(lambda conn: inbox.record(conn, notification(), **AT_ONCE))
    store.close()

    first = start("two_workers.py", "first")
    assert first.stdout.readline() == "claimed\n"
    first.send_signal(signal.SIGSTOP)
    second = start("two_workers.py", "second")
    assert second.stdout.readline() == "claimed\n"
    second.stdin.write("go\n")
    second.stdin.flush()
    assert second.stdout.readline() == "finished\n"
    first.send_signal(signal.SIGCONT)
    first.stdin.write("go\n")
    first.stdin.flush()
    assert first.stdout.readline() == "refused\n"
    assert (first.wait(30), second.wait(30)) == (0, 0)

    store = database.open()
    assert await store.read(counters.listed) == {"fenced": 1}
    kept = await store.read(lambda conn: versions.of(conn, "main", "Work", "w"))
    assert [one.body for one in kept] == [b"second"]
    after = await store.read(lambda conn: progress.of(conn, "main", "Patient/1"))
    assert (after.state, after.attempts) == ("settled", 0)


async def test_a_kill_loses_nothing_that_was_acknowledged(database, start):
    acknowledged = []
    for _ in range(2):
        process = start("one_writer.py")
        acknowledged += [int(process.stdout.readline()) for _ in range(200)]
        process.kill()
        acknowledged += [int(line) for line in process.stdout if line.endswith("\n")]
    store = database.open()
    kept = await store.read(lambda conn: inbox.listed(conn, limit=100_000))
    assert set(acknowledged) <= {one.number for one in kept}
    marked = {one.patient: one.generation for one in await store.read(progress.behind)}
    told_of = [one.patient for one in kept]
    assert marked == {patient: told_of.count(patient) for patient in marked}
