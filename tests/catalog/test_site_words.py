"""A hospital's own class, code and container: one line of configuration each, and they win over the catalog."""

from datetime import date

import pytest

from fhir_adapter.catalog import load_catalog
from fhir_adapter.vocabulary import SourceWords

MAY = date(2026, 5, 4)
AVASTIN, RITUXIMAB = "50242006101", "121191"


def facts(words, *, ndc=None, rxcui=None, name=None):
    catalog = load_catalog(SourceWords(time_zone="UTC", **words))
    return catalog.look_up(ndc=ndc, rxcui=rxcui, name=name, on=MAY)


@pytest.mark.parametrize("key", [AVASTIN, "50242-061-01", "J9035"])
def test_a_class_by_ndc_or_hcpcs(key):
    assert facts({"drug_class": {key: "therapeutic"}}, ndc=AVASTIN).drug_class == "therapeutic"


def test_a_class_for_a_drug_that_the_catalog_does_not_know():
    found = facts({"drug_class": {"777": "chemotherapy"}}, rxcui="777")
    assert (found.drug_class, found.problem) == ("chemotherapy", "drug-code-unknown")


def test_a_code_by_rxcui_or_ndc():
    assert facts({"drug_code": {RITUXIMAB: "Q5115"}}, rxcui=RITUXIMAB).code == "Q5115"
    found = facts({"drug_code": {"50242-061-01": "Q5107"}}, ndc=AVASTIN, rxcui=RITUXIMAB)
    assert (found.code, str(found.unit.value), found.set_aside, found.releases) == ("Q5107", "10", (), ())
    assert facts({"drug_code": {"777": "J9035"}}, rxcui="777").unit.unit == "mg"


def test_the_ndcs_word_goes_before_the_rxcuis():
    words = {"drug_code": {RITUXIMAB: "Q5115", AVASTIN: "Q5107"}}
    assert facts(words, ndc=AVASTIN, rxcui=RITUXIMAB).code == "Q5107"


@pytest.mark.parametrize("code", ["J9070", "J0000"])
def test_an_own_code_that_is_out_of_force_or_no_code_is_not_used(code):
    found = facts({"drug_code": {RITUXIMAB: code}}, rxcui=RITUXIMAB)
    assert (found.code, found.problem) == (None, "drug-code-unknown")


def test_a_container():
    assert facts({"containers": {"50242-061-01": "single-dose"}}, ndc=AVASTIN).container == "single-dose"
    assert facts({"containers": {RITUXIMAB: "multi-dose"}}, rxcui=RITUXIMAB).container == "multi-dose"
    assert facts({}, ndc=AVASTIN).container is None


def test_own_words_are_part_of_the_hash():
    plain = load_catalog()
    silent = load_catalog(SourceWords(time_zone="Europe/Berlin"))
    own = [load_catalog(SourceWords(time_zone="UTC", drug_code={RITUXIMAB: code})) for code in ("Q5115", "Q5119")]
    assert plain.data_hash == silent.data_hash
    assert len({plain.data_hash, *(catalog.data_hash for catalog in own)}) == 3
