"""How many hours, and the date on which each begins (D9, D24, D25; R3.1)."""

from __future__ import annotations

import pytest
from coding.drugs_by_hand import reading_of
from coding.timeline import CHEMO, FLUID, coded, gave, lines

from fhir_adapter.coding.hours import beyond_first_hour, hours_only, next_hour

NEEDS_91 = reading_of(additional_hour_at_exactly_90="no").policies
NEEDS_90 = reading_of(additional_hour_at_exactly_90="yes").policies


@pytest.mark.parametrize(
    ("counted", "beyond", "beyond_at_90"),
    [(0, 0, 0), (29, 0, 0), (30, 0, 0), (89, 0, 0), (90, 0, 1), (91, 1, 1), (149, 1, 1), (150, 1, 2), (151, 2, 2)],
)
def test_hours_beyond_the_first(counted: int, beyond: int, beyond_at_90: int) -> None:
    assert beyond_first_hour(counted, NEEDS_91) == beyond
    assert beyond_first_hour(counted, NEEDS_90) == beyond_at_90


@pytest.mark.parametrize(
    ("counted", "needed", "needed_at_90"), [(16, 91, 90), (90, 91, 150), (91, 151, 150), (150, 151, 210)]
)
def test_the_minutes_of_one_more_hour(counted: int, needed: int, needed_at_90: int) -> None:
    assert next_hour(counted, NEEDS_91) == needed
    assert next_hour(counted, NEEDS_90) == needed_at_90


@pytest.mark.parametrize(
    ("counted", "hours", "hours_at_90"), [(0, 0, 0), (30, 0, 0), (31, 1, 1), (90, 1, 2), (91, 2, 2), (151, 3, 3)]
)
def test_hours_without_a_base_code(counted: int, hours: int, hours_at_90: int) -> None:
    assert hours_only(counted, NEEDS_91) == hours
    assert hours_only(counted, NEEDS_90) == hours_at_90


def by_date(result, code: str) -> list[tuple[int, int, int]]:
    """(day of the month, units, minutes) of the code's lines."""
    return [line[1:4] for line in lines(result) if line[0] == code]


@pytest.mark.parametrize(("policy", "dates"), [("date-provided", [(5, 2, 182)]), ("start-date", [(4, 2, 182)])])
def test_hours_after_midnight(policy: str, dates: list[tuple[int, int, int]]) -> None:
    """23:00-02:02 is 182 minutes: the second hour begins at 00:00, the third at 01:00."""
    result = coded(gave("c", "23:00-02:02", CHEMO), midnight=policy)
    assert by_date(result, "96415") == dates


def test_an_hour_that_begins_before_midnight_has_the_earlier_date() -> None:
    """22:59-01:30 is 151 minutes: the second hour begins at 23:59, the third at 00:59."""
    assert by_date(coded(gave("c", "22:59-01:30", CHEMO)), "96415") == [(4, 1, 151), (5, 1, 151)]


@pytest.mark.parametrize("policy", ["date-provided", "start-date"])
def test_an_hour_begins_when_the_running_goes_on_whatever_the_order_of_the_file(policy: str) -> None:
    """A fluid 22:00-23:00 and 00:30-01:01: the second hour begins after the pause, in the bag of the next day."""
    bags = gave("late", "00:30-01:01", FLUID, day=5), gave("early", "22:00-23:00", FLUID)
    assert by_date(coded(*bags, midnight=policy), "96361") == [(5, 1, 91)]
