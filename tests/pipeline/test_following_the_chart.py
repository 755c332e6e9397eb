"""From the chart to the EHR's ChargeItems and back: what a change of the chart does to what stands."""

import json
from collections import Counter
from dataclasses import replace
from datetime import date

import msgspec
import pytest
from fhir.resources.R4B.chargeitem import ChargeItem

from fhir_adapter.store import visits

pytestmark = pytest.mark.anyio
RITUXIMAB = "MedicationAdministration/a4"
SHORTER = {"start": "2026-05-04T09:00:00-05:00", "end": "2026-05-04T11:00:00-05:00"}


def version(item):
    return item["meta"]["versionId"]


async def test_a_finished_visit_is_charged_line_by_line_and_says_why(hospital):
    here = hospital()
    await here.admit()
    await here.follow()
    result = await here.result()
    lines = Counter({line["code"]: line["units"] for line in result["lines"]})
    assert await here.charged() == lines
    assert {"96413", "96415", "J9312"} <= lines.keys()
    for item in (await here.items()).values():
        ChargeItem.model_validate_json(json.dumps(item))
        [derivation] = [one for one in item["extension"] if one["url"].endswith("charge-derivation")]
        said = {part["url"]: part.get("valueString") for part in derivation["extension"]}
        assert (said["rulebook"], said["rulebookHash"]) == ("carecost-96417", result["rulebook_hash"])
        assert said["because"] in {line["because"] for line in result["lines"]}


async def test_what_was_made_of_the_visit_is_kept_with_the_second_opinion(hospital):
    here = hospital()
    await here.admit()
    await here.follow()
    kept = (await here.visit()).visit
    opinion = msgspec.json.decode(kept.second_opinion)
    assert (kept.state, kept.disposition, kept.held_by) == ("billable", "billable", ())
    assert opinion["result"]["rulebook"] == "cpt-2026"
    assert opinion["differences"]
    assert (await here.waiting(), {entry.pending for entry in (await here.ledger()).values()}) == ((), {False})


async def test_the_same_chart_again_writes_nothing(hospital):
    here = hospital()
    await here.admit()
    await here.follow()
    before = len(here.wire.writes)
    await here.follow()
    assert len(here.wire.writes) == before


async def test_a_corrected_stop_changes_the_quantity_in_the_next_version_of_the_same_item(hospital):
    here = hospital()
    await here.admit()
    await here.follow()
    before = await here.items()
    await here.change(RITUXIMAB, effectivePeriod=SHORTER)
    await here.follow()
    after = await here.items()
    assert len(after) == len(before)
    assert [items["96415"]["quantity"]["value"] for items in (before, after)] == [3, 1]
    assert after["96415"]["id"] == before["96415"]["id"]
    assert [version(items["96415"]) for items in (before, after)] == ["1", "2"]
    assert after["96415"]["occurrencePeriod"] == SHORTER


async def test_entered_in_error_reverses_and_the_line_that_comes_back_is_the_same_item(hospital):
    here = hospital()
    await here.admit()
    await here.follow()
    before = await here.items()
    await here.change(RITUXIMAB, status="entered-in-error")
    await here.follow()
    reversed_items = await here.items()
    assert reversed_items["J9312"]["status"] == "entered-in-error"
    assert reversed_items["J9312"]["id"] == before["J9312"]["id"]
    assert "J9312" not in await here.charged()
    await here.change(RITUXIMAB, status="completed")
    await here.follow()
    again = await here.items()
    assert {code: again[code]["id"] for code in before} == {code: item["id"] for code, item in before.items()}
    assert await here.charged() == {code: item["quantity"]["value"] for code, item in before.items()}


async def test_nothing_is_posted_before_the_encounter_has_finished(hospital):
    here = hospital()
    await here.admit()
    await here.change("Encounter/e1", status="in-progress")
    await here.follow()
    assert (await here.items(), (await here.visit()).visit.state) == ({}, "open")
    await here.change("Encounter/e1", status="finished")
    await here.follow()
    assert "J9312" in await here.charged()


async def test_an_encounter_that_opens_again_keeps_its_items_untouched(hospital):
    here = hospital()
    await here.admit()
    await here.follow()
    before = await here.items()
    await here.change("Encounter/e1", status="in-progress")
    await here.change(
        RITUXIMAB, effectivePeriod={"start": "2026-05-04T09:00:00-05:00", "end": "2026-05-04T11:00:00-05:00"}
    )
    await here.follow()
    assert await here.items() == before
    assert "posted-but-held" in await here.findings()


async def test_a_held_visit_reverses_only_what_was_entered_in_error(hospital):
    here = hospital()
    await here.admit()
    await here.follow()
    before = await here.charged()
    await here.change("MedicationAdministration/a5", effectivePeriod={"start": "2026-05-04T13:05:00-05:00"})
    await here.change("MedicationAdministration/a7", status="entered-in-error")
    await here.follow()
    assert (await here.visit()).visit.state in ("held", "open")
    after = await here.charged()
    assert before.items() - after.items() == {("J9370", before["J9370"])}
    assert after.items() <= before.items()


async def test_a_cancelled_encounter_reverses_everything(hospital):
    here = hospital()
    await here.admit()
    await here.follow()
    await here.change("Encounter/e1", status="cancelled")
    await here.follow()
    assert await here.charged() == {}
    assert {item["status"] for item in (await here.items()).values()} == {"entered-in-error"}


async def test_a_visit_that_becomes_inpatient_reverses_everything_and_outpatient_again_the_same_items_return(hospital):
    here = hospital()
    await here.admit()
    await here.follow()
    before, charged = await here.items(), await here.charged()
    outpatient = here.chart["Encounter/e1"]["class"]
    assert outpatient["code"] == "AMB"
    await here.change("Encounter/e1", **{"class": outpatient | {"code": "IMP", "display": "inpatient encounter"}})
    await here.follow()
    assert ((await here.visit()).visit.disposition, await here.charged()) == ("not-reported", {})
    assert {item["status"] for item in (await here.items()).values()} == {"entered-in-error"}
    assert {entry.status for entry in (await here.ledger()).values()} == {"entered-in-error"}
    await here.change("Encounter/e1", **{"class": outpatient})
    await here.follow()
    assert await here.charged() == charged
    assert {code: item["id"] for code, item in (await here.items()).items()} == {
        code: item["id"] for code, item in before.items()
    }


async def test_an_administration_moved_to_another_day_and_encounter_moves_its_charges(hospital):
    here = hospital()
    await here.admit()
    await here.follow()
    before = await here.charged()
    later = {"start": "2026-05-06T08:00:00-05:00", "end": "2026-05-06T12:00:00-05:00"}
    await here.put(here.chart["Encounter/e1"] | {"id": "e2", "period": later})
    moved = {"start": "2026-05-06T09:00:00-05:00", "end": "2026-05-06T11:00:00-05:00"}
    await here.change(RITUXIMAB, context={"reference": "Encounter/e2"}, effectivePeriod=moved)
    await here.follow()
    answer = await here.person.get("/ChargeItem", params={"context": "Encounter/e2", "_count": "200"})
    there = {entry["resource"]["code"]["coding"][0]["code"]: entry["resource"] for entry in answer.json()["entry"]}
    assert there["J9312"]["quantity"]["value"] == before["J9312"]
    ledger = [entry for entry in await here.entries() if entry.charge.key.code == "J9312"]
    assert {(entry.charge.key.encounter, entry.status) for entry in ledger} == {
        ("e1", "entered-in-error"),
        ("e2", "billable"),
    }


async def test_a_deleted_encounter_leaves_no_visit_and_no_charge(hospital):
    here = hospital()
    await here.admit()
    await here.follow()
    for name in [name for name in here.chart if name.startswith(("MedicationAdministration", "Encounter"))]:
        await here.person.delete(f"/{name}")
    await here.follow()
    assert await here.charged() == {}
    assert await here.store.read(lambda conn: visits.listed(conn, source="main")) == ()


async def test_in_shadow_everything_is_coded_and_nothing_is_written(hospital):
    here = hospital(mode="shadow")
    await here.admit()
    await here.follow()
    kept = (await here.visit()).visit
    assert (kept.state, kept.disposition) == ("shadow", "billable")
    assert (here.wire.writes, await here.ledger(), await here.waiting()) == ([], {}, ())


async def test_a_drug_chosen_by_name_holds_where_the_product_is_required(hospital):
    here = hospital(needs_product=True)
    await here.admit()
    for name, resource in [*here.chart.items()]:
        if resource["resourceType"] == "MedicationAdministration":
            named = resource["medicationCodeableConcept"]
            text = named.get("text") or named["coding"][0]["display"]
            await here.change(name, medicationCodeableConcept={"text": text})
    await here.follow()
    kept = (await here.visit()).visit
    assert "drug-code-by-name" in kept.held_by
    assert (kept.state, await here.items()) == ("held", {})


async def test_what_was_charged_before_the_first_day_is_left_alone(hospital):
    here = hospital()
    await here.admit()
    await here.follow()
    before, writes = await here.items(), len(here.wire.writes)
    here.parts.sources["main"] = replace(here.parts.sources["main"], first_day=date(2026, 5, 5))
    await here.follow()
    assert (await here.items(), len(here.wire.writes)) == (before, writes)


@pytest.mark.anyio
async def test_an_open_visit_is_previewed_and_the_same_items_become_billable(hospital):
    one = hospital(post_when="planned")
    await one.admit()
    finished = one.chart["Encounter/e1"]
    await one.change("Encounter/e1", status="in-progress")
    await one.follow()
    previews = await one.items()
    assert {item["status"] for item in previews.values()} == {"planned"}
    assert await one.charged() == {}
    await one.put(finished)
    await one.follow()
    items = await one.items()
    assert {item["status"] for item in items.values()} == {"billable"}
    assert {code: item["id"] for code, item in items.items()} == {code: item["id"] for code, item in previews.items()}
