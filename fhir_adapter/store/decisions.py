"""What people decided about visits (normalize/decided.py says what may be decided), each word kept for ever.

A decision is never changed: it is taken back, by a person and with a reason, and another is made. Deciding and taking
back mark the patient, so that the visit is coded anew with the next turn of the worker.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import msgspec
from sqlalchemy import Connection, Row, select, update

from fhir_adapter.normalize.decided import Decision, Kind
from fhir_adapter.store import due
from fhir_adapter.store.dialect import insert, moment
from fhir_adapter.store.schema import decisions

AT_ONCE = timedelta(0)


class Wish(msgspec.Struct, frozen=True, kw_only=True):
    """A decision that somebody asks for."""

    source: str
    patient: str
    kind: Kind
    about: str
    value: str = ""
    drug: str = ""
    why: str
    who: str


class Kept(msgspec.Struct, frozen=True, kw_only=True):
    """A decision as people look at it; `undone_at` is None while it holds."""

    source: str
    patient: str
    decision: Decision
    undone_at: datetime | None
    undone_by: str | None
    undone_why: str | None


def decide(conn: Connection, wish: Wish) -> int:
    """Its number. The patient is coded anew."""
    row = {name: getattr(wish, name) for name in wish.__struct_fields__} | {"at": moment(conn)}
    number = conn.execute(insert(conn, decisions).values(row).returning(decisions.c.number)).scalar_one()
    due.mark(conn, wish.source, wish.patient, settle=AT_ONCE, max_wait=AT_ONCE)
    return int(number)


def undo(conn: Connection, number: int, *, who: str, why: str) -> bool:
    """Take it back; False where there is none, or it was taken back before."""
    holds = (decisions.c.number == number, decisions.c.undone_at.is_(None))
    values = {"undone_at": moment(conn), "undone_by": who, "undone_why": why}
    taken = update(decisions).where(*holds).values(values).returning(decisions.c.source, decisions.c.patient)
    row = conn.execute(taken).one_or_none()
    if row is None:
        return False
    due.mark(conn, row.source, row.patient, settle=AT_ONCE, max_wait=AT_ONCE)
    return True


def of_patient(conn: Connection, source: str, patient: str) -> tuple[Decision, ...]:
    """Those that hold, in the order they were made."""
    return tuple(one.decision for one in listed(conn, source=source, patient=patient) if one.undone_at is None)


def listed(conn: Connection, *, source: str | None = None, patient: str | None = None) -> tuple[Kept, ...]:
    """All, the undone too, the oldest first."""
    statement = select(decisions).order_by(decisions.c.number)
    for column, value in ((decisions.c.source, source), (decisions.c.patient, patient)):
        if value is not None:
            statement = statement.where(column == value)
    return tuple(_kept(row) for row in conn.execute(statement))


def _kept(row: Row[Any]) -> Kept:
    values = row._mapping
    decision = Decision(**{name: values[name] for name in Decision.__struct_fields__})
    return Kept(decision=decision, **{name: values[name] for name in Kept.__struct_fields__ if name != "decision"})
