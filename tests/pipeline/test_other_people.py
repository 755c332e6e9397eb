"""What other people do in the EHR: their charges, their edits, their deletions, the biller, and a pause."""

from datetime import timedelta

import msgspec
import pytest

from fhir_adapter.store import pauses

pytestmark = pytest.mark.anyio
RITUXIMAB = "MedicationAdministration/a4"
SHORTER = {"start": "2026-05-04T09:00:00-05:00", "end": "2026-05-04T11:00:00-05:00"}


async def charged(hospital, **options):
    here = hospital(**options)
    await here.admit()
    await here.follow()
    return here


async def shortened(here):
    await here.change(RITUXIMAB, effectivePeriod=SHORTER)
    await here.follow()


async def test_a_service_that_somebody_charged_already_holds_the_visit_and_shows_both(hospital):
    here = hospital()
    await here.admit()
    other = await here.charge_by_hand("96413")
    await here.follow()
    kept = (await here.visit()).visit
    finding = (await here.findings())["already-charged"]
    assert (kept.state, kept.held_by, kept.disposition) == ("held", ("already-charged",), "held")
    assert all(part in finding["message"] for part in ("96413", other["id"]))
    assert list(await here.items()) == ["96413"]
    assert (await here.items())["96413"]["id"] == other["id"]
    await here.edit(other, status="entered-in-error")
    await here.follow()
    assert (await here.charged())["J9312"] == 68


async def test_a_billed_item_is_never_touched_and_the_others_follow(hospital):
    here = await charged(hospital)
    before = await here.items()
    billed = await here.edit(before["96415"], status="billed")
    await shortened(here)
    after = await here.items()
    assert after["96415"] == billed
    assert after["96413"]["meta"]["versionId"] == "2"
    assert (await here.findings())["charge-item-billed"]["severity"] == "warning"


async def test_an_item_edited_by_hand_is_never_touched(hospital):
    here = await charged(hospital)
    edited = await here.edit((await here.items())["96415"], quantity={"value": 2})
    await shortened(here)
    assert (await here.items())["96415"] == edited
    assert "charge-item-edited" in await here.findings()


@pytest.mark.parametrize(("change", "finding"), [("billed", "charge-item-billed"), ("billable", "charge-item-edited")])
async def test_what_changes_between_coding_and_writing_is_found_at_the_write_and_told(hospital, change, finding):
    here = await charged(hospital)
    await here.change(RITUXIMAB, effectivePeriod=SHORTER)
    await here.code()
    touched = await here.edit((await here.items())["96415"], status=change, note=[{"text": "by hand"}])
    await here.send()
    assert (await here.items())["96415"] == touched
    assert await here.waiting() != ()
    await here.follow()
    assert finding in await here.findings()
    assert (await here.items())["96415"] == touched


async def test_a_deleted_item_is_not_written_again_and_told(hospital):
    here = await charged(hospital)
    await here.person.delete(f"/ChargeItem/{(await here.items())['96415']['id']}")
    await shortened(here)
    await here.follow()
    assert "96415" not in await here.items()
    assert "charge-item-missing" in await here.findings()


async def test_two_items_under_one_identifier_hold_the_visit(hospital):
    here = await charged(hospital)
    twin = {name: value for name, value in (await here.items())["96415"].items() if name not in ("id", "meta")}
    await here.person.post("/ChargeItem", json=twin)
    await shortened(here)
    assert (await here.visit()).visit.held_by == ("charge-item-duplicated",)


async def test_a_pause_stops_posting_within_one_request_and_survives(hospital):
    here = hospital()
    await here.admit()

    async def pause():
        await here.store.write(lambda conn: pauses.pause(conn, "main", why="audit", who="test"))

    here.wire.after_write = pause
    await here.follow()
    assert len(here.wire.writes) == len(await here.items()) == 1
    here.wire.after_write = None
    await here.send()
    assert len(here.wire.writes) == 1
    await here.store.write(lambda conn: pauses.resume(conn, "main"))
    await here.send()
    assert (await here.charged())["J9312"] == 68
    assert await here.waiting() == ()


async def test_a_pause_between_the_requests_of_one_order_stops_it_too(hospital):
    """The order may have been sent before, so it is looked up; the pause falls between look-up and write."""
    here = await charged(hospital)
    await here.change(RITUXIMAB, effectivePeriod=SHORTER)
    await here.code()
    here.wire.faults.append("never")
    with pytest.raises(Exception, match="no answer came"):
        await here.send()
    before = len(here.wire.writes)
    here.wire.after_read = lambda: here.store.write(lambda conn: pauses.pause(conn, "main", why="audit", who="test"))
    await here.send()
    assert len(here.wire.writes) == before


async def test_orders_that_waited_while_the_visit_became_held_are_never_sent(hospital):
    here = hospital()
    await here.admit()
    await here.store.write(lambda conn: pauses.pause(conn, "main", why="audit", who="test"))
    await here.follow()
    await here.change("Encounter/e1", status="in-progress")
    await here.follow()
    await here.store.write(lambda conn: pauses.resume(conn, "main"))
    await here.send()
    assert (here.wire.writes, await here.waiting()) == ([], ())
    await here.change("Encounter/e1", status="finished")
    await here.follow()
    assert (await here.charged())["J9312"] == 68


async def test_a_source_that_is_put_in_shadow_sends_nothing_that_waits(hospital):
    here = hospital()
    await here.admit()
    await here.code()
    shadow = hospital(mode="shadow")
    shadow.wire = here.wire
    await shadow.send()
    assert (here.wire.writes, len(await here.waiting()) > 0) == ([], True)
    assert timedelta(minutes=1) < (await here.progress("send")).due_at - here.parts.clock()
    assert msgspec.structs.asdict(await here.progress("send"))["state_code"] == "source-in-shadow"
