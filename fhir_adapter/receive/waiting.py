"""Open visits that nobody speaks of any more are looked at again.

An encounter that is never finished sends no notification, and a notification may be lost. Whether it counts as finished
by now (`assume_finished_after`), and what else has happened, only a new reading says.
"""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import Connection

from fhir_adapter.receive.keep import Pace
from fhir_adapter.store import Store, due, visits

AGAIN = timedelta(hours=1)


async def look_again(store: Store, source: str, pace: Pace) -> int:
    """Makes the patients due whose open visit was not read for `AGAIN`; how many."""

    def work(conn: Connection) -> int:
        patients = visits.waiting(conn, source, AGAIN)
        for patient in patients:
            due.mark(conn, source, patient, settle=pace.settle, max_wait=pace.max_wait)
        return len(patients)

    return await store.write(work)
