"""Add-ons alone, hours billed as drugs, premedication billed as chemotherapy: each finding whole."""

from datetime import date

import pytest
from coding.bills import bill, charged, denial, derived, gave

from fhir_adapter.coding.denials import denial_findings

MARCH, APRIL = date(2026, 3, 31), date(2026, 4, 1)
X, Y = gave("x", "09:00-10:00"), gave("y", "10:05-11:05")
SEQUENCE = [derived("96413", 1, "x"), derived("96417", 1, "y")]
LONG = gave("p", "09:00-14:00")
FIVE_HOURS = [derived("96413", 1, "p"), derived("96415", 4, "p")]


def test_an_add_on_whose_primary_the_chart_supports() -> None:
    assert denial_findings(bill([X, Y], SEQUENCE, [charged("96417")])) == [
        denial(
            "add-on-without-primary",
            "96417 is billed without a primary that it may follow (96413).",
            "Bill 96413 ×1, 96417 ×1.",
            given=("x",),
            carc="107",
            appeal="The record documents x from 09:00 to 10:00 on 2026-05-04. 96417 follows 96413. "
            "The corrected claim has 96413 ×1, 96417 ×1.",
        )
    ]


def test_an_add_on_that_the_chart_does_not_support_follows_nothing_in_the_letter() -> None:
    (found,) = denial_findings(bill([X], [derived("96413", 1, "x")], [charged("96415")]))
    assert found == denial(
        "add-on-without-primary",
        "96415 is billed without a primary that it may follow (96413).",
        "Bill 96413 ×1, and no 96415.",
        given=("x",),
        carc="107",
        appeal="The record documents x from 09:00 to 10:00 on 2026-05-04. "
        "The corrected claim has 96413 ×1, and no 96415.",
    )


def test_an_add_on_of_which_the_chart_supports_no_primary_has_no_letter() -> None:
    assert denial_findings(bill([X], [], [charged("96411")])) == [
        denial(
            "add-on-without-primary",
            "96411 is billed without a primary that it may follow (96409 or 96413).",
            "The chart supports none of its primaries: take 96411 off, or have the chart checked.",
            carc="107",
        )
    ]


def test_an_add_on_that_has_no_primary_in_an_office() -> None:
    alone, over = denial_findings(bill([X], [derived("96374", 1, "x")], [charged("96376"), charged("96374")]))
    assert alone == denial(
        "add-on-without-primary",
        "96376 is billed without a primary that it may follow (this setting has none).",
        "The chart supports none of its primaries: take 96376 off, or have the chart checked.",
        carc="107",
    )
    assert over.fix == "Take 96376 off."


def test_two_primaries_are_told_in_order() -> None:
    lines = [derived("96413", 1, "x"), derived("96409", 1, "y"), derived("96411", 1, "y")]
    (found,) = denial_findings(bill([X, Y], lines, [charged("96411")]))
    assert found.message == "96411 is billed without a primary that it may follow (96409 or 96413)."
    assert found.fix == "Bill 96409 ×1, 96413 ×1, 96411 ×1."
    assert found.administrations == ("x", "y")
    assert "96411 follows 96409 or 96413." in found.appeal


def test_each_add_on_has_its_own_finding_and_a_code_that_follows_nothing_has_none() -> None:
    billed = [charged("96360"), charged("96411"), charged("96417"), charged("96411")]
    found = [finding.message.split()[0] for finding in denial_findings(bill([], [], billed))]
    assert found == ["96411", "96417"]


@pytest.mark.parametrize("dates", [(APRIL, MARCH), (MARCH, APRIL)])
def test_the_primaries_are_those_of_the_first_date_that_was_billed(dates: tuple[date, date]) -> None:
    """In March 96367 may follow 96360 in a facility, from April it may not."""
    twice = [charged("96367", on=on) for on in dates]
    assert denial_findings(bill([], [], [*twice, charged("96360")], setting="facility")) == []
    only = denial_findings(bill([], [], [charged("96367", on=APRIL), charged("96360")], setting="facility"))
    assert [finding.id for finding in only] == ["add-on-without-primary"]


@pytest.mark.parametrize(("new_drug", "hour", "first"), [("96417", "96415", "96413"), ("96367", "96366", "96365")])
def test_hours_of_one_drug_billed_as_drugs(new_drug: str, hour: str, first: str) -> None:
    lines = [derived(first, 1, "p"), derived(hour, 4, "p")]
    assert denial_findings(bill([LONG], lines, [charged(first), charged(new_drug, 3), charged(hour)])) == [
        denial(
            "additional-time-as-new-drug",
            f"{new_drug} is billed ×3 and {hour} ×1: further hours of one drug look like further drugs.",
            f"Bill {hour} ×4, and no {new_drug}.",
            given=("p",),
            carc="16",
            appeal="The record documents p from 09:00 to 14:00 on 2026-05-04. One drug, p, ran 300 minutes. "
            f"{new_drug} is for a further drug and {hour} for a further hour of one drug. "
            f"The corrected claim has {hour} ×4, and no {new_drug}.",
        )
    ]


@pytest.mark.parametrize(
    "billed",
    [
        [charged("96413"), charged("96417"), charged("96415", 4)],
        [charged("96413"), charged("96415", 3)],
        [charged("96413"), charged("96415", 4)],
        [charged("96413"), charged("96417"), charged("96415", 5)],
    ],
)
def test_more_drugs_or_fewer_hours_alone_are_no_hours_as_drugs(billed: list) -> None:
    assert denial_findings(bill([LONG], FIVE_HOURS, billed)) == []


D = gave("d", "08:50-08:53", technique="push", drug_class="therapeutic")


def test_premedication_billed_as_chemotherapy() -> None:
    lines = [derived("96413", 1, "x"), derived("96375", 1, "d")]
    assert denial_findings(bill([D, X], lines, [charged("96413"), charged("96411")])) == [
        denial(
            "premedication-as-chemotherapy",
            "Drugs that are no chemotherapy are billed with chemotherapy codes.",
            "Bill 96375 ×1, and no 96411.",
            given=("d",),
            carc="11, 96",
            appeal="The record documents d from 08:50 to 08:53 on 2026-05-04. "
            "d is neither chemotherapy nor a highly complex biologic. The corrected claim has 96375 ×1, and no 96411.",
        )
    ]


FAMILY = ("96409", "96411", "96413", "96415", "96417")
OTHERS = ("96365", "96366", "96367", "96368", "96374", "96375", "96376")


@pytest.mark.parametrize(("wrong", "right"), [(code, "96375") for code in FAMILY] + [("96413", one) for one in OTHERS])
def test_every_code_of_both_families_counts(wrong: str, right: str) -> None:
    found = denial_findings(bill([D], [derived(right, 1, "d")], [charged(wrong)]))
    (one,) = [finding for finding in found if finding.id == "premedication-as-chemotherapy"]
    assert one.fix == f"Bill {right} ×1, and no {wrong}."


@pytest.mark.parametrize(
    "billed",
    [
        [charged("96413"), charged("96411"), charged("96375")],  # more chemotherapy, as many others
        [charged("96413")],  # fewer others, as much chemotherapy
        [charged("96411"), charged("96409")],  # the codes of the family are taken together
    ],
)
def test_one_side_alone_is_no_premedication(billed: list) -> None:
    lines = [derived("96413", 1, "x"), derived("96411", 1, "x"), derived("96375", 1, "d")]
    found = [finding.id for finding in denial_findings(bill([D, X], lines, billed))]
    assert "premedication-as-chemotherapy" not in found


def test_while_an_error_holds_the_visit_every_fix_says_so_and_no_letter_says_what_the_claim_has() -> None:
    (found,) = denial_findings(bill([X, Y], SEQUENCE, [charged("96417")], held=True))
    assert found == denial(
        "add-on-without-primary",
        "96417 is billed without a primary that it may follow (96413).",
        "First mend what holds the visit. By what the chart holds now: Bill 96413 ×1, 96417 ×1.",
        given=("x",),
        carc="107",
        appeal="The record documents x from 09:00 to 10:00 on 2026-05-04. 96417 follows 96413.",
    )


def test_every_pattern_is_looked_for_in_one_order() -> None:
    lines = [derived("96413", 1, "x"), derived("96415", 2, "x"), derived("96417", 1, "y"), derived("96375", 2, "d")]
    lines.append(derived("96549", 1, "y"))
    billed = [charged("96411"), charged("96417", 4, "59"), charged("96413"), charged("96416"), charged("J9000")]
    billed.append(charged("96376"))
    found = [finding.id for finding in denial_findings(bill([D, X, Y], lines, billed, payer="aetna"))]
    assert found == [
        "add-on-without-primary",
        "additional-time-as-new-drug",
        "concurrency-miscoded",
        "concurrency-miscoded",
        "mue-exceeded",  # of 96417
        "mue-exceeded",  # of 96376, which no office may report
        "premedication-as-chemotherapy",
        "one-drug-code",
        "audit-scrutiny",
        "needless-59",
    ]
