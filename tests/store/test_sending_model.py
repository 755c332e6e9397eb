"""Marks, codings, sendings, crashes at any moment, pauses and jumps of the clock, in any order, on both databases.

The model is the EHR: what it shall hold, what it holds, and whether it may be written to. A worker may be dropped
between any two steps, and one that slept comes back with an old claim. In the end, when nobody disturbs any more, every
charge that was asked for is there once.
"""

import asyncio
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule, run_state_machine_as_test
from sqlalchemy import func, select, text
from store.conftest import request

from fhir_adapter.errors import ClaimLost
from fhir_adapter.store import due, open_store, outbox, pauses, progress, schema

PATIENTS = st.sampled_from(["Patient/1", "Patient/2"])
HOUR = timedelta(hours=1)
LEASE, AT_ONCE, NEVER = 3 * HOUR, timedelta(0), 10**6
"""Whole hours, so that the time a test takes decides nothing."""


class Ehr:
    """The model: it takes a charge once under its identifier, as a conditional create does."""

    def __init__(self):
        self.newest, self.wanted, self.items, self.paused = {}, set(), set(), False


class SendingMachine(RuleBasedStateMachine):
    url = "sqlite"

    def __init__(self):
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        self.store = open_store(self.url, Path(self.folder.name) / "data", lambda: datetime.now(UTC))
        self.ehr, self.coding, self.sending = Ehr(), [], []

    @initialize()
    def begin_empty(self):
        self.write(lambda conn: [conn.execute(table.delete()) for table in (schema.due, schema.sending, schema.outbox)])
        self.write(lambda conn: pauses.resume(conn, "main"))

    def teardown(self):
        try:
            self.in_the_end_every_charge_is_there_once()
        finally:
            self.store.close()
            self.folder.cleanup()

    def write(self, work):
        return asyncio.run(self.store.write(work))

    @rule(patient=PATIENTS)
    def mark(self, patient):
        self.ehr.newest[patient] = self.write(
            lambda conn: due.mark(conn, "main", patient, settle=AT_ONCE, max_wait=AT_ONCE)
        )

    @rule(hours=st.integers(1, 4))
    def clock_jumps(self, hours):
        """On PostgreSQL the time is the database's: everything that was written moves into the past instead."""
        self.write(lambda conn: [_move(conn, table, hours * HOUR) for table in (schema.due, schema.sending)])

    @rule()
    def claim_coding(self):
        self.coding += self.write(lambda conn: due.claim(conn, slots=1, lease=LEASE, max_attempts=NEVER))

    @rule()
    def claim_sending(self):
        work = self.write(lambda conn: due.claim(conn, slots=1, lease=LEASE, max_attempts=NEVER, lane="send"))
        self.sending += [(claim, None) for claim in work]

    @precondition(lambda self: self.coding)
    @rule(data=st.data(), crash=st.booleans())
    def code(self, data, crash):
        """Asks for one charge of this generation; a crash before the COMMIT leaves nothing."""
        claim = self.coding.pop(data.draw(st.integers(0, len(self.coding) - 1)))
        if not crash:
            self.conclude(claim)

    def conclude(self, claim):
        name = f"{claim.patient}.{claim.generation}"

        def keep(conn):
            outbox.ask(conn, claim, (request(name),))
            due.finish(conn, claim)

        if self.if_mine(keep):
            self.ehr.wanted.add(name)

    @precondition(lambda self: self.sending)
    @rule(data=st.data(), crash=st.booleans())
    def send(self, data, crash):
        """One step of one sender: take, or the request, or settle; a crash forgets the claim and what it was about."""
        claim, entry = self.sending.pop(data.draw(st.integers(0, len(self.sending) - 1)))
        if crash:
            return
        if entry is None:
            taken = self.if_mine(lambda conn: outbox.take(conn, claim, lease=LEASE))
            assert not (self.ehr.paused and isinstance(taken, tuple)), "nothing is taken while it is paused"
            if isinstance(taken, tuple):
                self.sending.append((claim, taken[0]))
            return
        self.request(entry)
        if data.draw(st.booleans()) and self.settle(claim, entry):
            self.sending.append((claim, None))

    def request(self, entry):
        """What may have been sent before is looked up first."""
        doubtful = entry.attempts > 1 or entry.state == "ambiguous"
        if not (doubtful and entry.identifier in self.ehr.items):
            self.ehr.items.add(entry.identifier)

    def settle(self, claim, entry):
        return self.if_mine(lambda conn: outbox.settle(conn, claim, [entry], "sent", None, lease=LEASE) or True)

    def if_mine(self, work):
        try:
            return self.write(work) or True
        except ClaimLost:
            return None

    @rule()
    def pause_or_resume(self):
        if self.ehr.paused:
            self.resume()
        else:
            self.write(lambda conn: pauses.pause(conn, "main", why="model", who="model"))
            self.ehr.paused = True

    def resume(self):
        self.write(lambda conn: pauses.resume(conn, "main"))
        self.ehr.paused = False

    def in_the_end_every_charge_is_there_once(self):
        self.resume()
        for _ in range(60):
            self.clock_jumps(5)
            if not self._one_more_round():
                break
        assert self.write(_unsent) == 0
        assert self.ehr.items == self.ehr.wanted
        assert {f"{patient}.{generation}" for patient, generation in self.ehr.newest.items()} <= self.ehr.items
        for lane in due.TABLES:
            assert not asyncio.run(self.store.read(lambda conn, lane=lane: progress.behind(conn, lane=lane)))

    def _one_more_round(self):
        for claim in self.write(lambda conn: due.claim(conn, slots=9, lease=LEASE, max_attempts=NEVER)):
            self.conclude(claim)
        work = self.write(lambda conn: due.claim(conn, slots=9, lease=LEASE, max_attempts=NEVER, lane="send"))
        for claim in work:
            while taken := self.write(lambda conn, claim=claim: outbox.take(conn, claim, lease=LEASE)):
                self.request(taken[0])
                self.settle(claim, taken[0])
        return work


def _move(conn, table, by):
    columns = ("due_at", "first_marked_at", "claimed_until")
    earlier = ", ".join(f"{name} = {name} - :by" for name in columns)
    conn.execute(text(f"UPDATE {table.name} SET {earlier}"), {"by": by // timedelta(microseconds=1)})


def _unsent(conn):
    waiting = schema.outbox.c.state.in_(("pending", "ambiguous"))
    return conn.execute(select(func.count()).select_from(schema.outbox).where(waiting)).scalar_one()


def proved(url):
    machine = type("Machine", (SendingMachine,), {"url": url})
    run_state_machine_as_test(machine, settings=settings(max_examples=12, stateful_step_count=30, deadline=None))


def test_every_charge_once_on_sqlite():
    proved("sqlite")


@pytest.mark.real
def test_every_charge_once_on_postgresql(postgres):
    proved(postgres.new_database())
