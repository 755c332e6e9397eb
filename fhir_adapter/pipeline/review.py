"""Posting after review: nothing of a visit stands before a person has released these lines.

A release is for the lines that the person saw (`lines_digest`): where the chart changes them, it is of the past, and
the visit waits for another.
"""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import sha256

import msgspec
from msgspec.structs import replace

from fhir_adapter.coding.model import Finding, Line, VisitResult
from fhir_adapter.normalize.decided import Decision
from fhir_adapter.pipeline.coded import Coded


def lines_digest(result: VisitResult) -> str:
    """Of what would be charged: codes, units, modifiers, dates and shares; not of the reasons."""
    said = sorted(
        (line.date, line.code, line.modifiers, line.ndc or "", line.units, _places(line)) for line in result.lines
    )
    return sha256(msgspec.json.encode(said)).hexdigest()


def _places(line: Line) -> tuple[tuple[str, int], ...]:
    return tuple(sorted((share.encounter or "", share.units) for share in line.shares))


def reviewed(coded: Coded, decisions: Sequence[Decision]) -> Coded:
    """Held by `awaiting-release` until a release names these lines."""
    if not coded.result.lines or is_released(coded, decisions):
        return coded
    findings = (*coded.result.findings, _awaiting(bool(_releases(coded, decisions))))
    return replace(coded, result=replace(coded.result, findings=findings, disposition="held"))


def is_released(coded: Coded, decisions: Sequence[Decision]) -> bool:
    digest = lines_digest(coded.result)
    return any(one.value == digest for one in _releases(coded, decisions))


def _releases(coded: Coded, decisions: Sequence[Decision]) -> list[Decision]:
    return [one for one in decisions if one.kind == "release" and one.about == coded.charted.key]


def _awaiting(released_before: bool) -> Finding:
    changed = (
        "The lines are others than those that were released" if released_before else "Nobody has released the lines"
    )
    return Finding(
        id="awaiting-release",
        severity="error",
        message=f"{changed}; this source posts after review.",
        fix="Look at the visit and release it.",
    )
