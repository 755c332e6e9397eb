"""What the tests of the store keep: notifications, versions, visits, charges."""

from datetime import UTC, date, datetime, timedelta

import pytest

from fhir_adapter.reconcile import Charge, ChargeKey, LedgerEntry, Place, Provenance
from fhir_adapter.store import due, inbox, outbox, visits

AT_ONCE = {"settle": timedelta(0), "max_wait": timedelta(0)}
START = datetime(2026, 3, 3, 15, 0, tzinfo=UTC)


def notification(patient="Patient/1", **changes):
    fields = {"source": "main", "shape": "resource", "method": "POST", "type": "Encounter", "id": "e1"}
    return inbox.Notification(**(fields | {"patient": patient, "body": b'{"as": 1.50}'} | changes))


def coded_visit(key="e1.2026-03-03", **changes):
    fields = {
        "rulebook": "cpt-2026",
        "rulebook_hash": "sha256:1",
        "data_hash": "sha256:2",
        "engine": "0.1.0",
        "disposition": "billable",
        "state": "billable",
        "lines": 1,
        "result": b"{}",
        "chart": b"{}",
    }
    return visits.CodedVisit(key=key, **(fields | changes))


def charge(units=2, code="96413", encounter="e1"):
    return Charge(
        key=ChargeKey(source="main", encounter=encounter, date=date(2026, 3, 3), code=code, modifiers=("JZ", "59")),
        system="CPT",
        units=units,
        administrations=("ma1", "ma2"),
        start=START,
        because="one hour",
        citations=("CPT 2026",),
        rulebook="cpt-2026",
        provenance=Provenance(rulebook_hash="sha256:1", data_hash="sha256:2", engine="0.1.0"),
        place=Place(subject="Patient/1"),
    )


def entry(**changes):
    return LedgerEntry(patient="Patient/1", charge=charge(**changes), status="billable")


def request(identifier="e1.2026-03-03.96413.JZ-59.", action="create"):
    return outbox.Request(visit_key="e1.2026-03-03", identifier=identifier, action=action, body=b"{}")


@pytest.fixture
def claimed(store):
    """Marks a patient and claims it."""

    async def claim(lane="code"):
        def work(conn):
            if lane == "code":
                due.mark(conn, "main", "Patient/1", **AT_ONCE)
            [mine] = due.claim(conn, slots=1, lease=timedelta(hours=1), max_attempts=9, lane=lane)
            return mine

        return await store.write(work)

    return claim
