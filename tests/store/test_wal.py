"""SQLite's WAL stays short while readers come and go; for one that stays, commits do not wait again and again."""

import sqlite3
from contextlib import closing

import pytest
from store.conftest import AT_ONCE, notification

from fhir_adapter.store import inbox
from fhir_adapter.store.folder import DATABASE
from fhir_adapter.store.wal import AGAIN_S, LENGTH, ShortWal

ROW = "x" * 4000
ROWS = 40  # of 4,000 bytes: more than the length that these tests allow


class Told(sqlite3.Connection):
    """A connection that keeps what it was asked."""

    def execute(self, *asked):
        self.__dict__.setdefault("asked", []).append(asked[0])
        return super().execute(*asked)


@pytest.fixture
def database(tmp_path):
    return tmp_path / "some.sqlite3"


class Hand:
    """A clock that is moved by hand, in seconds."""

    now = 0.0

    def __call__(self):
        return self.now


@pytest.fixture
def hand():
    return Hand()


@pytest.fixture
def cut(database, hand):
    return ShortWal(database, 5000, length=ROWS * 4000, seconds=hand)


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


def test_a_long_wal_is_cut_and_what_it_held_is_in_the_database(cut, database, writing, reading):
    cut(writing)
    assert cuts(writing) == 0
    grow(writing)
    cut(writing)
    assert (cuts(writing), length(database), look(reading)) == (1, 0, ROWS + 1)
    assert writing.execute("PRAGMA busy_timeout").fetchone() == (5000,)


def test_a_reader_that_stays_is_waited_for_every_ten_seconds_until_it_is_gone(cut, hand, database, writing, reading):
    look(reading)
    grow(writing)
    for hand.now in (0, 1, 9.9):
        cut(writing)
    assert (cuts(writing), length(database) > 0) == (1, True)
    hand.now = AGAIN_S
    cut(writing)
    assert cuts(writing) == 2
    reading.execute("COMMIT")
    cut(writing)
    assert cuts(writing) == 2
    hand.now = 2 * AGAIN_S
    cut(writing)
    assert (cuts(writing), length(database)) == (3, 0)


def test_a_checkpoint_that_fails_is_nobodys_failure(cut, database, writing):
    grow(writing)
    writing.execute("BEGIN IMMEDIATE")
    cut(writing)  # a checkpoint inside of a transaction is an error of SQLite
    assert (cuts(writing), length(database) > 0) == (1, True)
    writing.execute("COMMIT")


@pytest.mark.anyio
async def test_the_store_does_so_by_itself(sqlite):
    store, told = sqlite.open(), notification(body=b"x" * (LENGTH // 8))
    with closing(sqlite3.connect(sqlite.folder / DATABASE, isolation_level=None)) as long_look:
        long_look.execute("BEGIN")
        long_look.execute("SELECT count(*) FROM inbox").fetchall()
        for _ in range(7):
            await store.write(lambda conn: inbox.record(conn, told, **AT_ONCE))
    assert LENGTH * 7 / 8 < length(sqlite.folder / DATABASE) < LENGTH
    await store.write(lambda conn: inbox.record(conn, told, **AT_ONCE))
    assert length(sqlite.folder / DATABASE) == 0
    assert len(await store.read(lambda conn: inbox.listed(conn, limit=99))) == 8
