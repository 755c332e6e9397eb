"""Whatever fails, nothing is coded from a part, nothing is charged twice and nothing is forgotten."""

from datetime import timedelta

import pytest

from fhir_adapter.errors import ClaimLost, ConfigurationError, EhrAmbiguous, EhrRefused, EhrUnavailable, InputFaults
from fhir_adapter.pipeline import code_patient, send
from fhir_adapter.store import due, versions

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize("kind", ["Encounter", "MedicationAdministration", "ChargeItem", "Coverage"])
async def test_a_read_that_fails_leaves_the_patient_due_and_codes_no_part(hospital, kind):
    here = hospital()
    await here.admit()
    here.wire.broken_reads = {kind}
    with pytest.raises(EhrUnavailable):
        await here.code()
    assert await here.visit() is None
    assert await here.store.read(lambda conn: versions.of(conn, "main", "Encounter", "e1")) == ()
    assert (await here.progress()).state == "waiting"
    here.wire.broken_reads = set()
    await here.follow()
    assert (await here.charged())["J9312"] == 68


async def test_what_finishes_without_the_claim_is_thrown_away_whole(hospital):
    here = hospital()
    await here.admit()
    mine = await here.claim()
    await here.store.write(lambda conn: due.postpone(conn, mine, "lease over", wait=timedelta(0), max_attempts=None))
    theirs = await here.claim()
    with pytest.raises(ClaimLost):
        await code_patient(mine, here.parts)
    assert (await here.visit(), await here.ledger(), await here.waiting()) == (None, {}, ())
    await code_patient(theirs, here.parts)
    assert await here.visit() is not None


async def test_a_sender_without_the_claim_sends_nothing(hospital):
    here = hospital()
    await here.admit()
    await here.code()
    mine = await here.claim("send")
    await here.store.write(lambda conn: due.postpone(conn, mine, "lease over", wait=timedelta(0), max_attempts=None))
    with pytest.raises(ClaimLost):
        await send(mine, here.parts)
    assert here.wire.writes == []


@pytest.mark.parametrize("fault", ["lost", "never", 502])
@pytest.mark.parametrize("place", [0, 1, 4])
async def test_a_write_without_an_answer_is_never_made_twice(hospital, fault, place):
    here = hospital()
    await here.admit()
    await here.code()
    here.wire.faults.extend([None] * place + [fault])
    with pytest.raises(EhrAmbiguous):
        await here.send()
    assert {entry.state for entry in await here.waiting()} == {"ambiguous", "pending"}
    await here.send()
    items = await here.items()
    assert len(items) == len(await here.ledger())
    assert {item["meta"]["versionId"] for item in items.values()} == {"1"}
    assert await here.waiting() == ()


async def test_an_amendment_decided_while_the_create_is_in_doubt_comes_after_it(hospital):
    here = hospital()
    await here.admit()
    await here.code()
    here.wire.faults.append("lost")
    with pytest.raises(EhrAmbiguous):
        await here.send()
    await here.change(
        "MedicationAdministration/a4",
        effectivePeriod={"start": "2026-05-04T09:00:00-05:00", "end": "2026-05-04T11:00:00-05:00"},
    )
    await here.follow()
    assert (await here.charged())["96415"] == 1
    assert "charge-item-edited" not in await here.findings()
    assert await here.waiting() == ()


async def test_what_the_ehr_will_never_take_is_parked_told_and_does_not_stop_the_others(hospital):
    here = hospital()
    await here.admit()
    await here.code()
    here.wire.faults.append(422)
    await here.send()
    [parked] = await here.waiting()
    assert (parked.state, parked.state_code) == ("parked", "rejected")
    assert len(await here.items()) == len(await here.ledger()) - 1
    before = len(here.wire.writes)
    await here.follow()
    assert "charge-item-rejected" in await here.findings()
    assert len(here.wire.writes) == before


async def test_without_the_right_to_write_everything_waits(hospital):
    here = hospital()
    await here.admit()
    await here.code()
    here.wire.faults.append(403)
    with pytest.raises(EhrRefused):
        await here.send()
    assert {entry.state for entry in await here.waiting()} == {"pending"}
    await here.send()
    assert await here.waiting() == ()


async def test_a_source_that_the_configuration_lacks_is_named(hospital):
    here = hospital()

    def work(conn):
        due.mark(conn, "former", "Patient/p1", settle=timedelta(0), max_wait=timedelta(0))
        return due.claim(conn, slots=1, lease=timedelta(hours=1), max_attempts=9)

    [claim] = await here.store.write(work)
    with pytest.raises(ConfigurationError, match=r"sources\.former"):
        await code_patient(claim, here.parts)


@pytest.mark.parametrize("mode", ["post", "shadow"])
async def test_a_charge_that_cannot_be_built_is_told_by_its_element(hospital, mode):
    here = hospital(mode=mode)
    await here.admit()
    await here.change("Encounter/e1", reasonCode=[{"coding": [{"code": "two  blanks"}]}])
    with pytest.raises(InputFaults, match=r"^\$\.reason\.0\.coding\.0\.code: "):
        await here.code()
