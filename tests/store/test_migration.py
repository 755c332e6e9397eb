"""Tables made step by step are the tables of the schema; a step only adds; SQLite is copied aside before one."""

import sqlite3
from contextlib import closing
from datetime import UTC, datetime

import pytest
from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine, inspect, text
from store import dumps
from store.conftest import AT_ONCE, notification

from fhir_adapter.errors import ConfigurationError
from fhir_adapter.store import inbox, migration, open_for_reading, open_store, schema
from fhir_adapter.store.engines import writing
from fhir_adapter.store.folder import DATABASE

pytestmark = pytest.mark.anyio
NOW = datetime(2026, 11, 24, 13, 0, tzinfo=UTC)


def clock():
    return NOW


def config(conn=None):
    found = Config()
    found.set_main_option("script_location", "fhir_adapter.store:migrations")
    found.attributes["connection"] = conn
    return found


def at_first(database, *, stamped=False):
    """Tables as the first program left them: without a revision, unless `stamped`."""
    database.folder.mkdir(mode=0o700)
    engine = writing(database.url, database.folder, clock, connections=1)
    with engine.begin() as conn:
        command.upgrade(config(conn), "0001")
        if not stamped:
            conn.execute(text("DROP TABLE alembic_version"))
    engine.dispose()


def columns(database):
    engine = writing(database.url, database.folder, clock, connections=1)
    with engine.connect() as conn:
        found = inspect(conn)
        tables = {name: found.get_columns(name) for name in found.get_table_names()}
    engine.dispose()
    return {(table, one["name"]): (str(one["type"]), one["nullable"]) for table in tables for one in tables[table]}


def test_the_steps_are_the_revisions_that_the_program_knows():
    steps = [step.revision for step in ScriptDirectory.from_config(config()).walk_revisions()]
    assert (None, *reversed(steps)) == migration.KNOWN
    assert migration.KNOWN[-1] == migration.HEAD


@pytest.mark.parametrize("begun", [False, True], ids=["from nothing", "from the first"])
def test_migrated_and_made_are_the_same_on_sqlite(sqlite, tmp_path, begun):
    if begun:
        at_first(sqlite)
    sqlite.open().close()
    made = create_engine(f"sqlite:///{tmp_path / 'made'}")
    schema.metadata.create_all(made)
    made.dispose()
    with (
        closing(sqlite3.connect(sqlite.folder / DATABASE)) as ours,
        closing(sqlite3.connect(tmp_path / "made")) as other,
    ):
        assert dumps.of_sqlite(ours) == dumps.of_sqlite(other)
        other.execute("DROP INDEX due_by_time")
        other.execute("CREATE INDEX due_by_time ON due (due_at) WHERE generation >= coded_generation")
        assert dumps.of_sqlite(ours) != dumps.of_sqlite(other)


@pytest.mark.real
@pytest.mark.parametrize("begun", [False, True], ids=["from nothing", "from the first"])
def test_migrated_and_made_are_the_same_on_postgresql(postgres, tmp_path, begun):
    migrated, made = postgres.new_database(), postgres.new_database()
    if begun:
        engine = create_engine(migrated)
        with engine.begin() as conn:
            command.upgrade(config(conn), "0001")
        engine.dispose()
    open_store(migrated, tmp_path / "data", clock).close()
    engine = create_engine(made)
    schema.metadata.create_all(engine)
    engine.dispose()
    assert dumps.of_postgresql(migrated) == dumps.of_postgresql(made)
    assert any("WHERE (generation > coded_generation)" in line for line in dumps.of_postgresql(made))


@pytest.mark.parametrize("stamped", [False, True])
async def test_an_older_database_is_taken_on_with_all_that_is_in_it(database, stamped):
    at_first(database, stamped=stamped)
    engine = writing(database.url, database.folder, clock, connections=1)
    with engine.begin() as conn:
        conn.execute(
            text(
                "INSERT INTO inbox (received_at, source, shape, method, body, state, visits)"
                " VALUES (0, 'main', 'empty', 'POST', :body, 'received', '[]')"
            ),
            {"body": b"as it came"},
        )
    engine.dispose()
    store = database.open()
    [kept] = await store.read(lambda conn: inbox.listed(conn, limit=9))
    assert await store.read(lambda conn: inbox.body(conn, kept.number)) == b"as it came"
    copies = list((database.folder / "backups").glob("*")) if database.url == "sqlite" else []
    if database.url == "sqlite":
        assert [copy.name.split("-2")[0] for copy in copies] == ["before-migration-of-0001"]
        assert copies[0].stat().st_mode & 0o777 == 0o600
        with closing(sqlite3.connect(copies[0])) as before:
            assert before.execute("SELECT body FROM inbox").fetchall() == [(b"as it came",)]
            assert "removed_at" not in [row[1] for row in before.execute("PRAGMA table_info(inbox)")]


def test_a_step_only_adds_so_the_program_of_before_goes_on(database):
    at_first(database)
    before = columns(database)
    database.open().close()
    after = columns(database)
    assert before.items() <= after.items()
    known = {table for table, _ in before}
    added = {one for one in after.keys() - before.keys() if one[0] in known}
    assert added
    assert all(after[one][1] for one in added), "an insert of before does not name it"


async def test_a_newer_program_may_have_been_here(database):
    store = database.open()
    await store.write(lambda conn: conn.execute(text("UPDATE alembic_version SET version_num = '0999'")))
    store.close()
    store = database.open()
    assert await store.write(lambda conn: inbox.record(conn, notification(), **AT_ONCE)) == 1


def test_who_only_reads_does_not_migrate(sqlite):
    at_first(sqlite)
    with pytest.raises(ConfigurationError, match="db migrate"):
        open_for_reading("sqlite", sqlite.folder)
    assert ("inbox", "removed_at") not in columns(sqlite)


def test_a_step_that_fails_leaves_everything_as_it_was(sqlite):
    at_first(sqlite)
    with closing(sqlite3.connect(sqlite.folder / DATABASE)) as conn:
        conn.execute("ALTER TABLE inbox ADD COLUMN removed_at")
        conn.commit()
    with pytest.raises(Exception, match="did not do what was asked"):
        sqlite.open()
    assert ("resource_versions", "removed_at") not in columns(sqlite)
