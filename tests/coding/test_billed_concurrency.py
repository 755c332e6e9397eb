"""A drug beside another billed as one after it, the reverse, and 96416 without a pump: each finding whole."""

import pytest
from coding.bills import bill, charged, denial, derived, gave

from fhir_adapter.coding.denials import denial_findings

X, BESIDE, AFTER = gave("x", "09:00-10:00"), gave("b", "09:10-09:50"), gave("a", "10:05-11:05")


@pytest.mark.parametrize(
    ("book", "first", "sequential", "beside"),
    [
        ("cpt-2026", "96413", "96417", "96549"),
        ("carecost-96417", "96413", "96417", "96416"),
        ("cpt-2026", "96365", "96367", "96368"),
    ],
)
def test_a_drug_beside_another_billed_as_after_it_and_the_reverse(book, first, sequential, beside) -> None:
    lines = [derived(first, 1, "x"), derived(beside, 1, "b")]
    assert denial_findings(bill([X, BESIDE], lines, [charged(first), charged(sequential)], book=book)) == [
        denial(
            "concurrency-miscoded",
            f"{sequential} is billed where the times say that a drug ran beside another: {beside} is derived.",
            f"Bill {beside} ×1, and no {sequential}.",
            given=("b",),
            carc="16",
            appeal="The record documents b from 09:10 to 09:50 on 2026-05-04. "
            "x and b ran at the same time from 09:10 to 09:50. "
            f"The corrected claim has {beside} ×1, and no {sequential}.",
        )
    ]
    lines = [derived(first, 1, "x"), derived(sequential, 1, "a")]
    assert denial_findings(bill([X, AFTER], lines, [charged(first), charged(beside)], book=book)) == [
        denial(
            "concurrency-miscoded",
            f"{beside} is billed where the times say that a drug ran after another: {sequential} is derived.",
            f"Bill {sequential} ×1, and no {beside}.",
            given=("a",),
            carc="16",
            appeal="The record documents a from 10:05 to 11:05 on 2026-05-04. "
            "a began at 10:05, when x had ended at 10:00. "
            f"The corrected claim has {sequential} ×1, and no {beside}.",
        )
    ]


@pytest.mark.parametrize(
    "billed",
    [
        [charged("96417", 2), charged("96549")],  # one more after, none fewer beside
        [charged("96417")],  # one fewer beside, none more after
        [charged("96417"), charged("96549", 2)],
        [charged("96549")],
        [charged("96417"), charged("96549")],
        [charged("96367"), charged("96417"), charged("96549")],
        [charged("96368"), charged("96417"), charged("96549")],
    ],
)
def test_one_side_alone_is_no_concurrency(billed) -> None:
    lines = [derived("96413", 1, "x"), derived("96417", 1, "a"), derived("96549", 1, "b")]
    found = denial_findings(bill([X, BESIDE, AFTER], lines, [charged("96413"), *billed]))
    assert [finding for finding in found if finding.id == "concurrency-miscoded"] == []


def test_the_code_of_a_pump_without_one_where_the_chart_supports_a_drug_beside() -> None:
    lines = [derived("96413", 1, "x"), derived("96549", 1, "b")]
    assert denial_findings(bill([X, BESIDE], lines, [charged("96413"), charged("96416")])) == [
        denial(
            "concurrency-miscoded",
            "96416 is billed and the chart has no pump: "
            "it is the code for the start of a prolonged infusion on a pump.",
            "Bill 96549 ×1, and no 96416.",
            given=("b",),
            carc="16",
            appeal="The record documents b from 09:10 to 09:50 on 2026-05-04. "
            "The record documents no start of a pump. x and b ran at the same time from 09:10 to 09:50. "
            "The corrected claim has 96549 ×1, and no 96416.",
        )
    ]


def test_the_code_of_a_pump_without_one_and_without_a_drug_beside() -> None:
    assert denial_findings(bill([X], [derived("96413", 1, "x")], [charged("96413"), charged("96416")])) == [
        denial(
            "concurrency-miscoded",
            "96416 is billed and the chart has no pump: "
            "it is the code for the start of a prolonged infusion on a pump.",
            "Take 96416 off: the chart has neither a pump nor a chemotherapy drug that ran beside another.",
            carc="16",
        )
    ]


def test_96416_of_a_pump_and_96416_of_a_rulebook_that_reads_it_so_are_none() -> None:
    pumped = [X, gave("f", "12:00", technique="pump")]
    billed = [charged("96413"), charged("96416")]
    assert denial_findings(bill(pumped, [derived("96413", 1, "x"), derived("96416", 1, "f")], billed)) == []
    carecost = bill([X], [derived("96413", 1, "x"), derived("96416", 1, "x")], billed, book="carecost-96417")
    assert denial_findings(carecost) == []


def test_while_an_error_holds_the_visit_no_letter_says_what_the_claim_has() -> None:
    lines = [derived("96413", 1, "x"), derived("96549", 1, "b")]
    billed = [charged("96413"), charged("96417"), charged("96416")]
    miscoded, pump = denial_findings(bill([X, BESIDE], lines, billed, held=True))
    record = "The record documents b from 09:10 to 09:50 on 2026-05-04."
    beside = "x and b ran at the same time from 09:10 to 09:50."
    assert miscoded.appeal == f"{record} {beside}"
    assert pump.appeal == f"{record} The record documents no start of a pump. {beside}"


def test_where_the_chart_has_a_pump_nothing_is_said_to_run_beside_another() -> None:
    """Under a rulebook that has 96416 for both, 96417 ×2 is billed for a drug after another and a pump."""
    pumped = [X, AFTER, gave("f", "12:00", technique="pump")]
    lines = [derived("96413", 1, "x"), derived("96417", 1, "a"), derived("96416", 1, "f")]
    [finding] = denial_findings(bill(pumped, lines, [charged("96413"), charged("96417", 2)], book="carecost-96417"))
    assert finding.message == (
        "96417 is billed and 96416 is derived; 96416 may be a drug beside another or the start of a pump."
    )
    assert finding.fix == "Bill 96416 ×1, 96417 ×1."
