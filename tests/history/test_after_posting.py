"""The history of a hospital that posted: tie-out after a day of others' edits, evidence, second opinions."""

import json
from datetime import UTC, date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from pipeline.hospital import Hospital

from fhir_adapter.history.evidence import evidence
from fhir_adapter.history.kept import coded_visits, opinions, people_on_the_server
from fhir_adapter.history.morning import tie_out_on
from fhir_adapter.history.opinions import as_text
from fhir_adapter.history.opinions import opinions as counted
from fhir_adapter.store import inbox
from fhir_adapter.store.due import AT_ONCE
from fhir_adapter.store.inbox import Notification

DAY = date(2026, 5, 4)
ZONE = ZoneInfo("America/Chicago")


def clock():
    return datetime(2026, 5, 4, 20, 0, tzinfo=UTC)


@pytest.fixture
async def hospital(sqlite):
    made = Hospital(sqlite.open(), clock)
    await made.admit()
    await made.follow()
    yield made
    await made.close()


async def tied(hospital):
    source = hospital.parts.sources["main"]
    system = source.names.identifier_system
    return await tie_out_on(hospital.store, source.ehr, "main", DAY, our_system=system, zone=ZONE)


@pytest.mark.anyio
async def test_what_was_charged_ties(hospital):
    found = await tied(hospital)
    assert found.tied
    assert found.ledger == found.ehr == len(await hospital.charged())


@pytest.mark.anyio
async def test_names_what_others_did(hospital):
    items = await hospital.items()
    edited, deleted, doubled, billed, broken = list(items.values())[:5]
    await hospital.edit(edited, quantity={"value": edited["quantity"]["value"] + 1})
    await hospital.person.delete(f"/ChargeItem/{deleted['id']}")
    copy = {name: value for name, value in doubled.items() if name not in ("id", "meta")}
    await hospital.person.post("/ChargeItem", json=copy)
    await hospital.edit(billed, status="billed")
    await hospital.edit(broken, status="aborted")
    found = await tied(hospital)
    named = {one.identifier: one.kind for one in found.differences}
    of = {id(item): item["identifier"][0]["value"] for item in (edited, deleted, doubled, broken)}
    assert named == {
        of[id(edited)]: "units",
        of[id(deleted)]: "missing",
        of[id(doubled)]: "doubled",
        of[id(broken)]: "status",
    }


async def on_the_server(hospital):
    system = hospital.parts.sources["main"].names.identifier_system

    def read(conn):
        coded = coded_visits(conn, "main")
        return people_on_the_server(conn, "main", coded, our_system=system, zone=ZONE)

    return await hospital.store.read(read)


@pytest.mark.anyio
@pytest.mark.parametrize("told", [False, True])
async def test_a_persons_charge_that_was_deleted_in_the_ehr_does_not_count(hospital, told):
    item = await hospital.charge_by_hand("96413")
    await hospital.code()
    assert [one.code for one in (await on_the_server(hospital)).charges] == ["96413"]
    await hospital.person.delete(f"/ChargeItem/{item['id']}")
    if told:
        deletion = Notification(source="main", shape="deletion", method="DELETE", type="ChargeItem", id=item["id"])
        await hospital.store.write(lambda conn: inbox.record(conn, deletion, settle=AT_ONCE, max_wait=AT_ONCE))
    else:
        await hospital.code()
    assert (await on_the_server(hospital)).charges == ()


@pytest.mark.anyio
async def test_both_sides_of_the_shadow_report_come_from_the_store(hospital):
    charged = set(await hospital.charged())
    await hospital.charge_by_hand("96413")
    await hospital.charge_by_hand("J9312", extension=[{"url": "https://ehr.example/modifier", "valueCode": "JW"}])
    await hospital.charge_by_hand("96415", status="entered-in-error")
    await hospital.edit(await hospital.charge_by_hand("96417"), code={"text": "by hand"})
    await hospital.code()
    people = await on_the_server(hospital)
    assert [(one.encounter, one.code, one.modifiers) for one in people.charges] == [
        ("e1", "96413", ()),
        ("e1", "J9312", ("JW",)),
    ]
    assert people.unreadable == 1
    (visit,) = await hospital.store.read(lambda conn: coded_visits(conn, "main"))
    assert (visit.encounters, visit.dates) == (frozenset({"e1"}), (DAY,))
    assert {line.code for line in visit.lines} == charged


async def evidence_of(hospital):
    source = hospital.parts.sources["main"]
    number = (await hospital.visit()).summary.number
    return await hospital.store.read(lambda conn: evidence(conn, number, source.rulebook))


@pytest.mark.anyio
async def test_evidence_is_the_same_file_each_time_and_holds_what_was_sent(hospital):
    made = await evidence_of(hospital)
    assert made == await evidence_of(hospital)
    found = json.loads(made)
    assert found["rulebook_now"] == "the same"
    assert {one["resource"].partition("/")[0] for one in found["chart"]} == {"Encounter", "MedicationAdministration"}
    assert {one["identifier"] for one in found["charges"]} == {one["identifier"] for one in found["sent"]}
    assert all(one["state"] == "sent" for one in found["sent"])
    assert found["rules"]
    assert all(rule["says"] and rule["source"] for rule in found["rules"])
    assert {line["code"] for line in found["result"]["lines"]} == set(await hospital.charged())


@pytest.mark.anyio
async def test_evidence_keeps_the_version_that_was_corrected(hospital):
    before = json.loads(await evidence_of(hospital))
    period = {"start": "2026-05-04T09:00:00-05:00", "end": "2026-05-04T12:00:00-05:00"}
    name = next(name for name in hospital.chart if name.startswith("MedicationAdministration"))
    await hospital.change(name, effectivePeriod=period)
    await hospital.code()
    after = json.loads(await evidence_of(hospital))
    of = [[one for one in found["chart"] if one["resource"] == name] for found in (before, after)]
    assert [len(versions) for versions in of] == [1, 2]
    assert of[1][0] == of[0][0]


@pytest.mark.anyio
async def test_no_evidence_for_a_number_that_nothing_has(hospital):
    assert await hospital.store.read(lambda conn: evidence(conn, 999, None)) is None


@pytest.mark.anyio
async def test_second_opinions_are_counted_by_cause_and_money(hospital):
    kept = await hospital.store.read(lambda conn: opinions(conn, "main"))
    found = counted("main", kept, lambda code, setting, on: Decimal(10), DAY, DAY)
    assert (found.visits, found.differing) == (1, 1)
    (one,) = kept
    by_hand = sum((difference.other_units - difference.units) * 10 for difference in one.differences)
    assert sum(cause.worth for cause in found.causes) == by_hand
    assert all(cause.policies for cause in found.causes)
    assert "1 of 1 visits differ" in as_text(found)
    unpriced = counted("main", kept, lambda code, setting, on: None, DAY, DAY)
    assert sum(cause.unpriced for cause in unpriced.causes) == len(one.differences)
