"""A visit's charges as one request, where the source says so; and each by itself where that is refused."""

import pytest

from fhir_adapter.errors import EhrAmbiguous

pytestmark = pytest.mark.anyio


async def posts(hospital, before=0):
    return [method for method, _ in hospital.wire.asked[before:] if method == "POST"]


async def test_a_server_that_takes_no_bundle_gets_each_charge_by_itself_once(hospital):
    """The sandbox has no transactions: it is asked once, then each charge is looked up and written."""
    ward = hospital(transactions=True)
    await ward.admit()
    await ward.code()
    asked, wanted = len(ward.wire.asked), len(await ward.waiting())
    await ward.send()
    assert len(await posts(ward, asked)) == wanted + 1
    assert len(await ward.items()) == wanted
    assert await ward.waiting() == ()


async def test_a_bundle_without_an_answer_leaves_every_order_in_doubt(hospital):
    ward = hospital(transactions=True)
    await ward.admit()
    await ward.code()
    wanted = len(await ward.waiting())
    ward.wire.faults.append("never")
    with pytest.raises(EhrAmbiguous):
        await ward.send()
    assert {(entry.state, entry.attempts) for entry in await ward.waiting()} == {("ambiguous", 1)}
    asked = len(ward.wire.asked)
    await ward.send()
    looked_up = [method for method, _ in ward.wire.asked[asked:] if method == "GET"]
    assert (len(looked_up), len(await ward.items())) == (wanted, wanted)
