"""A visit that the chart has no more: it leaves the list, unless a charge of it could not be taken back."""

import json

import pytest

from fhir_adapter.store import visits

pytestmark = pytest.mark.anyio


def of_the_visit(here):
    return {name for name in here.chart if name.partition("/")[0] in ("MedicationAdministration", "Encounter")}


async def delete_the_visit(here):
    for name in sorted(of_the_visit(here)):
        await here.person.delete(f"/{name}")


async def charged_and_deleted(hospital, touch=None, refusals=0):
    """The hospital, after every administration and the encounter of the charged visit were deleted."""
    here = hospital()
    await here.admit()
    await here.follow()
    if touch:
        await here.edit((await here.items())["96415"], **touch)
    await delete_the_visit(here)
    here.wire.faults.extend([422] * refusals)
    await here.follow()
    await here.code()
    return here


async def told(here):
    result = await here.result()
    return result["disposition"], result["lines"], [finding["id"] for finding in result["findings"]]


async def test_a_deleted_visit_leaves_the_list_when_all_was_taken_back(hospital):
    here = await charged_and_deleted(hospital)
    assert await here.charged() == {}
    assert await here.visit() is None


@pytest.mark.parametrize(
    ("touch", "finding"),
    [({"status": "billed"}, "charge-item-billed"), ({"quantity": {"value": 9}}, "charge-item-edited")],
)
async def test_a_deleted_visit_of_which_a_charge_stands_stays_on_the_list_and_says_so(hospital, touch, finding):
    here = await charged_and_deleted(hospital, touch)
    kept = (await here.visit()).visit
    assert (kept.state, kept.held_by, kept.lines) == ("held", (finding,), 0)
    assert await told(here) == ("held", [], [finding])
    assert "96415" in (await here.findings())[finding]["message"]


async def test_a_reversal_that_the_ehr_refuses_is_told_until_a_person_has_entered_the_charge_in_error(hospital):
    here = await charged_and_deleted(hospital, refusals=2)
    [code] = await here.charged()
    assert await told(here) == ("held", [], ["charge-item-rejected"])
    assert code in (await here.findings())["charge-item-rejected"]["message"]
    await here.edit((await here.items())[code], status="entered-in-error")
    await here.code()
    assert await here.visit() is None


async def test_a_charge_that_somebody_deleted_with_its_visit_stands_nowhere(hospital):
    here = hospital()
    await here.admit()
    await here.follow()
    item = (await here.items())["96415"]
    await here.person.delete(f"/ChargeItem/{item['id']}")
    await delete_the_visit(here)
    await here.follow()
    await here.code()
    assert await here.visit() is None


@pytest.mark.parametrize("hand", ["deletes it", "enters it in error without its encounter"])
async def test_what_a_person_has_seen_to_is_told_no_more(hospital, hand):
    here = await charged_and_deleted(hospital, {"status": "billed"})
    item = (await here.items())["96415"]
    if hand == "deletes it":
        await here.person.delete(f"/ChargeItem/{item['id']}")
    else:
        del item["context"]
        await here.edit(item, status="entered-in-error")
    await here.code()
    assert await here.visit() is None


async def test_a_charge_that_the_ehr_never_took_stands_nowhere(hospital):
    here = hospital()
    await here.admit()
    await here.code()
    here.wire.faults.extend([422] * 30)
    await here.send()
    here.wire.faults.clear()
    assert await here.items() == {}
    await delete_the_visit(here)
    await here.follow()
    await here.code()
    assert await here.visit() is None


async def test_a_visit_that_moved_to_another_patient_stays_theirs_and_what_stands_is_told_beside_it(hospital):
    """The biller has a drug of it; the encounter and the rest are another patient's now."""
    here = hospital()
    await here.admit()
    await here.follow()
    await here.edit((await here.items())["J9370"], status="billed")
    await here.put({"resourceType": "Patient", "id": "p2"})
    for name in of_the_visit(here) - {"MedicationAdministration/a7"}:
        await here.change(name, subject={"reference": "Patient/p2"})
    await here.person.delete("/MedicationAdministration/a7")
    for patient in ("Patient/p2", "Patient/p1", "Patient/p2", "Patient/p1"):
        await here.code(patient)
        await here.send()
        await here.send()
    theirs, left = (await here.visit()), (await here.visit("e1/2026-05-04/p1"))
    assert (theirs.summary.patient, theirs.visit.state) == ("Patient/p2", "billable")
    assert (left.summary.patient, left.visit.state, left.visit.held_by) == (
        "Patient/p1",
        "held",
        ("charge-item-billed",),
    )


async def test_what_stands_of_a_part_that_is_gone_is_a_warning_on_what_is_left_of_the_visit(hospital):
    here = hospital()
    await here.admit()
    other = here.chart["Encounter/e1"] | {"id": "e2"}
    await here.put(other)
    await here.change("MedicationAdministration/a7", context={"reference": "Encounter/e2"})
    await here.follow()
    key = await the_only_visit(here)
    await here.edit((await here.items())["J9370"], status="billed")
    await here.person.delete("/MedicationAdministration/a7")
    await here.person.delete("/Encounter/e2")
    await here.follow()
    await here.code()
    kept = (await here.visit(key)).visit
    assert kept.state == "billable"
    findings = {finding["id"]: finding for finding in json.loads(kept.result)["findings"]}
    assert findings["charge-item-billed"]["severity"] == "warning"


async def the_only_visit(here):
    [summary] = await here.store.read(lambda conn: visits.listed(conn, source="main"))
    return summary.key


async def test_the_kept_chart_of_a_deleted_visit_is_still_there(hospital):
    here = await charged_and_deleted(hospital, {"status": "billed"})
    chart = json.loads((await here.visit()).visit.chart)
    assert chart["visit"]["administrations"]
