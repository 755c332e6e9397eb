"""Whose is it: from kept versions, from the EHR, later, or never."""

from datetime import timedelta

import pytest

from fhir_adapter.receive.hints import LIMIT
from fhir_adapter.receive.keep import keep
from fhir_adapter.receive.telling import Hint
from fhir_adapter.store import versions, watermarks

pytestmark = [pytest.mark.anyio, pytest.mark.real]


async def told(world, **hint):
    fields = {"shape": "resource", "type": "MedicationAdministration", "id": "a1"} | hint
    await world.store.write(lambda conn: keep(conn, "main", "PUT", [Hint(**fields)], world.hints.pace))


async def read_before(world, patient="Patient/p0"):
    version = versions.Version(
        type="MedicationAdministration", id="a1", version_id="1", last_updated=None, patient=patient, body=b"{}"
    )
    await world.store.write(lambda conn: versions.keep(conn, "main", [version]))


async def state(world):
    told = (await world.inbox())[-1]
    return told.state, told.patient, told.fault


async def test_a_deletion_is_of_the_chart_it_was_read_in(world):
    await read_before(world)
    await told(world, shape="deletion")
    await world.hints.answer()
    assert await state(world) == ("marked", "Patient/p0", None)
    assert await world.due("Patient/p0")
    assert world.ehr.asked == []
    assert world.rings == 1


async def test_a_name_is_asked_of_the_ehr_and_a_former_patient_is_marked_too(world, administration):
    await read_before(world)
    world.ehr.put(administration())
    await told(world)
    await world.hints.answer()
    assert await state(world) == ("marked", "Patient/p1", None)
    assert await world.due("Patient/p0")


async def test_a_name_that_the_ehr_has_no_more_is_of_the_chart_it_was_read_in(world):
    await read_before(world)
    await told(world)
    await world.hints.answer()
    assert await state(world) == ("marked", "Patient/p0", None)


async def test_an_ehr_that_does_not_answer_is_asked_later_and_later(world, administration):
    world.ehr.status = 503
    await told(world)
    for _ in range(3):
        await world.hints.answer()
    assert len(world.ehr.asked) == 1
    world.clock.pass_(hours=5)
    await world.hints.answer()
    assert await state(world) == ("received", None, None)
    world.ehr.status = None
    world.ehr.put(administration())
    world.clock.pass_(minutes=1)
    await world.hints.answer()
    assert await state(world) == ("marked", "Patient/p1", None)


@pytest.mark.parametrize(("shape", "end"), [("deletion", "ignored"), ("resource", "faulty")])
async def test_what_nobody_knows_is_put_aside_in_the_end(world, shape, end):
    await told(world, shape=shape)
    await world.hints.answer()
    assert (await state(world))[0] == "received"
    world.clock.pass_(minutes=16)
    await world.hints.answer()
    assert (await state(world))[0] == end


async def test_a_resource_whose_chart_was_being_read_when_it_was_deleted(world):
    await told(world, shape="deletion")
    await world.hints.answer()
    await read_before(world)
    world.clock.pass_(minutes=2)
    await world.hints.answer()
    assert (await state(world))[0] == "marked"


async def test_a_resource_without_subject_in_the_ehr_is_at_fault(world, administration):
    world.ehr.put(administration(patient=None))
    await told(world)
    await world.hints.answer()
    assert await state(world) == (
        "faulty",
        None,
        "the EHR's resource: $.subject.reference: is missing; without it no patient is known",
    )


async def test_what_names_nobody_any_more_makes_its_former_patient_due(world, administration):
    await read_before(world)
    world.ehr.put(administration(patient=None))
    await told(world)
    assert not await world.due("Patient/p0"), "a name alone says nothing yet"
    await world.hints.answer()
    assert (await state(world))[0] == "faulty"
    assert (await world.due("Patient/p0")).generation == 1


async def test_a_faulty_hint_that_names_its_resource_makes_its_former_patient_due(world):
    await read_before(world)
    await told(world, fault="$.subject.reference: names no Patient")
    assert (await state(world))[0] == "faulty"
    assert (await world.due("Patient/p0")).generation == 1


async def test_what_concerns_no_visit_is_not_asked_for(world):
    await told(world, type="Medication")
    await world.hints.answer()
    assert (await state(world))[0] == "ignored"
    assert world.ehr.asked == []


async def test_a_patient_names_itself(world):
    await told(world, type="Patient", id="p7")
    await world.hints.answer()
    assert await state(world) == ("marked", "Patient/p7", None)


async def test_something_changed_means_one_sweep_for_all_who_said_so(world, administration):
    world.ehr.put(administration(meta={"versionId": "1", "lastUpdated": "2026-03-02T14:00:00Z"}))
    for _ in range(3):
        await told(world, shape="empty", type=None, id=None)
    await world.hints.answer()
    assert [one.state for one in await world.inbox()] == ["ignored", "ignored", "ignored", "marked"]
    assert (await world.inbox())[-1].method == "sweep"
    assert len(world.ehr.asked) == 2


async def test_many_that_have_to_wait_block_nothing_behind_them(world, administration):
    waiting = [Hint(shape="resource", type="MedicationAdministration", id=f"w{at}") for at in range(LIMIT + 1)]
    world.ehr.refused["MedicationAdministration/w"] = 503
    await world.store.write(lambda conn: keep(conn, "main", "PUT", waiting, world.hints.pace))
    for _ in range(2):
        await world.hints.answer()
    world.ehr.put(administration())
    await told(world)
    await told(world, shape="empty", type=None, id=None)
    world.ehr.asked.clear()
    await world.hints.answer()
    newest = await world.inbox()
    named = next(one for one in newest if one.id == "a1")
    swept = next(one for one in newest if one.shape == "empty")
    assert (named.state, named.patient) == ("marked", "Patient/p1")
    assert swept.state == "ignored"
    assert not [one for one in world.ehr.asked if "/w" in one], "none of them is asked for early"


async def test_a_sweep_is_not_behind_names_that_are_asked_for(world):
    names = [Hint(shape="resource", type="MedicationAdministration", id=f"w{at}") for at in range(LIMIT)]
    await world.store.write(lambda conn: keep(conn, "main", "PUT", names, world.hints.pace))
    await told(world, shape="empty", type=None, id=None)
    await world.hints.answer()
    assert world.ehr.asked[0].startswith("MedicationAdministration?_lastUpdated")
    assert await state(world) == ("ignored", None, None)


async def test_a_sweep_goes_on_from_the_newest_it_saw(world, administration):
    world.ehr.put(administration(meta={"versionId": "1", "lastUpdated": "2026-03-02T14:00:00.250Z"}))
    await world.hints.sweep()
    await world.hints.sweep()
    asked = [one for one in world.ehr.asked if one.startswith("MedicationAdministration")]
    assert "_lastUpdated=ge2026-03-01T15%3A00%3A00.000Z" in asked[0]
    assert "_lastUpdated=ge2026-03-02T13%3A55%3A00.250Z" in asked[1]


@pytest.mark.parametrize(
    ("silent", "since"), [({"hours": 3}, "2026-03-01T15%3A00"), ({"days": 9}, "2026-02-21T14%3A55")]
)
async def test_the_first_sweep_looks_back_to_where_the_source_was_heard_last(world, silent, since):
    world.clock.now -= timedelta(**silent)
    await told(world, fault="$: is not JSON", type=None, id=None)
    world.clock.pass_(**silent)
    await world.hints.sweep()
    assert all(f"_lastUpdated=ge{since}" in asked for asked in world.ehr.asked[:2])


async def test_a_stamp_of_the_future_does_not_carry_the_mark_there(world, administration):
    world.ehr.put(administration(meta={"versionId": "1", "lastUpdated": "2027-01-01T00:00:00Z"}))
    await world.hints.sweep()
    await world.hints.sweep()
    asked = [one for one in world.ehr.asked if one.startswith("MedicationAdministration?_lastUpdated")]
    assert "_lastUpdated=ge2026-03-02T14%3A55%3A00.000Z" in asked[1]


async def test_a_mark_of_the_future_is_not_believed(world):
    ahead = world.clock() + timedelta(days=300)
    await world.store.write(lambda conn: watermarks.advance(conn, "main", "Encounter", ahead))
    await world.hints.sweep()
    (asked,) = [one for one in world.ehr.asked if one.startswith("Encounter?_lastUpdated")]
    assert "_lastUpdated=ge2026-03-02T14%3A55%3A00.000Z" in asked


async def test_a_version_that_was_read_is_no_news(world, administration):
    await read_before(world)
    world.ehr.put(administration())
    await world.hints.sweep()
    assert await world.inbox() == ()


async def test_a_sweep_that_fails_leaves_the_mark_where_it_was(world):
    world.ehr.status = 500
    await told(world, shape="empty", type=None, id=None)
    await world.hints.answer()
    assert (await state(world))[0] == "received"
    assert await world.store.read(lambda conn: watermarks.of(conn, "main", "Encounter")) is None
