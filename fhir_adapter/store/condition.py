"""How a database is, in numbers: for `db status` and for a scraper. Counts only, nobody's name."""

from __future__ import annotations

from collections import Counter
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import Connection, Select, Table, func, select, text, type_coerce

from fhir_adapter.store import counters, due, inbox, progress, schema
from fhir_adapter.store.columns import Instant
from fhir_adapter.store.dialect import on_postgresql
from fhir_adapter.store.inbox import Received
from fhir_adapter.store.migration import HEAD, revision
from fhir_adapter.store.progress import Progress
from fhir_adapter.store.visits import held_by


class Lane(msgspec.Struct, frozen=True, kw_only=True):
    """Patients whose work is older than their facts."""

    states: dict[str, int]
    due_since: datetime | None
    """When the first of those who may be claimed became due; the parked do not count."""
    due: int
    """How many may be claimed now."""
    lag_seconds: float


class Condition(msgspec.Struct, frozen=True, kw_only=True):
    lanes: dict[str, Lane]
    inbox: dict[str, int]
    """Notifications by state; `faulty` are the quarantined."""
    outbox: dict[str, int]
    held: dict[str, int]
    """Latest codings of visits by the finding that holds them; one with two findings counts twice."""
    events: dict[str, int]


class Notification(msgspec.Struct, frozen=True, kw_only=True):
    """One entry of the inbox with how its patient's work stands, by lane."""

    received: Received
    body_bytes: int
    removed_at: datetime | None
    work: dict[str, Progress]


class Status(msgspec.Struct, frozen=True, kw_only=True):
    database: str
    revision: str | None
    needs: str
    megabytes: float
    condition: Condition


def status(conn: Connection, now: datetime) -> Status:
    return Status(
        database=conn.dialect.name,
        revision=revision(conn),
        needs=HEAD,
        megabytes=round(_size(conn) / 1_000_000, 3),
        condition=of(conn, now),
    )


def notification(conn: Connection, number: int) -> Notification | None:
    received = inbox.get(conn, number)
    if received is None:
        return None
    gone = select(schema.inbox.c.removed_at).where(schema.inbox.c.number == number)
    lanes = {lane: _work(conn, received, lane) for lane in due.TABLES}
    return Notification(
        received=received,
        body_bytes=len(inbox.body(conn, number)),
        removed_at=conn.execute(gone).scalar_one(),
        work={lane: work for lane, work in lanes.items() if work is not None},
    )


def _work(conn: Connection, received: Received, lane: due.Lane) -> Progress | None:
    return progress.of(conn, received.source, received.patient, lane=lane) if received.patient else None


def of(conn: Connection, now: datetime) -> Condition:
    return Condition(
        lanes={lane: _lane(conn, lane, now) for lane in due.TABLES},
        inbox=_by_state(conn, schema.inbox),
        outbox=_by_state(conn, schema.outbox),
        held=dict(Counter(finding for findings in held_by(conn) for finding in findings)),
        events=counters.events(conn),
    )


def _lane(conn: Connection, lane: due.Lane, now: datetime) -> Lane:
    table = due.TABLES[lane]
    behind = table.c.generation > table.c.coded_generation
    states = select(table.c.state, func.count()).where(behind).group_by(table.c.state)
    waiting = select(type_coerce(func.min(table.c.due_at), Instant), func.count()).where(
        behind, table.c.state == "waiting"
    )
    first, _ = conn.execute(waiting).one()
    _, late = conn.execute(waiting.where(table.c.due_at <= now)).one()
    lag = max(0.0, (now - first).total_seconds()) if first else 0.0
    return Lane(states=_counts(conn, states), due_since=first, due=late, lag_seconds=lag)


def _by_state(conn: Connection, table: Table) -> dict[str, int]:
    return _counts(conn, select(table.c.state, func.count()).group_by(table.c.state))


def _counts(conn: Connection, statement: Select[Any]) -> dict[str, int]:
    return {state: count for state, count in conn.execute(statement)}


def _size(conn: Connection) -> int:
    if on_postgresql(conn):
        return int(conn.execute(text("SELECT pg_database_size(current_database())")).scalar_one())
    size = text("SELECT page_count * page_size FROM pragma_page_count, pragma_page_size")
    return int(conn.execute(size).scalar_one())
