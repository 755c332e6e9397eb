"""Rare events, counted for ever: `fenced` is a worker that lost its claim and whose work was thrown away."""

from __future__ import annotations

from sqlalchemy import Connection, select

from fhir_adapter.store.dialect import insert
from fhir_adapter.store.schema import counters

FENCED = "fenced"
EVENTS = (FENCED,)
"""The names under which something is counted, not noted."""


def add(conn: Connection, name: str, by: int = 1) -> None:
    new = insert(conn, counters).values(name=name, value=by)
    conn.execute(new.on_conflict_do_update(index_elements=["name"], set_={"value": counters.c.value + by}))


def listed(conn: Connection) -> dict[str, int]:
    """Name → count; a name that was never counted is not there."""
    return {name: value for name, value in conn.execute(select(counters.c.name, counters.c.value))}
