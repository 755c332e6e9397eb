"""What no search for changes can show: resources that were read, and that the EHR no longer has.

    MedicationAdministration, Encounter   ?_id={100 that were read in the last three days}, uncached
    what is not among the answers         is read by itself: 404 or 410, it is gone; anything else, it is there

A deletion that was found, or that a notification told of, is no news until the resource has come back. A server that
refuses the search is asked for each one by itself. Left out: what was read longer ago than `LOOK_BACK`; only a
notification tells of its deletion.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence

from sqlalchemy import Connection

from fhir_adapter.ehr import EhrClient
from fhir_adapter.errors import EhrNotFound, EhrRefused, EhrRejected
from fhir_adapter.receive.keep import Pace, keep
from fhir_adapter.receive.telling import deletion_hint
from fhir_adapter.receive.worklist import LOOK_BACK
from fhir_adapter.store import Store, counters, versions
from fhir_adapter.vocabulary import Clock

AT_ONCE = 100


async def missing(store: Store, ehr: EhrClient, source: str, resource_type: str, pace: Pace, clock: Clock) -> int:
    """Keeps the hint of a deletion for each; how many."""
    since = clock() - LOOK_BACK
    there = await store.read(lambda conn: versions.not_deleted(conn, source, resource_type, since))
    gone = [name async for name in _gone(ehr, resource_type, there)]
    return await store.write(lambda conn: _keep(conn, source, gone, pace)) if gone else 0


async def _gone(ehr: EhrClient, resource_type: str, ids: Sequence[str]) -> AsyncIterator[str]:
    for at in range(0, len(ids), AT_ONCE):
        asked = ids[at : at + AT_ONCE]
        found = await _found(ehr, resource_type, asked)
        for each in asked:
            if each not in found and await _is_gone(ehr, resource_type, each):
                yield f"{resource_type}/{each}"


async def _found(ehr: EhrClient, resource_type: str, ids: Sequence[str]) -> frozenset[str]:
    try:
        found = await ehr.search(resource_type, {"_id": ",".join(ids), "_elements": "id", "_count": str(AT_ONCE)})
    except EhrRejected:
        return frozenset()
    return frozenset(resource.id for resource in found)


async def _is_gone(ehr: EhrClient, resource_type: str, resource_id: str) -> bool:
    try:
        await ehr.read(resource_type, resource_id)
    except EhrNotFound:
        return True
    except (EhrRefused, EhrRejected):
        return False
    return False


def _keep(conn: Connection, source: str, names: Sequence[str], pace: Pace) -> int:
    counters.add(conn, counters.UNTOLD + source, len(names))
    keep(conn, source, "sweep", filter(None, map(deletion_hint, names)), pace)
    return len(names)
