"""The tie-out against a real server, after a day on which others edited, deleted, doubled and billed items."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest
from pipeline.hospital import Hospital

from fhir_adapter.history.kept import coded_visits, people_on_the_server
from fhir_adapter.history.morning import tie_out_on

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


@pytest.mark.anyio
async def test_both_sides_of_the_shadow_report_come_from_the_store(hospital):
    charged = set(await hospital.charged())
    await hospital.charge_by_hand("96413")
    await hospital.charge_by_hand("J9312", extension=[{"url": "https://ehr.example/modifier", "valueCode": "JW"}])
    await hospital.charge_by_hand("96415", status="entered-in-error")
    await hospital.edit(await hospital.charge_by_hand("96417"), code={"text": "by hand"})
    await hospital.code()
    system = hospital.parts.sources["main"].names.identifier_system
    people = await hospital.store.read(lambda conn: people_on_the_server(conn, "main", our_system=system, zone=ZONE))
    assert [(one.encounter, one.code, one.modifiers) for one in people.charges] == [
        ("e1", "96413", ()),
        ("e1", "J9312", ("JW",)),
    ]
    assert people.unreadable == 1
    (visit,) = await hospital.store.read(lambda conn: coded_visits(conn, "main"))
    assert (visit.encounters, visit.dates) == (frozenset({"e1"}), (DAY,))
    assert {line.code for line in visit.lines} == charged
