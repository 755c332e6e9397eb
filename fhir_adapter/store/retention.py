"""Raw bodies go when nobody needs them any more; what was decided and the hash of what it was decided on stay.

    patient   quiet for so many days, nothing due, nothing on its way, no visit open or held
    charges   each is billed, as far as was seen, or was reversed

Then the bodies of the resource versions that were read for this patient, and of the notifications about them, become
empty; rows, SHA-256 and the time stay, so a sweep still knows a version, and an auditor what it was. Where a charge is
not known to be billed the chart is read again, once in the same number of days: the biller may have been there since.
Ledger, outbox and coded visits are never touched. A body that is read again is kept again.
"""

from __future__ import annotations

from datetime import datetime
from hashlib import sha256

import msgspec
from sqlalchemy import ColumnElement, Connection, Table, and_, func, or_, select, update

from fhir_adapter.reconcile import LedgerEntry
from fhir_adapter.store import due, ledger, progress, visits
from fhir_adapter.store.dialect import moment
from fhir_adapter.store.due import AT_ONCE
from fhir_adapter.store.schema import inbox, versions

DONE = ("coded", "ignored", "replayed")
PATIENTS_AT_ONCE = 20


class Removed(msgspec.Struct, frozen=True, kw_only=True):
    """`patients` were looked at; `asked` of them are read again to see whether they were billed."""

    patients: int
    bodies: int
    asked: int
    last: tuple[str, str] | None
    """Where the next look begins; None: everybody was looked at."""


class _Item(msgspec.Struct, frozen=True):
    status: str = ""


def remove(conn: Connection, *, before: datetime, after: tuple[str, str] = ("", "")) -> Removed:
    """One look at a few patients in order, in one short transaction; go on after `last`."""
    quiet = _quiet(conn, before, after)
    bodies = asked = 0
    for source, patient in quiet:
        if _is_billed(conn, source, patient):
            bodies += _empty(conn, versions, _of(versions, source, patient))
            bodies += _empty(conn, inbox, and_(_of(inbox, source, patient), inbox.c.state.in_(DONE)))
        elif _may_be_asked(conn, source, patient, before):
            due.mark(conn, source, patient, settle=AT_ONCE, max_wait=AT_ONCE)
            asked += 1
    last = quiet[-1] if len(quiet) == PATIENTS_AT_ONCE else None
    return Removed(patients=len(quiet), bodies=bodies, asked=asked, last=last)


def _quiet(conn: Connection, before: datetime, after: tuple[str, str]) -> list[tuple[str, str]]:
    """Patients whose newest body is old, and whose work is done without anything in doubt."""
    whose = (versions.c.source, versions.c.patient)
    further = or_(versions.c.source > after[0], and_(versions.c.source == after[0], versions.c.patient > after[1]))
    old = (
        select(*whose)
        .where(versions.c.patient.is_not(None), versions.c.removed_at.is_(None), further)
        .group_by(*whose)
        .having(func.max(versions.c.kept_at) < before)
        .order_by(*whose)
        .limit(PATIENTS_AT_ONCE)
    )
    return [(source, patient) for source, patient in conn.execute(old)]


def _is_billed(conn: Connection, source: str, patient: str) -> bool:
    charges = ledger.of_patient(conn, source, patient)
    return _is_settled(conn, source, patient) and all(_is_over(conn, source, entry) for entry in charges)


def _is_settled(conn: Connection, source: str, patient: str) -> bool:
    lanes = [progress.of(conn, source, patient, lane=lane) for lane in due.TABLES]
    if any(lane is not None and lane.state != "settled" for lane in lanes):
        return False
    return all(visit.state not in ("open", "held") for visit in visits.listed(conn, source=source, patient=patient))


def _is_over(conn: Connection, source: str, entry: LedgerEntry) -> bool:
    if entry.pending:
        return False
    reversed_by_us = entry.status == "entered-in-error" and entry.trouble is None
    return reversed_by_us or entry.trouble == "billed" or _seen_billed(conn, source, entry)


def _seen_billed(conn: Connection, source: str, entry: LedgerEntry) -> bool:
    item = (versions.c.source == source, versions.c.type == "ChargeItem", versions.c.id == entry.item)
    newest = select(versions.c.body).where(*item, versions.c.removed_at.is_(None)).order_by(versions.c.kept_at.desc())
    body = conn.execute(newest.limit(1)).scalar_one_or_none()
    return body is not None and msgspec.json.decode(body, type=_Item).status == "billed"


def _may_be_asked(conn: Connection, source: str, patient: str, before: datetime) -> bool:
    """A settled patient's `first_marked_at` is when the work was last done."""
    lane = progress.of(conn, source, patient)
    return lane is not None and lane.state == "settled" and lane.first_marked_at < before


def _of(table: Table, source: str, patient: str) -> ColumnElement[bool]:
    return and_(table.c.source == source, table.c.patient == patient, table.c.removed_at.is_(None))


def _empty(conn: Connection, table: Table, which: ColumnElement[bool]) -> int:
    key = tuple(table.primary_key.columns)
    rows = conn.execute(select(*key, table.c.body).where(which)).all()
    at = moment(conn)
    for *values, body in rows:
        one = (column == value for column, value in zip(key, values, strict=True))
        gone = {"body": b"", "body_hash": f"sha256:{sha256(body).hexdigest()}", "removed_at": at}
        conn.execute(update(table).where(*one).values(gone))
    return len(rows)
