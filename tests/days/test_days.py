"""Whole days of a hospital end in the charges that were typed by hand, in any order and however often they are told."""

import asyncio
import json

import pytest
from days.conservation import lost, seen
from days.hospital_day import NAMES, Replay, events_of, expected_of, name_of, replayed
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from fhir_adapter.history.conservation import accounts
from fhir_adapter.store import versions

pytestmark = pytest.mark.anyio
WITHOUT_SHRINKING = (Phase.explicit, Phase.reuse, Phase.generate)
"""A day takes seconds: a smaller one is not worth the minutes that finding it takes."""


async def as_typed(replay, day):
    """The charges, the holds, and every administration that was ever read accounted for."""
    charges, held = expected_of(day)
    assert await replay.standing() == charges
    assert await replay.held() == held
    gone = {name_of(event).partition("/")[2] for event in events_of(day) if "DELETE" in event}
    assert await replay.store.read(lambda conn: lost(conn, "main", gone)) == set()
    for account in await replay.store.read(lambda conn: accounts(conn, "main")):
        assert account.holds, account
    given_in_the_ehr = {
        name_of(event).partition("/")[2] for event in events_of(day) if "Administration" in name_of(event)
    }
    assert given_in_the_ehr - gone <= await replay.store.read(lambda conn: seen(conn, "main"))


@pytest.mark.parametrize("day", NAMES)
async def test_a_day_as_it_happened(day):
    await replayed(day, [(event, 1, True) for event in events_of(day)], as_typed)


@pytest.mark.parametrize("day", NAMES)
async def test_a_day_of_which_nobody_told_anything_but_what_was_deleted(day):
    await replayed(day, [(event, int("DELETE" in event), False) for event in events_of(day)], as_typed)


@st.composite
def plans(draw, names):
    """(line of the file, how often it is told, whether the adapter works after it), in any order that keeps each
    resource's own. A deletion is told: no sweep sees it, and FHIR has no other way to say it."""
    slots = draw(st.permutations(names))
    waiting = {name: iter([line for line, other in enumerate(names) if other == name]) for name in names}
    lines = [next(waiting[name]) for name in slots]
    told = draw(st.lists(st.integers(0, 2), min_size=len(lines), max_size=len(lines)))
    works = draw(st.sets(st.sampled_from(lines), max_size=8))
    return [(line, times, line in works) for line, times in zip(lines, told, strict=True)]


@pytest.mark.parametrize("day", NAMES)
def test_a_day_in_any_order_with_losses_and_repetitions(day):
    events = events_of(day)

    @settings(max_examples=4, deadline=None, suppress_health_check=list(HealthCheck), phases=WITHOUT_SHRINKING)
    @given(plans([name_of(event) for event in events]))
    def any_way(plan):
        happened = [(events[line], max(told, int("DELETE" in events[line])), works) for line, told, works in plan]
        asyncio.run(replayed(day, happened, as_typed))

    any_way()


async def test_the_same_ids_in_two_sources_are_charged_apart(tmp_path):
    events = [event for event in events_of("emergency-department") if "c3" in name_of(event) or "c-3" in name_of(event)]
    replay = Replay(tmp_path, sources=("main", "clinic"))
    for event in events:
        await replay.happen(event)
        await replay.tell(event)
    await replay.work()
    main, clinic = [await replay.entries("Patient/c-3", source) for source in ("main", "clinic")]
    await replay.close()
    assert [entry.charge.key.identifier for entry in main] == [entry.charge.key.identifier for entry in clinic]
    assert {entry.charge.key.source for entry in (*main, *clinic)} == {"main", "clinic"}
    assert {entry.item for entry in main}.isdisjoint({entry.item for entry in clinic})


async def test_the_patient_that_an_administration_left_is_coded_anew_though_nobody_told(tmp_path):
    before, moved = [], None
    for event in events_of("emergency-department"):
        if (
            name_of(event) == "MedicationAdministration/c34-diph"
            and event["PUT"]["subject"]["reference"] == "Patient/c-4"
        ):
            moved = event
        elif name_of(event).endswith(("c-3", "c-4", "c3", "c4", "c3-ond", "c34-diph")):
            before.append(event)
    replay = Replay(tmp_path)
    for event in before:
        await replay.happen(event)
        await replay.tell(event)
    await replay.work()
    charged_before = await replay.standing()
    await replay.happen(moved)
    await replay.tell(next(event for event in before if name_of(event) == "Encounter/enc-c4"))
    await replay.work()
    charged = await replay.standing()
    await replay.close()
    (on,) = {key[1] for key in charged}
    assert charged_before[("enc-c3", on, "J1200")] == 1
    expected, _ = expected_of("emergency-department")
    assert charged == {key: units for key, units in expected.items() if key[0] in ("enc-c3", "enc-c4")}


async def test_what_a_vendor_adds_is_kept_byte_for_byte(tmp_path):
    vendors = {"url": "https://vendor.example.org/pump-log", "extension": [{"url": "rate", "valueDecimal": 1.250}]}
    events = [event for event in events_of("emergency-department") if "c3" in name_of(event) or "c-3" in name_of(event)]
    replay = Replay(tmp_path)
    for event in events:
        if "Administration" in name_of(event):
            event["PUT"]["extension"] = [vendors]
        await replay.happen(event)
        await replay.tell(event)
    await replay.work()
    (kept,) = await replay.store.read(lambda conn: versions.of(conn, "main", "MedicationAdministration", "c3-ond"))
    answer = await replay.ehr.get("/MedicationAdministration/c3-ond")
    await replay.close()
    assert kept.body == answer.content
    assert json.loads(kept.body)["extension"] == [vendors]
