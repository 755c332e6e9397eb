"""Opening the store: folder, lock, engines, migration, the writer's threads – and closing them in the right order."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from typing import TypeVar

from sqlalchemy import Connection, Engine, select
from sqlalchemy.exc import SQLAlchemyError

from fhir_adapter.errors import ConfigurationError, StoreError, StoreLocked
from fhir_adapter.settings.folder import private_folder
from fhir_adapter.store import engines, folder, migration
from fhir_adapter.store.failure import translated
from fhir_adapter.store.writer import Writer
from fhir_adapter.telemetry import Reached, passed
from fhir_adapter.vocabulary import Clock

T = TypeVar("T")
Failed = Callable[[StoreError], None]

SQLITE_BATCH = 64
POSTGRESQL_WRITERS = 4
QUEUE = 4096


class Store:
    """The one way to the database. `write` and `read` take a function of a connection, made of this room's parts."""

    def __init__(self, reader: Engine, writer: Writer | None, closing: ExitStack, failed: Failed | None = None) -> None:
        self._reader, self._writer, self._closing, self._failed = reader, writer, closing, failed
        self._threads = ThreadPoolExecutor(engines.READERS, thread_name_prefix="store-reader")

    async def write(self, work: Callable[[Connection], T]) -> T:
        """Run in one transaction; returns after the COMMIT is on disk. StoreBusy, StoreFull, ClaimLost."""
        if self._writer is None:
            raise StoreLocked("the store was opened for reading only")
        try:
            answer: T = await self._writer.submit(work)
        except StoreError as error:
            if self._failed is not None:
                self._failed(error)
            raise
        return answer

    async def read(self, work: Callable[[Connection], T]) -> T:
        """Run on one consistent state of the database, without waiting for a writer."""
        return await asyncio.get_running_loop().run_in_executor(self._threads, self._look, work)

    def close(self) -> None:
        """What was queued is still written. Readers leave first: the last connection checkpoints, and must write."""
        self._threads.shutdown()
        self._reader.dispose()
        self._closing.close()

    def _look(self, work: Callable[[Connection], T]) -> T:
        try:
            with self._reader.connect() as conn:
                return work(conn)
        except SQLAlchemyError as error:
            raise translated(error) from None


def open_store(
    url: str,
    data: Path,
    clock: Clock,
    *,
    exclusive: bool = True,
    queue: int = QUEUE,
    failed: Failed | None = None,
    reached: Reached = passed,
) -> Store:
    """Open for writing; makes folder and tables where they are missing, and takes older tables on.

    `url` is `sqlite` (a file in the folder) or a PostgreSQL address. On SQLite a second opening is StoreLocked;
    `exclusive=False` leaves that out, and is for one purpose: to prove the fence with two processes. `failed` is told
    of every write that the database did not take, a lost claim among them; `reached` of the points around commits.
    """
    sqlite = engines.is_sqlite(url)
    threads, batch = (1, SQLITE_BATCH) if sqlite else (POSTGRESQL_WRITERS, 1)
    private_folder(data)
    with ExitStack() as opened:
        if sqlite and exclusive:
            opened.enter_context(folder.lock(data))
        if sqlite:
            folder.private_file(data / folder.DATABASE)
        engine = engines.writing(url, data, clock, connections=threads)
        opened.callback(engine.dispose)
        migration.migrate(engine, data, clock)
        writer = Writer(engine, threads=threads, batch=batch, queue=queue, reached=reached)
        opened.callback(writer.close)
        return Store(engines.reading(url, data), writer, opened.pop_all(), failed)


def migrate_store(url: str, data: Path, clock: Clock) -> migration.Migrated:
    """What opening does to the tables, and nothing else."""
    private_folder(data)
    with ExitStack() as opened:
        if engines.is_sqlite(url):
            opened.enter_context(folder.lock(data))
            folder.private_file(data / folder.DATABASE)
        engine = engines.writing(url, data, clock, connections=1)
        opened.callback(engine.dispose)
        return migration.migrate(engine, data, clock)


async def must_answer(url: str, data: Path) -> None:
    """A StoreError where the database does not; a new one may have no tables yet."""
    store = open_for_reading(url, data, any_revision=True)
    try:
        await store.read(lambda conn: conn.execute(select(1)))
    finally:
        store.close()


def open_for_reading(url: str, data: Path, *, any_revision: bool = False) -> Store:
    """Look into a store that another process may be writing to. Tables of an earlier program only on request."""
    if engines.is_sqlite(url) and not (data / folder.DATABASE).exists():
        raise ConfigurationError(f"data: there is no database in {data} yet")
    reader = engines.reading(url, data)
    if not any_revision:
        migration.refuse_behind(reader)
    return Store(reader, None, ExitStack())
