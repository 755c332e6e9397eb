"""How far a subscription has told its events, by the sender's own count: what a gap is measured against."""

from __future__ import annotations

from sqlalchemy import Connection, select

from fhir_adapter.store.dialect import insert
from fhir_adapter.store.schema import counters


def last(conn: Connection, source: str, subscription: str) -> int:
    """0 where it was never heard of."""
    one = counters.c.name == _name(source, subscription)
    return conn.execute(select(counters.c.value).where(one)).scalar_one_or_none() or 0


def keep(conn: Connection, source: str, subscription: str, number: int) -> None:
    new = insert(conn, counters).values(name=_name(source, subscription), value=number)
    conn.execute(new.on_conflict_do_update(index_elements=["name"], set_={"value": new.excluded.value}))


def _name(source: str, subscription: str) -> str:
    return f"events {source} {subscription}"
