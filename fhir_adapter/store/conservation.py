"""Where everything that was told and read has ended, by query: the rows that `history.conservation` adds up.

A notification ends once. Its work is done when its patient's coding has caught up with it; one that was marked while
nobody is behind any more was lost, whatever its state says.
"""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import ColumnElement, Connection, and_, case, func, or_, select

from fhir_adapter.store.schema import due, inbox, ledger, versions, visits

GIVEN = "MedicationAdministration"
_BEHIND = due.c.generation > due.c.coded_generation
_CAUGHT_UP = due.c.coded_generation >= inbox.c.generation
_END: ColumnElement[str] = case(
    (and_(inbox.c.state == "coded", _CAUGHT_UP, inbox.c.generation == inbox.c.coded_generation), "coded"),
    (or_(and_(inbox.c.state == "coded", _CAUGHT_UP), inbox.c.state == "replayed"), "superseded"),
    (inbox.c.state == "faulty", "quarantined"),
    (inbox.c.state == "ignored", "not ours"),
    (or_(inbox.c.state == "received", and_(inbox.c.state == "marked", _BEHIND)), "waiting"),
    else_="missing",
)
_WORK = inbox.outerjoin(due, and_(due.c.source == inbox.c.source, due.c.patient == inbox.c.patient))


def notifications(conn: Connection, source: str) -> dict[str, int]:
    """How many ended where: coded, superseded (a later one was coded with it, or it was read again), quarantined, not
    ours, waiting, missing."""
    by_end = select(_END, func.count()).select_from(_WORK).where(inbox.c.source == source).group_by(_END)
    return {end: count for end, count in conn.execute(by_end)}


def missing_notifications(conn: Connection, source: str) -> tuple[int, ...]:
    lost = select(inbox.c.number).select_from(_WORK).where(inbox.c.source == source, _END == "missing")
    return tuple(conn.execute(lost.order_by(inbox.c.number)).scalars())


def administrations(conn: Connection, source: str) -> dict[str, bool]:
    """Every administration that was ever read, and whether its patient is behind."""
    whose = and_(due.c.source == versions.c.source, due.c.patient == versions.c.patient)
    work = func.max(case((_BEHIND, 1), else_=0))
    read = select(versions.c.id, work).select_from(versions.outerjoin(due, whose))
    mine = read.where(versions.c.source == source, versions.c.type == GIVEN).group_by(versions.c.id)
    return {name: bool(behind) for name, behind in conn.execute(mine)}


def codings(conn: Connection, source: str) -> Iterator[tuple[bytes, bytes]]:
    """Result and chart of each visit as it was coded last."""
    latest = select(visits.c.result, visits.c.chart).where(visits.c.source == source, visits.c.latest)
    yield from (tuple(row) for row in conn.execute(latest))


def charged(conn: Connection, source: str) -> frozenset[str]:
    """The administrations on which a charge that stands rests."""
    standing = select(ledger.c.administrations).where(ledger.c.source == source, ledger.c.status == "billable")
    return frozenset(name for names in conn.execute(standing).scalars() for name in names)
