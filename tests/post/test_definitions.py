"""The StructureDefinitions of our extensions are R4, and what we write in a ChargeItem is what they define."""

import json

import pytest
from fhir.resources.R4B.structuredefinition import StructureDefinition
from post.approved import CASES, ENTERED

from fhir_adapter.post import charge_item, definition

BASE = "https://example.org/fhir-adapter"


def defined(name):
    return json.loads(definition(name, BASE))


@pytest.mark.parametrize("name", ["charge-modifier", "charge-derivation"])
def test_it_is_valid_and_names_itself(name):
    StructureDefinition.model_validate_json(definition(name, BASE))
    assert defined(name)["url"] == f"{BASE}/StructureDefinition/{name}"


def test_no_other_is_ours():
    assert definition("patient", BASE) is None


@pytest.mark.parametrize("case", CASES)
def test_every_part_that_is_written_is_defined_and_every_required_one_is_written(case):
    elements = [one for one in defined("charge-derivation")["differential"]["element"] if "sliceName" in one]
    item = json.loads(charge_item(*CASES[case], ENTERED))
    [derivation] = [one for one in item["extension"] if one["url"].endswith("charge-derivation")]
    written = [part["url"] for part in derivation["extension"]]
    for element in elements:
        least, most = element["min"], element["max"]
        assert least <= written.count(element["sliceName"]) <= (len(written) if most == "*" else int(most))
    assert set(written) <= {element["sliceName"] for element in elements}
