"""Faults at the edges of several rules: a repeat beside another drug, fluids at once, a pump of no time."""

from __future__ import annotations

import msgspec
import pytest

from fhir_adapter.coding import Visit, VisitResult, code_visit
from fhir_adapter.rulebooks import load_rulebook

CLASSES = {"c": "chemotherapy", "m": "therapeutic", "n": "therapeutic", "saline": "hydration", "ringer": "hydration"}


def given(name: str, drug: str, start: str, stop: str, **more: object) -> dict:
    times = {"start": f"2026-05-04T{start}:00-05:00", "stop": f"2026-05-04T{stop}:00-05:00"}
    return {"id": name, "drug": drug, "drug_class": CLASSES[drug], "technique": "infusion"} | times | more


def coded(*administrations: dict, book: str = "cpt-2026", setting: str = "facility", **policies: str) -> VisitResult:
    visit = {"id": "v", "setting": setting, "administrations": administrations}
    chosen = {name.replace("_", "-"): value for name, value in policies.items()}
    return code_visit(msgspec.convert(visit, Visit), load_rulebook(book, chosen))


def units(result: VisitResult) -> dict[str, int]:
    return {line.code: line.units for line in result.lines}


def found(result: VisitResult, name: str) -> list[tuple[str, ...]]:
    return [finding.administrations for finding in result.findings if finding.id == name]


@pytest.mark.parametrize(("setting", "lines"), [("facility", {"96365": 1, "96376": 1, "96367": 1}), ("office", None)])
def test_a_later_infusion_is_a_repeat_whatever_runs_beside_it(setting: str, lines: dict | None) -> None:
    """`n` runs 10:00-11:00, longer than the 20 minutes of `m` within it, which has no minute of its own left."""
    result = coded(
        given("first", "m", "08:00", "08:40"),
        given("again", "m", "10:20", "10:40"),
        given("beside", "n", "10:00", "11:00"),
        setting=setting,
        same_drug_separate_infusions="96376",
    )
    assert units(result) == (lines or {"96365": 1, "96367": 1})
    assert found(result, "concurrent-once") == []
    assert found(result, "same-drug-too-short") == ([] if lines else [("again",)])


def test_the_longer_therapeutic_drug_is_timed_also_where_the_document_looks_at_starts() -> None:
    """The document speaks of chemotherapy: `m` of 100 minutes stands before `n` of 60 that began earlier."""
    result = coded(
        given("c", "c", "08:00", "09:00"),
        given("n", "n", "10:00", "11:00"),
        given("m", "m", "10:20", "12:00"),
        book="carecost-96417",
        concurrent_therapeutic="96368",
    )
    beside = next(line for line in result.lines if line.code == "96368")
    assert beside.administrations == ("n",)
    assert next(line for line in result.lines if line.code == "96367").administrations == ("m",)


def test_minutes_of_two_fluids_are_those_of_the_one_that_ended_earlier_also_after_a_join() -> None:
    """Of 09:00-11:00 the second bag of saline has 09:00-10:30, Ringer's the rest; the first bag ran beside the drug."""
    result = coded(
        given("drug", "c", "08:00", "09:00"),
        given("bag 1", "saline", "08:00", "08:30"),
        given("ringer", "ringer", "08:00", "11:00"),
        given("bag 2", "saline", "08:00", "10:30"),
    )
    assert found(result, "hydration-too-short") == [("bag 1",)]
    assert next(line for line in result.lines if line.code == "96361").administrations == ("ringer", "bag 2")


def test_a_fluid_that_fills_a_change_of_bags_has_its_minutes() -> None:
    """Saline 09:00-10:00 and from 10:04; Ringer's runs 10:00-10:04, and nobody else had those four minutes."""
    result = coded(
        given("bag 1", "saline", "09:00", "10:00", order="one"),
        given("ringer", "ringer", "10:00", "10:04"),
        given("bag 2", "saline", "10:04", "11:00", order="one"),
    )
    assert found(result, "hydration-too-short") == []


def test_a_pump_that_stops_when_it_starts_has_no_documented_stop_and_runs_on() -> None:
    result = coded(
        given("pump", "c", "09:00", "09:00", technique="pump"),
        given("water", "saline", "08:40", "10:00"),
    )
    assert units(result) == {"96416": 1}
    assert found(result, "pump-not-prolonged") == []
    assert found(result, "hydration-too-short") == [("water",)]


@pytest.mark.parametrize(("policy", "day"), [("start-date", 4), ("date-provided", 5)])
def test_an_hour_that_begins_while_a_bag_is_changed_is_of_the_bag_before(policy: str, day: int) -> None:
    """23:00-23:58, then from 00:03: the second hour begins at 00:00, when only the first bag had been started."""
    second = {"start": "2026-05-05T00:03:00-05:00", "stop": "2026-05-05T00:40:00-05:00", "order": "one"}
    result = coded(
        given("first", "c", "23:00", "23:58", order="one"),
        given("second", "c", "00:03", "00:40") | second,
        midnight=policy,
    )
    assert [(line.date.day, line.units) for line in result.lines if line.code == "96415"] == [(day, 1)]
