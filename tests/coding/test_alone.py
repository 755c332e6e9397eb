"""The room is a library of its own: it runs where only the standard library and msgspec can be imported."""

from __future__ import annotations

import json
import pickle
import subprocess
import sys
from pathlib import Path

import pytest

from fhir_adapter.coding import VisitResult, code_visit
from fhir_adapter.coding.contract import read_visits
from fhir_adapter.rulebooks import load_rulebook

ALONE = """
import pickle, sys

class Blocked:
    def find_spec(self, name, path=None, target=None):
        top = name.partition(".")[0]
        if top not in sys.stdlib_module_names and top not in ("msgspec", "fhir_adapter"):
            raise ImportError(f"{name} is blocked")

sys.meta_path.insert(0, Blocked())
from fhir_adapter.coding import code_visit
visit, rulebook = pickle.load(sys.stdin.buffer)
sys.stdout.buffer.write(pickle.dumps(code_visit(visit, rulebook)))
"""
DRUGS = [
    ("diphenhydramine", "therapeutic", "push", "08:40", "08:43"),
    ("methylprednisolone", "therapeutic", "push", "08:45", "08:50"),
    ("rituximab", "chemotherapy", "infusion", "09:00", "13:00"),
    ("cyclophosphamide", "chemotherapy", "infusion", "13:05", "13:35"),
    ("doxorubicin", "chemotherapy", "push", "13:40", "13:45"),
    ("vincristine", "chemotherapy", "push", "13:50", "13:51"),
]
R_CHOP = {
    "id": "r-chop",
    "setting": "office",
    "administrations": [
        {
            "id": f"a{number}",
            "drug": drug,
            "drug_class": kind,
            "technique": technique,
            "start": f"2026-05-04T{start}:00-05:00",
            "stop": f"2026-05-04T{stop}:00-05:00",
        }
        for number, (drug, kind, technique, start, stop) in enumerate(DRUGS)
    ],
}


@pytest.mark.real
@pytest.mark.parametrize(
    ("name", "codes"),
    [
        ("cpt-2026", {"96413": 1, "96415": 3, "96417": 1, "96411": 2, "96375": 2}),
        ("carecost-96417", {"96413": 1, "96415": 3, "96417": 3, "96375": 2}),
    ],
)
def test_r_chop_with_nothing_else_to_import(name: str, codes: dict[str, int]) -> None:
    (visit,), _ = read_visits(json.dumps(R_CHOP).encode())
    book = load_rulebook(name)
    done = subprocess.run(
        [sys.executable, "-c", ALONE],
        input=pickle.dumps((visit, book)),
        capture_output=True,
        check=True,
        cwd=Path(__file__).parents[2],
    )
    result = pickle.loads(done.stdout)
    assert isinstance(result, VisitResult)
    assert {line.code: line.units for line in result.lines} == codes
    assert result == code_visit(visit, book)
