"""A sweep: ask the source what changed since the last one. Only another source of hints, so it may find too much.

    last-updated   MedicationAdministration, Encounter ?_lastUpdated=ge{newest seen − overlap}, every page, uncached
    worklist       the patients of recent encounters, one after the other (worklist.py)

The mark is the server's own newest `meta.lastUpdated`, moved in the transaction that keeps the hints; the overlap is
there because a server stamps a resource before it commits it. A stamp of the future moves the mark to now and no
further, or all that comes before it would never be asked for. A version that was read already is no news. Either way it
then asks whether what was read is still there (missing.py). By `_lastUpdated` it is refused where a server lacks that;
`serve --check` asks.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import Connection

from fhir_adapter.ehr import EhrClient
from fhir_adapter.receive.keep import Pace
from fhir_adapter.receive.missing import missing
from fhir_adapter.receive.snapshot import PAGE, instant_of, written
from fhir_adapter.receive.worklist import keep_news, worklist
from fhir_adapter.store import Store, inbox, watermarks
from fhir_adapter.vocabulary import Clock, SweepBy

SWEPT = ("MedicationAdministration", "Encounter")
OVERLAP = timedelta(minutes=5)
FIRST_LOOK = timedelta(days=1)
"""How far back the very first sweep of a source looks; further, where it was last heard of before that."""


async def sweep(
    store: Store, ehr: EhrClient, source: str, pace: Pace, clock: Clock, by: SweepBy = "last-updated"
) -> int:
    """Keeps a hint of each resource that changed or is gone; how many. An EhrError leaves its type's mark alone."""
    if by == "worklist":
        found = await worklist(store, ehr, source, pace, clock)
    else:
        found = sum([await _sweep_type(store, ehr, source, resource_type, pace, clock) for resource_type in SWEPT])
    return found + sum([await missing(store, ehr, source, resource_type, pace, clock) for resource_type in SWEPT])


async def _sweep_type(store: Store, ehr: EhrClient, source: str, resource_type: str, pace: Pace, clock: Clock) -> int:
    since = await store.read(lambda conn: _since(conn, source, resource_type, clock()))
    params = {"_lastUpdated": f"ge{written(since)}", "_sort": "_lastUpdated", "_count": PAGE}
    changed = await ehr.search(resource_type, params)
    times = [moment for moment in (instant_of(resource.last_updated) for resource in changed) if moment]

    def work(conn: Connection) -> int:
        if times:
            watermarks.advance(conn, source, resource_type, min(max(times), clock()))
        return keep_news(conn, source, changed, pace, str(ehr.base))

    return await store.write(work)


def _since(conn: Connection, source: str, resource_type: str, now: datetime) -> datetime:
    mark = watermarks.of(conn, source, resource_type)
    if mark is not None:
        return min(mark, now) - OVERLAP
    heard = inbox.last_heard(conn, source)
    return min(now - FIRST_LOOK, heard - OVERLAP) if heard else now - FIRST_LOOK
