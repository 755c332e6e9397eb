"""Group commit: one bad item fails alone, nothing is answered before its COMMIT, a full queue or disk says so."""

import asyncio
import threading

import pytest
from sqlalchemy import event, text
from store.conftest import AT_ONCE, notification

from fhir_adapter.errors import StoreBusy, StoreError, StoreFull, StoreLocked
from fhir_adapter.store import counters, inbox, open_for_reading
from fhir_adapter.store.folder import DATABASE

pytestmark = pytest.mark.anyio


class Gate:
    """Work that occupies the writer until it is let go, so that what is queued meanwhile becomes one batch."""

    def __init__(self):
        self.entered, self.free = threading.Event(), threading.Event()

    def __call__(self, conn):
        self.entered.set()
        assert self.free.wait(30)


@pytest.fixture
def occupied(sqlite):
    """A store on SQLite whose writer is busy, the gate that holds it, and its counted commits."""

    async def occupy(**options):
        store, gate, commits = sqlite.open(**options), Gate(), []
        event.listen(store._writer._engine, "commit", commits.append)
        held = asyncio.create_task(store.write(gate))
        await asyncio.to_thread(gate.entered.wait, 30)
        return store, gate, held, commits

    return occupy


def add(conn):
    counters.add(conn, "good")


def bad(conn):
    counters.add(conn, "bad")
    raise LookupError("only this item")


def thrown_away(conn):
    """What SQLite does by itself when the disk is full in the middle of a transaction."""
    conn.exec_driver_sql("ROLLBACK")


async def test_sixty_three_good_and_one_bad_in_one_batch(occupied):
    store, gate, held, commits = await occupied()
    batch = [asyncio.create_task(store.write(bad if number == 40 else add)) for number in range(64)]
    await asyncio.sleep(0)
    gate.free.set()
    outcomes = await asyncio.gather(*batch, return_exceptions=True)
    await held
    assert [type(outcome).__name__ for outcome in outcomes if outcome is not None] == ["LookupError"]
    assert await store.read(counters.listed) == {"good": 63}
    assert len(commits) == 2


async def test_what_the_database_threw_away_as_a_whole_was_done_for_nobody(occupied):
    store, gate, held, _ = await occupied()
    batch = [asyncio.create_task(store.write(work)) for work in (add, thrown_away, add)]
    await asyncio.sleep(0)
    gate.free.set()
    outcomes = await asyncio.gather(*batch, return_exceptions=True)
    assert all(isinstance(outcome, StoreError) for outcome in outcomes)
    assert await store.read(counters.listed) == {}
    await store.write(add)
    assert await store.read(counters.listed) == {"good": 1}
    await asyncio.gather(held, return_exceptions=True)


async def test_an_error_of_the_database_spoils_only_its_item(store):
    def wrong(conn):
        counters.add(conn, "bad")
        conn.execute(text("SELECT no_such_column FROM counters"))

    outcomes = await asyncio.gather(*map(store.write, [add, wrong, add]), return_exceptions=True)
    assert [type(outcome) for outcome in outcomes] == [type(None), StoreError, type(None)]
    assert await store.read(counters.listed) == {"good": 2}


async def test_an_error_quotes_no_value_of_a_patient(store):
    def twice(conn):
        for _ in range(2):
            conn.execute(text("INSERT INTO counters VALUES ('Jane Doe', 1)"))

    with pytest.raises(StoreError, match=r"IntegrityError|UniqueViolation") as refused:
        await store.write(twice)
    assert "Jane" not in str(refused.value)
    assert refused.value.__cause__ is None


async def test_a_failed_read_says_no_more(store):
    with pytest.raises(StoreError, match="did not do what was asked") as refused:
        await store.read(lambda conn: conn.execute(text("SELECT 'Jane Doe' FROM nowhere")))
    assert "Jane" not in str(refused.value)


async def test_a_reader_cannot_write(store):
    with pytest.raises((StoreError, StoreFull)):
        await store.read(add)
    assert await store.read(counters.listed) == {}


async def test_a_full_queue_is_refused_at_once_and_keeps_what_it_took(occupied):
    store, gate, held, _ = await occupied(queue=2)
    taken = [asyncio.create_task(store.write(add)) for _ in range(2)]
    await asyncio.sleep(0)
    with pytest.raises(StoreBusy, match="queue is full"):
        await store.write(add)
    gate.free.set()
    await asyncio.gather(held, *taken)
    assert await store.read(counters.listed) == {"good": 2}


async def test_reading_does_not_wait_for_a_writer(occupied):
    store, gate, held, _ = await occupied()
    assert await store.read(counters.listed) == {}
    gate.free.set()
    await held


async def test_work_that_nobody_waits_for_any_more_is_not_done(occupied):
    store, gate, held, _ = await occupied()
    given_up = asyncio.create_task(store.write(add))
    await asyncio.sleep(0)
    given_up.cancel()
    await asyncio.gather(given_up, return_exceptions=True)
    gate.free.set()
    await held
    await store.write(lambda conn: None)
    assert await store.read(counters.listed) == {}


async def test_closing_still_writes_what_was_queued(occupied, sqlite):
    store, gate, held, _ = await occupied()
    queued = [asyncio.create_task(store.write(add)) for _ in range(5)]
    await asyncio.sleep(0)
    gate.free.set()
    store.close()
    await asyncio.gather(held, *queued)
    again = sqlite.open()
    assert await again.read(counters.listed) == {"good": 5}


async def test_a_full_disk_is_said_to_everybody_in_the_batch_and_spoils_nothing(occupied):
    store, gate, held, _ = await occupied()
    gate.free.set()
    await held
    await store.write(lambda conn: conn.exec_driver_sql("PRAGMA max_page_count = 1"))
    large = [notification(id=str(number), body=b"x" * 200_000) for number in range(8)]

    def record(told):
        return store.write(lambda conn: inbox.record(conn, told, **AT_ONCE))

    outcomes = await asyncio.gather(*map(record, large), return_exceptions=True)
    assert {type(outcome) for outcome in outcomes} == {StoreFull}
    await store.write(lambda conn: conn.exec_driver_sql("PRAGMA max_page_count = 1000000"))
    await asyncio.gather(*map(record, large))
    assert len(await store.read(lambda conn: inbox.listed(conn, limit=99))) == 8


async def test_what_was_opened_for_reading_does_not_write(store, database):
    looking = open_for_reading(database.url, database.folder)
    await store.write(add)
    assert await looking.read(counters.listed) == {"good": 1}
    with pytest.raises(StoreLocked, match="for reading only"):
        await looking.write(add)
    looking.close()


async def test_sqlite_commits_durably_and_its_readers_never_checkpoint(sqlite):
    store = sqlite.open()

    def pragmas(conn):
        names = ("journal_mode", "synchronous", "query_only", "wal_autocheckpoint")
        return {name: conn.exec_driver_sql(f"PRAGMA {name}").scalar_one() for name in names}

    full = 2
    writing, reading = await store.write(pragmas), await store.read(pragmas)
    assert (writing["journal_mode"], writing["synchronous"], writing["query_only"]) == ("wal", full, 0)
    assert writing["wal_autocheckpoint"] > 0
    assert (reading["query_only"], reading["wal_autocheckpoint"]) == (1, 0)
    store.close()
    assert [path.name for path in sqlite.folder.glob(f"{DATABASE}*")] == [DATABASE]
