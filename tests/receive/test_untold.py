"""What a sweep finds that no notification told of is counted for the source."""

from datetime import timedelta

import pytest

from fhir_adapter.receive.keep import keep
from fhir_adapter.receive.telling import Hint
from fhir_adapter.store import condition, counters, due, inbox

pytestmark = [pytest.mark.anyio, pytest.mark.real]


async def told(world, method="PUT", version="1", name="a1"):
    hint = Hint(shape="resource", type="MedicationAdministration", id=name, version=version, patient="Patient/p1")
    await world.store.write(lambda conn: keep(conn, "main", method, [hint], world.hints.pace))


async def untold(world):
    return (await world.store.read(counters.listed)).get("untold main", 0)


async def test_what_nobody_told_of_is_counted_once(world, administration):
    world.ehr.put(administration("a1"))
    world.ehr.put(administration("a2"))
    await told(world)
    await world.hints.sweep()
    assert await untold(world) == 1


@pytest.mark.parametrize(
    ("before", "count"),
    [
        ({"version": "1"}, 0),
        ({"version": None}, 0),
        ({"version": "2"}, 1),
        ({"name": "a2"}, 1),
        ({"method": "sweep", "version": "2"}, 1),
        ({"method": "export", "version": "2"}, 1),
    ],
)
async def test_what_counts_as_told(world, administration, before, count):
    world.ehr.put(administration("a1"))
    await told(world, **before)
    await world.hints.sweep()
    assert await untold(world) == count


async def test_it_stands_in_what_metrics_and_status_show(world, administration):
    world.ehr.put(administration("a1"))
    await world.hints.sweep()
    found = await world.store.read(lambda conn: condition.of(conn, world.clock()))
    assert found.events == {"untold main": 1}


async def kept(world):
    return [(one.method, one.id, one.version) for one in await world.inbox()]


@pytest.mark.parametrize("method", ["PUT", "POST", "sweep", "export", "replay"])
async def test_the_very_version_that_stands_in_the_inbox_is_not_kept_again(world, administration, method):
    world.ehr.put(administration("a1"))
    await told(world, method)
    before = await world.due()
    for _ in range(2):
        await world.hints.sweep()
    assert await kept(world) == [(method, "a1", "1")]
    assert await world.due() == before, "its patient waits no longer because of it"
    assert await untold(world) == 0


async def test_another_version_or_none_is_news(world, administration):
    world.ehr.put(administration("a1", meta={"versionId": "2"}))
    world.ehr.put(administration("a2", meta={}))
    await told(world)
    await told(world, name="a2", version=None)
    await world.hints.sweep()
    assert (await kept(world))[2:] == [("sweep", "a1", "2"), ("sweep", "a2", None)]


@pytest.mark.parametrize("fault", [None, "$.subject.reference: is missing; without it no patient is known"])
async def test_a_faulty_resource_is_kept_by_one_sweep_only(world, administration, fault):
    world.ehr.put(administration("a1", patient=None))
    if fault:
        hint = Hint(shape="resource", type="MedicationAdministration", id="a1", version="1", fault=fault)
        await world.store.write(lambda conn: keep(conn, "main", "POST", [hint], world.hints.pace))
    for _ in range(3):
        await world.hints.sweep()
    assert [one for one in await kept(world) if one[0] == "sweep"] == [("sweep", "a1", "1")]


async def test_what_was_coded_and_is_in_no_chart_is_asked_for_once_more(world, administration):
    world.ehr.put(administration("a1"))
    await told(world)
    await code_without_it(world)
    for _ in range(2):
        await world.hints.sweep()
        await code_without_it(world)
    assert await kept(world) == [("PUT", "a1", "1"), ("sweep", "a1", "1")]


async def code_without_it(world):
    """Its patient was read, and the search did not show it yet."""
    world.clock.pass_(minutes=11)

    def work(conn):
        for claim in due.claim(conn, slots=1, lease=timedelta(minutes=1), max_attempts=9):
            inbox.coded(conn, claim, ())
            due.finish(conn, claim)

    await world.store.write(work)
