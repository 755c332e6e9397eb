"""Charges on their way to the EHR: per patient in order, each written down before it is sent.

    pending    to be sent; `attempts` are counted when it is taken, before the request
    ambiguous  sent, and no answer came: to be looked up by its identifier before it is sent again
    sent       the EHR has it
    parked     the EHR will never take it as it is; a person sees why, the patient's others go on
    replaced   it was parked or never tried, and the charge has been decided anew since

Asking marks the patient in the lane `send` (due.py). A sender claims the patient, takes one after the other with
`take` – which holds the claim, looks at the source's pause and renews the lease before every request – until `take`
gives nothing: then nothing is left, or the source is paused, and the claim is over. What was never tried may be taken
together, for one request about all of it; what may have been sent before is taken alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Literal

import msgspec
from sqlalchemy import Connection, Insert, Integer, Select, Update, and_, bindparam, insert, or_, select, update

from fhir_adapter.store import due, pauses
from fhir_adapter.store.columns import instant, moment_of
from fhir_adapter.store.dialect import given_now, moment, the_now
from fhir_adapter.store.due import AT_ONCE, Claim
from fhir_adapter.store.prepared import Prepared
from fhir_adapter.store.schema import UNSENT, outbox

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
    whose = {"source": claim.source, "patient": claim.patient, "generation": claim.generation}
    for request in requests:
        _REPLACE(conn, of_source=claim.source, of_identifier=request.identifier)
        row = {name: getattr(request, name) for name in request.__struct_fields__}
        _ASK(conn, **row, **whose, **given_now(conn))
    if requests:
        due.mark(conn, claim.source, claim.patient, settle=AT_ONCE, max_wait=AT_ONCE, lane="send")


_SAME = (outbox.c.source == bindparam("of_source"), outbox.c.identifier == bindparam("of_identifier"))
_REPLACE = Prepared(lambda dialect: update(outbox).where(*_SAME, _NOT_ON_ITS_WAY).values(state="replaced"))


def _asking(dialect: str) -> Insert:
    given: dict[str, object] = {
        name: bindparam(name) for name in (*Request.__struct_fields__, "source", "patient", "generation")
    }
    return insert(outbox).values(given | {"state": "pending", "attempts": 0, "created_at": the_now(dialect)})


_ASK = Prepared(_asking)


def take(conn: Connection, claim: Claim, *, lease: timedelta, most: int = 1) -> tuple[Entry, ...]:
    """The patient's next writes, their attempt counted; none when the claim is over: all is sent, or the source paused.

    The claim must still be mine (`ClaimLost` otherwise) and holds for `lease` from here: let it outlast the request.
    """
    due.renew(conn, claim, lease=lease)
    if pauses.paused(conn, claim.source):
        due.postpone(conn, claim, PAUSED, wait=AT_ONCE, max_attempts=None)
        return ()
    unsent = _UNSENT(conn, source=claim.source, patient=claim.patient, most=most)
    waiting = [_entry(row) for row in unsent.fetchall()]
    if not waiting:
        due.finish(conn, claim)
        return ()
    taken = _at_once(waiting)
    for entry in taken:
        _TRY(conn, one=entry.number)
    return tuple(msgspec.structs.replace(entry, attempts=entry.attempts + 1) for entry in taken)


def _at_once(waiting: Sequence[Entry]) -> tuple[Entry, ...]:
    """The first; where it was never tried, with those behind it that were not either, each about another charge."""
    taken: dict[str, Entry] = {}
    for entry in waiting:
        if taken and (entry.attempts or entry.identifier in taken):
            break
        taken[entry.identifier] = entry
        if entry.attempts:
            break
    return tuple(taken.values())


_OF_PATIENT = (outbox.c.source == bindparam("source"), outbox.c.patient == bindparam("patient"))
_UNSENT = Prepared(
    lambda dialect: (
        _all()
        .where(*_OF_PATIENT, UNSENT)
        .order_by(outbox.c.number)
        .limit(bindparam("most", type_=Integer))
        .with_for_update()
    )
)
_TRY = Prepared(lambda dialect: _one().values(attempts=outbox.c.attempts + 1))


def _one() -> Update:
    return update(outbox).where(outbox.c.number == bindparam("one"))


def _entry(row: Sequence[Any]) -> Entry:
    """As the driver gives it: instants as they lie in the table."""
    told = dict(zip(Entry.__struct_fields__, row, strict=True))
    settled_at = told["settled_at"]
    times = {
        "created_at": moment_of(told["created_at"]),
        "settled_at": None if settled_at is None else moment_of(settled_at),
    }
    return Entry(**(told | times))


def superseded(conn: Connection, taken: Sequence[Entry]) -> frozenset[str]:
    """The identifiers of what was taken about which a later order waits behind it."""
    return frozenset(one.identifier for one in taken if _waits_behind(conn, one))


def _waits_behind(conn: Connection, one: Entry) -> bool:
    behind = _BEHIND(conn, of_source=one.source, of_identifier=one.identifier, one=one.number)
    return behind.fetchone() is not None


_BEHIND = Prepared(
    lambda dialect: select(outbox.c.number).where(*_SAME, UNSENT, outbox.c.number != bindparam("one")).limit(1)
)


def settle(
    conn: Connection, claim: Claim, entries: Sequence[Entry], state: State, code: str | None, *, lease: timedelta
) -> None:
    """What became of them. The claim must still be mine; stands beside `ledger.written` in one transaction."""
    settled = state not in ("pending", "ambiguous")
    due.renew(conn, claim, lease=lease, moved_on=settled)
    done = instant(moment(conn)) if settled else None
    for entry in entries:
        _SETTLE(conn, one=entry.number, state=state, state_code=code, settled_at=done)


_SETTLE = Prepared(
    lambda dialect: _one().values({name: bindparam(name) for name in ("state", "state_code", "settled_at")})
)


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
