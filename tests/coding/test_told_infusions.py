"""The sentences of an infusion, whole: its minutes, and what it was not (D8, D9, D16, D17, D26, D41)."""

from __future__ import annotations

import pytest
from coding.telling import told
from coding.timeline import CHEMO, gave

C = gave("c", "09:00-11:00", CHEMO)
NOT_C = "m is not the initial service: c is chemotherapy by infusion, which comes before therapeutic by infusion."
AS_IF_AFTER = "Not 96368: this rulebook codes a therapeutic drug beside another as if it had run after it."


def test_an_infusion_alone_is_no_push_and_says_what_the_next_hour_needs() -> None:
    one = told(gave("m", "09:00-10:00"))["96365"]
    assert one.minutes == ("m ran 09:00 to 10:00, 60 minutes; 60 are counted.",)
    assert one.not_chosen == (
        "Not a push: 60 minutes are more than 15.",
        "No further hour of m: the next needs 91 minutes, and 60 are counted.",
    )


def test_the_next_hour_is_told_once_with_the_last_hour() -> None:
    lines = told(gave("m", "09:00-10:31"))
    ran = ("m ran 09:00 to 10:31, 91 minutes; 91 are counted.",)
    assert (lines["96365"].minutes, lines["96365"].not_chosen) == (ran, ("Not a push: 91 minutes are more than 15.",))
    next_hour = ("No further hour of m: the next needs 151 minutes, and 91 are counted.",)
    assert (lines["96366"].minutes, lines["96366"].not_chosen) == (ran, next_hour)


def test_what_was_infused_twice_is_one_service() -> None:
    one = told(gave("m", "09:00-09:30"), gave("m2", "12:00-12:45", drug="m"))["96365"]
    assert one.minutes == ("m ran 09:00 to 09:30, 12:00 to 12:45, 75 minutes; 75 are counted.",)
    assert one.not_chosen == (
        "Not several services: the infusions of m are one, their times added.",
        "Not a push: 75 minutes are more than 15.",
        "No further hour of m: the next needs 91 minutes, and 75 are counted.",
    )


def test_what_keeps_sixteen_minutes_is_not_concurrent() -> None:
    one = told(C, gave("m", "09:16-11:16"))["96367"]
    assert one.minutes == (
        "m ran 09:16 to 11:16, 120 minutes; 104 of them are deducted, shared with c; 16 are counted.",
    )
    assert one.not_chosen == (
        "Not concurrent: 16 minutes of its own are 16 or more.",
        "No further hour of m: the next needs 91 minutes, and 16 are counted.",
        NOT_C,
    )


def test_what_keeps_fifteen_is_no_drug_in_sequence_and_has_no_hours() -> None:
    one = told(C, gave("m", "09:15-11:15"))["96368"]
    assert one.minutes == (
        "m ran 09:15 to 11:15, 120 minutes; 105 of them are deducted, shared with c; 15 are counted.",
    )
    assert one.not_chosen == ("Not a drug in sequence: 15 minutes of its own are fewer than 16.", NOT_C)


def test_every_drug_that_shares_is_named_once() -> None:
    beside = gave("m", "09:30-11:30")
    two = told(gave("c", "09:00-10:00", CHEMO), gave("d", "10:00-11:00", CHEMO), beside)["96367"]
    assert two.minutes == (
        "m ran 09:30 to 11:30, 120 minutes; 90 of them are deducted, shared with c and d; 30 are counted.",
    )
    again = told(
        gave("c", "09:00-10:00", CHEMO),
        gave("again", "11:00-12:00", CHEMO, drug="c"),
        gave("after", "11:30-12:00"),
        beside,
        same_drug_separate_infusions="each-interval-additional-hour",
    )["96367"]
    assert again.minutes == (
        "m ran 09:30 to 11:30, 120 minutes; 60 of them are deducted, shared with c; 60 are counted.",
    )


def test_who_gave_its_own_minutes_up_took_none() -> None:
    """n runs beside m only, and gives its minutes up to m; m gave 30 up to a."""
    lines = told(gave("a", "09:00-11:00", CHEMO), gave("m", "10:30-12:30"), gave("n", "12:00-12:40"))
    assert "m ran 10:30 to 12:30, 120 minutes; 30 of them are deducted, shared with a; 90 are counted." in {
        text for line in lines.values() for text in line.minutes
    }


def test_any_common_minute_is_enough_where_the_rulebook_says_so() -> None:
    one = told(C, gave("m", "10:59-12:00"), partial_overlap="concurrent")["96368"]
    assert one.minutes == ("m ran 10:59 to 12:00, 61 minutes; 61 are counted.",)
    assert one.not_chosen == (
        "Not a drug in sequence: any common minute with a drug that is already timed makes it concurrent.",
        NOT_C,
    )


@pytest.mark.parametrize("overlap", ["deduct-from-shorter", "concurrent"])
def test_a_push_that_makes_an_infusion_concurrent_is_told_as_the_reason(overlap: str) -> None:
    one = told(
        C,
        gave("m", "11:00-12:00"),
        gave("p", "11:30", technique="push"),
        overlap_with_push="concurrent",
        partial_overlap=overlap,
    )["96368"]
    assert one.minutes == ("m ran 11:00 to 12:00, 60 minutes; 60 are counted.",)
    assert one.not_chosen == ("Not a drug in sequence: a push of another drug beside it makes it concurrent.", NOT_C)


def test_another_infusion_is_the_reason_where_both_would_be() -> None:
    one = told(C, gave("m", "09:00-11:00"), gave("p", "09:30", technique="push"), overlap_with_push="concurrent")[
        "96368"
    ]
    assert one.not_chosen == ("Not a drug in sequence: 0 minutes of its own are fewer than 16.", NOT_C)


def test_a_drug_coded_as_if_after_another_keeps_its_minutes_and_its_hours() -> None:
    lines = told(C, gave("m", "09:15-11:15"), concurrent_therapeutic="96367")
    whole = ("m ran 09:15 to 11:15, 120 minutes; 120 are counted.",)
    assert (lines["96367"].minutes, lines["96367"].not_chosen) == (whole, (AS_IF_AFTER, NOT_C))
    next_hour = ("No further hour of m: the next needs 151 minutes, and 120 are counted.",)
    assert (lines["96366"].minutes, lines["96366"].not_chosen) == (whole, next_hour)
    short = told(C, gave("m", "09:15-10:15"), concurrent_therapeutic="96367")["96367"]
    assert short.not_chosen == (
        AS_IF_AFTER,
        "No further hour of m: the next needs 91 minutes, and 60 are counted.",
        NOT_C,
    )


def test_a_chemotherapy_drug_beside_another_gives_its_minutes_up_whatever_that_rulebook_says() -> None:
    one = told(C, gave("d", "09:30-10:30", CHEMO), concurrent_therapeutic="96367")["96549"]
    assert one.minutes == ("d ran 09:30 to 10:30, 60 minutes; 60 of them are deducted, shared with c; 0 are counted.",)
    assert one.not_chosen == (
        "Not a drug in sequence: 0 minutes of its own are fewer than 16.",
        "d is not the initial service: c ran longer, 120 minutes against 60.",
    )


def test_a_drug_in_sequence_is_neither_a_push_nor_concurrent_and_may_have_no_hours() -> None:
    one = told(C, gave("m", "11:00-13:00"), additional_hours_of_sequential_therapeutic="no")["96367"]
    assert one.not_chosen == (
        "No additional hours: this rulebook gives a sequential therapeutic drug none.",
        NOT_C,
    )


def test_where_ninety_minutes_are_enough_the_next_hour_says_ninety() -> None:
    one = told(gave("m", "09:00-10:29"), additional_hour_at_exactly_90="yes")["96365"]
    assert one.not_chosen[1] == "No further hour of m: the next needs 90 minutes, and 89 are counted."


def test_a_further_date_of_a_drug_has_no_first_hour_of_its_own() -> None:
    one = told(gave("m", "09:00-10:00"), gave("m2", "12:00-13:00", day=5, drug="m"))["96366"]
    assert one.minutes == ("m ran 12:00 to 13:00, 60 minutes; 60 are counted.",)
    assert one.not_chosen == ("No first hour of its own: m was infused earlier in the encounter.",)


def test_a_later_interval_of_a_drug_has_none_either() -> None:
    one = told(
        gave("m", "09:00-10:00"),
        gave("m2", "12:00-13:40", drug="m"),
        same_drug_separate_infusions="each-interval-additional-hour",
    )["96366"]
    assert one.minutes == ("m ran 12:00 to 13:40, 100 minutes; 100 are counted.",)
    assert one.not_chosen == (
        "No further hour of m: the next needs 151 minutes, and 100 are counted.",
        "No first hour of its own: m was infused earlier in the encounter.",
    )


def test_an_infusion_that_was_cut_short_is_no_push_where_its_code_is_kept() -> None:
    one = told(gave("m", "09:00-09:10", discontinued=True), discontinued_infusion="53")["96365"]
    assert one.minutes == ()
    assert one.not_chosen == ("Not a push: this rulebook keeps the code of an infusion that was cut short, with 53.",)


def test_the_initial_service_by_the_reason_of_the_visit_gives_nothing_up() -> None:
    lines = told(C, gave("m", "09:00-10:00"), setting="office", reason="therapeutic")
    assert lines["96365"].minutes == ("m ran 09:00 to 10:00, 60 minutes; 60 are counted.",)
    assert lines["96417"].minutes == (
        "c ran 09:00 to 11:00, 120 minutes; 60 of them are deducted, shared with m; 60 are counted.",
    )
