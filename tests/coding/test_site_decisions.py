"""A site's decisions written as charges: 96368 once, drugs as if in sequence, other ways, findings (D17, D26, D40)."""

from __future__ import annotations

import pytest
from coding.timeline import CHEMO, FLUID, coded, found, gave, lines

from fhir_adapter.coding.model import Finding, Share, VisitResult

BESIDE = "concurrent-therapeutic"
ARM = {"site": "arm", "site_required": True}
AS_IF_AFTER = {"concurrent_therapeutic": "96367"}


def once(name: str, drug: str | None = None) -> Finding:
    return Finding(
        id="concurrent-once",
        severity="info",
        administrations=(name,),
        message=f"{drug or name} ran beside another drug too; that is reported once in an encounter.",
    )


def of_code(result: VisitResult, code: str) -> list[tuple]:
    return [line for line in lines(result) if line[0].partition("-")[0] == code]


def test_one_drug_beside_another_is_reported_with_the_minutes_of_its_own() -> None:
    result = coded(gave("c", "09:00-11:00", CHEMO), gave("m", "10:00-11:10"))
    assert of_code(result, "96368") == [
        ("96368", 4, 1, 10, "m ran beside another drug, 10 minutes of its own.", BESIDE)
    ]
    assert found(result, "concurrent-once") == []


def test_of_several_the_earliest_is_reported_and_each_other_one_is_found() -> None:
    result = coded(
        gave("c", "09:00-12:00", CHEMO),
        gave("late", "11:00-11:30"),
        gave("early", "09:30-10:00"),
        gave("same", "09:30-10:00", drug="n"),
    )
    assert of_code(result, "96368") == [
        ("96368", 4, 1, 0, "early ran beside another drug, 0 minutes of its own.", BESIDE)
    ]
    assert found(result, "concurrent-once") == [once("same", drug="n"), once("late")]


TWO_SITES = (
    gave("c", "12:00-15:00", CHEMO),
    gave("m", "12:30-13:00"),
    gave("d", "09:00-11:00", CHEMO, **ARM),
    gave("n", "09:30-10:00", **ARM),
)


def test_once_is_once_in_an_encounter_over_its_sites() -> None:
    result = coded(*TWO_SITES)
    assert [line[4] for line in of_code(result, "96368")] == ["n ran beside another drug, 0 minutes of its own."]
    assert found(result, "concurrent-once") == [once("m")]


def test_it_is_an_add_on_of_the_site_where_it_ran() -> None:
    result = coded(*TWO_SITES, second_initial_modifier="59", second_site_add_on_modifier="59")
    assert of_code(result, "96368") == [
        (
            "96368-59", 4, 1, 0,
            "n ran beside another drug, 0 minutes of its own, beside another initial service: 59.",
            f"{BESIDE} second-site-add-on-modifier",
        )
    ]  # fmt: skip


def test_each_encounter_reports_its_own() -> None:
    first = {"encounter": "a"}
    second = {"encounter": "b", "day": 5}
    result = coded(
        gave("c", "09:00-11:00", CHEMO, **first),
        gave("m", "09:30-10:00", **first),
        gave("d", "09:00-11:00", CHEMO, **second),
        gave("n", "09:30-10:00", **second),
    )
    assert [(line.date.day, line.shares) for line in result.lines if line.code == "96368"] == [
        (4, (Share("a", 1),)),
        (5, (Share("b", 1),)),
    ]
    assert found(result, "concurrent-once") == []


FURTHER_DATE = (
    gave("c", "09:00-11:00", CHEMO, day=5),
    gave("m", "10:00-11:00"),
    gave("again", "09:30-10:30", day=5, drug="m"),
)
ONE_HOUR = ("96366", 5, 1, 60, "m counts 60 minutes: 1 hour.", "hours additional-hour-at-exactly-90")


def test_a_further_date_beside_another_drug_is_concurrent_or_an_hour_as_if_alone() -> None:
    assert of_code(coded(*FURTHER_DATE), "96368") == [
        ("96368", 5, 1, 0, "m ran beside another drug, 0 minutes of its own.", BESIDE)
    ]
    assert of_code(coded(*FURTHER_DATE, **AS_IF_AFTER), "96366") == [ONE_HOUR]
    assert of_code(coded(*FURTHER_DATE, **AS_IF_AFTER), "96367")[0][1:4] == (4, 1, 60)


LATER = (
    gave("c", "12:00-14:00", CHEMO),
    gave("m", "09:00-10:00"),
    gave("again", "12:30-13:30", drug="m"),
)


def test_a_later_interval_beside_another_drug_is_concurrent_or_hours_as_if_alone() -> None:
    each = {"same_drug_separate_infusions": "each-interval-additional-hour"}
    assert of_code(coded(*LATER, **each), "96368")[0][4] == "m ran beside another drug, 0 minutes of its own."
    assert of_code(coded(*LATER, **each, **AS_IF_AFTER), "96366") == [("96366", 4, *ONE_HOUR[2:])]


def test_a_chemotherapy_drug_beside_another_has_its_code_also_on_a_further_date() -> None:
    result = coded(
        gave("d", "09:00-09:40", CHEMO),
        gave("c", "09:00-12:00", CHEMO, day=5),
        gave("again", "10:00-11:00", CHEMO, day=5, drug="d"),
        **AS_IF_AFTER,
    )
    assert of_code(result, "96549") == [
        ("96549", 5, 1, None, "d ran beside another drug and has no time of its own.", "concurrent-chemo")
    ]


@pytest.mark.parametrize("rule", [{}, AS_IF_AFTER])
def test_a_first_infusion_beside_another_drug_is_what_the_rulebook_says(rule: dict) -> None:
    result = coded(gave("c", "09:00-11:00", CHEMO), gave("m", "09:30-10:30"), **rule)
    if rule:
        because = "m ran 60 minutes beside another drug and is coded as if in sequence."
        assert of_code(result, "96367") == [("96367", 4, 1, 60, because, BESIDE)]
    else:
        assert [line.code for line in result.lines] == ["96368", "96413", "96415"]


def test_what_a_site_finds_comes_from_techniques_then_pushes_then_fluids() -> None:
    result = coded(
        gave("c", "09:00-12:00", CHEMO, "pump"),
        gave("p", "12:00", technique="push"),
        gave("again", "12:10", technique="push", drug="p"),
        gave("saline", "12:20-12:40", FLUID),
    )
    assert [(finding.id, finding.administrations) for finding in result.findings[:3]] == [
        ("pump-not-prolonged", ("c",)),
        ("repeat-not-reported", ("again",)),
        ("hydration-too-short", ("saline",)),
    ]


def test_what_is_no_push_or_infusion_by_vein_goes_its_own_way() -> None:
    result = coded(
        gave("m", "09:00-10:00"),
        gave("shot", "10:00", technique="sc"),
        gave("rinse", "10:10", technique="flush"),
        gave("saline", "10:20", FLUID, "push"),
        gave("p", "10:30", technique="push"),
        gave("ringer", "11:00-12:00", FLUID),
    )
    assert [line.code for line in result.lines] == ["96361", "96365", "96372", "96375"]
    assert [(finding.id, finding.administrations) for finding in result.findings if finding.id == "no-code"] == [
        ("no-code", ("saline",))
    ]


def test_the_initial_service_keeps_its_minutes_also_where_the_reason_of_the_visit_made_it_so() -> None:
    result = coded(gave("c", "09:00-11:00", CHEMO), gave("m", "09:00-10:00"), setting="office", reason="therapeutic")
    assert [(line.code, line.minutes) for line in result.lines] == [("96365", 60), ("96417", 60)]
