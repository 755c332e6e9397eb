"""What a sweep finds that no notification told of is counted for the source."""

import pytest

from fhir_adapter.receive.keep import keep
from fhir_adapter.receive.telling import Hint
from fhir_adapter.store import counters

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
        ({"method": "sweep"}, 1),
        ({"method": "export"}, 1),
    ],
)
async def test_what_counts_as_told(world, administration, before, count):
    world.ehr.put(administration("a1"))
    await told(world, **before)
    await world.hints.sweep()
    assert await untold(world) == count
