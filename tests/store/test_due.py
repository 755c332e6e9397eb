"""The transitions of the due table, on both databases. Leases and settle times of zero or an hour: nobody waits."""

from datetime import timedelta
from functools import partial

import pytest

from fhir_adapter.errors import ClaimLost
from fhir_adapter.store import counters, due, pauses, progress, versions

pytestmark = pytest.mark.anyio
NONE, HOUR = timedelta(0), timedelta(hours=1)


def mark(store, patient="Patient/1", *, settle=NONE, max_wait=HOUR, source="main", lane="code"):
    return store.write(lambda conn: due.mark(conn, source, patient, settle=settle, max_wait=max_wait, lane=lane))


def claim(store, *, slots=9, lease=HOUR, max_attempts=9, lane="code"):
    return store.write(lambda conn: due.claim(conn, slots=slots, lease=lease, max_attempts=max_attempts, lane=lane))


def finish(store, mine):
    return store.write(lambda conn: due.finish(conn, mine))


def postpone(store, mine, *, wait=NONE, max_attempts=9):
    return store.write(lambda conn: due.postpone(conn, mine, "ehr-down", wait=wait, max_attempts=max_attempts))


def look(store, patient="Patient/1"):
    return store.read(lambda conn: progress.of(conn, "main", patient))


async def test_settled_to_waiting_to_claimed_to_settled(store):
    assert await mark(store) == 1
    assert (await look(store)).state == "waiting"
    [mine] = await claim(store)
    assert (mine.source, mine.patient, mine.generation, mine.attempts) == ("main", "Patient/1", 1, 1)
    assert (await look(store)).state == "claimed"
    assert await claim(store) == ()
    await finish(store, mine)
    after = await look(store)
    assert (after.state, after.coded_generation, after.attempts) == ("settled", 1, 0)
    assert await claim(store) == ()
    assert await store.read(progress.behind) == ()


async def test_a_patient_that_is_not_quiet_yet_is_not_claimed(store):
    await mark(store, settle=HOUR)
    assert await claim(store) == ()
    assert [one.patient for one in await store.read(progress.behind)] == ["Patient/1"]


async def test_each_mark_slides_the_time_up_to_the_ceiling(store):
    await mark(store, settle=HOUR, max_wait=3 * HOUR)
    first = await look(store)
    assert first.due_at - first.first_marked_at == HOUR
    await mark(store, settle=2 * HOUR, max_wait=3 * HOUR)
    assert (await look(store)).due_at > first.due_at
    await mark(store, settle=9 * HOUR, max_wait=3 * HOUR)
    last = await look(store)
    assert last.first_marked_at == first.first_marked_at
    assert last.due_at == first.first_marked_at + 3 * HOUR


async def test_a_mark_without_settle_time_is_due_at_once(store):
    await mark(store, settle=HOUR)
    await mark(store, settle=NONE)
    [mine] = await claim(store)
    assert mine.generation == 2


async def test_the_wait_begins_anew_after_it_was_finished(store):
    await mark(store)
    [mine] = await claim(store)
    await finish(store, mine)
    before = (await look(store)).first_marked_at
    await mark(store, settle=HOUR, max_wait=2 * HOUR)
    after = await look(store)
    assert after.first_marked_at >= before
    assert after.due_at == after.first_marked_at + HOUR


async def test_marked_while_claimed_it_is_due_again_after_finish(store):
    await mark(store)
    [mine] = await claim(store)
    await mark(store)
    assert (await look(store)).state == "claimed"
    assert await claim(store) == ()
    await finish(store, mine)
    assert (await look(store)).state == "waiting"
    [again] = await claim(store)
    assert again.generation == 2


async def test_a_lost_claim_finishes_nothing_and_is_counted(store):
    await mark(store)
    [slow] = await claim(store, lease=NONE)
    [quick] = await claim(store)
    assert quick.token != slow.token

    def conclude(conn, mine, body):
        version = versions.Version(
            type="Encounter", id="e", version_id=body, last_updated=None, patient=None, body=body.encode()
        )
        versions.keep(conn, "main", [version])
        due.finish(conn, mine)

    with pytest.raises(ClaimLost):
        await store.write(partial(conclude, mine=slow, body="slow"))
    await store.write(partial(conclude, mine=quick, body="quick"))
    kept = await store.read(lambda conn: versions.of(conn, "main", "Encounter", "e"))
    assert [version.body for version in kept] == [b"quick"]
    assert await store.read(counters.listed) == {"fenced": 1}
    assert (await look(store)).state == "settled"


async def test_a_lost_claim_can_be_neither_renewed_nor_postponed(store):
    await mark(store)
    [slow] = await claim(store, lease=NONE)
    await claim(store)
    with pytest.raises(ClaimLost):
        await store.write(lambda conn: due.renew(conn, slow, lease=HOUR))
    with pytest.raises(ClaimLost):
        await postpone(store, slow)
    assert await store.read(counters.listed) == {"fenced": 2}


async def test_a_lease_that_ended_unnoticed_may_still_finish_and_renew(store):
    await mark(store)
    [mine] = await claim(store, lease=NONE)
    await store.write(lambda conn: due.renew(conn, mine, lease=HOUR))
    assert await claim(store) == ()
    await finish(store, mine)
    assert (await look(store)).state == "settled"


@pytest.mark.parametrize("limit", [1, 3])
async def test_work_that_never_comes_back_is_parked_and_wakes_when_marked(store, limit):
    await mark(store)
    await mark(store, "Patient/2", settle=HOUR)
    for attempt in range(limit):
        [mine] = await claim(store, lease=NONE, max_attempts=limit)
        assert mine.attempts == attempt + 1
    assert await claim(store, lease=NONE, max_attempts=limit) == ()
    parked = await look(store)
    assert (parked.state, parked.state_code, parked.attempts) == ("parked", due.USED_UP, limit)
    await mark(store, "Patient/2")
    assert [mine.patient for mine in await claim(store, max_attempts=limit)] == ["Patient/2"]
    await mark(store)
    [mine] = await claim(store, max_attempts=limit)
    assert (mine.patient, mine.attempts, mine.generation) == ("Patient/1", 1, 2)


async def test_postponed_it_waits_and_says_why(store):
    await mark(store)
    [mine] = await claim(store)
    await postpone(store, mine, wait=HOUR)
    after = await look(store)
    assert (after.state, after.state_code, after.attempts) == ("waiting", "ehr-down", 1)
    assert await claim(store) == ()


async def test_postponed_with_its_attempts_used_up_it_parks(store):
    await mark(store)
    [mine] = await claim(store)
    await postpone(store, mine, max_attempts=2)
    [mine] = await claim(store)
    await postpone(store, mine, max_attempts=2)
    after = await look(store)
    assert (after.state, after.state_code, after.attempts) == ("parked", "ehr-down", 2)
    assert await claim(store) == ()


async def test_postponed_for_somebody_elses_fault_the_attempt_is_not_counted(store):
    await mark(store)
    for _ in range(3):
        [mine] = await claim(store, max_attempts=2)
        assert mine.attempts == 1
        await postpone(store, mine, max_attempts=None)
    assert (await look(store)).attempts == 0


async def test_marked_while_its_last_attempt_failed_it_does_not_park(store):
    await mark(store)
    [mine] = await claim(store)
    await mark(store)
    await postpone(store, mine, max_attempts=1)
    after = await look(store)
    assert (after.state, after.attempts) == ("waiting", 0)


async def test_free_slots_are_filled_by_the_longest_due(store):
    for number in (3, 1, 2):
        await mark(store, f"Patient/{number}")
    assert {mine.patient for mine in await claim(store, slots=2)} == {"Patient/3", "Patient/1"}
    assert [mine.patient for mine in await claim(store, slots=2)] == ["Patient/2"]


async def test_the_lanes_do_not_touch_each_other(store):
    await mark(store)
    await mark(store, lane="send")
    [coding], [sending] = await claim(store), await claim(store, lane="send")
    await finish(store, coding)
    await store.write(lambda conn: due.renew(conn, sending, lease=HOUR))
    assert (coding.lane, sending.lane) == ("code", "send")


async def test_a_paused_source_is_coded_and_not_sent(store):
    await store.write(lambda conn: pauses.pause(conn, "main", why="tests", who="somebody"))
    for source in ("main", "other"):
        await mark(store, source=source)
        await mark(store, source=source, lane="send")
    assert {mine.source for mine in await claim(store)} == {"main", "other"}
    assert [mine.source for mine in await claim(store, lane="send")] == ["other"]
    assert await store.write(lambda conn: pauses.resume(conn, "main"))
    assert [mine.source for mine in await claim(store, lane="send")] == ["main"]


async def test_tries_count_from_the_last_part_that_was_done(store):
    """Who is refused now and then, and gets on, is not put aside."""
    await mark(store)
    for _ in range(5):
        [mine] = await claim(store, max_attempts=2)
        await store.write(lambda conn, mine=mine: due.renew(conn, mine, lease=HOUR, moved_on=True))
        await postpone(store, mine, max_attempts=2)
    assert [one.attempts for one in await claim(store, max_attempts=2)] == [2]
