"""Sources whose posting a person has stopped. In the database, so that a pause survives every restart."""

from __future__ import annotations

from datetime import datetime

import msgspec
from sqlalchemy import Connection, bindparam, delete, select

from fhir_adapter.store.dialect import insert, moment
from fhir_adapter.store.prepared import Prepared
from fhir_adapter.store.schema import pauses


class Pause(msgspec.Struct, frozen=True, kw_only=True):
    source: str
    since: datetime
    why: str
    who: str


def pause(conn: Connection, source: str, *, why: str, who: str) -> Pause:
    """Stop posting at this source. Paused already, it stays paused since then, for the reason given last."""
    wish = {"why": why, "who": who}
    new = insert(conn, pauses).values(wish | {"source": source, "since": moment(conn)})
    kept = new.on_conflict_do_update(index_elements=["source"], set_=wish).returning(*pauses.c)
    return Pause(**conn.execute(kept).one()._mapping)


def resume(conn: Connection, source: str) -> bool:
    """Post again; False when it was not paused."""
    return conn.execute(delete(pauses).where(pauses.c.source == source)).rowcount == 1


_PAUSED = Prepared(lambda dialect: select(pauses.c.source).where(pauses.c.source == bindparam("source")))


def paused(conn: Connection, source: str) -> bool:
    return _PAUSED(conn, source=source).fetchone() is not None


def listed(conn: Connection) -> tuple[Pause, ...]:
    return tuple(Pause(**row._mapping) for row in conn.execute(select(pauses).order_by(pauses.c.source)))
