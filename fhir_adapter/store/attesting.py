"""What was written to an EHR and is still to be attested there: each order that is in place owes one Provenance.

    owed       to be written, as soon as the lane `attest` comes to the patient
    written    the EHR has it
    refused    the EHR takes none like it; what was charged stands all the same
    untaken    the EHR takes none at all

It is a lane of its own (due.py), so that a charge never waits for what attests it.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Literal

import msgspec
from sqlalchemy import Connection, bindparam, select, update

from fhir_adapter.store import due, pauses
from fhir_adapter.store.columns import moment_of
from fhir_adapter.store.due import AT_ONCE, Claim
from fhir_adapter.store.outbox import PAUSED, Action
from fhir_adapter.store.prepared import Prepared
from fhir_adapter.store.schema import OWED, outbox

Attested = Literal["owed", "written", "refused", "untaken"]


class Owed(msgspec.Struct, frozen=True, kw_only=True):
    """An order that is in place: what it wrote, as which version of which item, and when it was decided."""

    number: int
    action: Action
    body: bytes
    item: str
    version: str | None
    created_at: datetime


def owe(conn: Connection, claim: Claim, number: int, *, item: str, version: str | None) -> None:
    """In the transaction that settles the order."""
    _OWE(conn, one=number, item=item, version=version, attested="owed")
    due.mark(conn, claim.source, claim.patient, settle=AT_ONCE, max_wait=AT_ONCE, lane="attest")


_ONE = update(outbox).where(outbox.c.number == bindparam("one"))
_OWE = Prepared(lambda dialect: _ONE.values({name: bindparam(name) for name in ("item", "version", "attested")}))


def take(conn: Connection, claim: Claim, *, lease: timedelta) -> Owed | None:
    """The patient's next; None when the claim is over: nothing is owed, or the source is paused."""
    due.renew(conn, claim, lease=lease)
    if pauses.paused(conn, claim.source):
        due.postpone(conn, claim, PAUSED, wait=AT_ONCE, max_attempts=None)
        return None
    row = _NEXT(conn, source=claim.source, patient=claim.patient).fetchone()
    if row is None:
        due.finish(conn, claim)
        return None
    told = dict(zip(Owed.__struct_fields__, row, strict=True))
    return Owed(**(told | {"created_at": moment_of(told["created_at"])}))


_NEXT = Prepared(
    lambda dialect: (
        select(*(outbox.c[name] for name in Owed.__struct_fields__))
        .where(outbox.c.source == bindparam("source"), outbox.c.patient == bindparam("patient"), OWED)
        .order_by(outbox.c.number)
        .limit(1)
    )
)


def settle(conn: Connection, claim: Claim, number: int, state: Attested, *, lease: timedelta) -> None:
    """The claim must still be mine."""
    due.renew(conn, claim, lease=lease)
    _SETTLE(conn, one=number, attested=state)


_SETTLE = Prepared(lambda dialect: _ONE.values(attested=bindparam("attested")))
