"""Which administrations are the same drug: by name, RxCUI or NDC, and what an RxCUI of several formulations joins."""

import pytest
from timeline import gave

from fhir_adapter.coding.drugs import DrugFacts
from fhir_adapter.coding.same_drug import drug_numbers

SEVERAL = DrugFacts(shared_ingredient=True)
"""What the catalog says of an RxCUI that several formulations share."""


def numbers(*keys, known=None):
    """(name, RxCUI, NDC) of each administration in the order of the file."""
    given = [
        gave(str(place), "09:00", drug=drug, rxcui=rxcui, ndc=ndc) for place, (drug, rxcui, ndc) in enumerate(keys)
    ]
    return drug_numbers(given, [known] * len(given))


@pytest.mark.parametrize("known", [None, DrugFacts(), DrugFacts(ndc="00000000001")])
@pytest.mark.parametrize(
    ("keys", "drugs"),
    [
        ([("Rituximab ", None, None), ("rituximab", None, None), ("ritux", None, None)], [0, 0, 2]),
        ([("a", "1", None), ("b", "1", None), ("c", "2", None)], [0, 0, 2]),
        ([("a", None, None), (None, "1", None), ("A", "1", None)], [0, 0, 0]),
        ([("a", None, None), ("b", None, None), ("c", "1", None), ("b", "1", None), ("a", "1", None)], [0] * 5),
        ([(None, None, None), (None, None, None)], [0, 1]),
        ([("7", None, None), (None, "7", None)], [0, 1]),
        ([("a", "2", None), ("b", "1", None), ("b", "2", None), ("d", "1", None)], [0, 0, 0, 0]),
        ([], []),
    ],
)
def test_one_equal_key_makes_one_drug_and_absent_keys_none(keys, drugs, known):
    assert numbers(*keys, known=known) == drugs


def test_an_ndc_is_compared_as_the_catalog_reads_it_and_else_as_written():
    written = (None, None, "50242-0053-06"), (None, None, "50242005306"), (None, None, "50242-053-06")
    assert numbers(*written) == [0, 1, 2]
    assert numbers(*written, known=DrugFacts()) == [0, 1, 2]
    assert numbers(*written, known=DrugFacts(ndc="50242005306")) == [0, 0, 0]
    assert numbers(written[0], written[0]) == [0, 0]


@pytest.mark.parametrize(
    ("names", "drugs"),
    [
        (["trastuzumab", "kadcyla"], [0, 1]),
        (["trastuzumab", "Trastuzumab"], [0, 0]),
        ([None, None, None, None], [0, 0, 0, 0]),
        ([None, "trastuzumab", None], [0, 0, 0]),
        (["trastuzumab", None, "trastuzumab", None], [0, 0, 0, 0]),
        (["trastuzumab", None, "kadcyla", None], [0, 1, 2, 1]),
        ([None, "trastuzumab", None, "kadcyla"], [0, 1, 0, 3]),
    ],
)
def test_an_ingredient_of_several_formulations_joins_the_unnamed_and_these_to_the_only_name(names, drugs):
    assert numbers(*((name, "224905", None) for name in names), known=SEVERAL) == drugs


def test_two_such_ingredients_stay_apart_and_one_that_is_not_charted_joins_nothing():
    assert numbers((None, "224905", None), (None, "1", None), (None, "224905", None), known=SEVERAL) == [0, 1, 0]
    assert numbers((None, None, None), (None, None, None), ("a", None, None), known=SEVERAL) == [0, 1, 2]


def test_an_ndc_joins_what_an_ingredient_of_several_formulations_does_not():
    assert numbers(("a", "224905", "1"), ("b", "224905", "1"), (None, "224905", None), known=SEVERAL) == [0, 0, 0]
    assert numbers(("a", "224905", "1"), ("b", "224905", "2"), (None, None, "2"), known=SEVERAL) == [0, 1, 1]
