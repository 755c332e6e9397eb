"""Whole lines by vein: code, day, units, minutes, the sentence, and what is cited (D9, D12, D17, D26, D35)."""

from __future__ import annotations

import pytest
from coding.timeline import CHEMO, FLUID, coded, found, gave, lines

from fhir_adapter.coding import Finding

HOUR_OF_CHEMO = "chemo-hours additional-hour-at-exactly-90"
HOUR_OF_DRUG = "hours additional-hour-at-exactly-90"
FIRST_CHEMO = "infusion initial initial-facility initial-chemo"
FIRST_DRUG = "infusion initial initial-facility"


def only(result, *codes):
    return [line for line in lines(result) if line[0] in codes]


def test_one_chemotherapy_drug_of_four_hours() -> None:
    assert lines(coded(gave("c", "08:00-12:00", CHEMO))) == [
        ("96413", 4, 1, 240, "c counts 240 minutes: the initial service.", FIRST_CHEMO),
        ("96415", 4, 3, 240, "c counts 240 minutes: 3 hours beyond the first.", HOUR_OF_CHEMO),
    ]


def test_two_chemotherapy_drugs_in_sequence() -> None:
    both = "c counts 120 minutes: 1 hour beyond the first; d counts 100 minutes: 1 hour beyond the first."
    assert lines(coded(gave("c", "08:00-10:00", CHEMO), gave("d", "10:00-11:40", CHEMO))) == [
        ("96413", 4, 1, 120, "c counts 120 minutes: the initial service.", FIRST_CHEMO),
        ("96415", 4, 2, 220, both, HOUR_OF_CHEMO),
        ("96417", 4, 1, 100, "d counts 100 minutes: a further drug in sequence.", "infusion further-chemo"),
    ]


def test_two_other_drugs_in_sequence_in_an_office() -> None:
    both = "m counts 101 minutes: 1 hour beyond the first; n counts 91 minutes: 1 hour beyond the first."
    assert lines(coded(gave("m", "08:00-09:41"), gave("n", "10:00-11:31"), setting="office")) == [
        ("96365", 4, 1, 101, "m counts 101 minutes: the initial service.", "infusion initial initial-office"),
        ("96366", 4, 2, 192, both, HOUR_OF_DRUG),
        ("96367", 4, 1, 91, "n counts 91 minutes: a further drug in sequence.", "infusion further-therapeutic"),
    ]


def test_the_first_chemotherapy_given_rests_on_its_policy_and_not_on_the_place() -> None:
    (line,) = lines(coded(gave("c", "08:00-09:00", CHEMO), initial_chemo="first-given"))
    assert line == ("96413", 4, 1, 60, "c counts 60 minutes: the initial service.", "infusion initial initial-chemo")


def test_another_drug_rests_on_the_place_also_where_the_first_chemotherapy_comes_first() -> None:
    (line,) = lines(coded(gave("m", "08:00-09:00"), initial_chemo="first-given"))
    assert line[-1] == FIRST_DRUG


def test_minutes_that_were_given_up_are_told() -> None:
    result = coded(gave("c", "09:00-11:00", CHEMO), gave("t", "09:30-11:30"))
    told = "t counts 30 minutes of 120, 90 are shared with another drug: a further drug in sequence."
    assert only(result, "96367") == [("96367", 4, 1, 30, told, "infusion further-therapeutic")]


def test_without_hours_of_a_drug_in_sequence_the_first_drug_and_chemotherapy_have_theirs() -> None:
    result = coded(
        gave("m", "08:00-10:00"),
        gave("c", "10:00-12:00", CHEMO),
        gave("d", "12:00-14:00", CHEMO),
        additional_hours_of_sequential_therapeutic="no",
    )
    assert [line[:4] for line in lines(result)] == [
        ("96367", 4, 1, 120),
        ("96413", 4, 1, 120),
        ("96415", 4, 2, 240),
        ("96417", 4, 1, 120),
    ]
    alone = coded(gave("m", "08:00-10:00"), additional_hours_of_sequential_therapeutic="no")
    assert only(alone, "96366") == [
        ("96366", 4, 1, 120, "m counts 120 minutes: 1 hour beyond the first.", HOUR_OF_DRUG)
    ]


def test_without_hours_of_a_drug_in_sequence_a_drug_after_a_fluid_has_none() -> None:
    result = coded(
        gave("f", "08:00-09:00", FLUID),
        gave("m", "10:00-12:00"),
        setting="office",
        reason="hydration",
        additional_hours_of_sequential_therapeutic="no",
    )
    assert [line[:4] for line in lines(result)] == [("96360", 4, 1, 60), ("96367", 4, 1, 120)]


@pytest.mark.parametrize("code", ["96549", "96416"])
def test_chemotherapy_beside_chemotherapy_has_no_minutes(code: str) -> None:
    result = coded(gave("c", "09:00-11:00", CHEMO), gave("d", "09:00-10:00", CHEMO), concurrent_chemo=code)
    told = "d ran beside another drug and has no time of its own."
    assert only(result, code) == [(code, 4, 1, None, told, "concurrent-chemo")]


@pytest.mark.parametrize(("policy", "hours"), [("yes", 1), ("no", 0)])
def test_a_drug_beside_another_as_if_in_sequence_has_all_its_minutes(policy: str, hours: int) -> None:
    result = coded(
        gave("c", "09:00-10:30", CHEMO),
        gave("t", "09:00-10:31"),
        concurrent_therapeutic="96367",
        additional_hours_of_sequential_therapeutic=policy,
    )
    told = "t ran 91 minutes beside another drug and is coded as if in sequence."
    hour = ("96366", 4, 1, 91, "t counts 91 minutes: 1 hour beyond the first.", HOUR_OF_DRUG)
    assert only(result, "96367") == [("96367", 4, 1, 91, told, "concurrent-therapeutic")]
    assert only(result, "96366") == [hour] * hours


@pytest.mark.parametrize(
    ("stop", "hours", "told"),
    [
        ("08:31", 1, "m counts 31 minutes: 1 hour."),
        ("09:30", 1, "m counts 90 minutes: 1 hour."),
        ("09:31", 2, "m counts 91 minutes: 2 hours."),
    ],
)
def test_a_further_date_of_the_drug_is_hours_only(stop: str, hours: int, told: str) -> None:
    """The first drug of the visit has them also where a drug in sequence has none."""
    result = coded(
        gave("m", "08:00-08:40"),
        gave("again", f"08:00-{stop}", day=5, drug="m"),
        additional_hours_of_sequential_therapeutic="no",
    )
    minutes = int(told.split()[2])
    assert lines(result) == [
        ("96365", 4, 1, 40, "m counts 40 minutes: the initial service.", FIRST_DRUG),
        ("96366", 5, hours, minutes, told, HOUR_OF_DRUG),
    ]
    assert found(result, "same-drug-too-short") == []


def too_short(id_: str, name: str, minutes: int) -> list[Finding]:
    return [
        Finding(
            id="same-drug-too-short",
            administrations=(id_,),
            message=f"A further infusion of {name}, {minutes} minutes, adds no hour.",
        )
    ]


def test_a_further_date_of_30_minutes_adds_no_hour() -> None:
    result = coded(gave("m", "08:00-08:40"), gave("again", "08:00-08:30", day=5, drug="m"))
    assert [line[0] for line in lines(result)] == ["96365"]
    assert found(result, "same-drug-too-short") == too_short("again", "m", 30)


@pytest.mark.parametrize("policy", ["add-times", "each-interval-additional-hour"])
def test_a_further_infusion_of_a_drug_that_has_no_hours_adds_none(policy: str) -> None:
    result = coded(
        gave("c", "08:00-09:00", CHEMO),
        gave("m", "09:00-10:00"),
        gave("again", "09:00-10:00", day=5, drug="m"),
        additional_hours_of_sequential_therapeutic="no",
        same_drug_separate_infusions=policy,
    )
    assert [line[0] for line in lines(result)] == ["96367", "96413"]
    assert found(result, "same-drug-too-short") == too_short("again", "m", 60)


@pytest.mark.parametrize(
    ("stop", "hours", "told"),
    [
        ("10:16", 1, "c counts 16 minutes: 1 hour."),
        ("11:30", 1, "c counts 90 minutes: 1 hour."),
        ("11:31", 2, "c counts 91 minutes: 2 hours."),
    ],
)
def test_each_later_interval_is_hours_only(stop: str, hours: int, told: str) -> None:
    result = coded(
        gave("c", "08:00-08:40", CHEMO),
        gave("again", f"10:00-{stop}", CHEMO, drug="c"),
        same_drug_separate_infusions="each-interval-additional-hour",
    )
    assert only(result, "96415") == [("96415", 4, hours, int(told.split()[2]), told, HOUR_OF_CHEMO)]


def test_a_later_infusion_as_a_repeat() -> None:
    given = gave("m", "08:00-08:40"), gave("again", "10:00-10:20", drug="m")
    facility = coded(*given, same_drug_separate_infusions="96376")
    told = "m was infused again, 20 minutes."
    assert only(facility, "96376") == [("96376", 4, 1, 20, told, "same-drug-separate-infusions")]
    assert found(facility, "same-drug-too-short") == []
    office = coded(*given, setting="office", same_drug_separate_infusions="96376")
    assert [line[0] for line in lines(office)] == ["96365"]
    assert found(office, "same-drug-too-short") == too_short("again", "m", 20)


@pytest.mark.parametrize(
    ("kind", "first", "further"), [(CHEMO, "96413-53", "96417-53"), ("therapeutic", "96365-53", "96367-53")]
)
def test_an_infusion_cut_short_keeps_its_code(kind: str, first: str, further: str) -> None:
    result = coded(
        gave("m", "08:00-08:10", kind, discontinued=True),
        gave("n", "09:00-09:05", kind, discontinued=True),
        discontinued_infusion="53",
    )
    assert lines(result) == [
        (first, 4, 1, 10, "m was stopped early after 10 minutes.", "discontinued-infusion"),
        (further, 4, 1, 5, "n was stopped early after 5 minutes.", "discontinued-infusion"),
    ]
