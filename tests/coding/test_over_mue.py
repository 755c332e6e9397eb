"""Billed units over an MUE: each finding whole, at the limit and beyond, by date, and what a policy caps."""

from datetime import date

import pytest
from coding.bills import bill, charged, denial, derived, gave

from fhir_adapter.coding.over_mue import units_over_mue

FIFTH = date(2026, 5, 5)
X, Z = gave("x", "09:00-10:00"), gave("z", "09:00-10:00", day=5)
RECORD = "The record documents x from 09:00 to 10:00 on 2026-05-04."
BILLED_FOUR = "96417 is billed ×4 on 2026-05-04; the most that CMS expects on one date is 3."


def over(supported, units, code="96417", **more):
    lines = [derived(code, supported, "x")] if supported else []
    return list(units_over_mue(bill([X], lines, [charged(code, units)], **more)))


@pytest.mark.parametrize(
    ("supported", "fix"),
    [
        (1, "Bill 96417 ×1, which is what the chart supports."),
        (3, "Bill 96417 ×3, which is what the chart supports."),
        (4, "The chart supports ×4: have the times and doses checked, and send the record with the claim."),
    ],
)
def test_what_the_chart_supports_is_billed_or_sent_with_the_record(supported, fix) -> None:
    appeal = f"{RECORD} That supports 96417 ×{supported} on 2026-05-04."
    assert over(supported, 4) == [
        denial("mue-exceeded", BILLED_FOUR, fix, given=("x",), carc="151", appeal=appeal)
    ]  # fmt: skip


def test_what_the_chart_does_not_support_is_taken_off_without_a_letter() -> None:
    assert over(0, 4) == [denial("mue-exceeded", BILLED_FOUR, "Take 96417 off.", carc="151")]


def test_an_edit_that_is_policy_yields_to_no_record() -> None:
    message = "96368 is billed ×2 on 2026-05-04; the most that CMS expects on one date is 1."
    capped = "The chart supports ×2, but CMS pays no more than 1, whatever the record says."
    assert over(2, 2, "96368") == [denial("mue-exceeded", message, capped, given=("x",), carc="151")]
    assert over(1, 2, "96368") == [
        denial(
            "mue-exceeded",
            message,
            "Bill 96368 ×1, which is what the chart supports.",
            given=("x",),
            carc="151",
            appeal=f"{RECORD} That supports 96368 ×1 on 2026-05-04.",
        )
    ]


def test_while_the_visit_is_held_the_letter_is_the_record() -> None:
    (found,) = over(4, 4, held=True)
    assert found.appeal == RECORD


@pytest.mark.parametrize(
    ("code", "setting", "most"),
    [("96417", "office", 3), ("96366", "office", 8), ("96366", "facility", 24)],
)
def test_the_most_is_no_finding_and_one_more_is(code, setting, most) -> None:
    assert over(0, most, code, setting=setting) == []
    assert [finding.id for finding in over(0, most + 1, code, setting=setting)] == ["mue-exceeded"]


def test_a_code_without_an_mue_does_not_end_the_look() -> None:
    found = units_over_mue(bill([X], [], [charged("99999", 50), charged("96413"), charged("96417", 4)]))
    assert [finding.message for finding in found] == [BILLED_FOUR]


def test_each_date_is_judged_by_itself_and_its_letter_rests_on_what_was_given_then() -> None:
    lines = [derived("96417", 1, "x"), derived("96417", 2, "z", on=FIFTH)]
    billed = [charged("96417", 3), charged("96417", 3, on=FIFTH)]
    assert list(units_over_mue(bill([X, Z], lines, billed))) == []
    (found,) = units_over_mue(bill([X, Z], lines, [*billed, charged("96417", 1, "59", on=FIFTH)]))
    assert found == denial(
        "mue-exceeded",
        "96417 is billed ×4 on 2026-05-05; the most that CMS expects on one date is 3.",
        "Bill 96417 ×2, which is what the chart supports.",
        given=("z",),
        carc="151",
        appeal="The record documents z from 09:00 to 10:00 on 2026-05-05. That supports 96417 ×2 on 2026-05-05.",
    )
    (unsupported,) = units_over_mue(bill([X], lines[:1], [charged("96417", 4, on=FIFTH)]))
    assert (unsupported.fix, unsupported.administrations, unsupported.appeal) == ("Take 96417 off.", (), None)


def test_what_was_thrown_away_counts_on_neither_side() -> None:
    """J9000: at most 20 units."""
    lines = [derived("J9000", 12, "x"), derived("J9000", 5, "x", modifiers=("JW",))]
    wasted = [charged("J9000", 20), charged("J9000", 9, "JW")]
    assert list(units_over_mue(bill([X], lines, wasted))) == []
    (found,) = units_over_mue(bill([X], lines, [*wasted, charged("J9000", 1, "JZ")]))
    assert found.message == "J9000 is billed ×21 on 2026-05-04; the most that CMS expects on one date is 20."
    assert found.fix == "Bill J9000 ×12, which is what the chart supports."
