"""Coded visits: the latest of each visit, and every one before it that was different.

`result` is the coding contract's answer as bytes, `chart` the normalized visit it was made from: under the rulebook,
tables and engine that the row names, coding it again gives the same bytes. The second opinion is only for eyes.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import msgspec
from sqlalchemy import Connection, Row, Select, select, update

from fhir_adapter.store.dialect import insert, moment
from fhir_adapter.store.due import Claim
from fhir_adapter.store.schema import visits


class CodedVisit(msgspec.Struct, frozen=True, kw_only=True):
    """What the pipeline made of one visit. `state` is coarse, `held_by` names the findings in the way."""

    key: str
    rulebook: str
    rulebook_hash: str
    data_hash: str
    engine: str
    disposition: str
    state: str
    held_by: tuple[str, ...] = ()
    lines: int
    """How many lines the result has."""
    result: bytes
    second_opinion: bytes | None = None
    chart: bytes


class Summary(msgspec.Struct, frozen=True, kw_only=True):
    """A visit on a list: what it takes to find and judge it, without its bytes."""

    number: int
    source: str
    patient: str
    key: str
    generation: int
    coded_at: datetime
    rulebook: str
    disposition: str
    state: str
    held_by: tuple[str, ...]
    lines: int
    latest: bool


class Kept(msgspec.Struct, frozen=True, kw_only=True):
    """One coding of a visit with everything that was kept of it."""

    summary: Summary
    visit: CodedVisit


def keep(conn: Connection, claim: Claim, visit: CodedVisit) -> int:
    """Keep as the latest of its key; its number comes back. Coded again to the same, the row only moves on in time."""
    latest = _latest(conn, claim.source, visit.key)
    stamp = {"patient": claim.patient, "generation": claim.generation, "coded_at": moment(conn)}
    if latest is not None and _visit(latest) == visit:
        conn.execute(update(visits).where(visits.c.number == latest.number).values(stamp))
        return int(latest.number)
    if latest is not None:
        retire(conn, claim.source, visit.key)
    row = {name: getattr(visit, name) for name in visit.__struct_fields__} | stamp
    new = insert(conn, visits).values(row | {"source": claim.source, "latest": True})
    return int(conn.execute(new.returning(visits.c.number)).scalar_one())


def retire(conn: Connection, source: str, key: str) -> None:
    """There is no such visit any more (its encounters belong to another now); its history stays."""
    one = (visits.c.source == source, visits.c.key == key, visits.c.latest)
    conn.execute(update(visits).where(*one).values(latest=False))


def listed(conn: Connection, *, source: str | None = None, patient: str | None = None) -> tuple[Summary, ...]:
    """The latest of every visit, the newest coding first."""
    statement = _summaries().where(visits.c.latest)
    if source is not None:
        statement = statement.where(visits.c.source == source)
    if patient is not None:
        statement = statement.where(visits.c.patient == patient)
    return _read_summaries(conn, statement.order_by(visits.c.number.desc()))


def waiting(conn: Connection, source: str, coded_before: timedelta) -> tuple[str, ...]:
    """Patients with an open visit that was not looked at for so long."""
    long_ago = visits.c.coded_at <= moment(conn) - coded_before
    one = select(visits.c.patient).where(visits.c.source == source, visits.c.latest, visits.c.state == "open", long_ago)
    return tuple(dict.fromkeys(conn.execute(one).scalars()))


def held_by(conn: Connection) -> tuple[tuple[str, ...], ...]:
    """Of each visit that is held now: the findings in the way."""
    return tuple(conn.execute(select(visits.c.held_by).where(visits.c.latest, visits.c.state == "held")).scalars())


def history(conn: Connection, source: str, key: str) -> tuple[Summary, ...]:
    """Every different coding of one visit, the oldest first."""
    one = _summaries().where(visits.c.source == source, visits.c.key == key)
    return _read_summaries(conn, one.order_by(visits.c.number))


def last_of(conn: Connection, source: str, key: str, patient: str) -> Kept | None:
    """The newest coding of a visit of this patient, also of one that the chart no longer has."""
    whose = (visits.c.source == source, visits.c.key == key, visits.c.patient == patient)
    row = conn.execute(select(visits).where(*whose).order_by(visits.c.number.desc()).limit(1)).one_or_none()
    return None if row is None else _kept(row)


def get(conn: Connection, number: int) -> Kept | None:
    row = conn.execute(select(visits).where(visits.c.number == number)).one_or_none()
    return None if row is None else _kept(row)


def latest(conn: Connection, source: str, key: str) -> Kept | None:
    row = _latest(conn, source, key)
    return None if row is None else _kept(row)


def _latest(conn: Connection, source: str, key: str) -> Row[Any] | None:
    statement = select(visits).where(visits.c.source == source, visits.c.key == key, visits.c.latest)
    return conn.execute(statement).one_or_none()


def _summaries() -> Select[Any]:
    return select(*(visits.c[name] for name in Summary.__struct_fields__))


def _read_summaries(conn: Connection, statement: Select[Any]) -> tuple[Summary, ...]:
    return tuple(Summary(**row._mapping) for row in conn.execute(statement))


def _visit(row: Row[Any]) -> CodedVisit:
    return CodedVisit(**{name: row._mapping[name] for name in CodedVisit.__struct_fields__})


def _kept(row: Row[Any]) -> Kept:
    summary = Summary(**{name: row._mapping[name] for name in Summary.__struct_fields__})
    return Kept(summary=summary, visit=_visit(row))
