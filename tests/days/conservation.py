"""By query over what is stored: where every administration that was ever read has ended."""

import msgspec
from sqlalchemy import select

from fhir_adapter.store.schema import ledger, versions, visits


def seen(conn, source):
    column = versions.c
    one = select(column.id).where(column.source == source, column.type == "MedicationAdministration")
    return set(conn.execute(one.distinct()).scalars())


def ends(conn, source):
    """Administration → where it ended: `line`, `finding` or `reversal` (or several of them)."""
    found = {}
    one = select(visits.c.result, visits.c.chart).where(visits.c.source == source, visits.c.latest)
    for result, chart in conn.execute(one):
        result, chart = msgspec.json.decode(result), msgspec.json.decode(chart)
        for where in ("line", "finding"):
            for made in result[f"{where}s"]:
                for name in made["administrations"]:
                    found.setdefault(name.partition("#")[0], set()).add(where)
        for name in chart["reversed"]:
            found.setdefault(name, set()).add("reversal")
        for name, part_of in chart["joined"].items():
            found.setdefault(name, set()).update(found.get(part_of, ()))
    return found


def charged_for(conn, source, name):
    """The statuses of every charge that ever rested on an administration."""
    rows = conn.execute(select(ledger.c.administrations, ledger.c.status).where(ledger.c.source == source))
    return {row.status for row in rows if name in row.administrations}


def lost(conn, source, gone):
    """Administrations that ended nowhere. What the EHR has no more (`gone`) is reversed: no charge of it may stand."""
    ended = ends(conn, source)
    nowhere = {name for name in seen(conn, source) if not ended.get(name)}
    return {name for name in nowhere if name not in gone or "billable" in charged_for(conn, source, name)}
