"""A fault in the engine does not pass the second coder; all of them are planted by `python -m` (planted_faults.py)."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.properties.planted_faults import FAULTS, first_found, kept_runs

QUICK = {"D3", "D10", "D14", "D17", "D24", "D31", "D33", "D40"}
"""Found within few visits; the others are planted by the command."""


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return kept_runs(tmp_path_factory.mktemp("runs"), 120)


@pytest.mark.real
@pytest.mark.parametrize(
    "fault", [fault for fault in FAULTS if fault.decision in QUICK], ids=lambda fault: fault.decision
)
def test_a_planted_fault_is_found(fault, runs: Path) -> None:
    assert first_found(fault, runs) is not None


def test_each_fault_is_another_and_there_are_at_least_thirty_decisions() -> None:
    assert len({fault.decision for fault in FAULTS}) == len(FAULTS) >= 30


def test_every_fault_can_still_be_planted() -> None:
    coding = Path(__file__).parents[2] / "fhir_adapter" / "coding"
    missing = [f.decision for f in FAULTS if f.right not in (coding / f"{f.module}.py").read_text("utf-8")]
    assert missing == []
