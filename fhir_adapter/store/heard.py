"""How far a subscription has told its events, by the sender's own count: what a gap is measured against."""

from __future__ import annotations

from sqlalchemy import Connection, select

from fhir_adapter.store.dialect import insert
from fhir_adapter.store.schema import heard


def last(conn: Connection, source: str, subscription: str) -> int:
    """0 where it was never heard of."""
    one = (heard.c.source == source, heard.c.subscription == subscription)
    return conn.execute(select(heard.c.number).where(*one)).scalar_one_or_none() or 0


def keep(conn: Connection, source: str, subscription: str, number: int) -> None:
    new = insert(conn, heard).values(source=source, subscription=subscription, number=number)
    now = {"number": new.excluded.number}
    conn.execute(new.on_conflict_do_update(index_elements=["source", "subscription"], set_=now))
