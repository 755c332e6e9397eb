"""The few places where SQLite and PostgreSQL differ in a statement.

Time: on PostgreSQL it is the database's, so that workers on many machines agree; on SQLite it is the clock that `app`
handed in, which travels with the connection. Insert-or-change has a word of its own in each dialect.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Connection,
    Table,
    bindparam,
    cast,
    extract,
    func,
    literal,
    select,
    type_coerce,
)
from sqlalchemy.dialects import postgresql, sqlite

from fhir_adapter.store.columns import Instant, instant

Insert = postgresql.Insert | sqlite.Insert
INSERTS: dict[str, Callable[[Table], Insert]] = {"postgresql": postgresql.insert, "sqlite": sqlite.insert}


def on_postgresql(conn: Connection) -> bool:
    return conn.dialect.name == "postgresql"


def insert(conn: Connection, table: Table) -> Insert:
    """An INSERT that knows ON CONFLICT."""
    return INSERTS[conn.dialect.name](table)


def the_now(dialect: str) -> ColumnElement[int]:
    """This instant in microseconds, in a statement that is built once: run it with `given_now`."""
    if dialect == "postgresql":
        return cast(extract("epoch", func.statement_timestamp()) * 1_000_000, BigInteger)
    return bindparam("now", type_=BigInteger)


def given_now(conn: Connection) -> dict[str, int]:
    return {} if on_postgresql(conn) else {"now": instant(_clock(conn))}


def now(conn: Connection) -> ColumnElement[int]:
    """This instant as an expression, to compute with: the same wherever it stands in one statement."""
    return the_now("postgresql") if on_postgresql(conn) else literal(instant(_clock(conn)), BigInteger)


def moment(conn: Connection) -> datetime:
    """This instant as a value, to stamp a row with."""
    if not on_postgresql(conn):
        return _clock(conn)
    return conn.execute(select(type_coerce(now(conn), Instant))).scalar_one()


def _clock(conn: Connection) -> datetime:
    clock: Any = conn.get_execution_options()["clock"]
    told: datetime = clock()
    return told
