"""The sentences of pushes, fluids, other ways, drugs and times of day, whole (D10, D20, D22)."""

from __future__ import annotations

from datetime import datetime

import pytest
from coding.drugs_by_hand import Drugs, quantity
from coding.telling import told
from coding.timeline import CHEMO, CHICAGO, FLUID, gave
from msgspec.structs import replace

from fhir_adapter.coding import code_visit
from fhir_adapter.coding.drugs import unknown_drugs
from fhir_adapter.coding.model import Visit
from fhir_adapter.coding.notes import clock
from fhir_adapter.coding.spans import MINUTE, Span
from fhir_adapter.coding.story import story_of
from fhir_adapter.rulebooks import load_rulebook

HOUR = 60 * MINUTE


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (gave("p", "09:00-09:15", technique="push"), "it was documented as a push"),
        (gave("p", "09:00-09:15"), "15 minutes are 15 or fewer"),
        (gave("p", "09:00"), "it has no documented stop"),
    ],
)
def test_a_push_says_why_it_is_no_infusion(given, said: str) -> None:
    one = told(given, missing_stop="push")["96374"]
    assert (one.minutes, one.not_chosen) == ((), (f"p is no infusion: {said}.",))


def test_a_repeat_says_so_too() -> None:
    lines = told(gave("p", "09:00", technique="push"), gave("p2", "09:45", technique="push", drug="p"))
    assert lines["96376"].not_chosen == ("p is no infusion: it was documented as a push.",)


def test_fluid_alone_gives_nothing_up() -> None:
    one = told(gave("saline", "09:00-10:00", FLUID))["96360"]
    assert one.minutes == ("Fluid ran 60 minutes; 60 are counted, from 09:00 to 10:00.",)
    assert one.not_chosen == ("No further hour of fluid: the next needs 91 minutes, and 60 are counted.",)


def test_minutes_of_two_bags_at_once_are_told_once() -> None:
    one = told(gave("saline", "09:00-10:00", FLUID), gave("ringer", "09:30-10:30", FLUID))["96360"]
    assert one.minutes == ("Fluid ran 90 minutes; 90 are counted, from 09:00 to 10:00, 10:00 to 10:30.",)


def test_fluid_beside_a_drug_in_total_and_each_alone() -> None:
    given = [gave("saline", "08:00-12:00", FLUID), gave("m", "08:40-10:00")]
    not_first = "the fluid is not the initial service: m is therapeutic by infusion, which comes before hydration."
    ran = (
        "Fluid ran 240 minutes; 80 are given up to drugs or are too short; 160 are counted, "
        "from 08:00 to 08:40, 10:00 to 12:00."
    )
    total = told(*given)["96361"]
    assert total.minutes == (ran,)
    assert total.not_chosen == (
        "No further hour of fluid: the next needs 211 minutes, and 160 are counted.",
        not_first,
    )
    each = told(*given, hydration_segments="each-alone")["96361"]
    assert each.minutes == (ran,)
    assert each.not_chosen == (
        "No further hour of fluid: the next needs 91 minutes, and 40 are counted.",
        "No further hour of fluid: the next needs 151 minutes, and 120 are counted.",
        not_first,
    )


def test_every_bag_of_fluid_says_why_it_is_not_the_initial_service() -> None:
    lines = told(
        gave("saline", "07:00-08:00", FLUID),
        gave("m", "08:00-10:00"),
        gave("ringer", "10:00-11:00", FLUID, day=5),
        hydration_segments="each-alone",
    )
    assert lines["96361"].line.date.day == 5
    assert lines["96361"].not_chosen[-1].startswith("the fluid is not the initial service: m is therapeutic")


@pytest.mark.parametrize(
    ("technique", "code", "said"),
    [
        ("im", "96401", "Not a push or an infusion: it was injected into a muscle, and its minutes do not count."),
        ("sc", "96401", "Not a push or an infusion: it was injected under the skin, and its minutes do not count."),
        ("pump", "96416", "No first and further hours: what runs on a pump is one service, however long."),
        ("pump-refill", "96521", "Not the start of a pump: it was filled again."),
        ("intra-arterial-push", "96420", "Not a push by vein: it was given into an artery."),
        ("intrathecal", "96450", "Not a push or an infusion by vein: it was given into the spinal fluid."),
        ("intraperitoneal", "96446", "Not an infusion by vein: it was given into the abdomen."),
        ("intrapleural", "96440", "Not an infusion by vein: it was given into the chest."),
    ],
)
def test_what_no_vein_took_says_what_it_was_not(technique: str, code: str, said: str) -> None:
    one = told(gave("x", "09:00", CHEMO, technique))[code]
    assert (one.minutes, one.not_chosen) == ((), (said,))


def test_of_two_ways_in_one_line_both_are_told_each_once() -> None:
    one = told(
        gave("x", "09:00", technique="im"), gave("y", "09:05", technique="sc"), gave("z", "09:10", technique="im")
    )["96372"]
    assert one.not_chosen == (
        "Not a push or an infusion: it was injected into a muscle, and its minutes do not count.",
        "Not a push or an infusion: it was injected under the skin, and its minutes do not count.",
    )


def test_a_drug_line_has_its_rules_and_no_sentence() -> None:
    given = gave("x", "09:00", CHEMO, "im", dose=quantity("10 mg"))
    one = told(given, drugs=Drugs(x=("J9999", "1 mg")))["J9999"]
    assert (one.minutes, one.not_chosen) == ((), ())
    assert [rule.id for rule in one.rules] == list(one.line.citations) != []


def test_each_encounter_and_each_site_is_told() -> None:
    lines = told(
        gave("m", "09:00-10:00", encounter="a"),
        gave("n", "12:00-13:00", encounter="b"),
        gave("o", "13:00-15:00", encounter="b", site="arm", site_required=True),
    )
    assert lines["96366"].minutes == ("o ran 13:00 to 15:00, 120 minutes; 120 are counted.",)
    assert told(gave("m", "09:00-10:00", encounter="a"), gave("c", "12:00-13:00", CHEMO, encounter="b"))[
        "96413"
    ].not_chosen == (
        "Not a push: 60 minutes are more than 15.",
        "No further hour of c: the next needs 91 minutes, and 60 are counted.",
    )


def test_a_result_is_told_as_it_was_made_and_a_visit_without_rules_has_no_lines() -> None:
    book = load_rulebook("cpt-2026")
    visit = Visit(id="v", setting="facility", administrations=(gave("m", "09:00-10:00"),))
    made = code_visit(visit, book)
    assert story_of(visit, book, unknown_drugs, made).result is made
    assert story_of(visit, book, unknown_drugs).result == made
    old = replace(visit, administrations=(replace(gave("m", "09:00"), start=datetime(2020, 5, 4, 9, tzinfo=CHICAGO)),))
    told_of_old = story_of(old, book, unknown_drugs)
    assert told_of_old.lines == ()
    assert [finding.id for finding in told_of_old.result.findings] == ["no-rule-in-force"]


@pytest.mark.parametrize(
    ("start", "stop", "offset", "said"),
    [
        (9 * HOUR + 5 * MINUTE, 10 * HOUR + 59 * MINUTE, 0, "09:05 to 10:59"),
        (0, 24 * HOUR - 1, 0, "00:00 to 23:59"),
        (23 * HOUR, 24 * HOUR, 0, "23:00 to 00:00 of the next day"),
        (23 * HOUR, 50 * HOUR, 0, "23:00 to 02:00 of 2 days later"),
        (2 * HOUR, 6 * HOUR, -5 * HOUR, "21:00 to 01:00 of the next day"),
        (20 * HOUR, 23 * HOUR, 5 * HOUR + 30 * MINUTE, "01:30 to 04:30"),
    ],
)
def test_times_of_day_are_as_the_chart_wrote_them(start: int, stop: int, offset: int, said: str) -> None:
    assert clock((Span(start, stop, offset, 0),)) == said
