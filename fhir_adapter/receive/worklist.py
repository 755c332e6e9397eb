"""A sweep through a worklist of patients, for servers that cannot say which administrations changed.

The problem: Oracle Health searches MedicationAdministration by patient and time only. So the patients come first:

    Encounter                  ?date=ge{three days ago}              whoever was here, and whoever still is
    MedicationAdministration   ?patient=…&effective-time=ge{…}       of each of them, one after the other

Decided: what differs from every version that was read is news; a server that gives no version ids is compared by the
bytes. Each patient's news is kept before the next is asked, so a sweep that breaks off loses nothing. One patient whom
the server will not show does not hide the others: they are counted in the log, and the sweep fails only where all fail.
Left out: changes to what is older than `LOOK_BACK`; only a notification tells of them.
Source: Oracle Health, documentation of MedicationAdministration (R4): search needs `patient`, `effective-time` a time.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from sqlalchemy import Connection

from fhir_adapter.ehr import EhrClient, Resource
from fhir_adapter.errors import EhrAnswerInvalid, EhrError, EhrNotFound, EhrRefused, EhrRejected, Fault
from fhir_adapter.receive.keep import Pace, keep
from fhir_adapter.receive.shapes import head_of, resource_hint
from fhir_adapter.receive.snapshot import PAGE, written
from fhir_adapter.receive.subject import patient_of
from fhir_adapter.store import Store, counters, inbox, versions
from fhir_adapter.telemetry import log
from fhir_adapter.vocabulary import Clock

LOOK_BACK = timedelta(days=3)
NOT_SHOWN = (EhrRefused, EhrRejected, EhrNotFound, EhrAnswerInvalid)
"""What concerns one patient only; a server that is away concerns them all."""


async def worklist(store: Store, ehr: EhrClient, source: str, pace: Pace, clock: Clock) -> int:
    """Keeps a hint of each resource that changed; how many."""
    since = clock() - LOOK_BACK
    encounters = await ehr.search("Encounter", {"date": f"ge{since.date()}", "_count": PAGE})
    found = await store.write(lambda conn: keep_news(conn, source, encounters, pace, str(ehr.base)))
    patients, failures = _patients(encounters, str(ehr.base)), list[EhrError]()
    for patient in patients:
        try:
            found += await _one(store, ehr, source, patient, since, pace)
        except NOT_SHOWN as error:
            failures.append(error)
    if failures and len(failures) == len(patients):
        raise failures[0]
    if failures:
        log("receive").warning("patients not swept", source=source, count=len(failures), exc_info=failures[0])
    return found


def _patients(encounters: Iterable[Resource], base: str) -> tuple[str, ...]:
    heads = (head_of(encounter.body) for encounter in encounters)
    named = (patient_of(head, base) for head in heads if not isinstance(head, Fault))
    return tuple(dict.fromkeys(patient for patient in named if not isinstance(patient, Fault)))


async def _one(store: Store, ehr: EhrClient, source: str, patient: str, since: datetime, pace: Pace) -> int:
    params = {"patient": patient, "effective-time": f"ge{written(since)}", "_count": PAGE}
    given = await ehr.search("MedicationAdministration", params)
    return await store.write(lambda conn: keep_news(conn, source, given, pace, str(ehr.base)))


def keep_news(conn: Connection, source: str, found: Iterable[Resource], pace: Pace, base: str) -> int:
    """Hints of what was never read as it is now, nor asked for; how many. Counts those that no notification told of.

    What was told of and coded, and yet is in no chart that was read, is asked for once more: a search may lag behind.
    """
    news = [resource for resource in found if not _known(conn, source, resource)]
    untold = sum(not inbox.was_told(conn, source, each.type, each.id, each.version) for each in news)
    if untold:
        counters.add(conn, counters.UNTOLD + source, untold)
    keep(conn, source, "sweep", [resource_hint(each.body, base, version=each.version) for each in news], pace)
    return len(news)


def _known(conn: Connection, source: str, resource: Resource) -> bool:
    version = versions.stamp(resource.version, resource.body)
    return versions.known(conn, source, resource.type, resource.id, version) or inbox.is_in_hand(
        conn, source, resource.type, resource.id, resource.version
    )
