"""The visit's page and its JSON say what the lines are worth, and where no rate is known."""

from decimal import Decimal

import pytest
from desk_visit import keep, kept

pytestmark = pytest.mark.anyio


async def test_lines_have_their_worth(analyst, store):
    (number,) = await store.write(lambda conn: keep(conn, kept()))
    page = (await analyst.get(f"/visits/{number}")).text
    assert "National rates, no charge" in page
    payment = (await analyst.get(f"/api/visits/{number}")).json()["payment"]
    assert [one["code"] for one in payment] == ["96413", "96415", "96417", "J9312"]
    assert Decimal(payment[3]["amount"]) == 68 * Decimal(payment[3]["why"].split()[0])
    assert payment[3]["why"] in page
