"""Whole lines of pushes and hydration: code, day, units, minutes, the sentence, what is cited (D10, D20, D35)."""

from __future__ import annotations

import pytest
from coding.timeline import CHEMO, FLUID, coded, gave, lines

HOURS = "hydration-hours additional-hour-at-exactly-90"
FLUID_COUNTS = "Hydration counts {} minutes without a drug beside it: {}."


def only(result, *codes):
    return [line for line in lines(result) if line[0] in codes]


def test_pushes_of_chemotherapy() -> None:
    assert lines(coded(gave("c", "09:00-09:05", CHEMO, "push"), gave("d", "10:00-10:01", CHEMO, "push"))) == [
        (
            "96409",
            4,
            1,
            None,
            "c was pushed, 5 minutes, the initial service.",
            "push initial initial-facility initial-chemo",
        ),
        ("96411", 4, 1, None, "d was pushed, 1 minute, a further drug.", "sequential-chemo-push"),
    ]


def test_a_further_push_of_chemotherapy_has_the_code_of_its_policy() -> None:
    result = coded(
        gave("c", "09:00-09:05", CHEMO, "push"),
        gave("d", "10:00-10:02", CHEMO, "push"),
        sequential_chemo_push="96417",
    )
    assert only(result, "96411", "96417") == [
        ("96417", 4, 1, None, "d was pushed, 2 minutes, a further drug.", "sequential-chemo-push")
    ]


def test_pushes_of_other_drugs_in_an_office() -> None:
    result = coded(gave("m", "09:00", technique="push"), gave("n", "10:00-10:03", technique="push"), setting="office")
    # Of two pushes the longer comes first, and one without a stop has no minutes.
    assert lines(result) == [
        ("96374", 4, 1, None, "n was pushed, 3 minutes, the initial service.", "push initial initial-office"),
        ("96375", 4, 1, None, "m was pushed, a further drug.", "further-push"),
    ]


def test_a_repeat_in_a_facility() -> None:
    again = gave("again", "09:31-09:32", technique="push", drug="m")
    result = coded(gave("m", "09:00-09:02", technique="push"), again)
    told = "m was pushed, 1 minute, again, more than 30 minutes after the last time."
    assert only(result, "96376") == [("96376", 4, 1, None, told, "repeat-push")]


@pytest.mark.parametrize(
    ("given", "told"),
    [
        (gave("m", "09:00-09:10"), "m ran 10 minutes, 15 or fewer, and counts as a push, the initial service."),
        (gave("m", "09:00"), "m has no documented stop and counts as a push, the initial service."),
    ],
)
def test_an_infusion_that_counts_as_a_push_says_so(given, told: str) -> None:
    result = coded(given, missing_stop="push")
    assert lines(result) == [("96374", 4, 1, None, told, "push initial initial-facility")]


def test_a_fluid_alone() -> None:
    assert lines(coded(gave("f", "08:00-11:20", FLUID))) == [
        ("96360", 4, 1, 200, FLUID_COUNTS.format(200, "the initial service"), "hydration"),
        ("96361", 4, 2, 200, FLUID_COUNTS.format(200, "2 hours beyond the first"), HOURS),
    ]


def test_a_fluid_beside_a_drug() -> None:
    result = coded(gave("m", "08:00-09:00"), gave("f", "08:30-10:00", FLUID))
    assert only(result, "96360", "96361") == [("96361", 4, 1, 60, FLUID_COUNTS.format(60, "1 hour"), HOURS)]


def test_of_segments_that_stand_alone_the_first_is_the_initial_service_and_the_next_is_hours_only() -> None:
    result = coded(gave("f", "08:00-08:40", FLUID), gave("g", "10:00-11:31", FLUID), hydration_segments="each-alone")
    assert lines(result) == [
        ("96360", 4, 1, 40, FLUID_COUNTS.format(40, "the initial service"), "hydration"),
        ("96361", 4, 2, 91, FLUID_COUNTS.format(91, "2 hours"), HOURS),
    ]
    assert [line.administrations for line in result.lines] == [("f",), ("g",)]


def test_a_fluid_has_the_date_of_its_own_clock() -> None:
    """23:30 in Chicago is the next day in London."""
    result = coded(gave("f", "23:30-02:00", FLUID))
    assert [line[:4] for line in lines(result)] == [("96360", 4, 1, 150), ("96361", 5, 1, 150)]


def test_an_initial_fluid_takes_the_modifier_of_a_second_site() -> None:
    result = coded(
        gave("m", "08:00-09:00", site="port"),
        gave("f", "08:00-09:00", FLUID, site="arm", site_required=True),
    )
    assert [line[0] for line in lines(result)] == ["96360-XS", "96365"]
