"""Drug, dose, waste, bag and order: what the chart gives, exactly."""

from decimal import Decimal

import pytest
from chart_builder import ABSENT, administration, at, dosage, event, events, found, mg, period, visit

from fhir_adapter.coding.model import Quantity
from fhir_adapter.vocabulary import HCPCS, NDC, RXNORM, UCUM

WASTE = "https://site.example.org/waste"


def coded(*codings, text=None):
    concept = {"coding": [{"system": system, "code": code} for system, code in codings]}
    return {**concept, "text": text} if text else concept


def of(concept):
    return administration(medicationCodeableConcept=concept)


def pointing(reference, *contained, **changes):
    named = {"reference": reference} if reference else {}
    return administration(
        medicationCodeableConcept=ABSENT,
        medicationReference={**named, **changes.pop("shown", {})},
        contained=list(contained) or ABSENT,
        **changes,
    )


def ml(value):
    return {"value": value, "unit": "ml", "system": UCUM, "code": "mL"}


def strength(top, bottom, unit="mg"):
    return {"numerator": {"value": top, "system": UCUM, "code": unit}, "denominator": ml(bottom)}


def test_codes_of_every_spelling_and_the_text():
    concept = coded(
        ("urn:oid:2.16.840.1.113883.6.69", "50242-0053-06"),
        ("https://www.nlm.nih.gov/research/umls/rxnorm/", "121191"),
        text="Rituxan",
    )
    read = event(of(concept))
    assert (read.drug, read.rxcui, read.ndc) == ("Rituxan", "121191", "50242-0053-06")


@pytest.mark.parametrize(
    ("concept", "read"),
    [
        (coded((NDC, "50242005306")), ("50242005306", None, "50242005306")),
        (coded((RXNORM, "121191")), ("121191", "121191", None)),
        ({"text": "rituximab"}, ("rituximab", None, None)),
        ({"coding": [{"system": "urn:local", "code": "4711", "display": "rituximab"}]}, ("rituximab", None, None)),
    ],
)
def test_one_code_or_a_name_is_enough(concept, read):
    one = event(of(concept))
    assert (one.drug, one.rxcui, one.ndc) == read


@pytest.mark.parametrize("concept", [{}, {"text": " "}, ABSENT])
def test_neither_code_nor_name(concept):
    assert found(of(concept)) == [("drug-class-unknown", "error", ("a1",))]


def test_two_products_on_one_administration_are_none():
    twice = of(coded((NDC, "50242-053-06"), (NDC, "0069-0238-01"), text="rituximab"))
    assert event(twice).ndc is None
    assert found(twice) == [("drug-code-ambiguous", "warning", ("a1",))]


def test_one_product_written_twice_is_one_product():
    twice = of(coded((NDC, "0703-3985-01"), (NDC, "00703398501"), text="oxaliplatin"))
    assert event(twice).ndc == "0703-3985-01"
    assert found(twice) == []


def test_an_ndc_and_a_name_that_disagree_are_both_kept_and_an_ndc_that_is_none_stays_as_written():
    read = event(of(coded((NDC, "0703398501"), (RXNORM, "121191"), (RXNORM, "763450"), text="something else")))
    assert (read.ndc, read.rxcui, read.drug) == ("0703398501", "121191", "something else")
    (traced,) = [row for row in visit_trace(of(coded((RXNORM, "121191"), (RXNORM, "763450")))) if row.field == "rxcui"]
    assert traced.ignored == ("RxNorm 763450: a further code",)


def visit_trace(resource):
    return visit(resource, traced=True).trace


def test_the_same_medication_contained_stored_or_only_shown():
    medication = {"resourceType": "Medication", "id": "m1", "code": coded((RXNORM, "32592"), text="oxaliplatin")}
    provenance = {"resourceType": "Provenance", "id": "m1", "code": 7}
    for read in (
        event(pointing("#m1", provenance, medication)),
        event(pointing("Medication/m1"), medication),
        event(pointing("Medication/m1/_history/3"), medication),
    ):
        assert (read.drug, read.rxcui) == ("oxaliplatin", "32592")
    shown = event(pointing("Medication/elsewhere", shown={"display": "oxaliplatin"}))
    assert (shown.drug, shown.rxcui) == ("oxaliplatin", None)
    assert found(pointing("Medication/elsewhere"))[0][0] == "drug-class-unknown"


def test_a_faulty_medication_is_told_where_it_is_used():
    bad = {"resourceType": "Medication", "id": "m1", "code": {"text": "oxaliplatin", "coding": 5}}
    assert event(pointing("#m1", bad)).drug == "oxaliplatin"
    assert found(pointing("#m1", bad)) == [("field-unreadable", "error", ("a1",))]
    assert found(pointing("Medication/m1"), bad) == [("field-unreadable", "error", ("a1",))]


BAG = {
    "resourceType": "Medication",
    "id": "bag",
    "code": {"text": "premedication bag"},
    "ingredient": [
        {"itemCodeableConcept": coded((RXNORM, "26225"), text="ondansetron"), "strength": strength(8, 50)},
        {"itemReference": {"reference": "#sub"}, "strength": strength(10, 50)},
        {"itemCodeableConcept": {"text": "sodium chloride"}, "isActive": False},
    ],
}
SUBSTANCE = {"resourceType": "Substance", "id": "sub", "code": {"text": "dexamethasone"}}


def test_several_ingredients_are_one_bag_with_doses_by_strength():
    read = events(pointing("#bag", BAG, SUBSTANCE, dosage=dosage(dose=ml(25))))
    assert [(each.id, each.drug, each.same_bag_as, each.dose) for each in read] == [
        ("a1", "ondansetron", None, Quantity(Decimal(4), "mg")),
        ("a1#2", "dexamethasone", "a1", Quantity(Decimal(5), "mg")),
    ]


def test_the_dose_of_a_whole_bag_is_nobodys_dose_without_a_strength():
    bag = {**BAG, "ingredient": [{"itemCodeableConcept": {"text": name}} for name in ("one", "two")]}
    assert [each.dose for each in events(pointing("#bag", bag))] == [None, None]


def test_a_product_with_a_code_of_its_own_is_one_drug():
    product = {**BAG, "code": coded((NDC, "50242-108-01"), text="rituximab and hyaluronidase")}
    read = event(pointing("#bag", product, SUBSTANCE))
    assert (read.ndc, read.dose) == ("50242-108-01", Quantity(Decimal(153), "mg"))


@pytest.mark.parametrize(
    ("volume", "of_strength", "amount"),
    [
        (ml(67.5), strength(10, 1), ("675", "mg")),
        ({"value": 0.25, "code": "L", "system": UCUM}, strength(500, 250), ("500", "mg")),
        (ml(0.3), strength(1, 10), ("0.03", "mg")),
        (ml(10), strength(1, 0), ("10", "mL")),
        ({"value": 2, "unit": "vial"}, strength(100, 1), ("2", "vial")),
    ],
)
def test_a_volume_becomes_an_amount_only_by_the_strength(volume, of_strength, amount):
    product = {
        "resourceType": "Medication",
        "id": "m1",
        "code": coded((RXNORM, "1")),
        "ingredient": [{"itemCodeableConcept": {"text": "x"}, "strength": of_strength}],
    }
    read = event(pointing("#m1", product, dosage=dosage(method={"text": "push"}, dose=volume))).dose
    assert (str(read.value), read.unit) == amount


@pytest.mark.parametrize(
    ("dose", "read"),
    [
        ({"value": 85, "unit": "mg per m2", "system": UCUM, "code": "mg/m2"}, ("85", "mg/m2")),
        ({"value": 2, "unit": "TAB", "system": "urn:forms", "code": "t"}, ("2", "TAB")),
        ({"value": 2, "code": "mg"}, ("2", "mg")),
        ({"value": 2}, ("2", "")),
    ],
)
def test_the_ucum_code_stands_over_the_printed_unit(dose, read):
    one = event(administration(dosage=dosage(dose=dose))).dose
    assert (str(one.value), one.unit) == read


@pytest.mark.parametrize(
    "dose",
    [
        {"value": -5, "unit": "mg"},
        {"value": 5, "comparator": "<", "unit": "mg"},
    ],
)
def test_an_amount_that_is_none_is_told(dose):
    assert found(administration(dosage=dosage(dose=dose))) == [("dose-unreadable", "error", ("a1",))]


def test_a_strength_that_does_not_divide_evenly_is_multiplied_first():
    bag = {
        "resourceType": "Medication",
        "id": "m1",
        "ingredient": [{"itemCodeableConcept": {"text": "ondansetron"}, "strength": strength(300, 150)}],
    }
    third = pointing("#m1", {**bag, "ingredient": [{**bag["ingredient"][0], "strength": strength(300, 150)}]})
    third["dosage"] = dosage(dose=ml(50))
    assert event(third).dose == Quantity(Decimal(100), "mg")


def test_no_dose_is_no_dose():
    assert event(administration(dosage=dosage(dose=ABSENT))).dose is None


def test_the_sites_own_code_or_name_is_the_product_that_it_maps():
    local = of({"coding": [{"system": "urn:hospital:formulary", "code": "RX-77"}], "text": "Oxali 100"})
    for key in ("RX-77", "Oxali 100"):
        read = event(local, drugs={key: "0703-3985-01"})
        assert (read.drug, read.ndc, read.rxcui) == ("Oxali 100", "0703-3985-01", None)
    assert event(local, drugs={"RX-77": "32592"}).rxcui == "32592"
    assert event(of(coded((NDC, "0703-3985-01"))), drugs={"0703-3985-01": "1"}).rxcui is None  # a chart's NDC counts
    assert (event(local).ndc, event(local).rxcui) == (None, None)


def test_class_and_container_of_the_source_by_rxcui_ndc_or_hcpcs():
    drug = of(coded((RXNORM, "32592"), (NDC, "0703-3985-01"), (HCPCS, "J9263")))
    for key in ("32592", "00703398501", "J9263"):
        read = event(drug, drug_class={key: "therapeutic"}, containers={key: "single-dose"})
        assert (read.drug_class, read.container) == ("therapeutic", "single-dose")
    assert (event(drug).drug_class, event(drug).container) == (None, None)


def ordered(**changes):
    return administration(**{"request": {"reference": "MedicationRequest/r1"}, **changes})


def thrown_away(**changes):
    method = dosage(method={"text": "Waste"}, dose=mg(25))
    return ordered(**{"id": "w1", "dosage": method, **changes})


def test_waste_is_a_further_administration_of_the_order():
    read = event(ordered(), thrown_away(), actions={"waste": "waste"})
    assert (read.id, read.discarded) == ("a1", Quantity(Decimal(25), "mg"))
    twice = event(ordered(), thrown_away(), thrown_away(id="w2"), actions={"waste": "waste"})
    assert twice.discarded == Quantity(Decimal(50), "mg")


@pytest.mark.parametrize(
    "waste",
    [
        thrown_away(request=ABSENT),
        thrown_away(medicationCodeableConcept={"text": "another drug"}),
        thrown_away(dosage=dosage(method={"text": "Waste"}, dose=ABSENT)),
    ],
)
def test_waste_that_belongs_to_no_single_administration(waste):
    assert found(ordered(), waste, actions={"waste": "waste"}) == [("waste-undocumented", "error", ("w1",))]


def test_waste_of_one_of_two_is_nobodys():
    two = (ordered(), ordered(id="a2", effectivePeriod=period(at(11), at(12))))
    assert found(*two, thrown_away(), actions={"waste": "waste"}) == [("waste-undocumented", "error", ("w1",))]


def test_extensions_that_the_source_names():
    said = {WASTE: "waste", "u:line": "line", "u:need": "site-required", "u:lesions": "lesions"}
    given = administration(
        extension=[
            {"url": WASTE, "valueQuantity": mg(25)},
            {"url": "u:line", "valueString": "port"},
            {"url": "u:need", "valueBoolean": True},
            {"url": "u:lesions", "valueInteger": 8},
        ]
    )
    read = event(given, extensions=said)
    assert (read.discarded, read.site, read.site_required, read.lesions) == (
        Quantity(Decimal(25), "mg"),
        "port",
        True,
        8,
    )
    silent = event(given)
    assert (silent.discarded, silent.site, silent.site_required, silent.lesions) == (None, None, False, None)


def test_the_charted_site_stands_over_the_extension():
    given = administration(
        dosage=dosage(method={"text": "infusion"}, site={"text": "left arm"}),
        extension=[{"url": "u:line", "valueString": "port"}],
    )
    assert event(given, extensions={"u:line": "line"}).site == "left arm"


def test_the_order_is_the_request_else_the_identifier_that_the_source_names():
    assert event(ordered()).order == "MedicationRequest/r1"
    numbered = administration(identifier=[{"system": "u:order", "value": "77"}])
    assert event(numbered, order_system="u:order").order == "77"
    assert event(numbered).order is None


def test_one_medication_order_and_start_are_one_bag():
    medication = {"resourceType": "Medication", "id": "m1", "code": {"text": "oxaliplatin"}}
    named = {"request": {"reference": "MedicationRequest/r1"}}
    one, other = pointing("Medication/m1", **named), pointing("Medication/m1", id="a2", **named)
    later = pointing("Medication/m1", id="a3", effectivePeriod=period(at(11), at(12)), **named)
    read = events(one, other, later, medication)
    assert [(each.id, each.same_bag_as) for each in read] == [("a1", None), ("a2", "a1"), ("a3", None)]


def test_the_trace_names_each_field_and_where_it_stood():
    rows = {(row.field, row.value, row.path) for row in visit(administration(), traced=True).trace}
    assert {
        ("rxcui", "32592", "medicationCodeableConcept.coding"),
        ("dose", "153 mg", "dosage.dose"),
        ("technique", "infusion", "dosage.method and dosage.route"),
        ("encounter", "Encounter/e1", "context"),
        ("setting", "facility", "location"),
        ("payer", "commercial", "Coverage of the patient"),
        ("site", None, None),
    } <= rows
    assert visit(administration()).trace == ()


def test_contained_pieces_that_are_no_resources_are_passed_over():
    medication = {"resourceType": "Medication", "id": "m1", "code": {"text": "oxaliplatin"}}
    given = pointing("#m1", 5, [], medication, device=[{"reference": "#d1"}])
    assert event(given).drug == "oxaliplatin"
    assert found(pointing("#absent", 5, shown={"display": "oxaliplatin"})) == []
    assert found(pointing(None, medication)) == [("drug-class-unknown", "error", ("a1",))]


@pytest.mark.parametrize(
    ("ingredient", "name"),
    [
        ({"itemReference": {"reference": "Substance/elsewhere", "display": "oxaliplatin"}}, "oxaliplatin"),
        ({"itemReference": {"reference": "#absent", "display": "oxaliplatin"}}, "oxaliplatin"),
        ({"strength": strength(5, 1)}, "the bag's own text"),
        ({"itemReference": {}}, "the bag's own text"),
    ],
)
def test_one_ingredient_is_named_by_what_it_points_to_else_by_the_medication(ingredient, name):
    medication = {"resourceType": "Medication", "id": "m1", "code": {"text": "the bag's own text"}}
    assert event(pointing("#m1", {**medication, "ingredient": [ingredient]})).drug == name


def test_an_ingredient_may_be_a_medication_of_its_own():
    part = {"resourceType": "Medication", "id": "m2", "code": coded((RXNORM, "32592"), text="oxaliplatin")}
    for reference, inside, beside in (("Medication/m2", [], [part]), ("#m2", [part], [])):
        bag = {"resourceType": "Medication", "id": "m1", "ingredient": [{"itemReference": {"reference": reference}}]}
        assert event(pointing("#m1", bag, *inside), *beside).rxcui == "32592"


def test_a_nameless_member_of_a_bag_is_told_and_the_other_is_read():
    bag = {**BAG, "ingredient": [BAG["ingredient"][0], {"isActive": True}]}
    assert [each.drug for each in events(pointing("#bag", bag))] == ["ondansetron"]
    assert found(pointing("#bag", bag)) == [("drug-class-unknown", "error", ("a1",))]


def test_a_strength_per_something_else_than_a_volume():
    per_vial = {"numerator": {"value": 100, "code": "mg"}, "denominator": {"value": 1, "unit": "vial"}}
    product = {
        "resourceType": "Medication",
        "id": "m1",
        "ingredient": [{"itemCodeableConcept": {"text": "x"}, "strength": per_vial}],
    }
    read = event(pointing("#m1", product, dosage=dosage(method={"text": "push"}, dose={"value": 1.5, "unit": "vial"})))
    assert read.dose == Quantity(Decimal(150), "mg")


def test_an_ndc_of_eleven_digits_is_found_in_the_tables_of_the_source():
    assert event(of(coded((NDC, "00703398501"))), containers={"00703398501": "multi-dose"}).container == "multi-dose"
