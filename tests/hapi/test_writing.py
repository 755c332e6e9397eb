"""One order against HAPI where many would write the same at once, and where its search cache answers wrongly."""

import asyncio
from datetime import UTC, datetime

import httpx
import pytest
from hapi.ward import FHIR
from post.approved import NAMES, PLACE, charge

from fhir_adapter.ehr import EhrClient
from fhir_adapter.post import InPlace, Rest, SendOrder, charge_item, settle, settle_together
from fhir_adapter.reconcile import ChargeKey

pytestmark = [pytest.mark.real, pytest.mark.anyio]
ROUNDS, WRITERS = 40, 16
NOW = datetime(2026, 5, 4, 20, 15, tzinfo=UTC)


class Watched(httpx.AsyncHTTPTransport):
    """Counts HAPI's answers to conditional creates by status and HAPI's own number."""

    def __init__(self):
        super().__init__()
        self.raced = 0

    async def handle_async_request(self, request):
        answer = await super().handle_async_request(request)
        if answer.status_code == 409:
            self.raced += b"HAPI-2745" in await answer.aread()
        return answer


@pytest.fixture
def wire():
    return Watched()


@pytest.fixture
async def driver(hapi, wire):
    async with EhrClient(hapi, clock=lambda: NOW, transport=wire) as ehr:
        yield Rest(ehr, NAMES.identifier_system)


def order(visit, code, **told):
    key = ChargeKey(source="main", encounter=visit.name, date=NOW.date(), code=code)
    place = type(PLACE)(subject=visit.patient)
    body = charge_item(charge(key=key, place=place, administrations=()), "billable", NAMES, NOW)
    return SendOrder(identifier=key.identifier, status="billable", body=body, **told)


async def test_racing_creates_leave_one_item(visit, driver, wire):
    """HAPI-2745 says that the create raced: it is tried again, and finds the one that was first."""
    charted = visit().open()
    for number in range(ROUNDS):
        one = order(charted, f"{90000 + number}")
        outcomes = await asyncio.gather(*(settle(one, driver) for _ in range(WRITERS)))
        assert len(set(outcomes)) == 1
        assert isinstance(outcomes[0], InPlace)
        assert len(await driver.find(one.identifier)) == 1
        if wire.raced:
            break
    assert wire.raced


async def test_a_look_up_goes_past_the_search_cache(hapi, visit, driver):
    charted = visit().open()
    one = order(charted, "96413", may_have_been_sent=True)
    asked = {"identifier": f"{NAMES.identifier_system}|{one.identifier}"}
    async with httpx.AsyncClient(base_url=hapi) as person:
        cached = {"Accept": FHIR["Accept"]}
        assert (await person.get("/ChargeItem", params=asked, headers=cached)).json()["total"] == 0
        first = await driver.create(one.identifier, one.body)
        assert (await person.get("/ChargeItem", params=asked, headers=cached)).json()["total"] == 0
    assert await settle(one, driver) == InPlace(item=first.id, version="1")
    assert [found.id for found in await driver.find(one.identifier)] == [first.id]


async def test_a_visits_charges_are_one_transaction(visit, driver):
    charted = visit().open()
    orders = [order(charted, code) for code in ("96413", "96415", "96417")]
    made = await settle_together(orders, driver)
    assert [one.version for one in made] == ["1", "1", "1"]
    assert {item["id"] for item in charted.charges()} == {one.item for one in made}
    again = await settle_together(orders, driver)
    assert again == (None, None, None), "what was there already is read before it is taken for ours"
    assert [await settle(one, driver) for one in orders] == list(made)


async def test_of_a_transaction_over_a_stale_version_nothing_is_kept(visit, driver):
    charted = visit().open()
    made = await settle(order(charted, "96413"), driver)
    stale = order(charted, "96413", item=made.item, version="7")
    fresh = order(charted, "96415")
    assert await settle_together([fresh, stale], driver) == (None, None)
    assert [item["id"] for item in charted.charges()] == [made.item]
