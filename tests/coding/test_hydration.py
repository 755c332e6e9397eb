"""The minutes of fluid that count, what takes them, and what is said of those that do not (D20, D21)."""

from __future__ import annotations

import pytest
from coding.timeline import CHEMO, FLUID, coded, found, gave

from fhir_adapter.coding import Finding

IDS = "hydration-too-short", "hydration-segment-short"
FLUID_CODES = "96360", "96361"


def counted(result) -> dict[tuple[str, ...], int]:
    """Administrations of each line of fluid with its minutes."""
    return {line.administrations: line.minutes for line in result.lines if line.code in FLUID_CODES}


def too_short(*ids: str, name: str = "f") -> Finding:
    message = f"{name} has no minute that counts: fewer than 31 without a drug beside it."
    return Finding(id="hydration-too-short", administrations=ids, message=message)


def segment_short(*ids: str) -> Finding:
    message = "A segment of fewer than 31 minutes counts in the total; some payers refuse it."
    return Finding(id="hydration-segment-short", administrations=ids, message=message)


@pytest.mark.parametrize(("stop", "short"), [("09:30", [too_short("f")]), ("09:31", [])])
def test_a_fluid_counts_from_31_minutes(stop: str, short: list[Finding]) -> None:
    result = coded(gave("f", f"09:00-{stop}", FLUID))
    assert found(result, *IDS) == short
    assert len(result.lines) == (0 if short else 1)


@pytest.mark.parametrize(
    ("taker", "left"),
    [
        (gave("m", "10:00-11:00"), 180),
        (gave("m", "10:00-10:10"), 230),
        (gave("m", "10:00-10:10", technique="push"), 230),
        (gave("m", "10:00", technique="push"), 240),
        (gave("m", "10:00-10:10", discontinued=True), 230),
        (gave("m", "11:30-20:30", CHEMO, "pump"), 150),
        (gave("m", "11:30", CHEMO, "pump"), 150),
        (gave("m", "11:30", FLUID, "pump"), 240),
        (gave("m", "10:00-11:00", technique="sc-infusion"), 240),
        (gave("m", "10:00", technique="im"), 240),
        (gave("m", "10:00-11:00", "not-reported"), 240),
        (gave("m", "10:00-11:00", site="arm", site_required=True), 240),
    ],
)
def test_what_takes_minutes_from_a_fluid(taker, left: int) -> None:
    result = coded(gave("f", "09:00-13:00", FLUID), taker, discontinued_infusion="53")
    assert counted(result) == {("f",): left}


@pytest.mark.parametrize("policy", ["add-times", "each-interval-additional-hour"])
def test_a_later_infusion_of_a_drug_takes_minutes_too(policy: str) -> None:
    result = coded(
        gave("m", "08:00-09:00"),
        gave("again", "10:00-11:00", drug="m"),
        gave("f", "09:00-13:00", FLUID),
        same_drug_separate_infusions=policy,
    )
    assert counted(result) == {("f",): 180}


def test_a_further_date_of_a_drug_takes_minutes_too() -> None:
    fluid = gave("f", "09:00-13:00", FLUID, day=5)
    assert counted(coded(gave("m", "08:00-09:00"), gave("again", "10:00-11:00", drug="m", day=5), fluid)) == {
        ("f",): 180
    }


def test_segments_are_added_or_stand_alone() -> None:
    """Of 09:00-10:31 a push takes 09:20-09:30: 20 minutes and 61 are left."""
    given = gave("f", "09:00-10:31", FLUID), gave("m", "09:20-09:30", technique="push")
    total = coded(*given)
    assert counted(total) == {("f",): 81}
    assert found(total, *IDS) == [segment_short("f")]
    alone = coded(*given, hydration_segments="each-alone")
    assert counted(alone) == {("f",): 61}
    assert found(alone, *IDS) == []


@pytest.mark.parametrize(("first", "said"), [("08:30", [segment_short("f")]), ("08:31", [])])
def test_a_segment_of_31_minutes_is_not_short(first: str, said: list[Finding]) -> None:
    result = coded(gave("f", f"08:00-{first}", FLUID), gave("g", "10:00-11:00", FLUID))
    assert found(result, *IDS) == said


def test_two_segments_of_twenty_count_together_and_not_alone() -> None:
    given = gave("g", "10:00-10:20", FLUID), gave("f", "09:00-09:20", FLUID)
    total = coded(*given)
    assert counted(total) == {("f", "g"): 40}
    assert found(total, *IDS) == [segment_short("f", "g")]
    alone = coded(*given, hydration_segments="each-alone")
    assert counted(alone) == {}
    assert found(alone, *IDS) == [too_short("f"), too_short("g", name="g")]


def test_a_total_that_is_too_short_has_no_short_segment() -> None:
    result = coded(gave("f", "09:00-09:20", FLUID), gave("g", "10:00-10:10", FLUID))
    assert found(result, *IDS) == [too_short("f"), too_short("g", name="g")]


def test_bags_that_touch_are_one_segment() -> None:
    """Twenty minutes and twenty of another fluid, without a pause."""
    given = gave("f", "09:00-09:20", FLUID), gave("g", "09:20-09:40", FLUID)
    result = coded(*given, hydration_segments="each-alone")
    assert counted(result) == {("f", "g"): 40}
    assert found(result, *IDS) == []


def test_each_segment_names_the_bags_that_ran_in_it() -> None:
    given = gave("f", "09:00-10:00", FLUID), gave("g", "09:30-10:30", FLUID), gave("h", "11:00-12:00", FLUID, day=5)
    result = coded(*given, gave("m", "07:00-08:00"), hydration_segments="each-alone")
    assert counted(result) == {("f", "g"): 90, ("h",): 60}


def test_of_two_fluids_at_once_the_minutes_count_once() -> None:
    result = coded(gave("f", "09:00-11:00", FLUID), gave("g", "09:30-10:30", FLUID))
    assert counted(result) == {("f",): 120}
    assert found(result, *IDS) == [too_short("g", name="g")]


def test_a_change_of_bags_runs_on() -> None:
    """Bags of one order 09:00-09:14 and 09:18-09:31: the four minutes between them make 31."""
    result = coded(gave("f", "09:00-09:14", FLUID, order="o"), gave("g", "09:18-09:31", FLUID, drug="f", order="o"))
    assert counted(result) == {("f", "g"): 31}
    assert found(result, *IDS) == []
