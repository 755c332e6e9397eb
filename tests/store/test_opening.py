"""What must be so before anything is written: private files, one writer, the schema that this program knows."""

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import text

from fhir_adapter.errors import ConfigurationError, StoreBusy, StoreLocked
from fhir_adapter.store import counters, open_for_reading, open_store, pauses

pytestmark = pytest.mark.anyio


async def test_folder_and_files_are_for_the_owner_only(sqlite):
    store = sqlite.open()
    await store.write(lambda conn: counters.add(conn, "one"))
    assert sqlite.folder.stat().st_mode & 0o777 == 0o700
    modes = {path.name: path.stat().st_mode & 0o777 for path in sqlite.folder.iterdir()}
    assert len(modes) >= 4
    assert set(modes.values()) == {0o600}


async def test_a_second_writer_is_refused_until_the_first_has_closed(sqlite):
    first = sqlite.open()
    with pytest.raises(StoreLocked, match="another process writes"):
        sqlite.open()
    first.close()
    sqlite.open().close()


@pytest.mark.real
async def test_a_second_process_is_refused_and_a_killed_one_leaves_no_lock(sqlite):
    program = (
        "import sys, pathlib; from fhir_adapter.store import open_store;"
        "held = open_store('sqlite', pathlib.Path(sys.argv[1]), None); print('open', flush=True); sys.stdin.read()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", program, sqlite.folder], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as other:
        try:
            assert other.stdout.readline() == b"open\n"
            with pytest.raises(StoreLocked):
                sqlite.open()
        finally:
            other.kill()
    sqlite.open().close()


async def test_a_pause_survives_a_restart(database):
    store = database.open()
    pause = await store.write(lambda conn: pauses.pause(conn, "main", why="go-live", who="somebody"))
    store.close()
    store = database.open()
    assert await store.read(pauses.listed) == (pause,)


async def test_a_database_of_another_version_is_refused_and_left_as_it_is(database):
    store = database.open()
    await store.write(lambda conn: conn.execute(text("UPDATE schema_version SET version = 99")))
    store.close()
    with pytest.raises(ConfigurationError, match="it has schema 99, this program needs schema"):
        database.open()
    with pytest.raises(ConfigurationError, match="schema 99"):
        database.open()


@pytest.mark.real
def test_many_may_open_an_empty_postgresql_database_at_once(postgres, tmp_path):
    url = postgres.new_database()
    with ThreadPoolExecutor(4) as threads:
        for store in threads.map(lambda _: open_store(url, tmp_path / "data", None), range(4)):
            store.close()


@pytest.mark.parametrize("url", ["mysql://somewhere/x", "neither one nor the other"])
def test_another_kind_of_database_is_refused(url, tmp_path):
    with pytest.raises(ConfigurationError, match=r"database: .*sqlite"):
        open_store(url, tmp_path / "data", None)


def test_a_database_that_is_not_there_is_not_reached(tmp_path):
    with pytest.raises(StoreBusy, match="not reached"):
        open_store(f"postgresql+psycopg://nobody@/none?host={tmp_path}", tmp_path / "data", None)


def test_there_is_nothing_to_read_before_there_is_a_database(tmp_path):
    with pytest.raises(ConfigurationError, match="no database"):
        open_for_reading("sqlite", tmp_path)


def test_a_file_where_the_database_should_be_is_refused(sqlite):
    sqlite.folder.mkdir(mode=0o700)
    (sqlite.folder / "adapter.sqlite3").mkdir()
    with pytest.raises(ConfigurationError, match=r"adapter\.sqlite3 cannot be written"):
        sqlite.open()
