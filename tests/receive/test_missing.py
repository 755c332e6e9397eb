"""A sweep finds what was read before and is gone, once; and leaves alone what is there."""

import pytest

from fhir_adapter.errors import EhrUnavailable
from fhir_adapter.store import counters, versions
from fhir_adapter.store.versions import Version

pytestmark = [pytest.mark.anyio, pytest.mark.real]
GIVEN = "MedicationAdministration"


async def read_before(world, name, version="1", resource_type=GIVEN):
    kept = Version(type=resource_type, id=name, version_id=version, last_updated=None, patient="Patient/p1", body=b"{}")
    await world.store.write(lambda conn: versions.keep(conn, "main", [kept]))


async def deletions(world):
    return [f"{one.type}/{one.id} {one.method}" for one in await world.inbox() if one.shape == "deletion"]


async def test_what_is_gone_is_found_once_and_makes_its_patient_due(world, administration):
    for name in ("a1", "a2"):
        await read_before(world, name)
    world.ehr.put(administration("a2"))
    await world.hints.sweep()
    await world.hints.sweep()
    assert await deletions(world) == [f"{GIVEN}/a1 sweep"]
    assert (await world.store.read(counters.listed))["untold main"] == 1
    await world.hints.answer()
    assert (await world.due()).generation == 1


async def test_an_encounter_may_be_gone_too(world):
    await read_before(world, "e1", resource_type="Encounter")
    await world.hints.sweep()
    assert await deletions(world) == ["Encounter/e1 sweep"]


async def test_what_came_back_may_go_again(world):
    await read_before(world, "a1")
    await world.hints.sweep()
    world.clock.pass_(minutes=5)
    await read_before(world, "a1", version="3")
    await world.hints.sweep()
    assert await deletions(world) == [f"{GIVEN}/a1 sweep"] * 2


async def test_what_was_read_long_ago_is_not_asked_for(world):
    await read_before(world, "a1")
    world.clock.pass_(days=3, seconds=1)
    await world.hints.sweep()
    assert await deletions(world) == []


async def test_a_server_that_cannot_search_by_id_is_asked_for_each(world, administration):
    for name in ("a1", "a2"):
        await read_before(world, name)
    world.ehr.put(administration("a2"))
    world.ehr.refused["_id="] = 400
    await world.hints.sweep()
    assert await deletions(world) == [f"{GIVEN}/a1 sweep"]
    assert f"{GIVEN}/a2" in world.ehr.asked


async def test_trouble_of_the_server_is_no_deletion(world):
    await read_before(world, "a1")
    world.ehr.refused[f"{GIVEN}/a1"] = 503
    with pytest.raises(EhrUnavailable):
        await world.hints.sweep()
    assert await deletions(world) == []


@pytest.mark.parametrize("status", [400, 401, 403, 422])
async def test_what_cannot_be_shown_is_there_and_hides_no_other_deletion(world, status):
    for name in ("a1", "a2"):
        await read_before(world, name)
    world.ehr.refused[f"{GIVEN}/a1"] = status
    await world.hints.sweep()
    assert await deletions(world) == [f"{GIVEN}/a2 sweep"]
