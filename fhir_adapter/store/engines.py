"""Connections: one kind that writes and one that only reads, for each database.

SQLite: WAL, `synchronous=FULL` (a commit is on the disk), `BEGIN IMMEDIATE` (a writer that starts, finishes). The
writing connection is the only one that checkpoints: before 3.51.3 two can lose a commit (https://www.sqlite.org/wal.html).
Parameters never stand in an error (`hide_parameters`): they are patients' data.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import URL, make_url
from sqlalchemy.engine.interfaces import IsolationLevel
from sqlalchemy.exc import ArgumentError

from fhir_adapter.errors import ConfigurationError
from fhir_adapter.store.folder import DATABASE
from fhir_adapter.store.wal import ShortWal
from fhir_adapter.vocabulary import Clock

BUSY_SECONDS = 10
ASLEEP_SECONDS = 5
"""A worker that is stopped inside a transaction holds its rows, and everybody waits: PostgreSQL ends it for us."""
READERS = 4
ON_WRITER = ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON")
ON_READER = ("query_only=ON", "wal_autocheckpoint=0")


def is_sqlite(url: str) -> bool:
    return url == "sqlite"


def writing(url: str, folder: Path, clock: Clock, *, connections: int) -> Engine:
    if is_sqlite(url):
        engine = _sqlite(folder, "BEGIN IMMEDIATE", ON_WRITER, connections)
        cut = ShortWal(folder / DATABASE, BUSY_SECONDS * 1000)
        event.listen(engine, "checkin", lambda connection, _: cut(connection) if connection else None)
    else:
        engine = _postgresql(url, connections, "READ COMMITTED")
        event.listen(engine, "connect", _set_up)
    return engine.execution_options(clock=clock)


def reading(url: str, folder: Path) -> Engine:
    if is_sqlite(url):
        return _sqlite(folder, "BEGIN", ON_READER, READERS)
    return _postgresql(url, READERS, "REPEATABLE READ").execution_options(postgresql_readonly=True)


def _postgresql(url: str, size: int, isolation: IsolationLevel) -> Engine:
    pool = {"pool_size": size, "max_overflow": 0, "pool_pre_ping": True}
    try:
        engine = create_engine(_driven(url), hide_parameters=True, isolation_level=isolation, **pool)
    except ImportError:
        raise ConfigurationError("database: PostgreSQL needs the extra fhir-adapter[postgres]") from None

    return engine


def _set_up(connection: Any, _record: object) -> None:
    connection.execute(f"SET idle_in_transaction_session_timeout = '{ASLEEP_SECONDS}s'")
    connection.commit()


def _driven(url: str) -> URL:
    try:
        parsed = make_url(url)
    except ArgumentError:
        raise ConfigurationError("database: neither `sqlite` nor a PostgreSQL address") from None
    if parsed.get_backend_name() != "postgresql":
        raise ConfigurationError("database: allowed are `sqlite` and a `postgresql+psycopg://` address")
    return parsed.set(drivername="postgresql+psycopg")


def _sqlite(folder: Path, begin: str, pragmas: tuple[str, ...], size: int) -> Engine:
    engine = create_engine(
        URL.create("sqlite", database=str(folder / DATABASE)),
        hide_parameters=True,
        pool_size=size,
        max_overflow=0,
        connect_args={"timeout": BUSY_SECONDS, "check_same_thread": False, "isolation_level": None},
    )

    @event.listens_for(engine, "connect")
    def set_up(connection: Any, _record: object) -> None:
        for pragma in pragmas:
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def start(conn: Connection) -> None:
        conn.exec_driver_sql(begin)

    return engine
