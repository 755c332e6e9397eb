"""A visit's orders as one transaction: each is true by its own answer, or is left to be settled alone."""

import json

import httpx
import msgspec
import pytest
from post.approved import ENTERED, NAMES, charge
from post.faulty import BASE

from fhir_adapter.ehr import EhrClient
from fhir_adapter.errors import EhrAmbiguous
from fhir_adapter.post import DryRun, InPlace, Rest, SendOrder, charge_item, settle_together, together_first

pytestmark = pytest.mark.anyio


def order(code, status="billable", **known):
    one = charge()
    one = msgspec.structs.replace(one, key=msgspec.structs.replace(one.key, code=code))
    return SendOrder(
        identifier=one.key.identifier, status=status, body=charge_item(one, status, NAMES, ENTERED), **known
    )


ORDERS = (order("96413"), order("96415", item="ci-2", version="4"))


def answering(status, body):
    """A server that answers every transaction so; what it was asked."""
    asked = []

    def answer(request):
        asked.append(request)
        return httpx.Response(status, json=body)

    client = EhrClient(BASE, clock=lambda: ENTERED, transport=httpx.MockTransport(answer))
    return Rest(client, NAMES.identifier_system), asked


def bundle(*answers):
    entries = [{"response": answer} for answer in answers]
    return {"resourceType": "Bundle", "type": "transaction-response", "entry": entries}


CREATED = {"status": "201 Created", "location": "ChargeItem/ci-1/_history/1", "etag": '"1"'}
UPDATED = {"status": "200 OK", "etag": 'W/"5"'}


async def test_each_goes_with_the_condition_that_it_would_carry_alone():
    driver, asked = answering(200, bundle(CREATED, UPDATED))
    outcomes = await settle_together(ORDERS, driver)
    assert outcomes == (InPlace(item="ci-1", version="1"), InPlace(item="ci-2", version="5"))
    [request] = asked
    assert (request.method, str(request.url)) == ("POST", BASE)
    sent = json.loads(request.content)
    create, update = (entry["request"] for entry in sent["entry"])
    assert (create["method"], create["ifNoneExist"]) == (
        "POST",
        "identifier=https%3A%2F%2Fexample.org%2Ffhir-adapter%2Fcharge-line%2Fmain%7Ce1.2026-05-04.96413..",
    )
    assert update == {"method": "PUT", "url": "ChargeItem/ci-2", "ifMatch": 'W/"4"'}
    assert sent["entry"][1]["resource"]["id"] == "ci-2"
    assert len({entry["fullUrl"] for entry in sent["entry"]}) == 2


@pytest.mark.parametrize(
    "answer",
    [
        {"status": "200 OK", "location": "ChargeItem/ci-1/_history/1"},
        {"status": "409 Conflict"},
        {"status": "201 Created"},
        {"status": "201 Created", "location": "ChargeItem/ci-1"},
        {},
    ],
)
async def test_what_the_answer_does_not_settle_is_left_to_be_looked_up(answer):
    driver, _ = answering(200, bundle(answer, UPDATED))
    assert await settle_together(ORDERS, driver) == (None, InPlace(item="ci-2", version="5"))


@pytest.mark.parametrize("status", [400, 404, 405, 409, 410, 412, 422])
async def test_of_what_was_refused_as_a_whole_each_is_left(status):
    driver, _ = answering(status, {"resourceType": "OperationOutcome"})
    assert await settle_together(ORDERS, driver) == (None, None)


@pytest.mark.parametrize("body", [bundle(CREATED), {"resourceType": "OperationOutcome"}, ["no bundle"]])
async def test_a_success_that_does_not_answer_each_leaves_all_in_doubt(body):
    driver, _ = answering(200, body)
    with pytest.raises(EhrAmbiguous):
        await settle_together(ORDERS, driver)


@pytest.mark.parametrize("status", [502, 504])
async def test_no_answer_of_the_ehr_itself_leaves_all_in_doubt(status):
    driver, _ = answering(status, {})
    with pytest.raises(EhrAmbiguous):
        await settle_together(ORDERS, driver)


@pytest.mark.parametrize(
    "alone",
    [
        order("96413", may_have_been_sent=True),
        order("96413", status="entered-in-error"),
        order("96413", item="ci-1"),
    ],
    ids=["may be there already", "reverses what may be there", "its version is not known"],
)
def test_what_stands_behind_one_that_must_go_alone_waits_for_it(alone):
    assert together_first(ORDERS) == 2
    assert together_first((*ORDERS, alone, *ORDERS)) == 2
    assert together_first((alone, *ORDERS)) == 0


async def test_a_dry_run_takes_several_as_well():
    driver = DryRun()
    made = await settle_together((order("96413"), order("96415")), driver)
    assert [type(one) for one in made] == [InPlace, InPlace]
    amended = order("96413", item=made[0].item, version=made[0].version)
    assert await settle_together((amended,), driver) == (InPlace(item=made[0].item, version="2"),)
    assert [one.method for one in driver.requests] == ["POST", "POST", "PUT"]
