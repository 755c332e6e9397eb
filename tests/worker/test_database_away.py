"""PostgreSQL away: connections cut in the middle of work, and the server stopped and started again."""

import asyncio
import contextlib
import threading
from datetime import timedelta

import psycopg
import pytest
from real.databases import Database
from store.conftest import AT_ONCE, notification
from worker.test_worker import Clinic

from fhir_adapter.errors import StoreBusy, StoreError
from fhir_adapter.store import due, inbox

pytestmark = [pytest.mark.anyio, pytest.mark.real]
PATIENTS = [f"Patient/{number}" for number in range(30)]
OTHERS = "datname = current_database() AND pid <> pg_backend_pid()"
CUT = f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE {OTHERS}"


@pytest.fixture
def away(postgres, tmp_path):
    database = Database(postgres.new_database(), tmp_path / "data")
    yield database
    database.close()


def cut(url):
    with psycopg.connect(url.replace("+psycopg", "")) as conn:
        return len(conn.execute(CUT).fetchall())


async def settled(clinic):
    async with asyncio.timeout(60):
        while True:
            with contextlib.suppress(StoreError):
                found = [await clinic.of(patient) for patient in PATIENTS]
                if all(one.state == "settled" for one in found):
                    return
            await asyncio.sleep(0.05)


async def test_work_goes_on_when_every_connection_is_cut_again_and_again(away):
    store = away.open()
    clinic = Clinic(store)
    await clinic.mark(*PATIENTS)
    clinic.start({"code": clinic.finish}, grace=timedelta(seconds=5), lease=timedelta(seconds=1), max_attempts=99)
    cuts = 0
    for _ in range(5):
        await asyncio.sleep(0.05)
        cuts += await asyncio.to_thread(cut, away.url)
    assert cuts > 0
    await settled(clinic)
    await clinic.end()


async def test_a_notification_is_kept_or_refused_never_half_when_connections_are_cut(away):
    store = away.open()
    acknowledged = []

    async def tell(number):
        told = notification(f"Patient/{number}")
        for _ in range(20):
            with contextlib.suppress(StoreError):
                acknowledged.append(await store.write(lambda conn: inbox.record(conn, told, **AT_ONCE)))

    telling = asyncio.gather(*(tell(number) for number in range(16)))
    for _ in range(5):
        await asyncio.sleep(0.03)
        await asyncio.to_thread(cut, away.url)
    await telling
    with contextlib.suppress(StoreError):
        await store.read(lambda conn: None)
    kept = {one.number for one in await store.read(lambda conn: inbox.listed(conn, limit=9999))}
    assert acknowledged
    assert set(acknowledged) <= kept


async def test_the_server_restarts_in_the_middle_of_work(own_postgres, tmp_path):
    database = Database(own_postgres.new_database(), tmp_path / "data")
    clinic = Clinic(database.open())
    await clinic.mark(*PATIENTS)
    clinic.start({"code": clinic.finish}, grace=timedelta(seconds=5), lease=timedelta(seconds=1), max_attempts=99)
    await asyncio.to_thread(own_postgres.restart)
    await settled(clinic)
    await clinic.end()
    database.close()


async def test_one_who_sleeps_inside_a_transaction_holds_nobody_up_for_long(away):
    sleeper, other = away.open(), away.open()
    locked, awake = threading.Event(), threading.Event()

    def mark(conn):
        return due.mark(conn, "main", "Patient/1", **AT_ONCE)

    def doze(conn):
        mark(conn)
        locked.set()
        awake.wait(60)
        return mark(conn)

    asleep = asyncio.create_task(sleeper.write(doze))
    try:
        assert await asyncio.to_thread(locked.wait, 60)
        async with asyncio.timeout(30):
            assert await other.write(mark) == 1, "what the sleeper did is gone"
    finally:
        awake.set()
    with pytest.raises(StoreBusy):
        await asleep
