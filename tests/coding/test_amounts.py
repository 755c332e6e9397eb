"""D31: how much of which code one administration gave, or the whole finding that says why there is no drug line."""

from datetime import date
from decimal import Decimal

import pytest
from drugs_by_hand import gave, quantity

from fhir_adapter.coding.amounts import amount_of, name_of, names_of, plain, started_units, whole_units
from fhir_adapter.coding.drugs import DrugFacts, unknown_drugs
from fhir_adapter.coding.model import Finding

TEN = DrugFacts(code="J0010", unit=quantity("10 mg"), ndc="00003218713", container="multi-dose")
GIVE_NDC = "Give the NDC of the product that was used, or the site's own code for it (drug_code)."


def test_an_amount_is_kept_in_the_unit_of_the_code():
    given = gave("a", "ten", "0.675 g", discarded="25000 ug")
    amount = amount_of(given, 7, TEN)
    assert (amount.administration, amount.place, amount.code, amount.unit) == (given, 7, "J0010", quantity("10 mg"))
    assert (amount.ndc, amount.given, amount.discarded) == ("00003218713", Decimal(675), Decimal(25))
    assert amount.when == (given.start, 7)


@pytest.mark.parametrize(
    ("charted", "known", "container"),
    [
        ("single-dose", "multi-dose", "single-dose"),
        (None, "multi-dose", "multi-dose"),
        ("single-dose", None, "single-dose"),
        (None, None, None),
    ],
)
def test_the_chart_says_the_container_before_the_tables(charted, known, container):
    facts = DrugFacts(code="J0010", unit=quantity("10 mg"), container=known)
    assert amount_of(gave("a", "ten", "10 mg", container=charted), 0, facts).container == container


def test_without_a_discard_nothing_is_known_of_it():
    assert amount_of(gave("a", "ten", "10 mg"), 0, TEN).discarded is None
    assert amount_of(gave("a", "ten", "10 mg", discarded="0 mg"), 0, TEN).discarded == 0


@pytest.mark.parametrize("dose", [None, "0 mg"])
def test_a_missing_dose_is_said(dose):
    assert amount_of(gave("a", "ten", dose), 0, TEN) == Finding(
        id="dose-missing",
        severity="info",
        administrations=("a",),
        message="ten has no dose, so no drug line.",
        fix="Document the dose that was given.",
    )


@pytest.mark.parametrize(
    ("dose", "discarded", "unit", "billed", "amount"),
    [
        ("1E+2 mL", None, "10.0 mg", "billed by 10 mg", "100 mL"),
        ("1 g", "2.50 mL", "0.1 mg", "billed by 0.1 mg", "2.5 mL"),
        ("5 mg", "1 mL", None, "not billed by one quantity", "5 mg"),
    ],
)
def test_an_amount_that_does_not_convert_is_named(dose, discarded, unit, billed, amount):
    facts = DrugFacts(code="J0010", unit=unit and quantity(unit))
    assert amount_of(gave("a", "ten", dose, discarded=discarded), 0, facts) == Finding(
        id="dose-unit-mismatch",
        severity="error",
        administrations=("a",),
        message=f"J0010 is {billed}; {amount} of ten does not convert, so it has no drug line.",
        fix="Document the amount in the unit of the code.",
    )


UNKNOWN, AMBIGUOUS = "drug-code-unknown", "drug-code-ambiguous"


@pytest.mark.parametrize(
    ("ndc", "facts", "message"),
    [
        (
            None,
            DrugFacts(problem=AMBIGUOUS, candidates=("J9035", "Q5107")),
            "bevacizumab may be J9035, Q5107 on 2026-05-04; nothing given decides between them, "
            "so it has no drug line.",
        ),
        (
            None,
            DrugFacts(problem=UNKNOWN),
            "No HCPCS code in force on 2026-05-04 is known for bevacizumab, so it has no drug line.",
        ),
        (
            "50242006101",  # well formed, and no table has it
            DrugFacts(problem=UNKNOWN, ndc="50242006101"),
            "No HCPCS code in force on 2026-05-04 is known for bevacizumab, so it has no drug line.",
        ),
        (
            None,
            DrugFacts(problem=UNKNOWN, candidates=("J9035", "Q5107")),
            "No HCPCS code in force on 2026-05-04 is known for bevacizumab, so it has no drug line. "
            "Only an NDC chooses J9035, Q5107.",
        ),
        (
            "123",
            DrugFacts(problem=UNKNOWN),
            "The NDC of bevacizumab is malformed: 11 digits, or three parts with hyphens; it has no drug line.",
        ),
        (
            "123",
            DrugFacts(problem=UNKNOWN, candidates=("J9035",)),
            "The NDC of bevacizumab is malformed: 11 digits, or three parts with hyphens; it has no drug line. "
            "Only an NDC chooses J9035.",
        ),
        (
            "5024206101",
            DrugFacts(problem=UNKNOWN, ndc_readings=("05024206101 (nothing)", "50242006101 (J9035)")),
            "The NDC of bevacizumab has ten digits without hyphens and may be 05024206101 (nothing), "
            "50242006101 (J9035); it has no drug line.",
        ),
    ],
)
def test_a_drug_without_a_code_says_why(ndc, facts, message):
    assert amount_of(gave("a", "bevacizumab", "100 mg", ndc=ndc), 0, facts) == Finding(
        id=facts.problem, severity="warning", administrations=("a",), message=message, fix=GIVE_NDC
    )


def test_tables_that_know_nothing_know_no_code():
    asked = {"ndc": "50242005121", "rxcui": "121191", "name": "rituximab", "on": date(2026, 5, 4)}
    assert unknown_drugs.look_up(**asked) == DrugFacts(problem="drug-code-unknown")
    assert unknown_drugs.data_hash == "sha256:none"


@pytest.mark.parametrize(
    ("drug", "ndc", "rxcui", "name"),
    [
        ("rituximab", "50242005121", "121191", "rituximab"),
        (None, "50242005121", "121191", "the drug with NDC 50242005121"),
        (None, None, "121191", "the drug with RxCUI 121191"),
    ],
)
def test_a_drug_is_called_by_its_name_then_by_its_codes(drug, ndc, rxcui, name):
    assert name_of(gave("a", drug, "1 mg", ndc=ndc, rxcui=rxcui)) == name


@pytest.mark.parametrize(
    ("amount", "whole", "started"),
    [("0", 0, 0), ("0.01", 0, 1), ("9.99", 0, 1), ("10", 1, 1), ("10.01", 1, 2), ("20", 2, 2), (f"9.{'9' * 40}", 0, 1)],
)
def test_units_are_filled_or_begun(amount, whole, started):
    assert (whole_units(Decimal(amount), TEN.unit), started_units(Decimal(amount), TEN.unit)) == (whole, started)


@pytest.mark.parametrize(
    ("number", "text"),
    [("1E+2", "100"), ("100", "100"), ("100.00", "100"), ("0.10", "0.1"), ("1E-3", "0.001"), ("67.5", "67.5")],
)
def test_a_number_is_written_as_a_person_writes_it(number, text):
    assert plain(Decimal(number)) == text


def test_several_drugs_are_named_once_each():
    assert names_of([amount_of(gave(name, name, "1 mg"), 0, TEN) for name in ("z", "x", "z")]) == "z and x"
