"""D19: whole minutes of elapsed seconds, and a word where a print-out in minutes would give another code."""

from __future__ import annotations

import json

import pytest

from fhir_adapter.coding import code_visit
from fhir_adapter.coding.contract import read_visits
from fhir_adapter.rulebooks import load_rulebook

CPT = load_rulebook("cpt-2026")


def coded(start: str, stop: str):
    given = {"id": "a", "drug": "x", "drug_class": "therapeutic", "technique": "infusion"}
    given |= {"start": f"2026-05-04T{start}-05:00", "stop": f"2026-05-04T{stop}-05:00"}
    (visit,), _ = read_visits(json.dumps({"id": "v", "setting": "facility", "administrations": [given]}).encode())
    return code_visit(visit, CPT)


@pytest.mark.parametrize(
    ("start", "stop", "code", "decide"),
    [
        ("09:00:50", "09:16:10", "96374", True),
        ("09:00:10", "09:16:09", "96374", True),
        ("09:00:10", "09:16:10", "96365", False),
        ("09:00:59", "09:15:00", "96374", False),
        ("09:00:00", "09:16:00", "96365", False),
    ],
)
def test_seconds(start: str, stop: str, code: str, decide: bool) -> None:
    result = coded(start, stop)
    found = [finding for finding in result.findings if finding.id == "seconds-decide"]
    assert result.lines[0].code == code
    assert bool(found) == decide
    assert all(finding.administrations == ("a",) and finding.severity == "info" for finding in found)
