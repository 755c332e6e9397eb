"""Visits that somebody worked out, each under its rulebook and policies, compared by administration lines.

`complete`: no other administration line may be there. `must_not`: the code is on no line.
"""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import pytest

from fhir_adapter.catalog import load_catalog
from fhir_adapter.coding import code_visit
from fhir_adapter.coding.contract import read_visits
from fhir_adapter.rulebooks import load_rulebook

CASES = Path(__file__).parents[2] / "fixtures" / "cases"
ROWS = [row for file in sorted(CASES.glob("*.json")) for row in json.loads(file.read_text())]


def is_administration(code: str) -> bool:
    return code.isdigit() or code in ("G0498", "C8957")


def coded(row: dict):
    policies = dict(policy.split("=") for policy in row["policies"])
    (visit,), _ = read_visits(json.dumps(row["visit"]).encode())
    return code_visit(visit, load_rulebook(row["rulebook"], policies), load_catalog())


@pytest.mark.parametrize("row", ROWS, ids=[row["id"] for row in ROWS])
def test_administration_lines(row: dict) -> None:
    expected, result = row["expected"], coded(row)
    dated = any("date" in line for line in expected["lines"])
    wanted: Counter = Counter()
    for line in expected["lines"]:
        wanted[(line["code"], tuple(line.get("modifiers", ())), line["date"] if dated else "")] += line["units"]
    found: Counter = Counter()
    for line in result.lines:
        if is_administration(line.code):
            found[(line.code, line.modifiers, line.date.isoformat() if dated else "")] += line.units
    assert {key: found[key] for key in wanted} == dict(wanted)
    assert not expected["complete"] or found == wanted
    assert not {line.code for line in result.lines} & set(expected["must_not"])


@pytest.mark.parametrize("row", ROWS, ids=[row["id"] for row in ROWS])
def test_nothing_is_dropped_and_everything_is_cited(row: dict) -> None:
    result = coded(row)
    book = load_rulebook(row["rulebook"])
    named = {id_ for part in (*result.lines, *result.findings) for id_ in part.administrations}
    assert named == {given["id"] for given in row["visit"]["administrations"]}
    assert all(line.citations and set(line.citations) <= set(book.rules) for line in result.lines)
    assert all(sum(share.units for share in line.shares) == line.units for line in result.lines)
