"""How far each patient's work is, for people and pages: reads only what due.py keeps."""

from __future__ import annotations

from datetime import datetime

import msgspec
from sqlalchemy import Connection, Select, Table, select

from fhir_adapter.store.due import TABLES, Lane, State


class Progress(msgspec.Struct, frozen=True, kw_only=True):
    """`coded_generation` is what the work has caught up with, `generation` what was last marked."""

    source: str
    patient: str
    generation: int
    coded_generation: int
    first_marked_at: datetime
    due_at: datetime
    claimed_until: datetime | None
    attempts: int
    state: State
    state_code: str | None


def of(conn: Connection, source: str, patient: str, *, lane: Lane = "code") -> Progress | None:
    table = TABLES[lane]
    row = conn.execute(_all(table).where(table.c.source == source, table.c.patient == patient)).one_or_none()
    return None if row is None else Progress(**row._mapping)


def behind(conn: Connection, *, lane: Lane = "code") -> tuple[Progress, ...]:
    """Every patient whose work is older than its facts, parked ones too, the longest due first."""
    table = TABLES[lane]
    late = _all(table).where(table.c.generation > table.c.coded_generation).order_by(table.c.due_at)
    return tuple(Progress(**row._mapping) for row in conn.execute(late))


def _all(table: Table) -> Select[tuple[object, ...]]:
    return select(*(table.c[name] for name in Progress.__struct_fields__))
