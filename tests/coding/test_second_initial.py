"""A second initial service and the add-ons beside it: which takes a modifier, and what the line says (D14, D15)."""

from __future__ import annotations

import pytest
from coding.timeline import CHEMO, coded, gave, lines

from fhir_adapter.coding.model import Share

ONE_HOUR = "counts 60 minutes: the initial service"
AS_FACILITY = "infusion initial initial-facility"
ARM = {"site": "arm", "site_required": True}
BOTH = {"second_initial_modifier": "59", "second_site_add_on_modifier": "59"}


def test_of_two_sites_the_lower_initial_service_takes_the_modifier_and_cites_why() -> None:
    told = lines(coded(gave("m", "09:00-10:00"), gave("c", "10:00-11:00", CHEMO, **ARM)))
    assert told == [
        (
            "96365-XS", 4, 1, 60, f"m {ONE_HOUR}, beside another initial service: XS.",
            f"{AS_FACILITY} second-initial-modifier",
        ),
        ("96413", 4, 1, 60, f"c {ONE_HOUR}.", f"{AS_FACILITY} initial-chemo"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("usual", "arm", "modified"),
    [
        (gave("m", "09:00-10:00"), gave("n", "11:00-12:00", **ARM), "n"),
        (gave("m", "11:00-12:00"), gave("n", "09:00-10:00", **ARM), "m"),
        (gave("m", "09:00-10:00"), gave("n", "09:00-10:01", **ARM), "m"),
        (gave("m", "09:00-10:00"), gave("n", "09:00-10:00", **ARM), "n"),
    ],
)
def test_the_longer_then_the_earlier_then_the_first_in_the_file_has_none(usual, arm, modified) -> None:
    result = coded(usual, arm)
    assert [(line.modifiers, line.administrations) for line in result.lines if line.code == "96365"] == [
        ((), ("m" if modified == "n" else "n",)),
        (("XS",), (modified,)),
    ]


def test_of_three_sites_two_take_it() -> None:
    hand = {"site": "hand", "site_required": True}
    result = coded(gave("m", "09:00-10:00"), gave("n", "10:00-11:00", **ARM), gave("c", "11:00-12:00", CHEMO, **hand))
    assert [(line.code, line.modifiers, line.units) for line in result.lines] == [
        ("96365", ("XS",), 2),
        ("96413", (), 1),
    ]


def test_a_site_without_an_initial_service_is_not_counted() -> None:
    result = coded(gave("shot", "09:00", technique="im"), gave("m", "10:00-11:00", **ARM))
    assert [(line.code, line.modifiers) for line in result.lines] == [("96365", ()), ("96372", ())]


@pytest.mark.parametrize(("policy", "site", "visit"), [("X", "XS", "XE"), ("59", "59", "59")])
def test_it_is_spelled_as_the_rulebook_does(policy: str, site: str, visit: str) -> None:
    two_sites = coded(gave("m", "09:00-10:00"), gave("n", "11:00-11:30", **ARM), second_initial_modifier=policy)
    assert [line.modifiers for line in two_sites.lines] == [(), (site,)]
    again = coded(
        gave("m", "09:00-10:00", encounter="a"),
        gave("n", "15:00-16:00", encounter="b"),
        second_initial_modifier=policy,
    )
    assert [line.shares for line in again.lines] == [(Share("a", 1),), (Share("b", 1),)]
    assert lines(again)[1] == (
        f"96365-{visit}", 4, 1, 60, f"n {ONE_HOUR}, beside another initial service: {visit}.",
        f"{AS_FACILITY} second-initial-modifier",
    )  # fmt: skip


def test_on_another_date_an_encounter_begins_afresh() -> None:
    result = coded(gave("m", "09:00-10:00", encounter="a"), gave("n", "09:00-10:00", day=5, encounter="b"))
    assert [(line.code, line.modifiers, line.date.day) for line in result.lines] == [
        ("96365", (), 4),
        ("96365", (), 5),
    ]


def test_of_a_later_encounter_with_two_sites_the_first_is_another_visit_and_the_second_another_site() -> None:
    result = coded(
        gave("m", "09:00-10:00", encounter="a"),
        gave("c", "15:00-16:00", CHEMO, encounter="b"),
        gave("n", "16:00-17:00", encounter="b", **ARM),
    )
    assert [(line.code, line.modifiers, line.administrations) for line in result.lines] == [
        ("96365", (), ("m",)),
        ("96365", ("XS",), ("n",)),
        ("96413", ("XE",), ("c",)),
    ]


def test_an_infusion_that_was_cut_short_keeps_53_beside_the_modifier_of_its_site() -> None:
    result = coded(
        gave("c", "09:00-10:00", CHEMO),
        gave("m", "10:00-10:10", discontinued=True, **ARM),
        discontinued_infusion="53",
    )
    assert lines(result)[0] == (
        "96365-53-XS", 4, 1, 10, "m was stopped early after 10 minutes, beside another initial service: XS.",
        "discontinued-infusion second-initial-modifier",
    )  # fmt: skip


SECOND_SITE = [
    gave("m", "10:00-12:00", **ARM),
    gave("n", "12:00-12:30", **ARM),
    gave("o", "12:30", technique="push", **ARM),
    gave("shot", "12:40", technique="im", **ARM),
]


def test_add_ons_of_a_second_site_take_59_where_the_rulebook_says_so() -> None:
    told = lines(coded(gave("c", "09:00-11:00", CHEMO), *SECOND_SITE, **BOTH))
    beside = "beside another initial service: 59."
    assert told == [
        (
            "96365-59", 4, 1, 120, f"m counts 120 minutes: the initial service, {beside}",
            f"{AS_FACILITY} second-initial-modifier",
        ),
        (
            "96366-59", 4, 1, 120, f"m counts 120 minutes: 1 hour beyond the first, {beside}",
            "hours additional-hour-at-exactly-90 second-site-add-on-modifier",
        ),
        (
            "96367-59", 4, 1, 30, f"n counts 30 minutes: a further drug in sequence, {beside}",
            "infusion further-therapeutic second-site-add-on-modifier",
        ),
        ("96372", 4, 1, None, "shot was injected into a muscle, one service whatever its time.", "route"),
        ("96375-59", 4, 1, None, f"o was pushed, a further drug, {beside}", "further-push second-site-add-on-modifier"),
        ("96413", 4, 1, 120, "c counts 120 minutes: the initial service.", f"{AS_FACILITY} initial-chemo"),
        (
            "96415", 4, 1, 120, "c counts 120 minutes: 1 hour beyond the first.",
            "chemo-hours additional-hour-at-exactly-90",
        ),
    ]  # fmt: skip


def test_add_ons_take_none_where_the_rulebook_says_none() -> None:
    result = coded(gave("c", "09:00-11:00", CHEMO), *SECOND_SITE)
    assert {line.code: line.modifiers for line in result.lines if line.modifiers} == {"96365": ("XS",)}
