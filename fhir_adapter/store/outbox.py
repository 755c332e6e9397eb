"""Charges on their way to the EHR: per patient in order, each written down before it is sent.

    pending    to be sent; `attempts` are counted when it is taken, before the request
    ambiguous  sent, and no answer came: to be looked up by its identifier before it is sent again
    sent       the EHR has it
    parked     the EHR will never take it as it is; a person sees why, the patient's others go on
    replaced   it was parked or never tried, and the charge has been decided anew since

Asking marks the patient in the lane `send` (due.py). A sender claims the patient, takes one after the other with
`take` – which holds the claim, looks at the source's pause and renews the lease before every request – until `take`
gives None: then nothing is left, or the source is paused, and the claim is over.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, Literal

import msgspec
from sqlalchemy import Connection, Select, and_, or_, select, update

from fhir_adapter.store import due, pauses
from fhir_adapter.store.dialect import insert, moment
from fhir_adapter.store.due import AT_ONCE, Claim
from fhir_adapter.store.schema import outbox

Action = Literal["create", "amend", "void"]
State = Literal["pending", "ambiguous", "sent", "parked", "replaced"]
PAUSED = "paused"


class Request(msgspec.Struct, frozen=True, kw_only=True):
    """One write that is asked for. `body` is what shall be sent, or what it is built from."""

    visit_key: str
    identifier: str
    action: Action
    body: bytes


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """A request as it stands in the outbox. `generation` is the coding that asked for it."""

    number: int
    source: str
    patient: str
    generation: int
    visit_key: str
    identifier: str
    action: Action
    body: bytes
    state: State
    attempts: int
    state_code: str | None
    created_at: datetime
    settled_at: datetime | None


_NOT_ON_ITS_WAY = or_(outbox.c.state == "parked", and_(outbox.c.state == "pending", outbox.c.attempts == 0))


def ask(conn: Connection, claim: Claim, requests: tuple[Request, ...]) -> None:
    """Ask for these writes, in this order, in the transaction that finishes the coding claim."""
    for request in requests:
        same = (outbox.c.source == claim.source, outbox.c.identifier == request.identifier)
        conn.execute(update(outbox).where(*same, _NOT_ON_ITS_WAY).values(state="replaced"))
        row = {name: getattr(request, name) for name in request.__struct_fields__}
        whose = {"source": claim.source, "patient": claim.patient, "generation": claim.generation}
        fresh = {"state": "pending", "attempts": 0, "created_at": moment(conn)}
        conn.execute(insert(conn, outbox).values(row | whose | fresh))
    if requests:
        due.mark(conn, claim.source, claim.patient, settle=AT_ONCE, max_wait=AT_ONCE, lane="send")


def take(conn: Connection, claim: Claim, *, lease: timedelta) -> Entry | None:
    """The patient's next write, its attempt counted; None when the claim is over: all is sent, or the source paused.

    The claim must still be mine (`ClaimLost` otherwise) and holds for `lease` from here: let it outlast the request.
    """
    due.renew(conn, claim, lease=lease)
    if pauses.paused(conn, claim.source):
        due.postpone(conn, claim, PAUSED, wait=AT_ONCE, max_attempts=None)
        return None
    unsent = _of(claim).where(outbox.c.state.in_(("pending", "ambiguous"))).order_by(outbox.c.number).limit(1)
    row = conn.execute(unsent.with_for_update()).one_or_none()
    if row is None:
        due.finish(conn, claim)
        return None
    entry = Entry(**row._mapping)
    conn.execute(update(outbox).where(outbox.c.number == entry.number).values(attempts=entry.attempts + 1))
    return msgspec.structs.replace(entry, attempts=entry.attempts + 1)


def is_superseded(conn: Connection, entry: Entry) -> bool:
    """A later order about the same charge waits behind it."""
    same = (outbox.c.source == entry.source, outbox.c.identifier == entry.identifier)
    later = (outbox.c.number > entry.number, outbox.c.state.in_(("pending", "ambiguous")))
    return conn.execute(select(outbox.c.number).where(*same, *later).limit(1)).one_or_none() is not None


def settle(conn: Connection, claim: Claim, entry: Entry, state: State, code: str | None, *, lease: timedelta) -> None:
    """What became of it. The claim must still be mine; stands beside `ledger.written` in one transaction."""
    due.renew(conn, claim, lease=lease)
    done = None if state in ("pending", "ambiguous") else moment(conn)
    values = {"state": state, "state_code": code, "settled_at": done}
    conn.execute(update(outbox).where(outbox.c.number == entry.number).values(values))


def of_visit(conn: Connection, source: str, visit_key: str) -> tuple[Entry, ...]:
    """Everything ever asked for one visit, in order."""
    rows = conn.execute(
        _all().where(outbox.c.source == source, outbox.c.visit_key == visit_key).order_by(outbox.c.number)
    )
    return tuple(Entry(**row._mapping) for row in rows)


def unsettled(conn: Connection) -> tuple[Entry, ...]:
    """What is not in the EHR yet and should be, at all sources: pending, ambiguous, parked."""
    waiting = _all().where(outbox.c.state.in_(("pending", "ambiguous", "parked"))).order_by(outbox.c.number)
    return tuple(Entry(**row._mapping) for row in conn.execute(waiting))


def _all() -> Select[Any]:
    return select(*(outbox.c[name] for name in Entry.__struct_fields__))


def _of(claim: Claim) -> Select[Any]:
    return _all().where(outbox.c.source == claim.source, outbox.c.patient == claim.patient)
