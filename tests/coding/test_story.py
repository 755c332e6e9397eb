"""`explain`: minutes, deductions and what was not chosen, each with the reason that decided."""

from __future__ import annotations

import json

import pytest

from fhir_adapter.coding import unknown_drugs
from fhir_adapter.coding.contract import read_visits
from fhir_adapter.coding.lines import is_drug
from fhir_adapter.coding.story import story_of
from fhir_adapter.rulebooks import load_rulebook
from fhir_adapter.rulebooks.worked import worked_visits

CHEMO, OTHER, FLUID = "chemotherapy", "therapeutic", "hydration"


def given(drug: str, start: str, stop: str | None, kind: str = CHEMO, how: str = "infusion", on: str = "2026-05-04"):
    told = {"id": drug, "drug": drug, "drug_class": kind, "technique": how, "start": f"{on}T{start}:00-05:00"}
    return told | ({"stop": f"{on}T{stop}:00-05:00"} if stop else {})


def story(*administrations: dict, book: str = "cpt-2026", setting: str = "facility", policies=None, reason=None):
    raw = {"id": "v", "setting": setting, "primary_reason": reason, "administrations": list(administrations)}
    (read,), _ = read_visits(json.dumps(raw).encode())
    told = story_of(read, load_rulebook(book, policies), unknown_drugs).lines
    return {one.line.code: one for one in told}


OXALIPLATIN = given("oxaliplatin", "09:00", "11:00")


def test_minutes_say_what_ran_what_was_given_up_to_whom_and_what_is_left() -> None:
    told = story(OXALIPLATIN, given("leucovorin", "09:30", "11:30", OTHER))["96367"]
    assert told.minutes == (
        "leucovorin ran 09:30 to 11:30, 120 minutes; 90 of them are deducted, shared with oxaliplatin; 30 are counted.",
    )
    assert "Not concurrent: 30 minutes of its own are 16 or more." in told.not_chosen


def test_a_concurrent_drug_says_how_many_minutes_are_its_own() -> None:
    told = story(OXALIPLATIN, given("leucovorin", "09:15", "11:15", OTHER))["96368"]
    assert "Not a drug in sequence: 15 minutes of its own are fewer than 16." in told.not_chosen
    other = story(OXALIPLATIN, given("leucovorin", "09:15", "11:15", OTHER), book="carecost-96417")["96367"]
    assert other.not_chosen[0].startswith("Not 96368: this rulebook codes a therapeutic drug beside another as if")
    chemo = story(OXALIPLATIN, given("x", "10:59", "12:00"), book="carecost-96417")["96416"]
    assert chemo.not_chosen[0].startswith("Not a drug in sequence: any common minute")


@pytest.mark.parametrize(
    ("stop", "code", "said"),
    [
        ("10:30", "96413", "No further hour of x: the next needs 91 minutes, and 90 are counted."),
        ("10:31", "96415", "No further hour of x: the next needs 151 minutes, and 91 are counted."),
    ],
)
def test_the_next_hour_says_what_it_would_need(stop: str, code: str, said: str) -> None:
    assert said in story(given("x", "09:00", stop))[code].not_chosen


def test_where_ninety_minutes_count_the_next_hour_says_so() -> None:
    told = story(given("x", "09:00", "10:29"), book="carecost-96417")["96413"]
    assert "No further hour of x: the next needs 90 minutes, and 89 are counted." in told.not_chosen
    none = story(OXALIPLATIN, given("y", "11:05", "13:05", OTHER), book="carecost-96417")["96367"]
    assert "No additional hours: this rulebook gives a sequential therapeutic drug none." in none.not_chosen


@pytest.mark.parametrize(
    ("others", "settings", "code", "said"),
    [
        ((given("y", "07:00", "08:30", OTHER),), {}, "96367", "is chemotherapy by infusion, which comes before therap"),
        ((given("y", "11:00", "11:05", CHEMO, "push"),), {}, "96411", "comes before chemotherapy by push"),
        ((given("y", "12:00", "13:00"),), {}, "96417", "oxaliplatin ran longer, 120 minutes against 60"),
        ((given("y", "12:00", "14:00"),), {}, "96417", "oxaliplatin began earlier"),
        ((given("y", "12:00", "14:00", on="2026-05-05"),), {}, "96417", "was given on an earlier date"),
        ((given("y", "07:00", "08:00"),), {"book": "carecost-96417"}, "96417", "y is the first chemotherapy given"),
        (
            (given("y", "07:00", "08:00", OTHER),),
            {"setting": "office", "reason": OTHER},
            "96417",
            "the reason of the visit is therapeutic, and y is of it",
        ),
    ],
)
def test_why_a_drug_is_not_the_initial_service(others, settings, code: str, said: str) -> None:
    not_chosen = " ".join(story(OXALIPLATIN, *others, **settings)[code].not_chosen)
    assert said in not_chosen


def test_why_a_push_is_no_infusion() -> None:
    short = story(given("x", "09:00", "09:15"))["96409"]
    assert short.not_chosen == ("x is no infusion: 15 minutes are 15 or fewer.",)
    assert story(given("x", "09:00", "09:20", how="push"))["96409"].not_chosen == (
        "x is no infusion: it was documented as a push.",
    )
    stopless = story(given("x", "09:00", None), policies={"missing-stop": "push"})["96409"]
    assert stopless.not_chosen == ("x is no infusion: it has no documented stop.",)


def test_fluid_says_what_it_gave_up() -> None:
    told = story(given("saline", "08:00", "12:00", FLUID), given("x", "09:00", "10:00", OTHER))["96361"]
    assert told.minutes == (
        "Fluid ran 240 minutes; 60 are given up to drugs or are too short; 180 are counted, "
        "from 08:00 to 09:00, 10:00 to 12:00.",
    )
    assert "No further hour of fluid: the next needs 211 minutes, and 180 are counted." in told.not_chosen


@pytest.mark.parametrize("worked", worked_visits(), ids=lambda worked: f"{worked.decision}/{worked.name}")
def test_every_timed_line_of_every_case_has_its_minutes_and_every_line_its_rules(worked) -> None:
    for expected in worked.expected:
        book = load_rulebook(expected.rulebook, expected.policies)
        for told in story_of(worked.visit, book, unknown_drugs).lines:
            assert [rule.id for rule in told.rules] == list(told.line.citations)
            if told.line.code in {"96413", "96365", "96360", "96361", "96415", "96366"} and not told.line.modifiers:
                assert told.minutes, told.line


@pytest.mark.parametrize("worked", worked_visits(), ids=lambda worked: f"{worked.decision}/{worked.name}")
def test_every_service_of_every_case_has_an_alternative_that_was_not_chosen(worked) -> None:
    for expected in worked.expected:
        told = story_of(worked.visit, load_rulebook(expected.rulebook, dict(expected.policies)), unknown_drugs).lines
        for one in told:
            assert one.not_chosen or one.line.code in ("96376", "96360", "96361") or is_drug(one.line.code), (
                one.line.code
            )


def test_what_is_added_or_no_push_says_so() -> None:
    twice = story(given("x", "09:00", "09:30"), given("x", "12:00", "12:45") | {"id": "again"})["96413"]
    assert "Not several services: the infusions of x are one, their times added." in twice.not_chosen
    assert "Not a push: 75 minutes are more than 15." in twice.not_chosen


def test_a_time_over_midnight_says_the_day() -> None:
    night = given("saline", "23:00", None, FLUID) | {"stop": "2026-05-05T02:00:00-05:00"}
    assert story(night)["96360"].minutes[0].endswith("180 are counted, from 23:00 to 02:00 of the next day.")
    long = given("x", "23:00", None) | {"stop": "2026-05-06T02:00:00-05:00"}
    assert "x ran 23:00 to 02:00 of 2 days later" in story(long)["96413"].minutes[0]


@pytest.mark.parametrize(
    ("technique", "code", "because", "not_chosen"),
    [
        ("im", "96401", "x was injected into a muscle, one service", "Not a push or an infusion"),
        ("pump", "96416", "x was begun on a pump, one service", "No first and further hours"),
        ("pump-refill", "96521", "x was filled into a pump again", "Not the start of a pump"),
        ("intrathecal", "96450", "x was given into the spinal fluid", "Not a push or an infusion by vein"),
    ],
)
def test_what_no_vein_took_is_told_in_words(technique: str, code: str, because: str, not_chosen: str) -> None:
    told = story(given("x", "09:00", None, how=technique))[code]
    assert told.line.because.startswith(because)
    assert told.not_chosen[0].startswith(not_chosen)


def test_an_infusion_that_was_too_short_is_never_called_a_push() -> None:
    told = story(given("x", "09:00", "09:10"))["96409"]
    assert told.line.because == "x ran 10 minutes, 15 or fewer, and counts as a push, the initial service."
    stopless = story(given("x", "09:00", None), policies={"missing-stop": "push"})["96409"]
    assert stopless.line.because == "x has no documented stop and counts as a push, the initial service."


def test_hours_are_counted_beyond_the_first() -> None:
    assert (
        story(given("x", "09:00", "12:00"))["96415"].line.because == "x counts 180 minutes: 2 hours beyond the first."
    )
    fluid = story(given("x", "09:00", "10:00", OTHER), given("saline", "10:00", "11:00", FLUID))["96361"]
    assert fluid.line.because == "Hydration counts 60 minutes without a drug beside it: 1 hour."
