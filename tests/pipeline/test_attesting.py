"""Each version of a charge that was written is attested once; what attests never blocks and never doubles a charge."""

import pytest

from fhir_adapter.errors import EhrAmbiguous, EhrUnavailable
from fhir_adapter.store import pauses

pytestmark = pytest.mark.anyio
STOP = {"start": "2026-05-04T09:00:00-05:00", "end": "2026-05-04T12:00:00-05:00"}


@pytest.fixture
async def here(hospital):
    one = hospital(provenance=True)
    await one.admit()
    await one.follow()
    return one


def about(found, item):
    return [one for one in found if one["target"][0]["reference"].startswith(f"ChargeItem/{item['id']}/_history/")]


def operations(found):
    return [one["activity"]["coding"][0]["code"] for one in found]


def sources(one):
    return [entity["what"].get("reference") or entity["what"]["display"] for entity in one["entity"]]


async def test_each_version_has_one_with_the_chart_that_it_rests_on(here):
    item = (await here.items())["96413"]
    (made,) = about(await here.attested(), item)
    assert len(await here.attested()) == len(await here.items())
    assert made["target"] == [{"reference": f"ChargeItem/{item['id']}/_history/1", "display": "version 1"}]
    assert made["policy"] == item["definitionCanonical"]
    given = [one["reference"] for one in item["service"]]
    assert sources(made) == ["Encounter/e1/_history/1", *(f"{name}/_history/1" for name in given)]


async def test_a_correction_and_a_reversal_are_attested_beside_it(here):
    await here.attested()
    item = (await here.items())["J9312"]
    (name,) = (one["reference"] for one in item["service"])
    await here.change(name, effectivePeriod=STOP)
    await here.follow()
    await here.change(name, status="entered-in-error")
    await here.follow()
    created, amended, reversed_ = about(await here.attested(), item)
    assert operations([created, amended, reversed_]) == ["CREATE", "UPDATE", "NULLIFY"]
    assert [sources(one)[1] for one in (created, amended, reversed_)] == [
        f"{name}/_history/1",
        f"{name}/_history/2",
        f"{name}/_history/3",
    ]


@pytest.mark.parametrize("fault", ["lost", "never", 503])
async def test_one_that_did_not_get_through_is_tried_again_and_stands_once(here, fault):
    here.wire.faults.append(fault)
    with pytest.raises((EhrAmbiguous, EhrUnavailable)):
        await here.attested()
    assert len(await here.attested()) == len(await here.items())


async def test_charges_are_written_while_none_can_be_attested(here):
    here.wire.faults.append(503)
    with pytest.raises(EhrUnavailable):
        await here.attested()
    (given,) = (await here.items())["J9312"]["service"]
    await here.change(given["reference"], status="entered-in-error")
    await here.follow()
    assert "J9312" not in await here.charged()


async def test_refused_with_references_it_is_told_in_words(here):
    here.wire.faults.append(422)
    found = await here.attested()
    assert len(found) == len(await here.items())
    (told,) = [one for one in found if "reference" not in one["entity"][0]["what"]]
    assert told["entity"][0]["what"] == {"display": "Encounter/e1, version 1"}


async def test_a_refused_one_is_counted_and_the_charge_stands(here):
    here.wire.faults.extend([422, 422])
    charged = await here.charged()
    assert len(await here.attested()) == len(charged) - 1
    assert await here.charged() == charged
    assert 'charges_attested_total{outcome="refused",source="main"} 1.0' in here.parts.metrics.exposition().decode()
    assert (await here.progress("attest")).state == "settled"


async def test_nothing_is_attested_while_the_source_is_paused(here):
    claim = await here.claim("attest")
    await here.store.write(lambda conn: pauses.pause(conn, "main", why="a test", who="somebody"))
    await here.attest(claim)
    assert await here.attested() == []
    await here.store.write(lambda conn: pauses.resume(conn, "main"))
    assert len(await here.attested()) == len(await here.items())


async def test_without_the_settings_nothing_is_owed(hospital):
    plain = hospital()
    await plain.admit()
    await plain.follow()
    assert await plain.claim("attest") is None
    assert await plain.attested() == []


async def test_an_audit_event_where_the_site_wants_it(hospital):
    audited = hospital(audit_event=True)
    await audited.admit()
    await audited.follow()
    events = await audited.attested("AuditEvent")
    assert {one["entity"][0]["what"]["reference"] for one in events} == {
        f"ChargeItem/{item['id']}/_history/1" for item in (await audited.items()).values()
    }
    assert await audited.attested() == []
