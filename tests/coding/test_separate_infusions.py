"""What is a push, what was cut short, and which infusions of one drug stay apart: answers of `merge`, typed by hand."""

from datetime import date

import pytest
from merged import at, infusion, parts, push, told
from msgspec.structs import asdict
from timeline import FLUID, THERAPEUTIC


@pytest.mark.parametrize("discontinued", ["push", "53"])
def test_fifteen_minutes_are_a_push_and_sixteen_an_infusion(discontinued):
    made = parts(infusion("a", "09:00-09:15"), infusion("b", "10:00-10:16", "y"), discontinued_infusion=discontinued)
    assert [(one.kind, one.name, one.minutes) for one in made.pushes] == [("push", "x", 15)]
    assert [(one.kind, one.name, one.minutes) for one in made.services] == [("infusion", "y", 16)]
    assert made.cut_short == ()


@pytest.mark.parametrize(
    ("first", "second", "policy", "kind"),
    [
        (False, True, "53", "cut-short"),
        (True, False, "53", "push"),
        (False, True, "push", "push"),
    ],
)
def test_a_short_infusion_that_was_stopped_early_keeps_its_code_where_the_policy_says_so(first, second, policy, kind):
    made = parts(
        infusion("a", "09:00-09:05", discontinued=first), infusion("b", "09:05-09:12", discontinued=second),
        discontinued_infusion=policy,
    )  # fmt: skip
    (one,) = made.cut_short or made.pushes
    assert (one.kind, one.minutes, len(made.cut_short) + len(made.pushes), made.services) == (kind, 12, 1, ())


def test_a_long_infusion_that_was_stopped_early_is_a_service():
    made = parts(infusion("a", "09:00-09:16", discontinued=True), discontinued_infusion="53")
    assert (told(made.services), made.cut_short) == ([("a", "09:00 to 09:16", 16)], ())


def test_pushes_stand_in_order_of_time_and_then_of_the_file_and_a_pushed_fluid_is_none():
    made = parts(
        push("late", "10:00"), push("fluid", "09:00", FLUID), infusion("short", "09:30-09:40", "y"),
        infusion("same", "10:00-10:10", "z"), push("long", "09:00-09:20"),
    )  # fmt: skip
    assert told(made.pushes) == [
        ("long", "09:00 to 09:20", 20),
        ("short", "09:30 to 09:40", 10),
        ("late", "", 0),
        ("same", "10:00 to 10:10", 10),
    ]
    assert {one.kind for one in made.pushes} == {"push"}


def test_a_push_is_a_service_with_everything_that_was_given():
    made = parts(push("a", "09:00", THERAPEUTIC))
    (service,) = made.pushes
    told_whole = asdict(service)
    (given,) = told_whole.pop("givens")
    assert given.ids == ("a",)
    assert told_whole == {
        "kind": "push", "drug": 0, "name": "x", "family": "therapeutic", "start": at(9), "on": date(2026, 5, 4),
        "place": 0, "spans": (), "minutes": 0,
    }  # fmt: skip


THREE = (
    infusion("d", "13:00-13:45", day=5),
    infusion("a", "09:00-10:00"),
    infusion("b", "13:00-13:30"),
    infusion("c", "08:00-09:00", day=5),
    infusion("e", "07:00-07:20", day=6),
    infusion("y", "11:00-12:00", "y"),
)


def test_times_of_one_drug_are_added_by_date():
    made = parts(*THREE, same_drug_separate_infusions="add-times")
    assert told(made.services) == [("a b", "09:00 to 10:00, 13:00 to 13:30", 90), ("y", "11:00 to 12:00", 60)]
    assert told(made.other_dates) == [("c d", "08:00 to 09:00, 13:00 to 13:45", 105), ("e", "07:00 to 07:20", 20)]
    assert [(one.on.day, one.place) for one in (*made.services, *made.other_dates)] == [(4, 1), (4, 5), (5, 0), (6, 4)]
    assert made.later == ()


def test_times_that_are_not_added_make_a_first_infusion_and_later_ones():
    made = parts(*THREE, same_drug_separate_infusions="each-interval-additional-hour")
    assert [one[0] for one in told(made.services)] == ["a", "y"]
    assert [one[0] for one in told(made.later)] == ["b", "c", "d", "e"]
    assert made.other_dates == ()


def test_under_96376_a_therapeutic_drug_has_later_infusions_and_a_chemotherapy_drug_added_times():
    made = parts(
        infusion("a", "09:00-10:00"), infusion("b", "11:00-12:00"),
        infusion("c", "09:00-10:00", "y", THERAPEUTIC), infusion("d", "11:00-12:00", "y", THERAPEUTIC),
        infusion("e", "12:00-13:00", "z"), same_drug_separate_infusions="96376",
    )  # fmt: skip
    assert [one[0] for one in told(made.services)] == ["a b", "c", "e"]
    assert (told(made.later), made.other_dates) == ([("d", "11:00 to 12:00", 60)], ())


def test_the_first_of_separate_infusions_is_the_earliest_whenever_its_last_bag_hung():
    bags = (
        infusion("a", "09:00-10:00", order="o"),
        infusion("b", "10:30-11:00"),
        infusion("c", "12:00-12:30", order="o"),
    )
    made = parts(*bags, same_drug_separate_infusions="each-interval-additional-hour")
    assert [one[0] for one in told(made.services)] == ["a c"]
    assert [one[0] for one in told(made.later)] == ["b"]
