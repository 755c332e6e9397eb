"""The ledger: one entry per charge key for ever, what was decided last and what is known to stand in the EHR.

`decide` is written by the pipeline, in the transaction that also fills the outbox; `written` by the sender, when the
EHR has answered. The business identifier is unique in a source: that holds two workers apart even where all else fails.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Any

import msgspec
from sqlalchemy import Connection, Row, Select, and_, bindparam, exists, select, update

from fhir_adapter.reconcile import Charge, LedgerEntry
from fhir_adapter.reconcile.ledger import Trouble
from fhir_adapter.store.columns import instant, words
from fhir_adapter.store.dialect import INSERTS, Insert, moment
from fhir_adapter.store.prepared import Prepared
from fhir_adapter.store.schema import ledger, outbox

Place = tuple[str | None, str | None]
"""Item and version, as far as they are known."""


class Charged(msgspec.Struct, frozen=True, kw_only=True):
    """An entry as people look at it: with the visit it belongs to and the hash of the body last written."""

    entry: LedgerEntry
    visit_key: str
    body_hash: str | None


def decide(conn: Connection, entry: LedgerEntry, visit_key: str) -> None:
    """What shall stand under this key from now on. What was written (item, version, body) stays as it is known."""
    decision = _columns(entry.charge) | {
        "patient": entry.patient,
        "status": entry.status,
        "trouble": entry.trouble,
        "visit_key": visit_key,
        "updated_at": instant(moment(conn)),
    }
    key = {"source": entry.charge.key.source, "identifier": entry.charge.key.identifier}
    _DECIDE(conn, **key, **decision, item=entry.item, version=entry.version)


def _deciding(dialect: str) -> Insert:
    known = ("source", "identifier", "item", "version")
    names = [column.name for column in ledger.c if column.name != "body_hash"]
    new = INSERTS[dialect](ledger).values({name: bindparam(name) for name in names})
    decided = {name: new.excluded[name] for name in names if name not in known}
    return new.on_conflict_do_update(index_elements=["source", "identifier"], set_=decided)


_DECIDE = Prepared(_deciding)


def written(conn: Connection, source: str, identifier: str, *, item: str, version: str | None, body_hash: str) -> None:
    """The EHR has it: this item, in this version, with this body."""
    known = {"item": item, "version": version, "body_hash": body_hash, "updated_at": instant(moment(conn))}
    _WRITTEN(conn, of_source=source, of_identifier=identifier, **known)


_ONE = (ledger.c.source == bindparam("of_source"), ledger.c.identifier == bindparam("of_identifier"))
_WRITTEN = Prepared(
    lambda dialect: (
        update(ledger)
        .where(*_ONE)
        .values({name: bindparam(name) for name in ("item", "version", "body_hash", "updated_at")})
    )
)


def leave_alone(conn: Connection, source: str, identifier: str, trouble: Trouble | None) -> None:
    """The item may not be touched any more, and why; None takes that back."""
    _change(conn, source, identifier, trouble=trouble)


def of_patient(conn: Connection, source: str, patient: str) -> tuple[LedgerEntry, ...]:
    """Everything ever charged for this patient at this source, the reversed too."""
    rows = conn.execute(_all().where(ledger.c.source == source, ledger.c.patient == patient))
    return tuple(_charged(row).entry for row in rows)


def visit_keys(conn: Connection, source: str, patient: str) -> dict[str, str]:
    """Identifier of a charge of the patient → the visit that it was decided for."""
    whose = (ledger.c.source == source, ledger.c.patient == patient)
    return {
        row.identifier: row.visit_key
        for row in conn.execute(select(ledger.c.identifier, ledger.c.visit_key).where(*whose))
    }


def of_visit(conn: Connection, source: str, visit_key: str) -> tuple[Charged, ...]:
    rows = conn.execute(_all().where(ledger.c.source == source, ledger.c.visit_key == visit_key))
    return tuple(map(_charged, rows))


def of_date(conn: Connection, source: str, on: date) -> tuple[Charged, ...]:
    """Everything ever charged for a service date, the reversed too."""
    rows = conn.execute(_all().where(ledger.c.source == source, ledger.c.date == on).order_by(ledger.c.identifier))
    return tuple(map(_charged, rows))


def get(conn: Connection, source: str, identifier: str) -> Charged | None:
    row = conn.execute(_all().where(ledger.c.source == source, ledger.c.identifier == identifier)).one_or_none()
    return None if row is None else _charged(row)


def places(conn: Connection, source: str, identifiers: Iterable[str]) -> dict[str, Place]:
    """Of each that has an entry."""
    found = {one: _PLACE(conn, of_source=source, of_identifier=one).fetchone() for one in identifiers}
    return {one: (row[0], row[1]) for one, row in found.items() if row is not None}


_PLACE = Prepared(lambda dialect: select(ledger.c.item, ledger.c.version).where(*_ONE))


def _columns(charge: Charge) -> dict[str, object]:
    """As the driver takes them."""
    return {
        "encounter": charge.key.encounter,
        "date": charge.key.date.isoformat(),
        "code": charge.key.code,
        "modifiers": words(charge.key.modifiers),
        "ndc": charge.key.ndc,
        "units": charge.units,
        "administrations": words(charge.administrations),
        "charge": msgspec.json.encode(charge),
    }


def _all() -> Select[Any]:
    same = and_(outbox.c.source == ledger.c.source, outbox.c.identifier == ledger.c.identifier)
    pending = exists().where(same, outbox.c.state.in_(("pending", "ambiguous")))
    return select(ledger, pending.label("pending")).order_by(ledger.c.date, ledger.c.identifier)


def _charged(row: Row[Any]) -> Charged:
    entry = LedgerEntry(
        patient=row.patient,
        charge=msgspec.json.decode(row.charge, type=Charge),
        status=row.status,
        item=row.item,
        version=row.version,
        pending=bool(row.pending),
        trouble=row.trouble,
    )
    return Charged(entry=entry, visit_key=row.visit_key, body_hash=row.body_hash)


def _change(conn: Connection, source: str, identifier: str, **values: object) -> None:
    one = (ledger.c.source == source, ledger.c.identifier == identifier)
    conn.execute(update(ledger).where(*one).values(values | {"updated_at": moment(conn)}))
