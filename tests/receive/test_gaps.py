"""Numbers of events: what is a gap, what is only late, and what begins anew."""

from datetime import timedelta

import msgspec
import pytest

from fhir_adapter.receive.gaps import warnings_of
from fhir_adapter.receive.topics import Status, status_of

pytestmark = [pytest.mark.anyio, pytest.mark.real]


def event(*numbers, **more):
    return Status(**({"kind": "event-notification", "state": "active", "subscription": "s", "numbers": numbers} | more))


def counted(kind, number):
    return event(kind=kind, since_start=number)


async def told(world, *stati, **source):
    configured = msgspec.structs.replace(world.source, **source)
    found = []
    for status in stati:
        hints = await world.store.write(lambda conn, status=status: warnings_of(conn, "main", configured, status))
        found.append([hint.shape for hint in hints])
    return found


@pytest.mark.parametrize(
    ("stati", "gaps"),
    [
        ([event(1), event(2), event(3)], [0, 0, 0]),
        ([event(1), event(3), event(2), event(4)], [0, 1, 0, 0]),
        ([event(2)], [1]),
        ([event(1), event(2, 3, 4)], [0, 0]),
        ([event(1), event(2, 4)], [0, 1]),
        ([event(1), event(1), event(2)], [0, 0, 0]),
        ([event(1), event(2), event(1), event(2), event(4)], [0, 0, 0, 0, 1]),
        ([event(1), counted("heartbeat", 1), counted("heartbeat", 2), event(3)], [0, 0, 1, 0]),
        ([counted("handshake", 0), event(1)], [0, 0]),
        ([event(1), counted("handshake", 7), event(8)], [0, 1, 0]),
        ([event(7), counted("handshake", 7), event(8)], [1, 0, 0]),
        ([event(1, 2, 3), counted("handshake", 0), event(1)], [0, 0, 0]),
        ([event(1), event(9, kind="query-event"), event(2)], [0, 0, 0]),
        ([event(1), event(9, subscription="another")], [0, 1]),
    ],
)
async def test_gaps_in_the_numbers_of_a_subscription(world, stati, gaps):
    assert [len(found) for found in await told(world, *stati)] == gaps


async def test_numbers_within_a_bundle(world):
    whole, part = event(1, 2, declared=2), event(2, declared=2)
    assert await told(world, whole, whole, part, event(7), event_numbers="bundle") == [[], [], ["gap"], []]


async def test_numbers_that_mean_nothing(world):
    assert await told(world, event(1), event(9), event_numbers="none") == [[], []]


@pytest.mark.parametrize("state", ["error", "off"])
async def test_a_subscription_that_is_not_active_any_more(world, state):
    assert await told(world, event(1, state=state)) == [["subscription-error"]]


async def test_a_missed_heartbeat_is_kept_and_swept_once_for_each_silence(world):
    world.hints.heartbeat_every = timedelta(minutes=10)
    await world.hints.watch()
    world.clock.pass_(minutes=14)
    await world.hints.watch()
    assert await world.inbox() == ()
    world.clock.pass_(minutes=2)
    for _ in range(3):
        await world.hints.watch()
    assert [(one.method, one.shape) for one in await world.inbox()] == [("watch", "silence")]
    await world.hints.answer()
    assert [one.state for one in await world.inbox()] == ["ignored"]
    assert len([one for one in world.ehr.asked if "_lastUpdated" in one]) == 2
    assert 'shape="silence"' in world.metrics.exposition().decode()


async def test_any_word_of_the_source_is_a_heartbeat(world, administration, encode):
    world.hints.heartbeat_every = timedelta(minutes=10)
    await world.hints.watch()
    world.clock.pass_(minutes=14)
    await world.say({"method": "POST", "address": "", "headers": {}, "body": administration()})
    world.clock.pass_(minutes=14)
    await world.hints.watch()
    assert "silence" not in [one.shape for one in await world.inbox()]
    world.clock.pass_(minutes=2)
    await world.hints.watch()
    assert "silence" in [one.shape for one in await world.inbox()]


@pytest.mark.parametrize(
    "broken",
    [
        b'{"resourceType": "Parameters", "parameter": {"name": "type"}}',
        b'{"resourceType": "Parameters", "parameter": [7, {"name": "notification-event", "part": 7}]}',
        b'{"resourceType": "SubscriptionStatus", "notificationEvent": {"focus": 1}, "eventsInNotification": true}',
        b'{"resourceType": "SubscriptionStatus", "eventsSinceSubscriptionStart": "9999999999999999"}',
        b'{"resourceType": "SubscriptionStatus", "eventsSinceSubscriptionStart": -1, "subscription": 1}',
    ],
)
def test_a_status_that_says_little(broken):
    assert status_of(broken) == Status()


@pytest.mark.parametrize(
    "other", [b"", b"[]", b"7", b'{"resourceType": "Patient"}', b'{"resourceType": ["Parameters"]}']
)
def test_what_is_no_status(other):
    assert status_of(other) is None
