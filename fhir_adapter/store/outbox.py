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
from sqlalchemy import ColumnElement, Connection, Select, and_, or_, select, update

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


def take(conn: Connection, claim: Claim, *, lease: timedelta, most: int = 1) -> tuple[Entry, ...]:
    """The patient's next writes, their attempt counted; none when the claim is over: all is sent, or the source paused.

    The claim must still be mine (`ClaimLost` otherwise) and holds for `lease` from here: let it outlast the request.
    """
    due.renew(conn, claim, lease=lease)
    if pauses.paused(conn, claim.source):
        due.postpone(conn, claim, PAUSED, wait=AT_ONCE, max_attempts=None)
        return ()
    unsent = _of(claim).where(outbox.c.state.in_(("pending", "ambiguous"))).order_by(outbox.c.number).limit(most)
    waiting = [Entry(**row._mapping) for row in conn.execute(unsent.with_for_update())]
    if not waiting:
        due.finish(conn, claim)
        return ()
    taken = _at_once(waiting)
    conn.execute(update(outbox).where(_these(taken)).values(attempts=outbox.c.attempts + 1))
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


def _these(entries: Sequence[Entry]) -> ColumnElement[bool]:
    return outbox.c.number.in_([entry.number for entry in entries])


def superseded(conn: Connection, taken: Sequence[Entry]) -> frozenset[str]:
    """The identifiers of what was taken about which a later order waits behind it."""
    same = (outbox.c.source.in_({entry.source for entry in taken}), outbox.c.identifier.in_(_names(taken)))
    later = (outbox.c.state.in_(("pending", "ambiguous")), ~_these(taken))
    return frozenset(conn.execute(select(outbox.c.identifier).where(*same, *later)).scalars())


def _names(entries: Sequence[Entry]) -> list[str]:
    return [entry.identifier for entry in entries]


def settle(
    conn: Connection, claim: Claim, entries: Sequence[Entry], state: State, code: str | None, *, lease: timedelta
) -> None:
    """What became of them. The claim must still be mine; stands beside `ledger.written` in one transaction."""
    settled = state not in ("pending", "ambiguous")
    due.renew(conn, claim, lease=lease, moved_on=settled)
    done = moment(conn) if settled else None
    values = {"state": state, "state_code": code, "settled_at": done}
    conn.execute(update(outbox).where(_these(entries)).values(values))


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
