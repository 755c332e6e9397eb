"""`code` says what the lines are worth, beside the result and never inside a line."""

import json
from decimal import Decimal

import msgspec
import pytest
from typer.testing import CliRunner

from fhir_adapter.cli import build
from fhir_adapter.coding import VisitResult

VISIT = {
    "id": "v", "setting": "facility", "payer": "medicare",
    "administrations": [
        {"id": "a", "technique": "infusion", "start": "2026-05-04T09:00:00-05:00", "stop": "2026-05-04T10:10:00-05:00",
         "ndc": "50242006101", "dose": {"value": 400, "unit": "mg"}, "discarded": {"value": 0, "unit": "mg"},
         "container": "single-dose"},
    ],
}  # fmt: skip


@pytest.fixture
def coded(tmp_path):
    def coded(visit, *words):
        file = tmp_path / "visit.json"
        file.write_text(json.dumps(visit))
        return CliRunner().invoke(build(), ["code", str(file), "--rulebook", "cpt-2026", *words]).output

    return coded


def test_each_line_has_its_worth_and_the_sum_leaves_out_what_is_unknown(coded):
    shown = json.loads(coded(VISIT, "--format", "json"))
    worths = shown["payment"]["lines"]
    assert [(one["code"], one["units"]) for one in worths] == [("96413", 1), ("J9035", 40)]
    assert Decimal(worths[1]["amount"]) == 40 * Decimal("74.355")
    assert Decimal(shown["payment"]["total"]) == sum(Decimal(one["amount"]) for one in worths)
    assert shown["payment"]["without_rate"] == 0
    assert not any("amount" in line or "payment" in line for line in shown["lines"])
    msgspec.convert(shown, VisitResult, strict=False)  # the contract's result is still all there


def test_the_text_names_the_table_and_says_where_there_is_no_rate(coded):
    assert "74.355 a unit (OPPS CY2026)" in coded(VISIT)
    early = json.loads(json.dumps(VISIT).replace("2026-05-04", "2024-05-06"))
    assert "no rate" in coded(early)
    assert "without 2 without a rate" in coded(early)
