"""The ChargeItem that goes out: whole, as approved; valid R4; and nothing that is the biller's."""

import json

import msgspec
import pytest
from fhir.resources.R4B.chargeitem import ChargeItem
from post.approved import CASES, ENTERED, FIXTURES, NAMES, charge

from fhir_adapter.errors import InputFaults
from fhir_adapter.post import charge_item
from fhir_adapter.post.charge_item import with_id
from fhir_adapter.reconcile import Place, Reason

NEVER = {"factorOverride", "priceOverride", "note", "partOf", "overrideReason", "supportingInformation"}


@pytest.mark.parametrize("name", CASES)
def test_it_is_as_approved(name):
    body = charge_item(*CASES[name], ENTERED)
    assert json.loads(body) == json.loads((FIXTURES / f"{name}.json").read_text())
    assert not NEVER & json.loads(body).keys()


@pytest.mark.parametrize("path", sorted(FIXTURES.glob("*.json")), ids=lambda path: path.stem)
def test_what_was_approved_is_r4_and_has_a_case(path):
    assert ChargeItem.model_validate_json(path.read_bytes()).get_resource_type() == "ChargeItem"
    assert path.stem in CASES


def test_cpt_codes_have_no_display_and_a_modifier_is_no_coding():
    item = json.loads(charge_item(*CASES["drug"], ENTERED))
    assert item["code"]["coding"] == [
        {"system": "http://www.cms.gov/Medicare/Coding/HCPCSReleaseCodeSets", "code": "J9312"}
    ]
    assert [one["valueCoding"]["code"] for one in item["extension"] if "valueCoding" in one] == ["59", "JZ"]


def test_the_units_are_a_plain_number():
    assert b'"quantity":{"value":68}' in charge_item(*CASES["drug"], ENTERED)


def test_a_code_of_the_biller_for_hcpcs_may_be_another_address():
    names = msgspec.structs.replace(NAMES, hcpcs="https://hcpcs.example")
    item = json.loads(charge_item(charge("J9312", modifiers=("JZ",)), "billable", names, ENTERED))
    assert (
        item["code"]["coding"][0]["system"] == item["extension"][0]["valueCoding"]["system"] == "https://hcpcs.example"
    )


def test_an_update_is_the_same_with_the_id():
    body = charge_item(*CASES["infusion"], ENTERED)
    updated = json.loads(with_id(body, "ci-1"))
    assert updated.pop("id") == "ci-1"
    assert updated == json.loads(body)


def test_a_charge_without_a_patient_is_refused_by_name():
    with pytest.raises(InputFaults, match=r"\$\.subject"):
        charge_item(charge(place=Place(subject="")), "billable", NAMES, ENTERED)


def test_what_the_model_refuses_is_told_by_its_element_and_without_its_value():
    place = Place(subject="Patient/p1", reasons=(Reason(codings=(("icd", " C83", None),)),))
    with pytest.raises(InputFaults) as refused:
        charge_item(charge(place=place), "billable", NAMES, ENTERED)
    assert str(refused.value).startswith("$.reason.0.coding.0.")
    assert "C83" not in str(refused.value)


def test_a_charge_that_is_taken_back_refers_to_no_administration():
    """It may be deleted, and a server refuses a reference to what is not there."""
    standing, reversed_ = (with_id(charge_item(*CASES[name], ENTERED), "ci-1") for name in ("infusion", "reversed"))
    assert "service" in json.loads(standing)
    assert "service" not in json.loads(reversed_)
