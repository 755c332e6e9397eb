"""SQLite's WAL stays short while readers come and go; one that stays long is waited for once, not at every commit."""

import sqlite3
import time

import pytest

from fhir_adapter.store import counters, wal
from fhir_adapter.store.folder import DATABASE

ROW = "x" * 4000
ROWS = 40  # of 4,000 bytes: more than the length that these tests allow


class Told(sqlite3.Connection):
    """A connection that keeps what it was asked."""

    def execute(self, *asked):
        self.__dict__.setdefault("asked", []).append(asked[0])
        return super().execute(*asked)


@pytest.fixture
def database(tmp_path, monkeypatch):
    monkeypatch.setattr(wal, "LENGTH", ROWS * 4000)
    return tmp_path / "some.sqlite3"


@pytest.fixture
def writing(database):
    connection = sqlite3.connect(database, factory=Told, isolation_level=None)
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("CREATE TABLE kept (what TEXT)")
    yield connection
    connection.close()


@pytest.fixture
def reading(database, writing):
    connection = sqlite3.connect(database, isolation_level=None)
    yield connection
    connection.close()


def grow(writing):
    for _ in range(ROWS + 1):
        writing.execute("INSERT INTO kept VALUES (?)", (ROW,))


def look(reading):
    reading.execute("BEGIN")
    return reading.execute("SELECT count(*) FROM kept").fetchone()[0]


def length(database):
    return database.with_name(f"{database.name}-wal").stat().st_size


def cuts(writing):
    return writing.asked.count("PRAGMA wal_checkpoint(TRUNCATE)")


def test_a_long_wal_is_cut_and_what_it_held_is_in_the_database(database, writing, reading):
    cut = wal.ShortWal(database, 5000)
    cut(writing)
    assert cuts(writing) == 0
    grow(writing)
    cut(writing)
    assert (cuts(writing), length(database), look(reading)) == (1, 0, ROWS + 1)
    assert writing.execute("PRAGMA busy_timeout").fetchone() == (5000,)


def test_a_reader_that_stays_is_waited_for_once_per_length(database, writing, reading):
    cut = wal.ShortWal(database, 5000)
    look(reading)
    grow(writing)
    before = time.monotonic()
    for _ in range(20):
        cut(writing)
    waited = time.monotonic() - before
    assert (cuts(writing), waited < 10 * wal.PATIENCE_MS / 1000) == (1, True)
    grow(writing)
    cut(writing)
    assert cuts(writing) == 2
    reading.execute("COMMIT")
    grow(writing)
    cut(writing)
    assert (cuts(writing), length(database)) == (3, 0)


def test_a_checkpoint_that_fails_is_nobodys_failure(database, writing):
    cut = wal.ShortWal(database, 5000)
    grow(writing)
    writing.execute("BEGIN IMMEDIATE")
    cut(writing)  # a checkpoint inside of a transaction is an error of SQLite
    assert (cuts(writing), length(database) > 0) == (1, True)
    writing.execute("COMMIT")


@pytest.mark.anyio
async def test_the_store_keeps_it_short_by_itself(sqlite, monkeypatch):
    monkeypatch.setattr(wal, "LENGTH", 100_000)
    store, most = sqlite.open(), 0
    for _ in range(200):
        await store.write(lambda conn: counters.add(conn, "one"))
        most = max(most, length(sqlite.folder / DATABASE))
    assert 50_000 < most <= 100_000
    assert await store.read(counters.listed) == {"one": 200}
