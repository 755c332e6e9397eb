"""Every version of a resource that was read, byte for byte, once.

A server that gives no version id gets the hash of the body in its place, so that the same bytes are kept once.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from hashlib import sha256

import msgspec
from sqlalchemy import Connection, bindparam, exists, func, select

from fhir_adapter.store.dialect import insert, moment
from fhir_adapter.store.prepared import Prepared
from fhir_adapter.store.schema import inbox, versions

_THERE = versions.c.removed_at.is_(None)
_HASHED = "sha256:"


class Version(msgspec.Struct, frozen=True, kw_only=True):
    """A resource as the EHR had it. `patient` says in whose chart it was read."""

    type: str
    id: str
    version_id: str | None
    last_updated: datetime | None
    patient: str | None
    body: bytes


def keep(conn: Connection, source: str, read: Iterable[Version]) -> None:
    """A version that is known already stays as it is; a body that retention removed is kept again."""
    kept_at = moment(conn)
    rows = [_row(version) | {"source": source, "kept_at": kept_at} for version in read]
    if rows:
        new = insert(conn, versions)
        again = {"body": new.excluded.body, "kept_at": new.excluded.kept_at, "body_hash": None, "removed_at": None}
        gone = versions.c.removed_at.is_not(None)
        conn.execute(new.on_conflict_do_update(index_elements=list(versions.primary_key), set_=again, where=gone), rows)


def of(conn: Connection, source: str, type: str, id: str) -> tuple[Version, ...]:  # noqa: A002 - FHIR's words
    """Every version of one resource whose body is there, in the order they were kept."""
    columns = (versions.c[name] for name in Version.__struct_fields__)
    one = (versions.c.source == source, versions.c.type == type, versions.c.id == id, _THERE)
    rows = conn.execute(select(*columns).where(*one).order_by(versions.c.kept_at, versions.c.version_id))
    return tuple(Version(**row._mapping) for row in rows)


def latest(conn: Connection, source: str, type: str) -> tuple[Version, ...]:  # noqa: A002 - FHIR's words
    """The version of each resource of a type that was kept last."""
    columns = (versions.c[name] for name in Version.__struct_fields__)
    of_type = select(*columns).where(versions.c.source == source, versions.c.type == type, _THERE)
    rows = conn.execute(of_type.order_by(versions.c.kept_at, versions.c.version_id))
    return tuple({row.id: Version(**row._mapping) for row in rows}.values())


def as_of(conn: Connection, source: str, type: str, id: str, at: datetime) -> str | None:  # noqa: A002 - FHIR's words
    """The version that had been kept last at a moment; None where there was none, or the server gives none."""
    one = (versions.c.source == source, versions.c.type == type, versions.c.id == id, versions.c.kept_at <= at)
    newest = select(versions.c.version_id).where(*one).order_by(versions.c.kept_at.desc()).limit(1)
    found: str | None = conn.execute(newest).scalar_one_or_none()
    return None if found is None or found.startswith(_HASHED) else found


_ONE = tuple(versions.c[name] == bindparam(name) for name in ("source", "type", "id"))
_PATIENTS = Prepared(
    lambda dialect: (
        select(versions.c.patient).where(*_ONE, versions.c.patient.is_not(None)).order_by(versions.c.kept_at.desc())
    )
)


def patients(conn: Connection, source: str, type: str, id: str) -> tuple[str, ...]:  # noqa: A002 - FHIR's words
    """In whose charts it was read, the latest first."""
    found = _PATIENTS(conn, source=source, type=type, id=id)
    return tuple(dict.fromkeys(patient for (patient,) in found.fetchall()))


def former_patients(conn: Connection, source: str, read: Iterable[Version], now_of: str) -> tuple[str, ...]:
    """In whose charts the administrations and encounters that are read here in a new version were read before."""
    moving = [one for one in read if one.type in ("Encounter", "MedicationAdministration")]
    new = [one for one in moving if not known(conn, source, one.type, one.id, stamp(one.version_id, one.body))]
    whose = dict.fromkeys(patient for one in new for patient in patients(conn, source, one.type, one.id))
    return tuple(patient for patient in whose if patient != now_of)


def known(conn: Connection, source: str, type: str, id: str, version_id: str) -> bool:  # noqa: A002 - FHIR's words
    """Was this version read already?"""
    return _KNOWN(conn, source=source, type=type, id=id, version_id=version_id).fetchone() is not None


_KNOWN = Prepared(lambda dialect: select(versions.c.id).where(*_ONE, versions.c.version_id == bindparam("version_id")))


def not_deleted(
    conn: Connection,
    source: str,
    type: str,  # noqa: A002 - FHIR's word
    since: datetime,
) -> tuple[str, ...]:
    """The ids of what was read since, and whose deletion was not told of after that."""
    read = (versions.c.source == source, versions.c.type == type, versions.c.kept_at >= since)
    newest = func.max(versions.c.kept_at).label("at")
    last = select(versions.c.id, newest).where(*read).group_by(versions.c.id).subquery()
    told = exists().where(
        inbox.c.source == source,
        inbox.c.type == type,
        inbox.c.id == last.c.id,
        inbox.c.shape == "deletion",
        inbox.c.received_at >= last.c.at,
    )
    return tuple(conn.execute(select(last.c.id).where(~told).order_by(last.c.id)).scalars())


def _row(version: Version) -> dict[str, object]:
    row = {name: getattr(version, name) for name in version.__struct_fields__}
    return row | {"version_id": stamp(version.version_id, version.body)}


def stamp(version_id: str | None, body: bytes) -> str:
    """What a version is kept under."""
    return version_id or f"{_HASHED}{sha256(body).hexdigest()}"
