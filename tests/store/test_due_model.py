"""Marks, claims, finishes, crashes and a moving clock in any order, against a model of a few lines."""

import asyncio
import shutil
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from fhir_adapter.errors import ClaimLost
from fhir_adapter.store import due, open_store, progress

PATIENTS = st.sampled_from(["Patient/1", "Patient/2", "Patient/3"])
SECOND = timedelta(seconds=1)
SETTLE, MAX_WAIT, LEASE, LIMIT = 10 * SECOND, 25 * SECOND, 30 * SECOND, 3


class Model:
    """What one patient's row must say."""

    def __init__(self, now):
        self.generation, self.coded, self.first, self.due = 1, 0, now, now + SETTLE
        self.owner, self.until, self.attempts, self.parked = None, now, 0, False

    def mark(self, now):
        if self.generation == self.coded:
            self.first = now
        self.generation += 1
        self.due = min(now + SETTLE, self.first + MAX_WAIT)
        self.attempts, self.parked = 0 if self.parked else self.attempts, False

    def is_free(self, now):
        mine = self.owner is None or self.until <= now
        return self.generation > self.coded and self.due <= now and not self.parked and mine


class DueMachine(RuleBasedStateMachine):
    def __init__(self):
        super().__init__()
        self.folder = Path(tempfile.mkdtemp())
        self.now = datetime(2026, 3, 3, tzinfo=UTC)
        self.store = open_store("sqlite", self.folder / "data", lambda: self.now)
        self.rows, self.claims = {}, []

    def teardown(self):
        self.store.close()
        shutil.rmtree(self.folder)

    def write(self, work):
        return asyncio.run(self.store.write(work))

    @rule(patient=PATIENTS)
    def mark(self, patient):
        generation = self.write(lambda conn: due.mark(conn, "main", patient, settle=SETTLE, max_wait=MAX_WAIT))
        if patient in self.rows:
            self.rows[patient].mark(self.now)
        else:
            self.rows[patient] = Model(self.now)
        assert generation == self.rows[patient].generation

    @rule(seconds=st.integers(1, 40))
    def time_passes(self, seconds):
        self.now += seconds * SECOND

    @rule(slots=st.integers(1, 3))
    def claim(self, slots):
        claims = self.write(lambda conn: due.claim(conn, slots=slots, lease=LEASE, max_attempts=LIMIT))
        free = [name for name, row in self.rows.items() if row.is_free(self.now)]
        for name in free:
            if self.rows[name].attempts >= LIMIT:
                self.rows[name].parked, self.rows[name].owner = True, None
        takeable = sorted(self.rows[name].due for name in free if not self.rows[name].parked)
        assert sorted(self.rows[claim.patient].due for claim in claims) == takeable[:slots]
        for claim in claims:
            row = self.rows[claim.patient]
            row.owner, row.until, row.attempts = claim.token, self.now + LEASE, row.attempts + 1
            assert (claim.generation, claim.attempts) == (row.generation, row.attempts)
        self.claims += claims

    def with_claim(self, data, work):
        """Runs `work` under one of the claims ever made; says whether it was still mine."""
        claim = data.draw(st.sampled_from(self.claims))
        mine = self.rows[claim.patient].owner == claim.token
        try:
            self.write(lambda conn: work(conn, claim))
        except ClaimLost:
            assert not mine
            return None
        assert mine
        return claim

    @precondition(lambda self: self.claims)
    @rule(data=st.data())
    def finish(self, data):
        if claim := self.with_claim(data, due.finish):
            row = self.rows[claim.patient]
            row.coded, row.owner, row.attempts, row.first = claim.generation, None, 0, self.now

    @precondition(lambda self: self.claims)
    @rule(data=st.data(), wait=st.integers(0, 20), counted=st.booleans())
    def postpone(self, data, wait, counted):
        limit, wait = LIMIT if counted else None, wait * SECOND
        claim = self.with_claim(data, lambda conn, it: due.postpone(conn, it, "x", wait=wait, max_attempts=limit))
        if claim:
            row = self.rows[claim.patient]
            row.owner, row.due, fresh = None, self.now + wait, row.generation > claim.generation
            row.attempts = 0 if fresh else claim.attempts - (not counted)
            row.parked = counted and not fresh and claim.attempts >= LIMIT

    @invariant()
    def the_rows_say_what_the_model_says(self):
        late = asyncio.run(self.store.read(progress.behind))
        seen = {row.patient: (row.generation, row.coded_generation, row.due_at, row.attempts) for row in late}
        expected = {
            name: (row.generation, row.coded, row.due, row.attempts)
            for name, row in self.rows.items()
            if row.generation > row.coded
        }
        assert seen == expected
        parked = {row.patient for row in late if row.state == "parked"}
        assert parked == {name for name, row in self.rows.items() if row.parked}


TestDueMachine = DueMachine.TestCase
TestDueMachine.settings = settings(max_examples=25, stateful_step_count=30, deadline=None)
