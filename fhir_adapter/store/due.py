"""Which patients are behind: not a queue of jobs, but the question whether the work is older than the facts.

                 mark                       claim
      settled ─────────→ waiting ────────────────────→ claimed
         ↑                 ↑  ↑                        │ │ │
         │                 │  └── postpone: try later ─┘ │ │
         │    mark wakes   │      finish, marked since ──┘ │
         │               parked ←─ attempts used up ───────┤
         └──────────────────────── finish ─────────────────┘

*mark* stands in the transaction that stores the fact. *claim* counts the attempt before the work begins, so that work
which kills its process parks too. A claim is a random token and a lease; when the lease is over somebody else may
take the patient, and whatever the first does afterwards finds no row: `ClaimLost`, everything rolled back, counted.

Three lanes are claimed alike: `code` (chart → visits), `send` (outbox → EHR) and `attest` (what was written → its
Provenance). The lanes that write rest where a source is paused.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from functools import partial
from secrets import token_hex
from typing import Any, Literal

import msgspec
from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Connection,
    Integer,
    Table,
    Update,
    bindparam,
    case,
    false,
    func,
    type_coerce,
    update,
)
from sqlalchemy.sql.dml import ReturningInsert

from fhir_adapter.errors import ClaimLost
from fhir_adapter.store.claimable import CHOICES, LET_GO, PARKS, TABLES, TAKES, USED_UP, Lane
from fhir_adapter.store.columns import micros
from fhir_adapter.store.dialect import INSERTS, given_now, now, the_now
from fhir_adapter.store.prepared import Changed, Prepared

__all__ = [
    "AT_ONCE", "TABLES", "USED_UP", "Claim", "Lane", "State", "claim", "finish", "mark", "postpone", "renew"
]  # fmt: skip

State = Literal["settled", "waiting", "claimed", "parked"]
AT_ONCE = timedelta(0)


class Claim(msgspec.Struct, frozen=True, kw_only=True):
    """One patient is mine until the lease ends. `generation` is what I am about to catch up with."""

    lane: Lane
    source: str
    patient: str
    generation: int
    token: str
    attempts: int


def mark(
    conn: Connection,
    source: str,
    patient: str,
    *,
    settle: timedelta,
    max_wait: timedelta,
    lane: Lane = "code",
) -> int:
    """There is something new about this patient. Due when quiet for `settle`, at the latest after `max_wait`."""
    times = {"quiet": micros(settle), "ceiling": micros(max_wait)} | given_now(conn)
    return int(_MARKS[lane](conn, source=source, patient=patient, **times).fetchone()[0])


def _marking(lane: Lane, dialect: str) -> ReturningInsert[int]:
    table, at = TABLES[lane], the_now(dialect)
    settle, max_wait = bindparam("quiet", type_=BigInteger), bindparam("ceiling", type_=BigInteger)
    idle = table.c.generation == table.c.coded_generation
    first = case((idle, at), else_=type_coerce(table.c.first_marked_at, BigInteger))
    whose: dict[str, object] = {"source": bindparam("source"), "patient": bindparam("patient")}
    new = {"generation": 1, "coded_generation": 0, "attempts": 0, "state": "waiting", "first_marked_at": at}
    again = {
        "generation": table.c.generation + 1,
        "first_marked_at": first,
        "due_at": _earlier(at + settle, first + max_wait),
        "attempts": case((table.c.state == "parked", 0), else_=table.c.attempts),
        "state": case((table.c.state == "claimed", "claimed"), else_="waiting"),
    }
    upsert = INSERTS[dialect](table).values(whose | new | {"due_at": _earlier(at + settle, at + max_wait)})
    keyed = upsert.on_conflict_do_update(index_elements=["source", "patient"], set_=again)
    return keyed.returning(table.c.generation)


_MARKS = {lane: Prepared(partial(_marking, lane)) for lane in TABLES}


def claim(
    conn: Connection,
    *,
    slots: int,
    lease: timedelta,
    max_attempts: int,
    lane: Lane = "code",
) -> tuple[Claim, ...]:
    """Take as many due patients as there are free slots, the longest due first."""
    at = given_now(conn)
    PARKS[lane](conn, most=max_attempts, **at)
    chosen = CHOICES[lane](conn, most=max_attempts, slots=slots, **at).fetchall()
    given = {"token": token_hex(16), "lease": micros(lease)} | at
    return tuple(_taken(conn, lane, source, patient, given) for source, patient in chosen)


def _taken(conn: Connection, lane: Lane, source: str, patient: str, given: Mapping[str, Any]) -> Claim:
    taken = TAKES[lane](conn, of_source=source, of_patient=patient, **given)
    generation, attempts = taken.fetchone()
    token = given["token"]
    return Claim(lane=lane, source=source, patient=patient, generation=generation, token=token, attempts=attempts)


def renew(conn: Connection, claim: Claim, *, lease: timedelta, moved_on: bool = False) -> None:
    """The work takes longer; also asked before each request, so that the lease outlasts it. Where a part of the work is
    done, the tries that failed before it count no longer."""
    tries = 1 if moved_on else None
    _held(_RENEWALS[claim.lane](conn, **_mine(claim), lease=micros(lease), tries=tries, **given_now(conn)))


def _renewing(lane: Lane, dialect: str) -> Update:
    table = TABLES[lane]
    tries = func.coalesce(bindparam("tries", type_=Integer), table.c.attempts)
    until = the_now(dialect) + bindparam("lease", type_=BigInteger)
    return _of_mine(table).values(claimed_until=until, attempts=tries)


_RENEWALS = {lane: Prepared(partial(_renewing, lane)) for lane in TABLES}


def finish(conn: Connection, claim: Claim) -> None:
    """The work has caught up with the claim's generation. In the transaction that keeps what the work made."""
    _held(_ENDS[claim.lane](conn, **_mine(claim), caught_up=claim.generation, **given_now(conn)))


def _finishing(lane: Lane, dialect: str) -> Update:
    table, caught_up = TABLES[lane], bindparam("caught_up", type_=BigInteger)
    values = {
        "coded_generation": caught_up,
        "state": case((table.c.generation > caught_up, "waiting"), else_="settled"),
        "first_marked_at": the_now(dialect),
        "attempts": 0,
        "state_code": None,
    }
    return _of_mine(table).values(values | LET_GO)


_ENDS = {lane: Prepared(partial(_finishing, lane)) for lane in TABLES}


def postpone(conn: Connection, claim: Claim, code: str, *, wait: timedelta, max_attempts: int | None) -> None:
    """Try again after `wait`, or park when the attempts are used up.

    `max_attempts=None` says that the fault was not this patient's (the EHR is down, we are stopping): not counted.
    """
    table = TABLES[claim.lane]
    attempts = table.c.attempts - 1 if max_attempts is None else table.c.attempts
    spent = table.c.attempts >= max_attempts if max_attempts is not None else false()
    marked_since = table.c.generation > claim.generation
    values = {
        "due_at": now(conn) + micros(wait),
        "attempts": case((marked_since, 0), else_=attempts),
        "state": case((marked_since, "waiting"), (spent, "parked"), else_="waiting"),
        "state_code": code,
    }
    _held(conn.execute(_of_mine(table).values(values | LET_GO), _mine(claim)))


def _mine(claim: Claim) -> dict[str, str]:
    return {"of_source": claim.source, "of_patient": claim.patient, "by_token": claim.token}


def _of_mine(table: Table) -> Update:
    """Given `_mine`: nothing, once somebody else has the patient."""
    mine = {"of_source": table.c.source, "of_patient": table.c.patient, "by_token": table.c.token}
    return update(table).where(*(column == bindparam(name) for name, column in mine.items()))


def _held(changed: Changed) -> None:
    if changed.rowcount != 1:
        raise ClaimLost("the claim ran out and somebody else has this patient")


def _earlier(one: ColumnElement[int], other: ColumnElement[int]) -> ColumnElement[int]:
    return case((one < other, one), else_=other)
