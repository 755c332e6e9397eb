"""An order is true afterwards or it is known why not, whatever the wire and other people do."""

import json
from datetime import UTC, datetime

import msgspec
import pytest
from post.approved import ENTERED, NAMES, charge
from post.faulty import Ehr

from fhir_adapter.errors import EhrAmbiguous, EhrRefused, EhrRejected, EhrUnavailable
from fhir_adapter.post import DryRun, InPlace, LeftAlone, Nothing, SendOrder, charge_item, settle

pytestmark = pytest.mark.anyio
CHARGE = charge()


@pytest.fixture
async def ehr():
    made = Ehr(lambda: datetime(2026, 5, 4, tzinfo=UTC), NAMES.identifier_system)
    yield made
    await made.client.close()
    await made.person.aclose()


def order(units=1, status="billable", at=None, **known):
    body = charge_item(msgspec.structs.replace(CHARGE, units=units), status, NAMES, at or ENTERED)
    return SendOrder(identifier=CHARGE.key.identifier, status=status, body=body, **known)


def known(outcome):
    return {"item": outcome.item, "version": outcome.version}


async def created(ehr, units=1):
    return known(await settle(order(units), ehr.driver))


async def test_a_charge_is_created_once_with_its_identifier_escaped(ehr):
    first = await settle(order(), ehr.driver)
    again = await settle(order(), ehr.driver)
    assert first == again == InPlace(item=first.item, version="1")
    assert len(await ehr.items()) == 1
    condition = ehr.wire.asked[0][1]["if-none-exist"]
    assert condition == (
        "identifier=https%3A%2F%2Fexample.org%2Ffhir-adapter%2Fcharge-line%2Fmain%7Ce1.2026-05-04.96413.."
    )


async def test_an_amendment_is_the_next_version_of_the_same_item(ehr):
    outcome = await settle(order(3, **await created(ehr)), ehr.driver)
    [item] = await ehr.items()
    assert (item["quantity"]["value"], item["meta"]["versionId"], outcome.version) == (3, "2", "2")
    assert ehr.wire.asked[-1][1]["if-match"] == 'W/"1"'


async def test_a_reversal_is_the_same_item_in_error(ehr):
    await settle(order(status="entered-in-error", **await created(ehr)), ehr.driver)
    [item] = await ehr.items()
    assert (item["status"], item["quantity"]["value"]) == ("entered-in-error", 1)


async def test_a_reversal_that_is_refused_is_sent_once_more_without_what_may_be_gone(ehr):
    there = await created(ehr)
    ehr.wire.faults.append(422)
    outcome = await settle(order(status="entered-in-error", **there), ehr.driver)
    [item] = await ehr.items()
    assert (item["status"], item["quantity"]["value"]) == ("entered-in-error", 1)
    assert item["subject"] == {"reference": CHARGE.place.subject}
    assert not item.keys() & {"context", "service", "account", "performingOrganization", "enterer"}
    again = await settle(order(status="entered-in-error", may_have_been_sent=True, **there), ehr.driver)
    assert again == outcome == InPlace(item=there["item"], version="2")


async def test_a_reversal_that_is_refused_twice_and_an_amendment_that_is_refused_are_not_sent_again(ehr):
    there = await created(ehr)
    ehr.wire.faults.extend([422, 422])
    with pytest.raises(EhrRejected):
        await settle(order(status="entered-in-error", **there), ehr.driver)
    ehr.wire.faults.append(422)
    with pytest.raises(EhrRejected):
        await settle(order(3, **there), ehr.driver)
    assert ehr.wire.writes == ["POST", "PUT", "PUT", "PUT"]


@pytest.mark.parametrize("fault", ["lost", "never", 502, 504, 500, 503])
async def test_a_create_without_a_clear_answer_is_looked_up_before_it_is_sent_again(ehr, fault):
    ehr.wire.faults.append(fault)
    with pytest.raises((EhrAmbiguous, EhrUnavailable)):
        await settle(order(), ehr.driver)
    outcome = await settle(order(may_have_been_sent=True), ehr.driver)
    [item] = await ehr.items()
    assert (item["id"], item["meta"]["versionId"]) == (outcome.item, outcome.version)
    assert len(ehr.wire.writes) == (1 if fault == "lost" else 2)
    look_up = next(headers for method, headers in ehr.wire.asked if method == "GET")
    assert look_up["cache-control"] == "no-cache"


@pytest.mark.parametrize(("fault", "writes"), [("lost", 2), ("never", 3)])
async def test_an_amendment_without_an_answer_is_looked_up_before_it_is_sent_again(ehr, fault, writes):
    item = await created(ehr)
    ehr.wire.faults.append(fault)
    with pytest.raises(EhrAmbiguous):
        await settle(order(3, **item), ehr.driver)
    assert (await settle(order(3, may_have_been_sent=True, **item), ehr.driver)).version == "2"
    [stored] = await ehr.items()
    assert (stored["quantity"]["value"], stored["meta"]["versionId"]) == (3, "2")
    assert len(ehr.wire.writes) == writes


@pytest.mark.parametrize("conflict", [409, 412])
async def test_a_create_that_raced_is_tried_again(ehr, conflict):
    ehr.wire.faults.extend([conflict, None])
    assert isinstance(await settle(order(), ehr.driver), InPlace)
    assert len(await ehr.items()) == 1


async def test_a_create_that_races_for_ever_is_tried_later(ehr):
    ehr.wire.faults.extend([409] * 3)
    with pytest.raises(EhrUnavailable):
        await settle(order(), ehr.driver)


@pytest.mark.parametrize("conflict", [409, 412])
async def test_a_refused_amendment_of_an_item_that_nobody_changed_is_tried_later(ehr, conflict):
    item = await created(ehr)
    ehr.wire.faults.append(conflict)
    with pytest.raises(EhrUnavailable):
        await settle(order(3, **item), ehr.driver)
    assert (await settle(order(3, may_have_been_sent=True, **item), ehr.driver)).version == "2"


@pytest.mark.parametrize(
    ("status", "trouble"), [("billed", "billed"), ("not-billable", "edited"), ("billable", "edited")]
)
@pytest.mark.parametrize("tried", [False, True])
async def test_what_others_changed_meanwhile_is_left_alone(ehr, status, trouble, tried):
    item = await created(ehr)
    changed = await ehr.change((await ehr.items())[0], status=status, note=[{"text": "by hand"}])
    outcome = await settle(order(3, may_have_been_sent=tried, **item), ehr.driver)
    assert outcome == LeftAlone(trouble=trouble)
    assert await ehr.items() == [changed]


async def test_a_billed_item_is_not_reversed(ehr):
    item = await created(ehr)
    changed = await ehr.change((await ehr.items())[0], status="billed")
    assert await settle(order(status="entered-in-error", **item), ehr.driver) == LeftAlone(trouble="billed")
    assert await ehr.items() == [changed]


async def test_an_item_of_an_earlier_life_is_adopted_only_when_it_says_the_same(ehr):
    await created(ehr)
    assert (await settle(order(at=datetime(2027, 1, 1, tzinfo=UTC)), ehr.driver)).version == "1"
    assert await settle(order(9), ehr.driver) == LeftAlone(trouble="edited")


@pytest.mark.parametrize("change", [3, "entered-in-error"])
async def test_a_deleted_item_is_not_written_again(ehr, change):
    item = await created(ehr)
    await ehr.delete((await ehr.items())[0])
    wanted = order(change, **item) if change == 3 else order(status=change, **item)
    assert await settle(wanted, ehr.driver) == LeftAlone(trouble="missing")
    assert await ehr.items() == []


@pytest.mark.parametrize("tried", [False, True])
async def test_two_items_under_one_identifier_are_an_alarm(ehr, tried):
    for _ in range(2):
        await ehr.add(order().body)
    assert await settle(order(may_have_been_sent=tried), ehr.driver) == LeftAlone(trouble="duplicated")


async def test_reversing_what_was_never_written_writes_nothing(ehr):
    assert await settle(order(status="entered-in-error"), ehr.driver) == Nothing()
    assert ehr.wire.writes == []


async def test_reversing_what_was_written_unheard_reverses_it(ehr):
    ehr.wire.faults.append("lost")
    with pytest.raises(EhrAmbiguous):
        await settle(order(), ehr.driver)
    await settle(order(status="entered-in-error"), ehr.driver)
    [item] = await ehr.items()
    assert (item["status"], item["meta"]["versionId"]) == ("entered-in-error", "2")


@pytest.mark.parametrize(
    ("status", "error"), [(400, EhrRejected), (422, EhrRejected), (401, EhrRefused), (403, EhrRefused)]
)
async def test_a_refusal_is_told_and_nothing_is_tried(ehr, status, error):
    ehr.wire.faults.append(status)
    with pytest.raises(error):
        await settle(order(), ehr.driver)
    assert len(ehr.wire.writes) == 1


async def test_a_reversal_whose_answer_was_lost_is_found_in_place(ehr):
    item = await created(ehr)
    first = await settle(order(status="entered-in-error", **item), ehr.driver)
    again = await settle(order(status="entered-in-error", may_have_been_sent=True, **item), ehr.driver)
    assert first == again == InPlace(item=item["item"], version="2")


async def test_never_a_conditional_put(ehr):
    item = await created(ehr)
    await settle(order(3, **item), ehr.driver)
    for method, headers in ehr.wire.asked:
        assert ("if-match" in headers) == (method == "PUT")
        assert ("if-none-exist" in headers) == (method == "POST")


async def test_a_dry_run_takes_the_same_orders_and_sends_nothing():
    driver = DryRun()
    outcome = await settle(order(), driver)
    await settle(order(3, **known(outcome)), driver)
    await settle(order(status="entered-in-error", may_have_been_sent=True), driver)
    assert [(one.method, one.if_match) for one in driver.requests] == [("POST", None), ("PUT", "1"), ("PUT", "2")]
    assert json.loads(driver.requests[1].body)["quantity"]["value"] == 3
