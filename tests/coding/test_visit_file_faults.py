"""Every sentence that refuses a visit file, with its path, and what stands just inside the limits."""

import json
from decimal import Decimal

import pytest

from fhir_adapter.coding.contract import read_visits
from fhir_adapter.errors import InputFaults

NINE = "2026-05-04T09:00:00-05:00"
GIVEN = {"id": "a", "drug": "x", "technique": "push", "start": NINE}
BILLED = {"code": "96413", "units": 1, "date": "2026-05-04"}
FIRST = "$.administrations[0]"


def visit(*administrations, **changes):
    return {"id": "v", "setting": "office", "administrations": list(administrations)} | changes


def given(**changes):
    return {key: value for key, value in (GIVEN | changes).items() if value != "left out"}


def faults_of(raw):
    with pytest.raises(InputFaults) as refused:
        read_visits(raw if isinstance(raw, bytes) else json.dumps(raw).encode())
    return [str(fault) for fault in refused.value.faults]


def read(raw):
    (one,), many = read_visits(json.dumps(raw).encode())
    assert many is isinstance(raw, list)
    return one


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"id": "left out"}, f"{FIRST}.id: is required"),
        ({"id": " "}, f"{FIRST}.id: is empty"),
        ({"id": []}, f"{FIRST}.id: Expected `str`, got `array`"),
        ({"weight": 70}, f"{FIRST}.weight: is no field of the contract"),
        ({"technique": "drip"}, f"{FIRST}.technique: Invalid enum value 'drip'"),
        ({"drug": "left out"}, f"{FIRST}: needs one of drug, rxcui, ndc"),
        ({"drug": " "}, f"{FIRST}: needs one of drug, rxcui, ndc"),
        ({"start": "09:00"}, f"{FIRST}.start: Invalid RFC3339 encoded datetime"),
        ({"start": "2026-05-04T09:00:00"}, f"{FIRST}.start: needs an offset, such as -05:00"),
        ({"stop": "2026-05-04T10:00:00"}, f"{FIRST}.stop: needs an offset, such as -05:00"),
        (
            {"start": "2026-05-04T09:00:00", "stop": "2026-05-04T08:00:00Z"},
            f"{FIRST}.start: needs an offset, such as -05:00",
        ),
        ({"start": "1899-12-31T09:00:00Z"}, f"{FIRST}.start: is not between the years 1900 and 2199"),
        ({"stop": "2200-01-01T00:00:00Z"}, f"{FIRST}.stop: is not between the years 1900 and 2199"),
        ({"stop": "2026-05-04T08:59:59-05:00"}, f"{FIRST}.stop: is before the start"),
        ({"dose": 5}, f"{FIRST}.dose: Expected `object | null`, got `int`"),
        ({"dose": {"value": 1}}, f"{FIRST}.dose: Object missing required field `unit`"),
        ({"dose": {"value": 1, "unit": 2}}, f"{FIRST}.dose.unit: Expected `str`, got `int`"),
        ({"dose": {"value": "1", "unit": "mg"}}, f"{FIRST}.dose.value: must be a number, not a string"),
        ({"dose": {"value": -0.5, "unit": "mg"}}, f"{FIRST}.dose.value: must not be negative"),
        ({"discarded": {"value": -1, "unit": "mg"}}, f"{FIRST}.discarded.value: must not be negative"),
        ({"lesions": -1}, f"{FIRST}.lesions: must not be negative"),
        ({"same_bag_as": "b"}, f"{FIRST}.same_bag_as: names no other administration of the visit"),
        ({"same_bag_as": "a"}, f"{FIRST}.same_bag_as: names no other administration of the visit"),
        ({"same_bag_as": {}}, f"{FIRST}.same_bag_as: Expected `str | null`, got `object`"),
    ],
)
def test_an_administration_is_refused_in_one_sentence(changes, said):
    assert faults_of(visit(given(**changes))) == [said]


@pytest.mark.parametrize("value", ["1e13", "1000000000000.1", "9.9e-20", "1e-999999", "1" * 30])
@pytest.mark.parametrize("name", ["dose", "discarded"])
def test_an_amount_beyond_every_drug_is_refused(name, value):
    text = json.dumps(visit(given(**{name: {"value": 0, "unit": "mg"}}))).replace('"value": 0', f'"value": {value}')
    limits = "is no amount of a drug: at least 0.0000000000000000001 and at most 1000000000000, or 0"
    assert faults_of(text.encode()) == [f"{FIRST}.{name}.value: {limits}"]


@pytest.mark.parametrize("value", ["1e12", "1e-19", "0", "-0.0", "0.1"])
def test_an_amount_within_the_limits_is_read_from_its_digits(value):
    text = json.dumps(visit(given(dose={"value": 0, "unit": "mg"}))).replace('"value": 0', f'"value": {value}')
    (one,), _ = read_visits(text.encode())
    assert one.administrations[0].dose.value == Decimal(value)


@pytest.mark.parametrize(
    "changes",
    [
        {"start": "1900-01-01T00:00:00Z"},
        {"start": "2199-12-31T23:59:59Z"},
        {"stop": NINE},
        {"stop": None, "dose": None, "lesions": 0},
        {"drug": None, "ndc": "50242-0053-06"},
        {"drug": "", "rxcui": "224905"},
    ],
)
def test_what_stands_at_a_limit_is_read(changes):
    assert read(visit(given(**changes))).administrations[0].id == "a"


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"id": " "}, "$.id: is empty"),
        ({"id": 7}, "$.id: Expected `str`, got `int`"),
        ({"setting": "ward"}, "$.setting: Invalid enum value 'ward'"),
        ({"payer": 5}, "$.payer: Expected `str | null`, got `int`"),
        ({"ward": 1}, "$.ward: is no field of the contract"),
        ({"administrations": None}, "$.administrations: must be a list"),
        ({"administrations": {}}, "$.administrations: must be a list"),
        ({"administrations": [5]}, "$.administrations[0]: must be an object"),
        ({"billed": {}}, "$.billed: must be a list"),
        ({"billed": [5]}, "$.billed[0]: must be an object"),
        ({"billed": [BILLED, BILLED | {"units": -1}]}, "$.billed[1].units: must not be negative"),
        ({"billed": [BILLED | {"units": "1"}]}, "$.billed[0].units: Expected `int`, got `str`"),
        ({"billed": [BILLED | {"code": ""}]}, "$.billed[0].code: must be a code without blanks"),
        ({"billed": [BILLED | {"code": 96413}]}, "$.billed[0].code: Expected `str`, got `int`"),
        ({"billed": [BILLED | {"modifiers": ["59", 5]}]}, "$.billed[0].modifiers[1]: Expected `str`, got `int`"),
        ({"billed": [BILLED | {"paid": 1}]}, "$.billed[0].paid: is no field of the contract"),
        ({"authorized": [{"code": "96413 ", "units": 1}]}, "$.authorized[0].code: must be a code without blanks"),
        ({"authorized": [{"code": "96413"}]}, "$.authorized[0].units: is required"),
    ],
)
def test_a_visit_is_refused_in_one_sentence(changes, said):
    assert faults_of(visit() | changes) == [said]
    assert faults_of([visit(), visit() | changes]) == [said.replace("$", "$[1]", 1)]


def test_a_bill_may_be_null_or_have_units_of_zero():
    one = read([visit(billed=None, authorized=[{"code": "96413", "units": 0}])])
    assert (one.billed, one.authorized[0].units) == (None, 0)


def test_what_a_visit_must_have_is_told_field_by_field():
    required = ["$.id: is required", "$.setting: is required", "$.administrations: is required"]
    assert faults_of({}) == required
    assert faults_of(5) == ["$: must be an object"]


def test_ids_and_bags_are_judged_at_the_place_where_they_stand():
    bag = given(id="b", same_bag_as="a")
    assert faults_of(visit(5, given(), bag, given())) == [
        "$.administrations[0]: must be an object",
        "$.administrations[3].id: is not unique in the visit",
    ]
    assert faults_of(visit(given(id=None), given(id=None))) == [
        "$.administrations[0].id: Expected `str`, got `null`",
        "$.administrations[1].id: Expected `str`, got `null`",
    ]


@pytest.mark.parametrize("other", [{"encounter": "e"}, {"site": "arm"}, {"technique": "infusion"}])
def test_a_bag_joins_one_encounter_site_and_technique(other):
    members = given(stop="2026-05-04T10:00:00-05:00"), given(id="b", same_bag_as="a")
    assert read(visit(*members)).administrations[1].same_bag_as == "a"
    said = "$.administrations[1].same_bag_as: names one of another encounter, site or technique"
    assert faults_of(visit(members[0] | other, members[1])) == [said]


def test_what_is_no_json_is_told_as_one_fault():
    assert faults_of(b"{") == ["$: not JSON: Input data was truncated"]
    assert faults_of(b'{"id": "\xff"}') == [
        "$: not JSON: 'utf-8' codec can't decode byte 0xff in position 0: invalid start byte"
    ]


def test_a_number_with_an_endless_exponent_is_told_and_never_an_error():
    text = json.dumps(visit(given(lesions=0))).replace('"lesions": 0', f'"lesions": 1e{"9" * 20}')
    assert faults_of(text.encode()) == ["$: has a number that is too long to be read"]


@pytest.mark.parametrize("depth", range(900, 1010, 5))
def test_no_depth_of_a_file_is_an_error_of_the_program(depth):
    """Near a thousand levels the reader of the file and the search for keys that stand twice end one by one."""
    text = json.dumps(visit(given(lesions=0))).replace('"lesions": 0', f'"lesions": {"[" * depth}{"]" * depth}')
    (said,) = faults_of(text.encode())
    assert said.startswith((f"{FIRST}.lesions: Expected `int | null`, got `array`", "$: not JSON: maximum recursion"))


def test_keys_that_stand_twice_are_told_before_the_rest_wherever_they_stand():
    text = (
        b'[{"id": "v", "id": "w", "setting": "ward", "setting": "ward", "administrations": [{"a": 1, "b": 2, "b": 3}]}]'
    )
    assert faults_of(text)[:4] == [
        "$[0].id: stands twice",
        "$[0].setting: stands twice",
        "$[0].administrations[0].b: stands twice",
        "$[0].setting: Invalid enum value 'ward'",
    ]
