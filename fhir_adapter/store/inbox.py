"""What we were told, kept before it is answered, and what became of it.

A notification is a hint: the same one twice marks its patient twice, and the patient is read once. Nothing that came
from a known source is dropped: what could not be understood stays with the name of the faulty field.

    received   the patient is not known yet: `attribute` it, or `dismiss` it
    marked     its patient was made due
    coded      the chart was read and coded after it came; `visits` and `charges` say what that gave
    faulty     `fault` names the field
    ignored    nothing that concerns us
    replayed   read again since, and kept anew under another number
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any, Literal

import msgspec
from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Connection,
    Row,
    Select,
    Table,
    Update,
    bindparam,
    exists,
    insert,
    or_,
    select,
    text,
    update,
)
from sqlalchemy.sql.dml import ReturningInsert

from fhir_adapter.store import due
from fhir_adapter.store.columns import words
from fhir_adapter.store.dialect import given_now, the_now
from fhir_adapter.store.due import Claim
from fhir_adapter.store.prepared import Prepared
from fhir_adapter.store.schema import MARKED, SENDERS, SENT, inbox, outbox

State = Literal["received", "marked", "coded", "faulty", "ignored", "replayed"]


class Notification(msgspec.Struct, frozen=True, kw_only=True):
    """As it came in. `shape` is how it spoke (resource, bundle, subscription …), `method` the HTTP verb, or
    `sweep`, `export` (we asked) or `watch` (nobody spoke)."""

    source: str
    shape: str
    method: str
    type: str | None = None
    id: str | None = None
    version: str | None = None
    patient: str | None = None
    """`Patient/x`; None where only the EHR can tell."""
    body: bytes = b""
    fault: str | None = None
    """The faulty field and what is wrong with it, without a value of it."""


class Received(msgspec.Struct, frozen=True, kw_only=True):
    """A notification as it stands in the inbox."""

    number: int
    received_at: datetime
    source: str
    shape: str
    method: str
    type: str | None
    id: str | None
    version: str | None
    patient: str | None
    fault: str | None
    state: State
    generation: int | None
    coded_generation: int | None
    visits: tuple[int, ...] = ()
    """Numbers of the coded visits that the coding after it gave."""
    charges: tuple[str, ...] = ()
    """`action identifier` of each charge that the coding after it asked for."""


def record(conn: Connection, notification: Notification, *, settle: timedelta, max_wait: timedelta) -> int:
    """Keep it; where the patient is known and nothing is at fault, make the patient due. Its number comes back."""
    patient = None if notification.fault else notification.patient
    state = "faulty" if notification.fault else "marked" if patient else "received"
    generation = patient and due.mark(conn, notification.source, patient, settle=settle, max_wait=max_wait)
    told = {name: getattr(notification, name) for name in notification.__struct_fields__}
    return int(_NEW(conn, **told, **given_now(conn), state=state, generation=generation).fetchone()[0])


def _recording(dialect: str) -> ReturningInsert[int]:
    given: dict[str, object] = {
        name: bindparam(name) for name in (*Notification.__struct_fields__, "state", "generation")
    }
    stamped = given | {"received_at": the_now(dialect), "visits": text("'[]'")}
    return insert(inbox).values(stamped).returning(inbox.c.number)


_NEW = Prepared(_recording)


def attribute(conn: Connection, number: int, patient: str, *, settle: timedelta, max_wait: timedelta) -> None:
    """The EHR said whom it is about."""
    source = conn.execute(select(inbox.c.source).where(inbox.c.number == number)).scalar_one()
    generation = due.mark(conn, source, patient, settle=settle, max_wait=max_wait)
    _change(conn, number, patient=patient, state="marked", generation=generation)


def dismiss(conn: Connection, number: int, fault: str | None = None) -> None:
    """It is at fault, or concerns nothing that we read."""
    _change(conn, number, state="faulty" if fault else "ignored", fault=fault)


def coded(conn: Connection, claim: Claim, visits: tuple[int, ...]) -> None:
    """Everything told up to the claim's generation is in these visits. Stands beside `due.finish`."""
    numbers = words(tuple(map(str, visits)))
    _CODED(conn, of_source=claim.source, of_patient=claim.patient, caught_up=claim.generation, numbers=numbers)


def _coding(dialect: str) -> Update:
    caught_up = bindparam("caught_up", type_=BigInteger)
    whose = (inbox.c.source == bindparam("of_source"), inbox.c.patient == bindparam("of_patient"))
    told = update(inbox).where(*whose, MARKED, inbox.c.generation <= caught_up)
    return told.values(state="coded", coded_generation=caught_up, visits=bindparam("numbers"))


_CODED = Prepared(_coding)


def unattributed(
    conn: Connection,
    source: str,
    *,
    shapes: Collection[str] | None = None,
    but: Collection[str] = (),
    after: int = 0,
    limit: int,
) -> tuple[Received, ...]:
    """Those whose patient has to be asked for, in the order they came: of these shapes, without those, from a number
    on. A page: whoever cannot answer the first ones yet goes on behind them."""
    open_questions = (inbox.c.source == source, inbox.c.state == "received", inbox.c.number > after)
    waiting = _listing().where(*open_questions, inbox.c.shape.not_in(but))
    if shapes is not None:
        waiting = waiting.where(inbox.c.shape.in_(shapes))
    return tuple(_received(conn, row) for row in conn.execute(waiting.order_by(inbox.c.number).limit(limit)))


def listed(
    conn: Connection, *, state: State | None = None, parked: bool = False, before: int | None = None, limit: int
) -> tuple[Received, ...]:
    """The newest first; only those of patients that are parked; only those with a number below `before`."""
    statement = _listing() if state is None else _listing().where(inbox.c.state == state)
    if parked:
        statement = statement.where(_of_a_parked_patient())
    if before is not None:
        statement = statement.where(inbox.c.number < before)
    return tuple(_received(conn, row) for row in conn.execute(statement.order_by(inbox.c.number.desc()).limit(limit)))


def last_heard(conn: Connection, source: str) -> datetime | None:
    """When the source itself said something last; a sweep is us asking."""
    newest = select(inbox.c.received_at).where(inbox.c.source == source, SENT).order_by(inbox.c.number.desc()).limit(1)
    return conn.execute(newest).scalar_one_or_none()


def get(conn: Connection, number: int) -> Received | None:
    row = conn.execute(_listing().where(inbox.c.number == number)).one_or_none()
    return None if row is None else _received(conn, row)


def replayed(conn: Connection, number: int) -> None:
    """What it says was read again and stands under new numbers. What it caused before stays caused."""
    open_still = inbox.c.state.in_(("received", "faulty", "ignored"))
    conn.execute(update(inbox).where(inbox.c.number == number, open_still).values(state="replayed"))


def was_told(conn: Connection, source: str, kind: str, name: str, version: str | None) -> bool:
    """Whether the source itself told of this version, or of the resource without saying which."""
    resource = (inbox.c.source == source, inbox.c.type == kind, inbox.c.id == name, SENT)
    same = inbox.c.version.is_(None) | (inbox.c.version == version)
    return conn.execute(select(inbox.c.number).where(*resource, same).limit(1)).first() is not None


def is_in_hand(conn: Connection, source: str, kind: str, name: str, version: str | None) -> bool:
    """Whether exactly this version waits to be read, or a sweep or an export has asked for it once already. A resource
    that tells no version is never the same."""
    resource = (inbox.c.source == source, inbox.c.type == kind, inbox.c.id == name, inbox.c.version == version)
    asked = inbox.c.state.in_(("received", "marked")) | inbox.c.method.not_in(SENDERS)
    if version is None:
        return False
    return conn.execute(select(inbox.c.number).where(*resource, asked).limit(1)).first() is not None


def body(conn: Connection, number: int) -> bytes:
    """As it came, byte for byte; empty where retention removed it."""
    return bytes(conn.execute(select(inbox.c.body).where(inbox.c.number == number)).scalar_one())


def _change(conn: Connection, number: int, **values: object) -> None:
    conn.execute(update(inbox).where(inbox.c.number == number).values(values))


def _of_a_parked_patient() -> ColumnElement[bool]:
    def stuck(lane: Table) -> ColumnElement[bool]:
        same = (lane.c.source == inbox.c.source, lane.c.patient == inbox.c.patient)
        return exists().where(*same, lane.c.state == "parked")

    return or_(*map(stuck, due.TABLES.values()))


def _listing() -> Select[Any]:
    return select(*(inbox.c[name] for name in Received.__struct_fields__ if name != "charges"))


def _received(conn: Connection, row: Row[Any]) -> Received:
    visits = tuple(map(int, row.visits))
    return Received(**(dict(row._mapping) | {"visits": visits, "charges": _charges(conn, row)}))


def _charges(conn: Connection, row: Row[Any]) -> tuple[str, ...]:
    if row.coded_generation is None:
        return ()
    caused = select(outbox.c.action, outbox.c.identifier).where(
        outbox.c.source == row.source,
        outbox.c.patient == row.patient,
        outbox.c.generation == row.coded_generation,
    )
    return tuple(f"{action} {identifier}" for action, identifier in conn.execute(caused.order_by(outbox.c.number)))
