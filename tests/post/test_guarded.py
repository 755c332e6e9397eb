"""Before each request it is asked whether it may be sent, and none takes longer than the claim allows."""

import asyncio

import pytest

from fhir_adapter.errors import EhrAmbiguous, EhrUnavailable, SourcePaused
from fhir_adapter.post import DryRun, Guarded

pytestmark = pytest.mark.anyio
CALLS = {
    "find": lambda driver: driver.find("x"),
    "read": lambda driver: driver.read("x"),
    "create": lambda driver: driver.create("x", b"{}"),
    "update": lambda driver: driver.update("x", b"{}", "1"),
    "write_all": lambda driver: driver.write_all([]),
}


async def allowed():
    return None


async def paused():
    raise SourcePaused


class Sleepy:
    """An EHR that never answers."""

    def __getattr__(self, name):
        return lambda *_: asyncio.sleep(60)


@pytest.mark.parametrize("call", CALLS)
async def test_nothing_is_asked_or_told_while_paused(call):
    driver = DryRun()
    with pytest.raises(SourcePaused):
        await CALLS[call](Guarded(driver, paused, 1))
    assert driver.requests == []


@pytest.mark.parametrize(
    ("call", "error"),
    [
        ("find", EhrUnavailable),
        ("read", EhrUnavailable),
        ("create", EhrAmbiguous),
        ("update", EhrAmbiguous),
        ("write_all", EhrAmbiguous),
    ],
)
async def test_a_request_ends_before_the_claim_does_and_a_write_is_then_in_doubt(call, error):
    with pytest.raises(error):
        await CALLS[call](Guarded(Sleepy(), allowed, 0.01))


async def test_what_may_be_sent_is_sent():
    driver = DryRun()
    guarded = Guarded(driver, allowed, 1)
    written = await guarded.create("x", b"{}")
    assert [one.id for one in await guarded.find("x")] == [written.id]
    assert (await guarded.read(written.id)).version == "1"
    assert (await guarded.update(written.id, b"{}", "1")).version == "2"
