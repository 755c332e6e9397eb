"""A letter says what the chart holds: take the fact out of the chart, and the sentence is gone."""

from __future__ import annotations

import json

import pytest

from fhir_adapter.coding import code_visit
from fhir_adapter.coding.contract import read_visits
from fhir_adapter.rulebooks import load_rulebook

CPT, CARECOST = load_rulebook("cpt-2026"), load_rulebook("carecost-96417")


def given(id_: str, drug: str, start: str, stop: str | None, kind: str | None = "chemotherapy", how: str = "infusion"):
    told = {"id": id_, "drug": drug, "technique": how, "start": f"2026-05-04T{start}:00-05:00"}
    told |= {"drug_class": kind} if kind else {}
    return told | ({"stop": f"2026-05-04T{stop}:00-05:00"} if stop else {})


def letter(administrations: list[dict], billed: list[tuple[str, int]], finding: str, book=CPT, policies=None) -> str:
    lines = [{"code": code, "units": units, "date": "2026-05-04"} for code, units in billed]
    raw = {"id": "v", "setting": "office", "administrations": administrations, "billed": lines}
    (read,), _ = read_visits(json.dumps(raw).encode())
    found = [f for f in code_visit(read, book).findings if f.id == finding and f.about == "billed"]
    return found[0].appeal or "" if found else ""


BESIDE = [given("a", "x", "09:00", "10:00"), given("b", "y", "09:10", "09:50")]
AFTER = [given("a", "x", "09:00", "10:00"), given("b", "y", "10:05", "11:05")]


def test_side_by_side_is_said_where_the_times_say_so() -> None:
    billed = [("96413", 1), ("96417", 1)]
    said = letter(BESIDE, billed, "concurrency-miscoded")
    assert "x and y ran at the same time from 09:10 to 09:50." in said
    assert "The corrected claim has 96549 ×1, and no 96417." in said
    apart = letter(AFTER, [("96413", 1), ("96416", 1)], "concurrency-miscoded", CARECOST)
    assert "y began at 10:05, when x had ended at 10:00." in apart
    assert "at the same time" not in apart


def test_a_drug_that_has_no_stop_ran_beside_nothing() -> None:
    billed = [("96413", 1), ("96417", 1)]
    stopless = [BESIDE[0], given("b", "y", "09:10", None), given("c", "z", "09:10", "09:50")]
    assert "x and z ran at the same time" in letter(stopless, billed, "concurrency-miscoded")
    assert "y" not in letter(stopless, billed, "concurrency-miscoded").split()


def test_no_pump_is_said_where_none_was_started() -> None:
    billed = [("96413", 1), ("96416", 1)]
    assert "no start of a pump" in letter(BESIDE, billed, "concurrency-miscoded")
    pumped = [*BESIDE, given("p", "fluorouracil", "12:00", None, how="pump")]
    assert "pump" not in letter(pumped, billed, "concurrency-miscoded")


def test_the_class_is_said_where_the_visit_gives_it() -> None:
    billed = [("96413", 1), ("96417", 1)]
    push = given("p", "dexamethasone", "08:50", "08:53", "therapeutic", "push")
    said = letter([push, AFTER[0]], billed, "premedication-as-chemotherapy")
    assert "dexamethasone is neither chemotherapy nor a highly complex biologic." in said
    assert "dexamethasone from 08:50 to 08:53" in said


def test_hours_are_said_of_one_drug() -> None:
    billed = [("96413", 1), ("96417", 4)]
    said = letter([given("a", "pembrolizumab", "09:00", "14:00")], billed, "additional-time-as-new-drug")
    assert "One drug, pembrolizumab, ran 300 minutes." in said
    two = [given("a", "x", "09:00", "11:00"), given("b", "y", "11:05", "13:30")]
    assert "One drug" not in letter(two, [("96413", 1), ("96417", 4)], "additional-time-as-new-drug")


@pytest.mark.parametrize("book", [CPT, CARECOST])
def test_there_is_no_letter_for_a_primary_that_the_chart_does_not_support(book) -> None:
    iron = [given("a", "iron", "09:00", "09:30", "therapeutic")]
    assert letter(iron, [("96417", 1)], "add-on-without-primary", book) == ""
    said = letter(AFTER, [("96417", 1)], "add-on-without-primary", book)
    assert "The record documents x from 09:00 to 10:00 on 2026-05-04." in said
    assert "The corrected claim has 96413 ×1, 96417 ×1." in said


def test_units_that_nothing_supports_have_no_letter() -> None:
    assert letter([given("a", "iron", "09:00", "09:30", "therapeutic")], [("96417", 5)], "mue-exceeded") == ""
    five = [given(str(n), f"drug {n}", f"{9 + n:02}:00", f"{9 + n:02}:45") for n in range(5)]
    said = letter(five, [("96413", 1), ("96417", 4)], "mue-exceeded")
    assert "drug 4 from 13:00 to 13:45" in said
    assert "That supports 96417 ×4 on 2026-05-04." in said


def test_minutes_of_one_drug_that_ran_twice_at_once_are_counted_once() -> None:
    twice = [given("a", "x", "09:00", "12:00"), given("b", "X ", "11:00", "14:00")]
    said = letter(twice, [("96413", 1), ("96417", 4)], "additional-time-as-new-drug")
    assert "One drug, x, ran 300 minutes." in said


def test_a_drug_written_twice_never_runs_beside_itself() -> None:
    three = [*BESIDE, given("c", "Y ", "09:20", "09:40")]
    said = letter(three, [("96413", 1), ("96417", 1)], "concurrency-miscoded")
    assert "x and y ran at the same time" in said
    assert "y and Y" not in said


def test_a_time_over_midnight_has_both_dates() -> None:
    night = given("a", "pembrolizumab", "22:00", None) | {"stop": "2026-05-05T03:00:00-05:00"}
    said = letter([night], [("96413", 1), ("96417", 4)], "additional-time-as-new-drug")
    assert "pembrolizumab from 22:00 on 2026-05-04 to 03:00 on 2026-05-05" in said


def test_a_drug_without_a_name_is_told_by_its_key() -> None:
    nameless = given("a", "", "09:00", "14:00") | {"drug": None, "ndc": "00006302602"}
    said = letter([nameless], [("96413", 1), ("96417", 4)], "additional-time-as-new-drug")
    assert "One drug, NDC 00006302602, ran 300 minutes." in said


def test_no_letter_says_what_the_claim_has_while_the_visit_is_held() -> None:
    stopless = [*BESIDE, given("c", "z", "10:30", None)]
    billed = [("96413", 1), ("96417", 2), ("96416", 1)]
    settled, held = (letter(visit, billed, "concurrency-miscoded") for visit in (BESIDE, stopless))
    assert "x and y ran at the same time" in held
    assert "corrected claim" in settled
    assert "corrected claim" not in held


def test_units_that_policy_caps_have_no_letter() -> None:
    def sitting(encounter: str, hour: int) -> list[dict]:
        drugs = [
            given(f"{encounter}{n}", f"{encounter} {n}", f"{hour}:00", f"{hour}:30", "therapeutic") for n in (1, 2)
        ]
        return [one | {"encounter": encounter} for one in drugs]

    twice, once = [*sitting("e", 10), *sitting("f", 14)], sitting("e", 10)
    assert letter(twice, [("96368", 2)], "mue-exceeded") == ""
    assert letter(once, [("96368", 2)], "mue-exceeded").endswith("That supports 96368 ×1 on 2026-05-04.")
