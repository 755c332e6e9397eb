"""How far a sweep has come: the newest `meta.lastUpdated` that a source has shown of a type, in the source's time."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, select

from fhir_adapter.store.dialect import insert
from fhir_adapter.store.schema import watermarks


def of(conn: Connection, source: str, type: str) -> datetime | None:  # noqa: A002 - FHIR's word
    one = (watermarks.c.source == source, watermarks.c.type == type)
    return conn.execute(select(watermarks.c.at).where(*one)).scalar_one_or_none()


def advance(conn: Connection, source: str, type: str, at: datetime) -> None:  # noqa: A002 - FHIR's word
    """Forwards only. In the transaction that keeps what was found up to there."""
    new = insert(conn, watermarks).values(source=source, type=type, at=at)
    further = {"at": new.excluded.at}
    conn.execute(
        new.on_conflict_do_update(
            index_elements=["source", "type"], set_=further, where=watermarks.c.at < new.excluded.at
        )
    )
