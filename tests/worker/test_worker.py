"""The loop on a real store: what it claims, what follows when a step fails, how it stops."""

import asyncio
from datetime import timedelta

import pytest

from fhir_adapter import worker
from fhir_adapter.errors import EhrRefused, EhrUnavailable, StoreBusy
from fhir_adapter.store import counters, due, progress
from fhir_adapter.worker import Work

pytestmark = pytest.mark.anyio
HOUR, SOON = timedelta(hours=1), timedelta(milliseconds=10)


class Clinic:
    """A store with patients to code, and a loop that runs until the test says stop."""

    def __init__(self, store):
        self.store, self.stop, self.reports, self.loop = store, asyncio.Event(), [], None

    async def mark(self, *patients, lane="code"):
        def work(conn):
            for patient in patients:
                due.mark(conn, "main", patient, settle=timedelta(0), max_wait=HOUR, lane=lane)

        await self.store.write(work)

    def start(self, steps, **changes):
        quick = {"poll": SOON, "rest": SOON, "longest_rest": 2 * SOON, "grace": timedelta(0), "max_attempts": 3}
        self.work = Work(store=self.store, steps=steps, report=self.report, **(quick | changes))
        self.loop = asyncio.create_task(worker.run(self.work, self.stop))

    def report(self, event, /, **facts):
        self.reports.append((event, facts))

    async def end(self):
        self.stop.set()
        await asyncio.wait_for(self.loop, 30)

    async def finish(self, claim):
        await self.store.write(lambda conn: due.finish(conn, claim))

    async def of(self, patient="Patient/1", lane="code"):
        return await self.store.read(lambda conn: progress.of(conn, "main", patient, lane=lane))

    async def until(self, state, patient="Patient/1", lane="code"):
        async with asyncio.timeout(30):
            while (await self.of(patient, lane)).state != state:
                await asyncio.sleep(0.005)
        return await self.of(patient, lane)


@pytest.fixture
async def clinic(store):
    clinic = Clinic(store)
    yield clinic
    if clinic.loop is not None:
        clinic.loop.cancel()
        await asyncio.gather(clinic.loop, return_exceptions=True)


async def test_due_patients_are_worked_on_in_both_lanes(clinic):
    await clinic.mark("Patient/1", "Patient/2")
    await clinic.mark("Patient/1", lane="send")
    clinic.start({"code": clinic.finish, "send": clinic.finish}, grace=HOUR)
    for patient, lane in (("Patient/1", "code"), ("Patient/2", "code"), ("Patient/1", "send")):
        assert (await clinic.until("settled", patient, lane)).coded_generation == 1
    await clinic.end()
    assert clinic.reports == []


async def test_no_more_at_once_than_there_are_slots(clinic):
    running, most, free = 0, 0, asyncio.Event()

    async def step(claim):
        nonlocal running, most
        running, most = running + 1, max(most, running + 1)
        await free.wait()
        running -= 1
        await clinic.finish(claim)

    await clinic.mark(*(f"Patient/{number}" for number in range(7)))
    clinic.start({"code": step}, slots=3)
    async with asyncio.timeout(30):
        while running < 3:
            await asyncio.sleep(0.005)
    await asyncio.sleep(5 * SOON.total_seconds())
    free.set()
    for number in range(7):
        await clinic.until("settled", f"Patient/{number}")
    assert most == 3


async def test_a_bell_wakes_it_before_the_next_poll(clinic):
    clinic.start({"code": clinic.finish}, poll=HOUR)
    await asyncio.sleep(SOON.total_seconds())
    await clinic.mark("Patient/1")
    clinic.work.ring("code")
    await clinic.until("settled")
    await clinic.end()


async def test_what_was_coded_rings_for_sending(clinic):
    async def code(claim):
        def conclude(conn):
            due.mark(conn, claim.source, claim.patient, settle=timedelta(0), max_wait=HOUR, lane="send")
            due.finish(conn, claim)

        await clinic.store.write(conclude)

    await clinic.mark("Patient/1")
    clinic.start({"code": code, "send": clinic.finish}, poll=HOUR)
    assert (await clinic.until("settled")).coded_generation == 1
    async with asyncio.timeout(30):
        while (await clinic.of(lane="send")).state != "settled":
            await asyncio.sleep(0.005)
    await clinic.end()


async def test_poison_is_parked_with_its_reason_and_harms_nobody(clinic):
    async def step(claim):
        if claim.patient == "Patient/1":
            raise KeyError("Jane Doe")
        await clinic.finish(claim)

    await clinic.mark("Patient/1", "Patient/2")
    clinic.start({"code": step})
    parked = await clinic.until("parked")
    assert (parked.attempts, parked.state_code) == (3, "key-error")
    assert (await clinic.until("settled", "Patient/2")).attempts == 0
    await clinic.end()
    assert [facts["attempts"] for _, facts in clinic.reports] == [1, 2, 3]
    assert {facts["raised_at"].split(":")[0] for _, facts in clinic.reports} == {"test_worker.py"}
    assert "Jane" not in str(clinic.reports)
    assert "Patient/" not in str(clinic.reports)


async def test_what_a_person_must_grant_is_tried_again_and_then_parked(clinic):
    async def step(claim):
        raise EhrRefused("403", status=403)

    await clinic.mark("Patient/1")
    clinic.start({"code": step})
    assert (await clinic.until("parked")).state_code == "ehr-refused"


@pytest.mark.parametrize("error", [EhrUnavailable("503", retry_after=0.001), EhrUnavailable("down"), StoreBusy("full")])
async def test_an_outage_parks_nobody(clinic, error):
    outage = 10

    async def step(claim):
        nonlocal outage
        outage -= 1
        if outage > 0:
            raise error
        assert claim.attempts == 1
        await clinic.finish(claim)

    await clinic.mark("Patient/1")
    clinic.start({"code": step}, max_attempts=2, grace=HOUR)
    await clinic.until("settled")
    await clinic.end()
    assert len(clinic.reports) == 9


async def test_a_long_step_keeps_its_lease(clinic):
    done = asyncio.Event()

    async def step(claim):
        await done.wait()
        await clinic.finish(claim)

    await clinic.mark("Patient/1")
    clinic.start({"code": step}, lease=timedelta(milliseconds=900), grace=HOUR)
    first = await clinic.until("claimed")
    async with asyncio.timeout(30):
        while (await clinic.of()).claimed_until < first.claimed_until + timedelta(milliseconds=900):
            await asyncio.sleep(0.01)
    done.set()
    assert (await clinic.until("settled")).attempts == 0
    await clinic.end()
    assert clinic.reports == []


async def test_a_lost_claim_ends_the_step_and_leaves_the_patient_to_the_other(clinic):
    ended = asyncio.Event()

    async def step(claim):
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            ended.set()
            raise

    await clinic.mark("Patient/1")
    clinic.start({"code": step}, lease=timedelta(milliseconds=900), slots=1)
    await clinic.until("claimed")
    await clinic.store.write(steal)
    await asyncio.wait_for(ended.wait(), 30)
    await clinic.end()
    assert clinic.reports == [("claim lost", {"lane": "code", "source": "main"})]
    assert await clinic.store.read(counters.listed) == {"fenced": 1}
    assert (await clinic.of()).state == "claimed"


def steal(conn):
    """What a claim after the end of the lease does, without waiting for it."""
    conn.exec_driver_sql("UPDATE due SET token = 'somebody else'")


async def test_a_stop_lets_running_steps_end_within_the_grace(clinic):
    begun, free = asyncio.Event(), asyncio.Event()

    async def step(claim):
        begun.set()
        await free.wait()
        await clinic.finish(claim)

    await clinic.mark("Patient/1")
    clinic.start({"code": step}, grace=HOUR)
    await begun.wait()
    clinic.stop.set()
    await asyncio.sleep(SOON.total_seconds())
    free.set()
    await clinic.end()
    assert (await clinic.of()).state == "settled"


async def test_a_stop_lets_go_of_what_takes_longer_without_counting_it(clinic):
    begun = asyncio.Event()

    async def step(claim):
        begun.set()
        await asyncio.Event().wait()

    await clinic.mark("Patient/1", "Patient/2")
    clinic.start({"code": step}, slots=1)
    await begun.wait()
    await clinic.end()
    for patient in ("Patient/1", "Patient/2"):
        after = await clinic.of(patient)
        assert (after.state, after.attempts) == ("waiting", 0)


async def test_a_database_that_is_away_for_a_moment_does_not_end_the_loop(clinic):
    await clinic.mark("Patient/1")
    await clinic.store.write(lambda conn: conn.exec_driver_sql("ALTER TABLE due RENAME TO away"))
    clinic.start({"code": clinic.finish})
    async with asyncio.timeout(30):
        while not clinic.reports:
            await asyncio.sleep(0.005)
    await clinic.store.write(lambda conn: conn.exec_driver_sql("ALTER TABLE away RENAME TO due"))
    await clinic.until("settled")
    await clinic.end()
    assert {event for event, _ in clinic.reports} == {"claim failed"}


async def test_where_even_letting_go_fails_the_lease_runs_out_by_itself(clinic):
    async def step(claim):
        if not clinic.reports:
            await clinic.store.write(steal)
            raise EhrUnavailable("down")
        await clinic.finish(claim)

    await clinic.mark("Patient/1")
    clinic.start({"code": step}, lease=timedelta(milliseconds=200))
    await clinic.until("settled")
    await clinic.end()
    assert clinic.reports[0][1]["unwritten"] == "claim-lost"
