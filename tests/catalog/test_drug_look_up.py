"""D28, D30, D38: what the shipped catalog says of a drug on a date."""

import json
from datetime import date

import pytest

from fhir_adapter.catalog import load_catalog
from fhir_adapter.coding.contract import read_visits
from fhir_adapter.coding.drugs import Release
from fhir_adapter.derive import derive
from fhir_adapter.rulebooks import load_rulebook

CATALOG = load_catalog()
MAY = date(2026, 5, 4)


def facts(name=None, *, ndc=None, rxcui=None, on=MAY, technique=None):
    return CATALOG.look_up(ndc=ndc, rxcui=rxcui, name=name, on=on, technique=technique)


def code(*args, **keys):
    return facts(*args, **keys).code


@pytest.mark.parametrize(
    ("ndc", "hcpcs", "unit"),
    [
        ("50242006101", "J9035", "10 mg"),  # Avastin
        ("50242-061-01", "J9035", "10 mg"),
        ("51144005001", "J9042", "1 mg"),  # Adcetris
        ("50242005306", "J9312", "10 mg"),  # Rituxan
    ],
)
def test_an_ndc_decides(ndc, hcpcs, unit):
    found = facts(ndc=ndc)
    assert (found.code, f"{found.unit.value} {found.unit.unit}", found.problem) == (hcpcs, unit, None)
    assert found.drug_class == "chemotherapy"
    assert found.releases == (Release("NDC-HCPCS crosswalk", "2025Q4", 124),)


def test_an_ndc_of_two_codes_is_ambiguous_and_still_has_a_class():
    found = facts(ndc="00069130510")
    assert (found.code, found.problem, found.candidates) == (None, "drug-code-ambiguous", ("Q5105", "Q5106"))
    assert found.drug_class == "therapeutic"


@pytest.mark.parametrize("ndc", ["5114400301", "511440050", "0-0-0", "99999999999", "Avastin"])
def test_a_malformed_or_unknown_ndc_has_no_code_even_beside_a_name_that_has_one(ndc):
    found = facts("bevacizumab", ndc=ndc)
    assert (found.code, found.problem) == (None, "drug-code-unknown")
    assert found.drug_class == "chemotherapy"


def test_ten_digits_without_hyphens_are_taken_for_none_of_their_three_readings_and_all_are_named():
    found = facts("bevacizumab", ndc="5024206101")
    assert (found.code, found.problem) == (None, "drug-code-unknown")
    assert found.ndc_readings == ("05024206101", "50242006101 (J9035)", "50242061001")
    given = {"id": "a", "technique": "push", "start": "2026-05-04T09:00:00-05:00", "ndc": "5024206101"}
    (visit,), _ = read_visits(json.dumps({"id": "v", "setting": "facility", "administrations": [given]}).encode())
    (told,) = [one for one in derive(visit, load_rulebook("cpt-2026"), CATALOG).findings if one.id == found.problem]
    assert "may be 05024206101, 50242006101 (J9035), 50242061001" in told.message


def test_the_code_of_an_ndc_follows_the_quarter():
    docetaxel = [n for n, codes in CATALOG.book.crosswalk[0].codes.items() if codes == ("J9232",)]
    assert len(docetaxel) >= 30
    assert {code(ndc=n, on=date(2026, 6, 30)) for n in docetaxel} == {"J9171"}
    assert {code(ndc=n, on=date(2026, 7, 1)) for n in docetaxel} == {"J9232"}


def test_an_ndc_that_the_newer_release_covers_and_does_not_list_is_unknown():
    newer, older = CATALOG.book.crosswalk
    dropped = [n for n, codes in older.codes.items() if n not in newer.codes and newer.covers_code(codes[0])]
    assert dropped
    found = facts(ndc=dropped[0], on=date(2026, 7, 1))
    assert (found.problem, found.releases[0].name) == ("drug-code-unknown", "2026Q3")
    assert code(ndc=dropped[0], on=date(2026, 6, 30)) == older.codes[dropped[0]][0]


def test_an_ndc_outside_the_covered_ranges_is_read_in_the_older_release():
    found = facts(ndc="00003218713", on=date(2026, 8, 1))
    assert (found.code, found.releases) == ("J0129", (Release("NDC-HCPCS crosswalk", "2025Q4", 213),))


@pytest.mark.parametrize(
    ("name", "on", "hcpcs", "set_aside"),
    [
        ("rituximab", MAY, "J9312", ("Q5115", "Q5119", "Q5123")),
        ("  Rituximab ", MAY, "J9312", ("Q5115", "Q5119", "Q5123")),
        ("rituximab 10 mg/mL injection", MAY, "J9312", ("Q5115", "Q5119", "Q5123")),
        ("cyclophosphamide", date(2024, 3, 31), "J9070", ("J9071", "J9072")),
        ("cyclophosphamide", date(2024, 4, 1), "J9075", ("J9071", "J9072", "J9073", "J9074")),
        ("doxorubicin", MAY, "J9000", ("Q2049", "Q2050")),
        ("irinotecan", MAY, "J9206", ("J9205",)),
        ("paclitaxel", MAY, "J9267", ("J9264",)),
        ("onabotulinumtoxinA", MAY, "J0585", ()),
        ("leucovorin", MAY, "J0640", ()),
        ("fluorouracil", MAY, "J9190", ()),
        ("ondansetron", MAY, "J2405", ()),
    ],
)
def test_one_code_left_by_a_name_is_used_and_what_it_left_out_is_told(name, on, hcpcs, set_aside):
    found = facts(name, on=on, technique="infusion")
    assert (found.code, found.problem, found.set_aside) == (hcpcs, None, set_aside)


def test_several_left_by_a_name_are_ambiguous():
    found = facts("bendamustine")
    assert (found.code, found.problem) == (None, "drug-code-ambiguous")
    assert {"J9033", "J9034"} <= set(found.candidates)


def test_what_only_an_ndc_can_choose_is_unknown_and_named():
    found = facts(rxcui="1719767")  # irinotecan hydrochloride liposome
    assert (found.code, found.problem, found.candidates) == (None, "drug-code-unknown", ("J9205",))


def test_the_charted_route_chooses_between_codes():
    assert facts("infliximab", technique="infusion").set_aside == ("Q5103", "Q5104", "Q5121")
    assert facts("infliximab").set_aside == ("J1748", "Q5103", "Q5104", "Q5121")  # J1748 is subcutaneous
    assert code("ustekinumab", technique="infusion") == "J3358"
    assert code("octreotide", technique="push") == "J2354"  # J2353, the depot, is intramuscular
    assert facts("octreotide").problem == "drug-code-ambiguous"
    assert code("ondansetron", technique="sc") == "J2405"


@pytest.mark.parametrize(
    "name", ["chemo A", "drug B", "premed", "injection", "sodium", "baxter", "water", "10 mg", " "]
)
def test_what_is_no_drugs_name_finds_nothing(name):
    found = facts(name)
    assert (found.drug_class, found.code, found.problem) == (None, None, "drug-code-unknown")


def test_a_product_with_one_code_decides_whatever_its_marks():
    products = CATALOG.book.products
    liposomal = next(rxcui for rxcui, product in products.items() if product.codes == ("J9205",))
    found = facts(rxcui=liposomal)
    assert (found.code, found.set_aside, found.releases[0].name) == ("J9205", (), "2025Q4")


def test_a_product_of_several_codes_is_chosen_like_a_name():
    shared = next(r for r, p in CATALOG.book.products.items() if set(p.codes) == {"Q5105", "Q5106"})
    assert facts(rxcui=shared).problem == "drug-code-unknown"


@pytest.mark.parametrize(
    ("keys", "drug_class"),
    [
        ({"rxcui": "224905"}, "chemotherapy"),
        ({"name": "leuprolide"}, "hormonal-antineoplastic"),
        ({"name": "infliximab"}, "chemotherapy"),
        ({"name": "denosumab"}, "therapeutic"),
        ({"name": "onabotulinumtoxinA"}, "not-reported"),
        ({"name": "normal saline"}, "hydration"),
        ({"name": "alemtuzumab"}, "chemotherapy"),  # a biologic row and a chemotherapy row agree
        ({"name": "sodium chloride"}, None),  # hydration, and hypertonic saline
        ({"name": "cyclophosphamide"}, "chemotherapy"),  # the oral row gives way
    ],
)
def test_classes(keys, drug_class):
    assert facts(**keys).drug_class == drug_class


def test_every_ingredient_that_disagrees_is_known():
    names = {row.ingredient for row in CATALOG.book.codes.values() if row.ingredient}
    assert {name for name in names if facts(name).drug_class is None} == {"sodium chloride"}


def test_an_ingredient_of_several_formulations_does_not_make_two_names_one_drug():
    shared = {rxcui: facts(rxcui=rxcui).shared_ingredient for rxcui in ("224905", "3639", "56946", "121191", "3002")}
    assert shared == {"224905": True, "3639": True, "56946": True, "121191": False, "3002": False}


@pytest.mark.parametrize(
    ("hcpcs", "first", "dated_by", "last"),
    [
        ("J9070", "1984-01-01", "", "2024-03-31"),
        ("J1300", "2008-01-01", "", "2025-03-31"),
        ("J1299", "2025-04-01", "after J1300", "None"),
        ("J9076", "2024-10-01", "after 2024Q3", "None"),
        ("J1440", "2023-07-01", "", "None"),
    ],
)
def test_days_in_force(hcpcs, first, dated_by, last):
    row = CATALOG.book.codes[hcpcs]
    assert (str(row.first), row.dated_by, str(row.last)) == (first, dated_by, last)


@pytest.mark.parametrize("on", [date(2024, 1, 1), date(2025, 4, 1), MAY, date(2026, 8, 1), date(2027, 1, 1)])
def test_every_ndc_has_one_code_in_force_or_a_named_problem(on):
    listed = {ndc for release in CATALOG.book.crosswalk for ndc in release.codes}
    assert len(CATALOG.book.crosswalk[-1].codes) == 6763
    for ndc in listed:
        found = facts(ndc=ndc, on=on)
        if found.code is None:
            assert found.problem in ("drug-code-unknown", "drug-code-ambiguous")
        else:
            assert found.problem is None
            assert CATALOG.book.codes[found.code].in_force(on)
    ambiguous = [ndc for ndc in listed if facts(ndc=ndc, on=on).problem == "drug-code-ambiguous"]
    assert len(ambiguous) <= 133


def test_every_product_and_ingredient_answers():
    for rxcui in (*CATALOG.book.products, *CATALOG.book.ingredients):
        found = facts(rxcui=rxcui)
        assert (found.code is None) == (found.problem is not None)
    assert len(CATALOG.book.products) == 1803
