"""D31: exact units by code and date, NDC lines by largest fractions, shares by encounter. Arithmetic in each case."""

from decimal import Decimal
from itertools import product

import pytest
from drugs_by_hand import RULEBOOK, Drugs, gave, quantity, reading_of, shown, visit_of

from fhir_adapter.coding.amounts import converted
from fhir_adapter.coding.drug_units import divided, drug_lines
from fhir_adapter.coding.drugs import DrugFacts
from fhir_adapter.coding.model import Share

TENTH = Drugs(tenth=("J0001", "0.1 mg"), ten=("J0010", "10 mg"), bag=("J7030", "1000 mL"))


def lines_of(*administrations, drugs=TENTH, payer=None):
    return drug_lines(visit_of(*administrations, payer=payer), drugs, reading_of(), RULEBOOK.tables)


def test_a_decimal_dose_is_never_a_binary_float():
    # 0.3 mg / 0.1 mg = 3 exactly; as binary floats it would be 2.9999999999999996
    assert shown(lines_of(gave("a", "tenth", "0.3 mg")).lines) == [("J0001", 3, "", None)]


@pytest.mark.parametrize(
    ("dose", "units"),
    [
        ("10 mg", 1),  # 10 / 10 = 1
        ("10.01 mg", 2),  # 1.001 rounded up
        ("9.99 mg", 1),  # 0.999 rounded up
        ("144 mg", 15),  # 14.4 rounded up: the MAC's own example
        ("675 mg", 68),  # 67.5
        ("0.675 g", 68),  # 675 mg
        ("675000 ug", 68),  # 675 mg
        ("675000 mcg", 68),  # the alias
        ("675000000 ng", 68),  # 675 mg
        ("1E+2 mg", 10),  # 100 mg, however it is written
    ],
)
def test_units_are_rounded_up_once(dose, units):
    assert shown(lines_of(gave("a", "ten", dose)).lines) == [("J0010", units, "", None)]


def test_amounts_of_a_code_and_date_are_summed_before_rounding():
    # 12 + 13 = 25 mg = 2.5 units = 3; rounded apart it would be 2 + 2 = 4
    lines = lines_of(gave("a", "ten", "12 mg"), gave("b", "ten", "13 mg", hour=11, technique="pump")).lines
    assert shown(lines) == [("J0010", 3, "", None)]
    assert lines[0].administrations == ("a", "b")
    assert "25 mg of ten at 10 mg a unit is 2.5 billing units, rounded up once to 3." in lines[0].because


def test_another_date_is_another_line():
    # 12 mg = 1.2 = 2 on each day
    lines = lines_of(gave("a", "ten", "12 mg"), gave("b", "ten", "12 mg", day=5)).lines
    assert [(line.date.day, line.units) for line in lines] == [(4, 2), (5, 2)]


def test_two_ndcs_share_the_units_by_largest_fraction():
    # 29 + 2 = 31 mg = 3.1 units = 4. Whole: 2 and 0. Missing 2: one to 0.9, one to 0.2. So 3 and 1.
    lines = lines_of(gave("a", "ten", "29 mg", ndc="A"), gave("b", "ten", "2 mg", ndc="B")).lines
    assert shown(lines) == [("J0010", 3, "", "A"), ("J0010", 1, "", "B")]


def test_an_ndc_without_a_unit_has_no_line():
    # 18 + 1 = 19 mg = 1.9 = 2 units. Whole: 1 and 0. Missing 1: to 0.8, not to 0.1.
    lines = lines_of(gave("a", "ten", "1 mg", ndc="A"), gave("b", "ten", "18 mg", ndc="B", hour=10)).lines
    assert shown(lines) == [("J0010", 2, "", "B")]
    assert lines[0].administrations == ("b",)


def test_equal_fractions_go_to_the_earlier_start_then_to_file_order():
    # 5 + 5 + 5 = 15 mg = 2 units: no whole ones, fractions equal; the two earliest starts get them
    late, early, same = (gave(i, "ten", "5 mg", ndc=i, hour=h) for i, h in (("late", 12), ("early", 8), ("same", 8)))
    assert shown(lines_of(late, early, same).lines) == [("J0010", 1, "", "early"), ("J0010", 1, "", "same")]


def test_an_ndc_and_none_are_two_lines_of_one_code():
    # 10 + 10 = 2 units, one each
    lines = lines_of(gave("a", "ten", "10 mg", ndc="A"), gave("b", "ten", "10 mg", hour=10)).lines
    assert shown(lines) == [("J0010", 1, "", "A"), ("J0010", 1, "", None)]


def test_shares_are_each_encounters_amount_rounded_up_as_far_as_the_units_reach():
    # 12 + 12 = 24 mg = 2.4 = 3 units; 1.2 rounded up is 2, one is left for the second
    lines = lines_of(
        gave("a", "ten", "12 mg", encounter="E1"), gave("b", "ten", "12 mg", encounter="E2", hour=14)
    ).lines
    assert lines[0].shares == (Share("E1", 2), Share("E2", 1))


def test_an_encounter_without_a_unit_has_no_share():
    # 19 + 1 = 20 mg = 2 units; 1.9 rounded up is 2, nothing is left
    lines = lines_of(gave("a", "ten", "19 mg", encounter="E1"), gave("b", "ten", "1 mg", encounter="E2", hour=14)).lines
    assert lines[0].shares == (Share("E1", 2),)
    assert lines[0].administrations == ("a", "b")


def test_shares_follow_the_first_administration_not_the_file():
    # E2 began first: 1.2 rounded up is 2; E1 gets the one left
    lines = lines_of(
        gave("a", "ten", "12 mg", encounter="E1", hour=14), gave("b", "ten", "12 mg", encounter="E2")
    ).lines
    assert lines[0].shares == (Share("E2", 2), Share("E1", 1))


def test_every_member_of_a_bag_keeps_its_own_units():
    # 8 mg / 0.1 = 80, 16 mg / 10 = 2
    lines = lines_of(gave("a", "tenth", "8 mg"), gave("b", "ten", "16 mg", same_bag_as="a")).lines
    assert shown(lines) == [("J0001", 80, "", None), ("J0010", 2, "", None)]


def test_litres_convert():
    assert shown(lines_of(gave("a", "bag", "1.5 L")).lines) == [("J7030", 2, "", None)]  # 1500 / 1000 = 1.5


@pytest.mark.parametrize("unit", ["mg/m2", "mg/kg", "mL", "[iU]", "MG", "mmol", "{vial}"])
def test_a_unit_that_does_not_convert_holds_the_visit_and_has_no_line(unit):
    found = lines_of(gave("a", "ten", f"100 {unit}"), gave("b", "tenth", "1 mg"))
    assert shown(found.lines) == [("J0001", 10, "", None)]
    assert [(f.id, f.severity, f.administrations) for f in found.findings] == [("dose-unit-mismatch", "error", ("a",))]


def test_a_discard_that_does_not_convert_is_a_mismatch_too():
    found = lines_of(gave("a", "ten", "100 mg", discarded="1 mL"))
    assert (found.lines, [f.id for f in found.findings]) == ((), ["dose-unit-mismatch"])


UNITS = ["g", "mg", "ug", "mcg", "ng", "L", "l", "mL", "ml", "[iU]", "[USP'U]", "U", "meq", "mmol", "{dose}"]


@pytest.mark.parametrize(("had", "wanted"), list(product(UNITS, UNITS)))
def test_only_mass_with_mass_and_volume_with_volume(had, wanted):
    kinds = [0 if u in UNITS[:5] else 1 if u in UNITS[5:9] else u for u in (had, wanted)]
    there = converted(quantity(f"3 {had}"), quantity(f"1 {wanted}"))
    assert (there is not None) == (kinds[0] == kinds[1])
    if there is not None:
        back = converted(type(quantity("1 g"))(there, wanted), quantity(f"1 {had}"))
        assert back == Decimal(3)


def test_a_dose_of_many_digits_is_summed_exactly():
    # 30 digits and the smallest part above a whole unit still begin one more
    tiny = "0.0000000000000000000000000000000000001 mg"
    assert shown(lines_of(gave("a", "ten", "1000000000 mg"), gave("b", "ten", tiny)).lines)[0][1] == 100_000_001


@pytest.mark.parametrize("dose", [None, "0 mg", "0.00 mg"])
def test_without_a_dose_there_is_no_line(dose):
    found = lines_of(gave("a", "ten", dose))
    assert (found.lines, [(f.id, f.severity) for f in found.findings]) == ((), [("dose-missing", "info")])


@pytest.mark.parametrize("technique", ["oral", "flush", "pump-refill"])
def test_oral_flush_and_refill_have_no_drug_line_and_nothing_is_said(technique):
    found = lines_of(gave("a", "ten", "10 mg", technique=technique))
    assert (found.lines, found.findings) == ((), ())


def test_a_code_without_one_quantity_is_a_mismatch():
    class Combined(Drugs):
        def look_up(self, **_):
            return DrugFacts(code="J0138", unit=None)

    found = lines_of(gave("a", "acetaminophen / ibuprofen", "10 mg"), drugs=Combined())
    assert (found.lines, [f.id for f in found.findings]) == ((), ["dose-unit-mismatch"])


@pytest.mark.parametrize(
    ("amounts", "whole", "billed", "units"),
    [
        ((Decimal(29), Decimal(2)), 4, 4, [3, 1]),  # 2.9 + 0.2: whole 2 + 0, missing to 0.9 and 0.2
        ((Decimal(31), Decimal(9)), 4, 4, [3, 1]),  # 3.1 + 0.9: whole 3 + 0, the fourth to 0.9
        ((Decimal(16), Decimal(15)), 3, 3, [2, 1]),  # 1.6 + 1.5: whole 1 + 1, the third to 0.6
        ((Decimal(16), Decimal(15)), 3, 2, [2, 0]),  # capped at 2: one comes off the smallest fraction, 0.5
        ((Decimal(15), Decimal(15)), 3, 2, [2, 0]),  # equal fractions: the earlier gains, the last loses
        ((Decimal(10), Decimal(5)), 1, 0, [0, 0]),  # the one whole unit is over the cap
    ],
)
def test_whole_units_are_divided_by_largest_fraction(amounts, whole, billed, units):
    assert divided(amounts, quantity("10 mg"), whole, billed) == units
