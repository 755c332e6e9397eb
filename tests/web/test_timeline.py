"""The geometry of the timeline: one axis, overlaps at one site, no stop invented, a pump that goes on."""

import pytest
from desk_visit import ADMINISTRATIONS, RESULT, given

from fhir_adapter.web.timeline import LABELS, PLOT, timeline


def bars(*administrations):
    return {bar.id: bar for bar in timeline(administrations, RESULT).bars}


def test_each_administration_has_its_row():
    shown = bars(*ADMINISTRATIONS)
    assert list(shown) == ["a1", "a2", "a3", "a4", "a5"]
    assert len({bar.y for bar in shown.values()}) == 5
    assert [bar.kind for bar in shown.values()] == ["span", "span", "point", "open", "clipped"]


def test_length_follows_time():
    shown = bars(given("x", "infusion", "04T09:00", "04T13:00"), given("y", "infusion", "04T13:00", "04T14:00"))
    rounding = 4 * 0.15 + 0.15  # a width is the difference of two places rounded to a tenth, itself rounded
    assert shown["x"].width == pytest.approx(4 * shown["y"].width, abs=rounding)
    assert shown["y"].x == pytest.approx(shown["x"].x + shown["x"].width, abs=0.2)


def test_an_overlap_at_one_site_is_marked_in_both_rows():
    shown = bars(given("x", "infusion", "04T09:00", "04T13:00"), given("y", "infusion", "04T12:00", "04T14:00"))
    (in_x,), (in_y,) = shown["x"].shared, shown["y"].shared
    assert in_x == in_y
    assert in_x.x == shown["y"].x
    assert in_x.width == pytest.approx(shown["y"].width / 2, abs=0.2)


def test_overlaps_with_several_are_joined():
    others = (given("y", "infusion", "04T10:00", "04T11:00"), given("z", "infusion", "04T10:30", "04T12:00"))
    shown = bars(given("x", "infusion", "04T09:00", "04T13:00"), *others)
    (stretch,) = shown["x"].shared
    assert stretch.width == pytest.approx(shown["x"].width / 2, abs=0.2)


@pytest.mark.parametrize(
    "other",
    [
        given("y", "infusion", "04T12:00", "04T14:00", site="right"),
        given("y", "infusion", "04T12:00", "04T14:00", encounter="e2"),
        given("y", "infusion", "04T13:00", "04T14:00"),
        given("y", "push", "04T12:00", "04T12:05"),
        given("y", "infusion", "04T12:00"),
    ],
    ids=["another site", "another encounter", "only touching", "a push", "no stop"],
)
def test_what_shares_no_time_is_not_marked(other):
    assert bars(given("x", "infusion", "04T09:00", "04T13:00"), other)["x"].shared == ()


def test_a_missing_stop_runs_open_to_the_edge():
    bar = bars(given("x", "infusion", "04T09:00"), given("y", "push", "04T10:00"))["x"]
    assert bar.x + bar.width == pytest.approx(LABELS + PLOT, abs=0.2)
    assert "no stop" in bar.times


def test_a_pump_that_goes_home_does_not_stretch_the_axis():
    shown = bars(given("x", "infusion", "04T09:00", "04T11:00"), given("p", "pump", "04T11:00", "06T09:00"))
    assert shown["x"].width > PLOT / 3
    assert "6 May 09:00" in shown["p"].times


def test_a_line_of_one_administration_shows_its_units_there():
    shown = bars(*ADMINISTRATIONS)
    assert shown["a1"].codes == ("96413 × 1", "96415 × 3", "J9312 × 68")
    assert shown["a4"].codes == ()
    assert shown["a4"].has_error


def test_ticks_are_few_and_name_the_day_that_begins():
    drawn = timeline((given("x", "infusion", "04T22:00", "06T02:00"),), RESULT)
    assert len(drawn.ticks) <= 12
    assert any(tick.label == "5 May" for tick in drawn.ticks)


def test_nothing_given_nothing_drawn():
    assert timeline((), RESULT) is None
