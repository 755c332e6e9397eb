"""A writing command asks the process that writes; where none runs it writes itself."""

import asyncio
import json

import pytest
from real.databases import clock

from fhir_adapter.errors import ConfigurationError, StoreError, StoreLocked
from fhir_adapter.store import control, pauses
from fhir_adapter.store.folder import SOCKET

pytestmark = pytest.mark.anyio
PAUSE = control.Pause(source="main", why="go-live", who="somebody")
RESUME = control.Resume(source="main", who="somebody")


def carry_out(database, command):
    return control.carry_out(database.url, database.folder, clock, command)


async def test_the_running_process_does_it(sqlite):
    store = sqlite.open()
    async with control.listening(store, sqlite.folder):
        assert (sqlite.folder / SOCKET).stat().st_mode & 0o777 == 0o600
        assert (await carry_out(sqlite, PAUSE)).startswith("main: posting is paused since 2")
        [pause] = await store.read(pauses.listed)
        assert (pause.source, pause.why, pause.who) == ("main", "go-live", "somebody")
        assert await carry_out(sqlite, RESUME) == "main: posting goes on"
        assert await carry_out(sqlite, RESUME) == "main: was not paused"
    store.close()
    assert not (sqlite.folder / SOCKET).exists()


async def test_where_none_runs_the_command_writes_itself(database):
    await carry_out(database, PAUSE)
    store = database.open()
    assert [pause.why for pause in await store.read(pauses.listed)] == ["go-live"]


async def test_on_postgresql_it_writes_beside_the_others(store, database):
    if database.url == "sqlite":
        with pytest.raises(StoreLocked):
            await carry_out(database, PAUSE)
    else:
        await carry_out(database, PAUSE)
        assert [pause.why for pause in await store.read(pauses.listed)] == ["go-live"]


async def test_a_socket_that_a_killed_process_left_is_no_obstacle(sqlite):
    sqlite.open().close()
    left = control._socket(sqlite.folder / SOCKET)
    left.close()
    await carry_out(sqlite, PAUSE)
    store = sqlite.open()
    async with control.listening(store, sqlite.folder):
        assert await carry_out(sqlite, RESUME) == "main: posting goes on"


@pytest.mark.parametrize("line", [b"\n", b"{}\n", b'{"type": "erase"}\n', b"\xff\n", b"x" * 70_000 + b"\n"])
async def test_what_is_no_command_is_answered_and_changes_nothing(sqlite, line):
    store = sqlite.open()
    async with control.listening(store, sqlite.folder):
        reader, writer = await asyncio.open_unix_connection(control._address(sqlite.folder / SOCKET))
        writer.write(line)
        answer = json.loads(await reader.readline())
        assert answer["failed"]
        assert answer["said"].startswith("not a command")
        writer.close()
        assert await carry_out(sqlite, RESUME) == "main: was not paused"


async def test_what_could_not_be_done_is_told_to_who_asked(sqlite):
    store = sqlite.open()
    async with control.listening(store, sqlite.folder):
        await store.write(lambda conn: conn.exec_driver_sql("DROP TABLE pauses"))
        with pytest.raises(StoreError, match="did not do what was asked"):
            await carry_out(sqlite, PAUSE)


async def test_an_answer_that_is_none_leaves_no_doubt_about_the_doubt(sqlite):
    sqlite.folder.mkdir(mode=0o700)

    async def silent(reader, writer):
        await reader.readline()
        writer.close()

    server = await asyncio.start_unix_server(silent, sock=control._socket(sqlite.folder / SOCKET))
    with pytest.raises(StoreError, match="did not answer"):
        await carry_out(sqlite, PAUSE)
    server.close()


async def test_a_path_that_no_socket_can_have_is_refused(sqlite, tmp_path):
    deep = tmp_path / ("d" * 120)
    store = sqlite.open()
    with pytest.raises(ConfigurationError, match="too long for a socket"):
        async with control.listening(store, deep):
            pass
