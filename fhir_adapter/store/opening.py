"""Opening the store: folder, lock, engines, tables, the writer's threads – and closing them in the right order."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from typing import TypeVar

from sqlalchemy import Connection, Engine, func, inspect, select
from sqlalchemy.exc import SQLAlchemyError

from fhir_adapter.errors import ConfigurationError, StoreLocked
from fhir_adapter.settings.folder import private_folder
from fhir_adapter.store import engines, folder, schema
from fhir_adapter.store.dialect import on_postgresql
from fhir_adapter.store.failure import translated
from fhir_adapter.store.writer import Writer
from fhir_adapter.vocabulary import Clock

T = TypeVar("T")

SQLITE_BATCH = 64
POSTGRESQL_WRITERS = 4
QUEUE = 4096
SCHEMA_LOCK = 7_246_001
"""Any number: whoever holds it in PostgreSQL is the one that makes the tables."""


class Store:
    """The one way to the database. `write` and `read` take a function of a connection, made of this room's parts."""

    def __init__(self, reader: Engine, writer: Writer | None, closing: ExitStack) -> None:
        self._reader, self._writer, self._closing = reader, writer, closing
        self._threads = ThreadPoolExecutor(engines.READERS, thread_name_prefix="store-reader")

    async def write(self, work: Callable[[Connection], T]) -> T:
        """Run in one transaction; returns after the COMMIT is on disk. StoreBusy, StoreFull, ClaimLost."""
        if self._writer is None:
            raise StoreLocked("the store was opened for reading only")
        answer: T = await asyncio.wrap_future(self._writer.submit(work))
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


def open_store(url: str, data: Path, clock: Clock, *, exclusive: bool = True, queue: int = QUEUE) -> Store:
    """Open for writing; makes folder and tables where they are missing.

    `url` is `sqlite` (a file in the folder) or a PostgreSQL address. On SQLite a second opening is StoreLocked;
    `exclusive=False` leaves that out, and is for one purpose: to prove the fence with two processes.
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
        _create(engine)
        writer = Writer(engine, threads=threads, batch=batch, queue=queue)
        opened.callback(writer.close)
        return Store(engines.reading(url, data), writer, opened.pop_all())


def open_for_reading(url: str, data: Path) -> Store:
    """Look into a store that another process may be writing to."""
    if engines.is_sqlite(url) and not (data / folder.DATABASE).exists():
        raise ConfigurationError(f"data: there is no database in {data} yet")
    return Store(engines.reading(url, data), None, ExitStack())


def _create(engine: Engine) -> None:
    """Make the tables of `schema.VERSION`. Steps from one version to the next take their place here."""
    try:
        with engine.begin() as conn:
            found = _version(conn)
    except SQLAlchemyError as error:
        raise translated(error) from None
    if found != schema.VERSION:
        raise ConfigurationError(f"database: it has schema {found}, this program needs schema {schema.VERSION}")


def _version(conn: Connection) -> int:
    if on_postgresql(conn):
        conn.execute(select(func.pg_advisory_xact_lock(SCHEMA_LOCK)))
    if not inspect(conn).has_table(schema.schema_version.name):
        schema.metadata.create_all(conn)
        conn.execute(schema.schema_version.insert().values(version=schema.VERSION))
    return int(conn.execute(select(schema.schema_version.c.version)).scalar_one())
