"""What is asked all day never reads a whole table of notifications, charges or visits.

Two look at every entry, and do so knowingly: a scrape counts by state, along an index, and retention looks for who is
quiet, once a day.
"""

import re
import sqlite3
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import and_, event
from store.conftest import AT_ONCE, notification

from fhir_adapter.store import condition, due, inbox, progress, retention, visits
from fhir_adapter.store.folder import DATABASE
from fhir_adapter.store.schema import inbox as table

pytestmark = pytest.mark.anyio
NOW = datetime(2026, 11, 24, tzinfo=UTC)
GROWING = "inbox|outbox|coded_visits|resource_versions|ledger"
WHOLE = re.compile(rf"SCAN ({GROWING})\b|SEARCH ({GROWING}) USING .*\((source[=>]\?|rowid>\?)\)$")
"""A step of a plan that reads every row, or every row of a source."""
FINE = re.compile(r"SCAN \w+ USING COVERING INDEX \w+_state$|SEARCH inbox USING INDEX inbox_sent ")
"""Counts by state; and the newest only of what was sent, which that index has first."""
OLD = and_(retention._of(table, "main", "Patient/1"), table.c.state.in_(retention.DONE))
ASKED = {
    "open questions": lambda conn: inbox.unattributed(conn, "main", limit=50),
    "open questions of a shape": lambda conn: inbox.unattributed(conn, "main", shapes=("gap",), after=3, limit=50),
    "last heard": lambda conn: inbox.last_heard(conn, "main"),
    "open visits to look at again": lambda conn: visits.waiting(conn, "main", timedelta(hours=1)),
    "how it is": lambda conn: condition.of(conn, NOW),
    "what holds visits": visits.held_by,
    "the faulty": lambda conn: inbox.listed(conn, state="faulty", limit=50),
    "behind": progress.behind,
    "a turn": lambda conn: due.claim(conn, slots=4, lease=timedelta(seconds=30), max_attempts=5),
    "old bodies of one": lambda conn: retention._empty(conn, table, OLD),
}


@pytest.fixture
async def plans(sqlite):
    """Every step of the plans of what a function of a connection asks."""
    store, told = sqlite.open(), []
    event.listen(store._writer._engine, "checkout", lambda connection, *_: connection.set_trace_callback(told.append))
    await store.write(lambda conn: inbox.record(conn, notification(), **AT_ONCE))

    async def plans(work):
        told.clear()
        await store.write(work)
        asked = [statement for statement in told if statement.startswith(("SELECT", "UPDATE", "INSERT", "DELETE"))]
        look = sqlite3.connect(f"file:{sqlite.folder / DATABASE}?mode=ro", uri=True)
        found = [row[3] for statement in asked for row in look.execute(f"EXPLAIN QUERY PLAN {statement}")]
        look.close()
        return found

    return plans


@pytest.mark.parametrize("what", ASKED)
async def test_it_is_found_by_an_index(plans, what):
    found = await plans(ASKED[what])
    assert found
    assert not [step for step in found if WHOLE.match(step) and not FINE.match(step)]


async def test_a_whole_table_would_be_seen(plans):
    assert list(filter(WHOLE.match, await plans(lambda conn: conn.execute(table.select()).all())))
    unhappy = table.select().where(table.c.source == "main", table.c.method == "POST")
    assert list(filter(WHOLE.match, await plans(lambda conn: conn.execute(unhappy).all())))
