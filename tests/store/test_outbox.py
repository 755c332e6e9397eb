"""Charges leave per patient in order, each attempt counted before the request; a pause stops within one request."""

from datetime import timedelta

import pytest
from store.conftest import request

from fhir_adapter.errors import ClaimLost
from fhir_adapter.store import due, outbox, pauses, progress

pytestmark = pytest.mark.anyio
HOUR = timedelta(hours=1)


@pytest.fixture
def asked(store, claimed):
    async def ask(*requests):
        claim = await claimed()

        def conclude(conn):
            outbox.ask(conn, claim, requests)
            due.finish(conn, claim)

        await store.write(conclude)

    return ask


async def take(store, claim, most=1):
    """One, or None; more as they come."""
    taken = await store.write(lambda conn: outbox.take(conn, claim, lease=HOUR, most=most))
    return taken if most > 1 else next(iter(taken), None)


def settle(store, claim, entry, state, code=None):
    return store.write(lambda conn: outbox.settle(conn, claim, [entry], state, code, lease=HOUR))


def sending(store):
    return store.read(lambda conn: progress.of(conn, "main", "Patient/1", lane="send"))


async def test_in_order_until_nothing_is_left_and_then_the_claim_is_over(store, asked, claimed):
    await asked(request("a"), request("b"), request("c", "amend"))
    claim = await claimed("send")
    seen = []
    while entry := await take(store, claim):
        seen.append((entry.identifier, entry.action, entry.attempts))
        await settle(store, claim, entry, "sent")
    assert seen == [("a", "create", 1), ("b", "create", 1), ("c", "amend", 1)]
    assert (await sending(store)).state == "settled"
    done = await store.read(lambda conn: outbox.of_visit(conn, "main", "e1.2026-03-03"))
    assert all(entry.state == "sent" and entry.settled_at for entry in done)
    assert await store.read(outbox.unsettled) == ()
    with pytest.raises(ClaimLost):
        await take(store, claim)


async def test_what_was_not_answered_is_taken_again_first_and_says_so(store, asked, claimed):
    await asked(request("a"), request("b"))
    claim = await claimed("send")
    await settle(store, claim, await take(store, claim), "ambiguous", "ehr-ambiguous")
    again = await take(store, claim)
    assert (again.identifier, again.state, again.state_code, again.attempts) == ("a", "ambiguous", "ehr-ambiguous", 2)


async def test_one_that_will_never_be_taken_is_parked_and_the_others_go_on(store, asked, claimed):
    await asked(request("a"), request("b"))
    claim = await claimed("send")
    await settle(store, claim, await take(store, claim), "parked", "ehr-rejected")
    assert (await take(store, claim)).identifier == "b"
    states = {entry.identifier: entry.state for entry in await store.read(outbox.unsettled)}
    assert states == {"a": "parked", "b": "pending"}


async def test_a_charge_decided_anew_replaces_the_one_that_was_never_tried(store, asked, claimed):
    await asked(request("a"), request("b"))
    claim = await claimed("send")
    tried = await take(store, claim)
    await asked(request("a", "amend"), request("b", "amend"))
    await settle(store, claim, tried, "sent")
    left = await store.read(outbox.unsettled)
    assert [(entry.identifier, entry.action) for entry in left] == [("a", "amend"), ("b", "amend")]


async def test_a_charge_decided_anew_replaces_what_was_never_tried_and_follows_what_was(store, asked, claimed):
    await asked(request("a"), request("b"))
    claim = await claimed("send")
    await settle(store, claim, await take(store, claim), "ambiguous", "ehr-ambiguous")
    await asked(request("a", "amend"), request("b", "void"))
    left = [(entry.identifier, entry.action, entry.state) for entry in await store.read(outbox.unsettled)]
    assert left == [("a", "create", "ambiguous"), ("a", "amend", "pending"), ("b", "void", "pending")]


async def test_a_charge_decided_anew_replaces_the_parked_one(store, asked, claimed):
    await asked(request("a"))
    claim = await claimed("send")
    await settle(store, claim, await take(store, claim), "parked", "ehr-rejected")
    assert await take(store, claim) is None
    await asked(request("a"))
    claim = await claimed("send")
    assert (await take(store, claim)).attempts == 1
    both = await store.read(lambda conn: outbox.of_visit(conn, "main", "e1.2026-03-03"))
    assert [entry.state for entry in both] == ["replaced", "pending"]


async def test_a_pause_ends_the_claim_before_the_next_request_and_nothing_is_lost(store, asked, claimed):
    await asked(request("a"), request("b"))
    claim = await claimed("send")
    await settle(store, claim, await take(store, claim), "sent")
    await store.write(lambda conn: pauses.pause(conn, "main", why="tests", who="somebody"))
    assert await take(store, claim) is None
    assert ((await sending(store)).state, (await sending(store)).state_code) == ("waiting", "paused")
    await store.write(lambda conn: pauses.resume(conn, "main"))
    claim = await claimed("send")
    assert ((await take(store, claim)).identifier, claim.attempts) == ("b", 1)


async def test_what_a_lost_sender_says_is_not_kept(store, asked):
    await asked(request("a"))
    slow, quick = [
        await store.write(
            lambda conn, lease=lease: due.claim(conn, slots=1, lease=lease, max_attempts=9, lane="send")[0]
        )
        for lease in (timedelta(0), HOUR)
    ]
    with pytest.raises(ClaimLost):
        await take(store, slow)
    entry = await take(store, quick)
    with pytest.raises(ClaimLost):
        await settle(store, slow, entry, "parked", "ehr-rejected")
    assert [(one.state, one.attempts) for one in await store.read(outbox.unsettled)] == [("pending", 1)]


async def test_nothing_asked_is_nobody_to_send_for(store, asked):
    await asked()
    assert await sending(store) is None


async def test_what_was_never_tried_is_taken_together_each_about_another_charge(store, asked, claimed):
    await asked(request("a"), request("b"), request("c"))
    claim = await claimed("send")
    taken = await take(store, claim, most=2)
    assert [(entry.identifier, entry.attempts) for entry in taken] == [("a", 1), ("b", 1)]
    await store.write(lambda conn: outbox.settle(conn, claim, taken, "ambiguous", "ehr-ambiguous", lease=HOUR))
    again = await take(store, claim, most=9)
    assert [(entry.identifier, entry.attempts) for entry in again] == [("a", 2)], "what may be there is taken alone"
    await settle(store, claim, again[0], "sent")
    await settle(store, claim, (await take(store, claim, most=9))[0], "sent")
    assert [entry.identifier for entry in await take(store, claim, most=9)] == ["c"]


async def test_a_second_order_about_a_charge_waits_for_the_first(store, asked, claimed):
    await asked(request("a"), request("b"))
    claim = await claimed("send")
    await settle(store, claim, await take(store, claim), "ambiguous", "ehr-ambiguous")
    await asked(request("a", "amend"), request("b", "amend"))
    first = await take(store, claim, most=9)
    assert [entry.identifier for entry in first] == ["a"]
    assert await store.read(lambda conn: outbox.superseded(conn, first)) == {"a"}
    await settle(store, claim, first[0], "sent")
    last = await take(store, claim, most=9)
    assert [(entry.identifier, entry.action) for entry in last] == [("a", "amend"), ("b", "amend")]
    assert await store.read(lambda conn: outbox.superseded(conn, last)) == frozenset()
