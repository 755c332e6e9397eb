"""A sweep: ask the source what changed since the last one. Only another source of hints, so it may find too much.

    MedicationAdministration, Encounter   ?_lastUpdated=ge{newest seen − overlap}, every page, past the cache

The mark is the server's own newest `meta.lastUpdated`, moved in the transaction that keeps the hints; the overlap is
there because a server stamps a resource before it commits it. A version that was read already is no news. A sweep sees
no deletion: a notification has to tell of it. Refused by servers without `_lastUpdated`; `serve --check` asks.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from sqlalchemy import Connection

from fhir_adapter.ehr import EhrClient, Resource
from fhir_adapter.receive.keep import Pace, keep
from fhir_adapter.receive.shapes import resource_hint
from fhir_adapter.receive.snapshot import PAGE, instant_of
from fhir_adapter.receive.telling import Hint
from fhir_adapter.store import Store, versions, watermarks
from fhir_adapter.vocabulary import Clock

SWEPT = ("MedicationAdministration", "Encounter")
OVERLAP = timedelta(minutes=5)
FIRST_LOOK = timedelta(days=1)
"""How far back the very first sweep of a source looks."""


async def sweep(store: Store, ehr: EhrClient, source: str, pace: Pace, clock: Clock) -> int:
    """Keeps a hint of each resource that changed; how many. An EhrError leaves the mark of that type where it was."""
    return sum([await _sweep_type(store, ehr, source, resource_type, pace, clock) for resource_type in SWEPT])


async def _sweep_type(store: Store, ehr: EhrClient, source: str, resource_type: str, pace: Pace, clock: Clock) -> int:
    mark = await store.read(lambda conn: watermarks.of(conn, source, resource_type))
    since = mark - OVERLAP if mark else clock() - FIRST_LOOK
    params = {"_lastUpdated": f"ge{_written(since)}", "_sort": "_lastUpdated", "_count": PAGE}
    changed = await ehr.search(resource_type, params)
    return await store.write(lambda conn: _keep_news(conn, source, resource_type, changed, pace, str(ehr.base)))


def _keep_news(
    conn: Connection, source: str, resource_type: str, changed: list[Resource], pace: Pace, base: str
) -> int:
    news = [_hint(resource, base) for resource in changed if not _known(conn, source, resource)]
    keep(conn, source, "sweep", news, pace)
    times = [moment for moment in (instant_of(resource.last_updated) for resource in changed) if moment]
    if times:
        watermarks.advance(conn, source, resource_type, max(times))
    return len(news)


def _hint(resource: Resource, base: str) -> Hint:
    return resource_hint(resource.body, base, version=resource.version)


def _known(conn: Connection, source: str, resource: Resource) -> bool:
    version = resource.version
    return version is not None and versions.known(conn, source, resource.type, resource.id, version)


def _written(moment: datetime) -> str:
    """To the millisecond, in UTC: finer is not understood everywhere."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
