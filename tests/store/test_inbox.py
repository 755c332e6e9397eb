"""What is told is kept as it came, and says what it caused."""

import pytest
from store.conftest import AT_ONCE, notification, request

from fhir_adapter.store import due, inbox, outbox, progress

pytestmark = pytest.mark.anyio


def record(store, *told):
    return store.write(lambda conn: [inbox.record(conn, one, **AT_ONCE) for one in told])


async def listed(store, state=None):
    return await store.read(lambda conn: inbox.listed(conn, state=state, limit=100))


async def test_a_notification_marks_its_patient_and_keeps_every_byte(store):
    [number] = await record(store, notification(body=b'{"value": 1.50, "\xff": "not utf-8"}'))
    [received] = await listed(store)
    assert (received.number, received.state, received.generation) == (number, "marked", 1)
    assert (received.type, received.id, received.version) == ("Encounter", "e1", None)
    assert await store.read(lambda conn: inbox.body(conn, number)) == b'{"value": 1.50, "\xff": "not utf-8"}'
    assert (await store.read(lambda conn: progress.of(conn, "main", "Patient/1"))).generation == 1


async def test_a_fault_is_kept_with_the_field_and_marks_nobody(store):
    await record(store, notification(fault="subject: missing"))
    [received] = await listed(store, "faulty")
    assert (received.fault, received.generation) == ("subject: missing", None)
    assert await store.read(progress.behind) == ()


async def test_one_whose_patient_is_unknown_waits_until_it_is_attributed_or_dismissed(store):
    first, second, third = await record(store, *(notification(patient=None, id=name) for name in "abc"))
    waiting = await store.read(lambda conn: inbox.unattributed(conn, "main", limit=2))
    assert [one.number for one in waiting] == [first, second]
    await store.write(lambda conn: inbox.attribute(conn, first, "Patient/7", **AT_ONCE))
    await store.write(lambda conn: inbox.dismiss(conn, second))
    await store.write(lambda conn: inbox.dismiss(conn, third, "subject: not a patient"))
    assert {one.number: (one.state, one.patient) for one in await listed(store)} == {
        first: ("marked", "Patient/7"),
        second: ("ignored", None),
        third: ("faulty", None),
    }
    assert await store.read(lambda conn: inbox.unattributed(conn, "main", limit=9)) == ()
    assert [one.patient for one in await store.read(progress.behind)] == ["Patient/7"]


async def test_the_open_ones_are_read_by_pages_and_shapes(store):
    first, second, third, _ = await record(
        store, *(notification(patient=None, shape=shape) for shape in ("gap", "resource", "gap")), notification()
    )

    async def numbers(**asked):
        return [one.number for one in await store.read(lambda conn: inbox.unattributed(conn, "main", limit=9, **asked))]

    assert await numbers() == [first, second, third]
    assert await numbers(after=first) == [second, third]
    assert await numbers(shapes=("gap", "empty")) == [first, third]
    assert await numbers(but=("gap", "empty")) == [second]
    assert await numbers(shapes=("gap",), after=first) == [third]


async def test_it_says_which_visits_and_charges_it_caused_and_a_later_one_does_not(store, claimed):
    await record(store, notification(), notification(), notification(patient="Patient/2"))
    claim = await claimed()

    def conclude(conn):
        outbox.ask(conn, claim, (request("a"), request("b", "void")))
        inbox.coded(conn, claim, (4, 5))
        due.finish(conn, claim)

    await record(store, notification(id="late"))
    await store.write(conclude)
    late, other, second, first = await listed(store)
    for told in (first, second):
        assert (told.state, told.visits, told.charges) == ("coded", (4, 5), ("create a", "void b"))
        assert told.coded_generation == claim.generation
    assert (late.state, late.visits, late.charges) == ("marked", (), ())
    assert other.state == "marked"


async def test_the_newest_come_first_and_no_more_than_asked_for(store):
    numbers = await record(store, *(notification(id=str(number)) for number in range(5)))
    newest = await store.read(lambda conn: inbox.listed(conn, limit=2))
    assert [one.number for one in newest] == numbers[:2:-1]
