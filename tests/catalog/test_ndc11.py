"""NDC forms: hyphens tell where the zero is missing; without them only 11 digits will do."""

import pytest

from fhir_adapter.catalog import ndc11
from fhir_adapter.catalog.ndc import readings


@pytest.mark.parametrize(
    ("text", "digits"),
    [
        ("0002-1433-61", "00002143361"),  # 4-4-2: the labeler lacks a zero
        ("50242-061-01", "50242006101"),  # 5-3-2: the product
        ("60575-4112-1", "60575411201"),  # 5-4-1: the package
        ("00006-0341-01", "00006034101"),  # 5-4-2
        ("00006034101", "00006034101"),
        (" 50242006101 ", "50242006101"),
    ],
)
def test_well_formed(text, digits):
    assert ndc11(text) == digits


@pytest.mark.parametrize(
    "text",
    [
        "", "-", "5114400301", "511440050", "500242006101", "50242-061", "0002-1433", "50242-61-01", "5024-061-01",
        "50242-061-011", "50242-0061-0001", "50242-061-01-1", "5024A006101", "50242.061.01", "50242 061 01", "--",
        "-50242-061", "١١١١١١١١١١١", "50242–061–01",
    ],
)  # fmt: skip
def test_malformed_is_refused_and_never_padded(text):
    assert ndc11(text) is None


def test_ten_digits_without_hyphens_are_three_numbers():
    whole = "5024206101"
    assert readings(whole) == ("05024206101", "50242006101", "50242061001")
    assert [ndc11(text) for text in ("5024-2061-01", "50242-061-01", "50242-0610-1")] == list(readings(whole))
    assert [readings(text) for text in ("50242-061-01", "50242006101", "502420610", "Avastin", "")] == [()] * 5
