"""`db`: what an operator does with the database, on both kinds; what is refused, and that nothing is lost by it."""

import asyncio
import json
import sqlite3
from contextlib import closing

import pytest
from sqlalchemy import text
from store.conftest import AT_ONCE, notification
from typer.testing import CliRunner

from fhir_adapter.cli import build
from fhir_adapter.errors import AdapterError, ConfigurationError, StoreError, StoreLocked
from fhir_adapter.store import inbox, migration, schema
from fhir_adapter.store.backup import copy_sqlite
from fhir_adapter.store.folder import DATABASE

CONFIGURATION = """
data = "data"
database = "{database}"
[sources.main]
base_url = "http://127.0.0.1:9/fhir"
mode = "shadow"
rulebook = "cpt-2026"
[sources.main.words]
time_zone = "America/Chicago"
"""


@pytest.fixture
def db(database, tmp_path):
    """Runs `fhir-adapter db …` on the database; what it printed."""
    reference = "sqlite" if database.url == "sqlite" else "file:url"
    (tmp_path / "url").write_text(database.url)
    (tmp_path / "c.toml").write_text(CONFIGURATION.format(database=reference))

    def run(*arguments):
        done = CliRunner().invoke(build(), ["db", *arguments, "--config", str(tmp_path / "c.toml")])
        if isinstance(done.exception, AdapterError):
            raise done.exception
        assert done.exit_code == 0, done.output
        return done.stdout

    return run


def keep(database, *patients):
    store = database.open()

    async def write():
        for patient in patients:
            await store.write(lambda conn, patient=patient: inbox.record(conn, notification(patient), **AT_ONCE))

    asyncio.run(write())
    store.close()


def kept(database):
    store = database.open()
    found = asyncio.run(store.read(lambda conn: inbox.listed(conn, limit=99)))
    store.close()
    return {one.patient for one in found}


def test_the_state_of_a_database_in_numbers(database, db):
    keep(database, "Patient/1", "Patient/2", "Patient/2")
    found = json.loads(db("status", "--format", "json"))
    assert found["revision"] == found["needs"] == migration.HEAD
    assert found["condition"]["inbox"] == {"marked": 3}
    assert found["condition"]["lanes"]["code"]["states"] == {"waiting": 2}
    assert found["condition"]["lanes"]["send"] == {"states": {}, "due_since": None, "due": 0, "lag_seconds": 0.0}
    said = db("status")
    assert "notifications          marked 3" in said
    assert "waiting 2; the first since 20" in said
    assert "Patient" not in said


def test_migrating_makes_the_tables_once(database, db):
    assert db("migrate") == f"the tables were at nothing and are at {migration.HEAD}\n"
    assert db("migrate") == f"the tables are at {migration.HEAD} already\n"


def test_a_copy_put_back_is_what_was_copied(database, db, tmp_path):
    keep(database, "Patient/1")
    copy = tmp_path / "copy"
    store = database.open()
    db("backup", str(copy))
    store.close()
    assert copy.stat().st_mode & 0o777 == 0o600
    keep(database, "Patient/2")
    assert kept(database) == {"Patient/1", "Patient/2"}
    said = db("restore", str(copy))
    assert kept(database) == {"Patient/1"}
    if database.url == "sqlite":
        before = said.split("the database of before: ")[1].strip()
        db("restore", before)
        assert kept(database) == {"Patient/1", "Patient/2"}


def test_a_copy_never_overwrites(database, db, tmp_path):
    keep(database, "Patient/1")
    (tmp_path / "copy").write_text("something else")
    with pytest.raises(ConfigurationError, match="never overwrites"):
        db("backup", str(tmp_path / "copy"))
    assert (tmp_path / "copy").read_text() == "something else"


def test_nothing_is_put_back_under_a_running_process(database, db, tmp_path):
    keep(database, "Patient/1")
    db("backup", str(tmp_path / "copy"))
    database.open()
    with pytest.raises(StoreLocked):
        db("restore", str(tmp_path / "copy"))


@pytest.mark.parametrize("content", [b"", b"no database", b"SQLite format 3\x00" + bytes(4096)])
def test_what_is_no_copy_is_not_put_back(database, db, tmp_path, content):
    keep(database, "Patient/1")
    (tmp_path / "copy").write_bytes(content)
    with pytest.raises(StoreError):
        db("restore", str(tmp_path / "copy"))
    assert kept(database) == {"Patient/1"}


def test_a_copy_of_another_schema_is_told_when_it_is_opened(sqlite, tmp_path):
    store = sqlite.open()
    asyncio.run(store.write(lambda conn: conn.execute(text("UPDATE schema_version SET version = 2"))))
    store.close()
    with pytest.raises(ConfigurationError, match=f"needs schema {schema.VERSION}"):
        sqlite.open()


def test_a_backup_ends_while_others_write_all_the_time(sqlite, tmp_path):
    """A copy by steps would begin anew at each commit, every few milliseconds, and end when nobody writes any more."""
    store, first, most = sqlite.open(), 200, 3000

    async def write():
        for _ in range(first):
            await store.write(lambda conn: inbox.record(conn, notification(body=b"x" * 1_000_000), **AT_ONCE))
        copying = asyncio.create_task(asyncio.to_thread(copy_sqlite, sqlite.folder / DATABASE, tmp_path / "copy"))
        written = first
        while not copying.done() and written < most:
            await store.write(lambda conn: inbox.record(conn, notification(), **AT_ONCE))
            written += 1
            await asyncio.sleep(0.005)
        await copying
        return written

    written = asyncio.run(write())
    store.close()
    assert written < most
    with closing(sqlite3.connect(tmp_path / "copy")) as copy:
        assert first <= copy.execute("SELECT count(*) FROM inbox").fetchone()[0] <= written
