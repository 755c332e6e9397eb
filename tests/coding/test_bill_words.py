"""A bill beside the lines: more, fewer, what is right, whom it rests on, and the comparison."""

from datetime import date

import pytest
from coding.bills import bill, charged, derived, gave

from fhir_adapter.coding.bill import compared
from fhir_adapter.coding.model import Comparison

FIFTH = date(2026, 5, 5)
X, Y, Z = gave("x", "09:00-10:00"), gave("y", "10:05-11:05"), gave("z", "09:00-10:00", day=5)
LINES = [derived("96413", 1, "x"), derived("96417", 1, "y"), derived("96417", 2, "z", on=FIFTH, modifiers=("59",))]
TOLD = bill([Z, Y, X], LINES, [charged("96417", 3), charged("96413"), charged("96413", 1, "59")])


def test_units_are_summed_over_modifiers_and_dates() -> None:
    assert TOLD.derived == {"96413": 1, "96417": 3}
    assert TOLD.billed == {"96417": 3, "96413": 2}
    assert bill([X], LINES, None).billed == {}


def test_above_and_below_take_the_codes_together() -> None:
    assert [TOLD.above("96413"), TOLD.above("96417"), TOLD.above("96413", "96417")] == [True, False, True]
    assert [TOLD.below("96413"), TOLD.below("96417"), TOLD.below("96413", "96417")] == [False, False, False]
    fewer = bill([X], LINES, [charged("96413", 2), charged("96417", 1)])
    assert [fewer.below("96413"), fewer.below("96417"), fewer.below("96413", "96417")] == [False, True, True]
    assert fewer.above("96413", "96417") is False


def test_what_is_right_names_each_code_once() -> None:
    assert TOLD.right("96417", "96413", "96417") == "96417 ×3, 96413 ×1"
    assert TOLD.right("96415", "96413", "96366") == "96413 ×1, and no 96415 or 96366"
    assert TOLD.right("96415") == "no 96415"
    assert TOLD.corrected("96413", "96415") == "The corrected claim has 96413 ×1, and no 96415."
    assert bill([X], LINES, [], held=True).corrected("96413") is None


def test_whom_lines_rest_on_is_told_in_the_order_of_the_visit() -> None:
    assert TOLD.behind("96413", "96417") == (Z, Y, X)
    assert TOLD.behind("96417") == (Z, Y)
    assert TOLD.behind("96417", on=FIFTH) == (Z,)
    assert TOLD.behind("96417", on=date(2026, 5, 4)) == (Y,)
    assert TOLD.behind("96415") == ()
    assert TOLD.behind() == ()


def test_primaries_are_asked_of_the_rulebook_and_of_the_payer() -> None:
    on = date(2026, 5, 4)
    assert TOLD.parents("96417", on) == {"96413"}
    assert TOLD.parents("96413", on) is None
    assert bill([X], [], [], book="carecost-96417").parents("96417", on) == {"96409", "96413"}


@pytest.mark.parametrize(
    ("units", "billed", "kind"),
    [(2, 2, "match"), (2, 0, "missing"), (0, 2, "unsupported"), (1, 2, "over"), (2, 1, "under")],
)
def test_kinds_of_a_comparison(units, billed, kind) -> None:
    lines = [derived("96413", units, "x")] if units else []
    charges = [charged("96413", billed)] if billed else []
    assert compared(lines, charges) == (
        Comparison(code="96413", modifiers=(), date=date(2026, 5, 4), derived=units, billed=billed, kind=kind),
    )


def test_a_comparison_is_by_date_then_services_before_drugs_then_code_and_modifiers_in_any_order() -> None:
    lines = [derived("J9000", 1, "x"), derived("96413", 1, "x"), derived("96360", 1, "z", on=FIFTH)]
    lines += [derived("G0498", 1, "x"), derived("96417", 1, "y", modifiers=("JZ", "59"))]
    charges = [charged("96417", 1, "59", "JZ"), charged("96417", 1), charged("96417", 1)]
    rows = compared(lines, charges)
    assert [(row.date.day, row.code, row.modifiers, row.derived, row.billed) for row in rows] == [
        (4, "96413", (), 1, 0),
        (4, "96417", (), 0, 2),
        (4, "96417", ("59", "JZ"), 1, 1),
        (4, "G0498", (), 1, 0),
        (4, "J9000", (), 1, 0),
        (5, "96360", (), 1, 0),
    ]
