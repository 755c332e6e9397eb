"""Statements that every notification and every charge runs: made by SQLAlchemy once, then the driver gets them as they
are.

SQLAlchemy takes about 45 µs to run a statement that SQLite runs in 8; at 64 senders that, and not the disk, is what a
webhook waits for. So the few statements of the webhook and of the sender, and the SAVEPOINT around each item, take this
short way.

    _MARK = Prepared(lambda dialect: insert(...).returning(...))
    _MARK(conn, source="main", patient="Patient/1").fetchone()

Values go in and come out as the driver knows them: an instant is its microseconds, words are their JSON. An error of
the driver leaves as SQLAlchemy would have raised it, so that failure.py says what it means.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError


class Changed(Protocol):
    """How many rows an UPDATE met."""

    @property
    def rowcount(self) -> int: ...


class Rows(Changed, Protocol):
    def fetchone(self) -> Any: ...

    def fetchall(self) -> list[Any]: ...


class Prepared:
    """Made on first use, once for each dialect. Names of bound values are those of the statement's parameters."""

    def __init__(self, build: Callable[[str], Any]) -> None:
        self._build = build
        self._made: dict[str, tuple[str, dict[str, Any], tuple[str, ...] | None]] = {}

    def __call__(self, conn: Connection, **values: object) -> Rows:
        dialect = conn.dialect.name
        if dialect not in self._made:
            self._made[dialect] = self._make(conn)
        text, constants, order = self._made[dialect]
        bound = constants | values
        return run(conn, text, bound if order is None else tuple(bound[name] for name in order))

    def _make(self, conn: Connection) -> tuple[str, dict[str, Any], tuple[str, ...] | None]:
        compiled: Any = self._build(conn.dialect.name).compile(dialect=conn.dialect)
        order = tuple(compiled.positiontup) if compiled.positional else None
        return str(compiled), dict(compiled.params), order


def run(conn: Connection, text: str, values: Any = ()) -> Rows:
    """Straight to the driver, in the transaction that `conn` has begun."""
    driver: Any = conn.connection.dbapi_connection
    try:
        rows: Rows = driver.execute(text, values)
    except conn.dialect.loaded_dbapi.Error as error:
        raise DBAPIError("", None, error, hide_parameters=True) from None
    return rows
