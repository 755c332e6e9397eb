"""Which patients may be claimed in a lane, and the three statements of a claim: those whose attempts are used up are
parked, the longest due are chosen, each is taken. They are asked many times a second, so they are made once.
"""

from __future__ import annotations

from functools import partial
from typing import Literal

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Integer,
    Select,
    Table,
    Update,
    and_,
    bindparam,
    false,
    or_,
    select,
    update,
)
from sqlalchemy.sql.dml import ReturningUpdate

from fhir_adapter.store import schema
from fhir_adapter.store.dialect import the_now
from fhir_adapter.store.prepared import Prepared

Lane = Literal["code", "send", "attest"]
TABLES: dict[Lane, Table] = {"code": schema.due, "send": schema.sending, "attest": schema.attesting}

USED_UP = "attempts-used-up"
"""The code of a patient whose work never came back to say what was wrong."""
LET_GO = {"token": None, "claimed_until": None}
_MOST = bindparam("most", type_=Integer)


def _parking(lane: Lane, dialect: str) -> Update:
    table = TABLES[lane]
    spent = update(table).where(_free(lane, dialect), table.c.attempts >= _MOST)
    return spent.values(state="parked", state_code=USED_UP, **LET_GO)


def _choosing(lane: Lane, dialect: str) -> Select[tuple[str, str]]:
    table = TABLES[lane]
    free = select(table.c.source, table.c.patient).where(_free(lane, dialect), table.c.attempts < _MOST)
    slots = bindparam("slots", type_=Integer)
    return free.order_by(table.c.due_at).limit(slots).with_for_update(skip_locked=True)


def _taking(lane: Lane, dialect: str) -> ReturningUpdate[tuple[int, int]]:
    table, until = TABLES[lane], the_now(dialect) + bindparam("lease", type_=BigInteger)
    one = (table.c.source == bindparam("of_source"), table.c.patient == bindparam("of_patient"))
    mine = {"token": bindparam("token"), "claimed_until": until, "attempts": table.c.attempts + 1, "state": "claimed"}
    return update(table).where(*one).values(mine).returning(table.c.generation, table.c.attempts)


def _free(lane: Lane, dialect: str) -> ColumnElement[bool]:
    table, at = TABLES[lane], the_now(dialect)
    unclaimed = or_(table.c.token.is_(None), table.c.claimed_until <= at)
    behind = table.c.generation > table.c.coded_generation
    rests = false() if lane == "code" else table.c.source.in_(select(schema.pauses.c.source))
    return and_(behind, table.c.due_at <= at, table.c.state != "parked", unclaimed, ~rests)


PARKS = {lane: Prepared(partial(_parking, lane)) for lane in TABLES}
CHOICES = {lane: Prepared(partial(_choosing, lane)) for lane in TABLES}
TAKES = {lane: Prepared(partial(_taking, lane)) for lane in TABLES}
