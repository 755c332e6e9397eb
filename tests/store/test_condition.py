"""What a scraper and an operator are told of a database: numbers that are true, and nobody's name."""

from datetime import UTC, datetime, timedelta

import pytest
from store.conftest import AT_ONCE, coded_visit, notification, request

from fhir_adapter.store import condition, counters, due, inbox, outbox, visits

pytestmark = pytest.mark.anyio


async def test_lag_due_parked_quarantined_held_and_fenced(store):
    def work(conn):
        for number in range(3):
            inbox.record(conn, notification(f"Patient/{number}"), **AT_ONCE)
        inbox.record(conn, notification("Patient/late"), settle=timedelta(hours=1), max_wait=timedelta(hours=1))
        inbox.record(conn, notification(fault="$.id: is missing"), **AT_ONCE)
        parked, coded = due.claim(conn, slots=2, lease=timedelta(hours=1), max_attempts=9)
        due.postpone(conn, parked, "lookup-error", wait=timedelta(0), max_attempts=1)
        visits.keep(conn, coded, coded_visit(state="held", held_by=("no-stop-time", "no-dose")))
        outbox.ask(conn, coded, (request(),))
        due.finish(conn, coded)
        counters.add(conn, counters.FENCED, 2)
        counters.add(conn, "events main somebody's-subscription")

    await store.write(work)
    later = datetime.now(UTC) + timedelta(seconds=60)
    found = await store.read(lambda conn: condition.of(conn, later))
    assert found.lanes["code"].states == {"parked": 1, "waiting": 2}
    assert (found.lanes["code"].due, found.lanes["send"].due) == (1, 1)
    assert 60 <= found.lanes["code"].lag_seconds < 120
    assert found.inbox == {"faulty": 1, "marked": 4}
    assert found.outbox == {"pending": 1}
    assert found.held == {"no-stop-time": 1, "no-dose": 1}
    assert found.events == {"fenced": 2}


async def test_an_empty_database_has_no_lag(store):
    found = await store.read(lambda conn: condition.of(conn, datetime.now(UTC)))
    assert [(lane.due, lane.lag_seconds, lane.due_since) for lane in found.lanes.values()] == [(0, 0.0, None)] * 3


async def test_a_write_that_was_not_taken_is_told(database):
    told = []
    store = database.open(failed=told.append)

    def lose(conn):
        due.finish(
            conn, due.Claim(lane="code", source="main", patient="Patient/1", generation=1, token="t", attempts=1)
        )

    with pytest.raises(due.ClaimLost):
        await store.write(lose)
    assert [type(error).__name__ for error in told] == ["ClaimLost"]
