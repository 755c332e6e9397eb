"""A visit that the chart has no more: it leaves the list, unless a charge of it could not be taken back."""

import json

import pytest

pytestmark = pytest.mark.anyio


async def charged_and_deleted(hospital, touch=None, refusals=0):
    """The hospital, after every administration and the encounter of the charged visit were deleted."""
    here = hospital()
    await here.admit()
    await here.follow()
    if touch:
        await here.edit((await here.items())["96415"], **touch)
    for name in [name for name in here.chart if name.partition("/")[0] in ("MedicationAdministration", "Encounter")]:
        await here.person.delete(f"/{name}")
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
    for name in [name for name in here.chart if name.partition("/")[0] in ("MedicationAdministration", "Encounter")]:
        await here.person.delete(f"/{name}")
    await here.follow()
    await here.code()
    assert await here.visit() is None


async def test_the_kept_chart_of_a_deleted_visit_is_still_there(hospital):
    here = await charged_and_deleted(hospital, {"status": "billed"})
    chart = json.loads((await here.visit()).visit.chart)
    assert chart["visit"]["administrations"]
