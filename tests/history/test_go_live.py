"""The gate before the first charge, and the daily tie-out: over a store that was filled in shadow."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest
from pipeline.hospital import Hospital

from fhir_adapter.app.go_live import must_have_agreed
from fhir_adapter.app.tied import tie_out_daily
from fhir_adapter.errors import ConfigurationError
from fhir_adapter.settings import load

pytestmark = pytest.mark.anyio
CONFIGURATION = """
canonical_base = "https://example.org/fhir-adapter"
[sources.main]
base_url = "http://127.0.0.1:9/fhir"
mode = "post"
rulebook = "carecost-96417"
go_live = {{ agreement = {agreement}, visits = {visits} }}
[sources.main.words]
time_zone = "America/Chicago"
"""


def clock():
    return datetime(2026, 5, 4, 20, 0, tzinfo=UTC)


@pytest.fixture
async def shadow(sqlite):
    one = Hospital(sqlite.open(), clock, mode="shadow")
    await one.admit()
    await one.code()
    yield one
    await one.close()


@pytest.fixture
def settings(tmp_path):
    def write(agreement, visits):
        path = tmp_path / "site.toml"
        path.write_text(CONFIGURATION.format(agreement=agreement, visits=visits))
        return load(path, {})

    return write


async def as_people_would(one):
    """Charge by hand what the rules derive, and let it be read."""
    for line in (await one.result())["lines"]:
        await one.charge_by_hand(line["code"], quantity={"value": line["units"]})
    await one.code()


async def test_too_few_visits_or_too_little_agreement_is_refused_with_the_figure(shadow, settings):
    await shadow.charge_by_hand("96413")
    await shadow.code()
    with pytest.raises(ConfigurationError, match=r"1 visits could be compared .* 2 are asked for"):
        await must_have_agreed(settings(0.5, 2), shadow.store)
    with pytest.raises(ConfigurationError, match=r"0\.000 of the latest 1 visits agree; 0\.5 is asked for"):
        await must_have_agreed(settings(0.5, 1), shadow.store)


async def test_it_is_passed_once(shadow, settings):
    await as_people_would(shadow)
    await must_have_agreed(settings(1, 1), shadow.store)
    await shadow.charge_by_hand("96417", quantity={"value": 9})
    await shadow.code()
    await must_have_agreed(settings(1, 1), shadow.store)


async def test_yesterday_is_tied_out_and_counted(sqlite):
    one = Hospital(sqlite.open(), lambda: clock() + timedelta(days=1))
    await one.admit()
    await one.follow()
    item = next(iter((await one.items()).values()))
    await one.edit(item, quantity={"value": 99})
    stop = asyncio.Event()
    async with asyncio.TaskGroup() as group:
        group.create_task(tie_out_daily(one.parts, stop, every=timedelta(seconds=0.01)))
        while b"untied_charges{" not in one.parts.metrics.exposition():
            await asyncio.sleep(0.01)
        stop.set()
    assert b'untied_charges{source="main"} 1.0' in one.parts.metrics.exposition()
    assert b'unaccounted{source="main",what="administrations"} 0.0' in one.parts.metrics.exposition()
    await one.close()
