"""Which bags and pauses are one infusion: whole answers of `merge`, typed by hand."""

from datetime import date

import pytest
from merged import OFFSET, at, infusion, parts, told
from timeline import CHEMO, FLUID

from fhir_adapter.coding.spans import Span


def joined(*administrations):
    """The infusions as they were joined, where no times of separate ones are added."""
    made = parts(*administrations, same_drug_separate_infusions="each-interval-additional-hour")
    assert not made.other_dates
    return told([*made.services, *made.later])


@pytest.mark.parametrize(
    ("second", "minutes"),
    [
        (("10:04-11:00", {"order": "o"}), 120),
        (("10:05-11:00", {"order": "o"}), 120),
        (("10:06-11:00", {"order": "o"}), 114),
        (("10:04-11:00", {"order": "o", "resumed": True}), 116),
        (("09:30-10:30", {"order": "o"}), 90),
        (("08:50-09:30", {"order": "o"}), 70),
        (("10:00-11:00", {}), 120),
        (("09:10-09:20", {}), 60),
    ],
)
def test_bags_that_share_an_order_or_touch_are_one_infusion(second, minutes):
    times, more = second
    (one,) = joined(infusion("a", "09:00-10:00", order="o"), infusion("b", times, **more))
    assert (set(one[0].split()), one[2]) == ({"a", "b"}, minutes)


@pytest.mark.parametrize(
    "second",
    [
        infusion("b", "10:01-11:00"),
        infusion("b", "10:01-11:00", order="p"),
        infusion("b", "10:00-11:00", "y"),
        infusion("b", "10:00-11:00", "y", order="o"),
    ],
)
def test_another_drug_or_a_gap_without_an_order_is_another_infusion(second):
    first = infusion("a", "09:00-10:00", order="o")
    assert [ids for ids, _, _ in joined(first, second)] == ["a", "b"]


def test_the_time_between_two_bags_belongs_to_the_bag_before():
    made = parts(infusion("b", "09:50-10:30", order="o"), infusion("a", "09:00-09:46", order="o"))
    (service,) = made.services
    assert service.spans == (
        Span(at(9), at(9, 46), OFFSET, 1),
        Span(at(9, 46), at(9, 50), OFFSET, 1),
        Span(at(9, 50), at(10, 30), OFFSET, 0),
    )
    assert (service.start, service.on, service.place, service.minutes) == (at(9), date(2026, 5, 4), 0, 90)


def test_the_gap_is_counted_from_the_latest_end_of_the_order():
    ended = infusion("a", "09:00-10:00", order="o"), infusion("b", "09:10-09:20", order="o")
    assert joined(*ended, infusion("c", "10:04-10:30", order="o"))[0][2] == 90
    same_end = infusion("a", "09:00-10:00", order="o"), infusion("b", "09:30-10:00", order="o")
    assert joined(*same_end, infusion("c", "10:04-10:30", order="o"))[0][2] == 90


def test_an_infusion_of_no_order_does_not_shorten_the_gap_of_an_order():
    bags = (
        infusion("a", "09:00-10:00", order="o"),
        infusion("b", "09:30-10:20"),
        infusion("c", "10:24-11:00", order="o"),
    )
    assert joined(*bags) == [("a b c", "09:00 to 10:00, 10:00 to 10:20, 10:24 to 11:00", 116)]


def test_a_bag_touches_the_longest_running_one_before_it():
    bags = infusion("a", "09:00-11:00"), infusion("b", "09:10-09:20"), infusion("c", "10:30-11:30")
    assert joined(*bags) == [("a b c", "09:00 to 11:00, 11:00 to 11:30", 150)]


def test_what_was_stopped_early_goes_on_and_a_fluid_does_not():
    def twice(kind):
        return infusion("a", "09:00-09:10", kind=kind, discontinued=True), infusion("b", "10:00-13:00", kind=kind)

    assert joined(*twice(CHEMO)) == [("a b", "09:00 to 09:10, 10:00 to 13:00", 190)]
    assert told(parts(*twice(FLUID)).fluids) == [("a", "09:00 to 09:10", 10), ("b", "10:00 to 13:00", 180)]


def test_only_the_latest_of_several_bags_may_go_on_after_an_early_stop():
    first, second = infusion("a", "09:00-09:20", discontinued=True), infusion("b", "09:20-09:40")
    assert [one[0] for one in joined(first, second, infusion("c", "10:00-10:30"))] == ["a b", "c"]


def test_a_bag_may_make_one_infusion_of_two():
    bags = (
        infusion("a", "09:00-10:00", order="o"),
        infusion("b", "10:30-11:00"),
        infusion("c", "11:00-12:00", order="o"),
    )
    assert joined(*bags) == [("a b c", "09:00 to 10:00, 10:30 to 11:00, 11:00 to 12:00", 150)]


def test_an_infusion_of_two_begins_with_the_earliest_bag_and_keeps_the_gaps_of_both():
    bags = (
        infusion("a", "09:00-09:30", order="o"),
        infusion("a2", "09:34-09:40", order="o"),
        infusion("b", "09:45-10:15", order="p"),
        infusion("a3", "10:30-10:40", order="o"),
        infusion("c", "10:40-11:00", order="p"),
    )
    times = "09:00 to 09:30, 09:30 to 09:34, 09:34 to 09:40, 09:45 to 10:15, 10:30 to 10:40, 10:40 to 11:00"
    assert joined(*bags) == [("a a2 b a3 c", times, 100)]


def test_the_fluids_stand_apart_with_their_bags_joined():
    made = parts(
        infusion("a", "09:00-09:10", kind=FLUID, order="o"), infusion("b", "09:14-10:00", kind=FLUID, order="o")
    )
    assert told(made.fluids) == [("a b", "09:00 to 09:10, 09:10 to 09:14, 09:14 to 10:00", 60)]
    assert (made.services, made.other_dates, made.later, made.cut_short, made.pushes) == ((), (), (), (), ())
