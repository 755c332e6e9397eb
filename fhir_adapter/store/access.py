"""Who looked at what on the desk, and when: kept because charts were shown."""

from __future__ import annotations

from datetime import datetime

import msgspec
from sqlalchemy import Connection, select

from fhir_adapter.store.dialect import insert, moment
from fhir_adapter.store.schema import access


class Access(msgspec.Struct, frozen=True, kw_only=True):
    number: int
    at: datetime
    who: str
    what: str


def note(conn: Connection, *, who: str, what: str) -> None:
    """`what` names the page and the visit's number, never a patient."""
    conn.execute(insert(conn, access).values(at=moment(conn), who=who, what=what))


def listed(conn: Connection, *, limit: int) -> tuple[Access, ...]:
    """The newest first."""
    newest = select(access).order_by(access.c.number.desc()).limit(limit)
    return tuple(Access(**row._mapping) for row in conn.execute(newest))
