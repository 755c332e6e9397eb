"""Hints into the store, in one transaction: kept, and their patients due.

A resource that has moved makes the patient due in whose chart it was read before, too, also where it names nobody any
more. A hint that only names a resource waits for the EHR's answer (hints.py). An encounter that finished makes its
patient due at once; everything else waits until the patient has been quiet for the settle time.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta

import msgspec
from sqlalchemy import Connection

from fhir_adapter.receive.telling import Hint
from fhir_adapter.settings import Source
from fhir_adapter.store import due, inbox, versions
from fhir_adapter.store.inbox import Notification


class Pace(msgspec.Struct, frozen=True):
    """How long a patient must have been quiet, and how long they are waited for at most."""

    settle: timedelta
    max_wait: timedelta

    def of(self, hint: Hint) -> timedelta:
        return timedelta(0) if hint.finished else self.settle


def pace_of(source: Source) -> Pace:
    return Pace(timedelta(seconds=source.settle), timedelta(seconds=source.max_wait))


def keep(conn: Connection, source: str, method: str, hints: Iterable[Hint], pace: Pace) -> tuple[int, ...]:
    """The numbers under which they stand in the inbox."""
    return tuple(_keep(conn, source, method, hint, pace) for hint in hints)


def _keep(conn: Connection, source: str, method: str, hint: Hint, pace: Pace) -> int:
    notification = Notification(
        source=source,
        shape=hint.shape,
        method=method,
        type=hint.type,
        id=hint.id,
        version=hint.version,
        patient=hint.patient,
        body=hint.body,
        fault=hint.fault,
    )
    number = inbox.record(conn, notification, settle=pace.of(hint), max_wait=pace.max_wait)
    if hint.ignored:
        inbox.dismiss(conn, number)
    if (hint.patient or hint.fault) and hint.type and hint.id:
        mark_former(conn, source, hint.type, hint.id, hint.patient, pace)
    return number


def mark_former(
    conn: Connection, source: str, resource_type: str, resource_id: str, now_of: str | None, pace: Pace
) -> None:
    """`now_of` is None where the resource names nobody: then it may have left every chart it was read in."""
    for former in versions.patients(conn, source, resource_type, resource_id):
        if former != now_of:
            due.mark(conn, source, former, settle=pace.settle, max_wait=pace.max_wait)
