"""What an audit may ask of a billed 96417: one drug code, many units, modifier 59. Each finding whole."""

import pytest
from coding.bills import bill, charged, denial, derived, gave

from fhir_adapter.coding.denials import denial_findings

X, Y = gave("x", "09:00-10:00"), gave("y", "10:05-11:05")
SEQUENCE = [derived("96413", 1, "x"), derived("96417", 1, "y")]
CHARGED = [charged("96413"), charged("96417")]


def test_one_drug_code_where_the_chart_has_others() -> None:
    lines = [*SEQUENCE, derived("J9035", 5, "y"), derived("J9000", 1, "x"), derived("J9001", 2, "y")]
    assert denial_findings(bill([X, Y], lines, [*CHARGED, charged("J9000")])) == [
        denial(
            "one-drug-code",
            "96417 says that a second drug was infused, and J9000 is the only drug billed.",
            "Bill the other drugs too: the chart has J9001, J9035.",
            given=("y",),
        )
    ]


def test_one_drug_code_where_the_chart_has_no_other() -> None:
    lines = [*SEQUENCE, derived("J9000", 1, "x")]
    assert denial_findings(bill([X, Y], lines, [*CHARGED, charged("J9000")])) == [
        denial(
            "one-drug-code",
            "96417 says that a second drug was infused, and J9000 is the only drug billed.",
            "The chart supports 96417 but no further drug code: have the dose and the code of the second drug checked.",
            given=("y",),
        )
    ]


def test_one_drug_code_where_the_chart_supports_no_96417() -> None:
    lines = [derived("96413", 1, "x"), derived("J9001", 1, "x")]
    assert denial_findings(bill([X], lines, [*CHARGED, charged("J9000")])) == [
        denial(
            "one-drug-code",
            "96417 says that a second drug was infused, and J9000 is the only drug billed.",
            "The chart supports no 96417: take it off, and bill what the chart supports in its place.",
        )
    ]


@pytest.mark.parametrize(
    "billed",
    [
        CHARGED,
        [*CHARGED, charged("J9000"), charged("J9001")],
        [charged("96413"), charged("J9000")],
    ],
)
def test_no_drug_code_two_drug_codes_and_a_bill_without_96417_are_none(billed) -> None:
    assert denial_findings(bill([X, Y], SEQUENCE, billed)) == []


def test_one_drug_code_on_two_lines_is_one() -> None:
    billed = [*CHARGED, charged("J9000"), charged("J9000", 1, "JZ")]
    assert [finding.id for finding in denial_findings(bill([X, Y], SEQUENCE, billed))] == ["one-drug-code"]


def scrutinized(supported, units, payer):
    lines = [derived("96413", 1, "x"), derived("96417", supported, "y")]
    found = denial_findings(bill([X, Y], lines, [charged("96413"), charged("96417", units)], payer=payer))
    return [finding for finding in found if finding.id == "audit-scrutiny"]


@pytest.mark.parametrize("supported", [4, 5])
def test_many_units_that_the_chart_supports(supported) -> None:
    assert scrutinized(supported, 4, "aetna") == [
        denial(
            "audit-scrutiny",
            "96417 is billed ×4; some commercial audits look at more than 3.",
            "Have the start and stop times of each drug at hand.",
            given=("y",),
            severity="info",
        )
    ]


def test_many_units_of_which_the_chart_supports_fewer() -> None:
    assert scrutinized(3, 4, "aetna") == [
        denial(
            "audit-scrutiny",
            "96417 is billed ×4; some commercial audits look at more than 3.",
            "Bill 96417 ×3: an audit finds no times for more.",
            given=("y",),
            severity="info",
        )
    ]


@pytest.mark.parametrize(("payer", "units"), [("aetna", 3), (None, 4), ("medicare", 4), ("medicaid", 4)])
def test_three_units_and_payers_that_are_not_commercial_are_none(payer, units) -> None:
    assert scrutinized(units, units, payer) == []


def test_59_beside_its_primary() -> None:
    assert denial_findings(bill([X, Y], SEQUENCE, [charged("96413"), charged("96417", 1, "59")])) == [
        denial(
            "needless-59",
            "96417 is billed with 59 beside its primary.",
            "Leave 59 off: the add-on follows its primary in one encounter and needs none.",
            given=("y",),
            severity="info",
        )
    ]


WITH_59 = derived("96417", 1, "y", modifiers=("59",))


@pytest.mark.parametrize(
    ("lines", "billed"),
    [
        (SEQUENCE, [charged("96413"), charged("96417")]),
        (SEQUENCE, [charged("96413"), charged("96417", 1, "XU")]),
        (SEQUENCE, [charged("96413", 1, "59"), charged("96417")]),
        (SEQUENCE, [charged("96409"), charged("96417", 1, "59")]),  # no primary of it: another finding
        ([derived("96413", 1, "x")], [charged("96413"), charged("96417", 1, "59")]),  # the chart supports none
        ([derived("96413", 1, "x"), WITH_59], [charged("96413"), charged("96417", 1, "59")]),
        ([*SEQUENCE, WITH_59], [charged("96413"), charged("96417", 1, "59")]),
    ],
)
def test_59_that_is_not_there_is_right_or_is_another_finding(lines, billed) -> None:
    found = denial_findings(bill([X, Y], lines, billed))
    assert [finding for finding in found if finding.id == "needless-59"] == []


def test_59_of_another_derived_code_says_nothing_of_96417() -> None:
    lines = [derived("96413", 1, "x", modifiers=("59",)), derived("96417", 1, "y")]
    found = denial_findings(bill([X, Y], lines, [charged("96413"), charged("96417", 1, "59")]))
    assert [finding.id for finding in found] == ["needless-59"]
