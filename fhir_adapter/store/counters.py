"""Rare events, counted for ever.

fenced           a worker lost its claim, and its work was thrown away
untold SOURCE    changes that only a sweep found: no notification told of them
"""

from __future__ import annotations

from sqlalchemy import Connection, select

from fhir_adapter.store.dialect import insert
from fhir_adapter.store.schema import counters

FENCED = "fenced"
UNTOLD = "untold "
"""With the source's name behind it."""


def add(conn: Connection, name: str, by: int = 1) -> None:
    new = insert(conn, counters).values(name=name, value=by)
    conn.execute(new.on_conflict_do_update(index_elements=["name"], set_={"value": counters.c.value + by}))


def listed(conn: Connection) -> dict[str, int]:
    """Name → count; a name that was never counted is not there."""
    return {name: value for name, value in conn.execute(select(counters.c.name, counters.c.value))}


def events(conn: Connection) -> dict[str, int]:
    """What is counted, without what is only noted under a name."""
    return {name: count for name, count in listed(conn).items() if name == FENCED or name.startswith(UNTOLD)}


def untold(conn: Connection) -> dict[str, int]:
    """Source → changes that nobody told of."""
    return {name.removeprefix(UNTOLD): count for name, count in listed(conn).items() if name.startswith(UNTOLD)}
