"""A faulty visit file is refused as a whole, every fault with its path."""

from __future__ import annotations

import json

import pytest

from fhir_adapter.coding.contract import read_visits
from fhir_adapter.errors import InputFaults

GIVEN = {"id": "a", "drug": "x", "technique": "push", "start": "2026-05-04T09:00:00-05:00"}


def faults_of(visit: object) -> list[str]:
    with pytest.raises(InputFaults) as refused:
        read_visits(visit if isinstance(visit, bytes) else json.dumps(visit).encode())
    return [str(fault) for fault in refused.value.faults]


def visit(**changes: object) -> dict:
    return {"id": "v", "setting": "facility", "administrations": [GIVEN | changes]}


@pytest.mark.parametrize(
    ("changes", "path"),
    [
        ({"start": "2026-05-04T09:00:00"}, "$.administrations[0].start"),
        ({"stop": "2026-05-04T08:00:00-05:00"}, "$.administrations[0].stop"),
        ({"technique": "drip"}, "$.administrations[0].technique"),
        ({"dose": {"value": -1, "unit": "mg"}}, "$.administrations[0].dose.value"),
        ({"dose": {"value": 1}}, "$.administrations[0].dose"),
        ({"same_bag_as": "b"}, "$.administrations[0].same_bag_as"),
        ({"same_bag_as": "a"}, "$.administrations[0].same_bag_as"),
        ({"lesions": -1}, "$.administrations[0].lesions"),
        ({"weight": 70}, "$.administrations[0].weight"),
        ({"drug": None}, "$.administrations[0]"),
        ({"id": ""}, "$.administrations[0].id"),
        ({"id": " "}, "$.administrations[0].id"),
    ],
)
def test_a_fault_is_named_by_its_path(changes: dict, path: str) -> None:
    (fault,) = faults_of(visit(**changes))
    assert fault.startswith(f"{path}: ")


def test_all_faults_of_a_list_are_told_in_order() -> None:
    wrong = visit(technique="drip") | {"setting": "ward"}
    assert [fault.partition(": ")[0] for fault in faults_of([visit(), wrong])] == [
        "$[1].setting",
        "$[1].administrations[0].technique",
    ]


@pytest.mark.parametrize("text", [b"", b"{", b"[1]", b'{"id": "v"}', b"\xff"])
def test_what_is_no_visit_is_refused(text: bytes) -> None:
    assert faults_of(text)


@pytest.mark.parametrize(
    ("change", "path", "words"),
    [
        ({"dose": {"value": 10**13, "unit": "mg"}}, "dose.value", "is no amount of a drug"),
        ({"dose": {"value": "675", "unit": "mg"}}, "dose.value", "must be a number, not a string"),
        ({"start": "9999-12-31T23:59:00-05:00"}, "start", "is not between the years"),
    ],
)
def test_what_no_chart_can_mean_is_refused_by_field(change, path, words):
    given = {"id": "a", "technique": "push", "drug": "x", "start": "2026-05-04T09:00:00-05:00"} | change
    visit = {"id": "v", "setting": "office", "administrations": [given]}
    with pytest.raises(InputFaults) as refused:
        read_visits(json.dumps(visit).encode())
    assert any(fault.path.endswith(path) and words in fault.message for fault in refused.value.faults)


@pytest.mark.parametrize("number", ["1e999999999", "1e30000", "1e-999999"])
def test_a_number_of_absurd_size_is_refused_and_never_computed_with(number):
    text = (
        '{"id":"v","setting":"office","administrations":[{"id":"a","technique":"push","drug":"x",'
        f'"start":"2026-05-04T09:00:00-05:00","dose":{{"value":{number},"unit":"mg"}}}}]}}'
    )
    with pytest.raises(InputFaults, match=r"dose\.value"):
        read_visits(text.encode())


@pytest.mark.parametrize("part", ["billed", "authorized"])
@pytest.mark.parametrize(
    ("change", "where"), [({"units": -1}, "units"), ({"code": ""}, "code"), ({"code": "1 "}, "code")]
)
def test_a_bill_has_codes_and_units_of_zero_or_more(part, change, where):
    line = {"code": "96413", "units": 1} | ({"date": "2026-05-04"} if part == "billed" else {}) | change
    visit = {"id": "v", "setting": "office", "administrations": [], part: [line]}
    with pytest.raises(InputFaults, match=rf"{part}\[0\]\.{where}"):
        read_visits(json.dumps(visit).encode())


def test_an_empty_id_of_a_visit_is_refused() -> None:
    assert faults_of(visit() | {"id": ""}) == ["$.id: is empty"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('{"id": "v", "id": "w", "setting": "office", "administrations": []}', ["$.id: stands twice"]),
        (
            '[{"id": "v", "setting": "office", "administrations": [{"id": "a", "technique": "push", "drug": "x", '
            '"start": "2026-05-04T09:00:00-05:00", "dose": {"value": 1, "value": 2, "unit": "mg"}, "drug": "y"}]}]',
            ["$[0].administrations[0].drug: stands twice", "$[0].administrations[0].dose.value: stands twice"],
        ),
    ],
)
def test_a_key_that_stands_twice_is_refused_with_its_path(text: str, said: list[str]) -> None:
    assert faults_of(text.encode()) == said
