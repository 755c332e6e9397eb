"""The second coder, held to visits worked out by hand before it judges anybody else."""

from __future__ import annotations

from collections import Counter
from datetime import date

import pytest

from tests.properties.second_coder import CARECOST, CPT_2026, code

DAY = date(2026, 5, 4)


def given(name: str, kind: str, technique: str, start: str, stop: str | None) -> dict:
    return {
        "id": name,
        "drug": name,
        "drug_class": kind,
        "technique": technique,
        "start": f"2026-05-04T{start}:00-05:00",
        "stop": stop and f"2026-05-04T{stop}:00-05:00",
    }


R_CHOP = [
    given("diphenhydramine", "therapeutic", "push", "08:30", "08:33"),
    given("methylprednisolone", "therapeutic", "push", "08:40", "08:43"),
    given("rituximab", "chemotherapy", "infusion", "09:00", "13:00"),
    given("cyclophosphamide", "chemotherapy", "infusion", "13:05", "13:35"),
    given("doxorubicin", "chemotherapy", "push", "13:40", "13:45"),
    given("vincristine", "chemotherapy", "push", "13:50", "13:51"),
]
FOLFOX = [
    given("oxaliplatin", "chemotherapy", "infusion", "09:00", "11:00"),
    given("leucovorin", "therapeutic", "infusion", "09:00", "11:00"),
    given("fluorouracil", "chemotherapy", "push", "11:05", "11:10"),
]


@pytest.mark.parametrize(
    ("administrations", "policies", "expected"),
    [
        (R_CHOP, CPT_2026, {"96413": 1, "96415": 3, "96417": 1, "96411": 2, "96375": 2}),
        (R_CHOP, CARECOST, {"96413": 1, "96415": 3, "96417": 3, "96375": 2}),
        (FOLFOX, CPT_2026, {"96413": 1, "96415": 1, "96368": 1, "96411": 1}),
        (FOLFOX, CARECOST, {"96413": 1, "96415": 1, "96367": 1, "96417": 1}),
    ],
)
def test_regimens_as_worked_out_by_hand(administrations: list[dict], policies: dict, expected: dict) -> None:
    visit = {"id": "v", "setting": "facility", "primary_reason": None, "administrations": administrations}
    lines, _ = code(visit, policies, document_order=policies is CARECOST)
    assert lines == Counter({(line, (), DAY): units for line, units in expected.items()})


@pytest.mark.parametrize(("stop", "units"), [("10:30", 0), ("10:31", 1), ("11:30", 1), ("11:31", 2)])
def test_additional_hours_begin_at_91_minutes(stop: str, units: int) -> None:
    alone = [given("a", "chemotherapy", "infusion", "09:00", stop)]
    lines, _ = code({"id": "v", "setting": "facility", "administrations": alone}, CPT_2026)
    assert lines[("96415", (), DAY)] == units
