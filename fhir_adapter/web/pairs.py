"""Two results beside each other, code by code. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

import msgspec

from fhir_adapter.coding.model import Line


class Pair(msgspec.Struct, frozen=True, kw_only=True):
    """The units of one code on one date on both sides; 0 where a side has no such line."""

    date: str
    code: str
    ndc: str | None
    first: int
    second: int

    @property
    def differs(self) -> bool:
        return self.first != self.second


def side_by_side(first: Iterable[Line], second: Iterable[Line]) -> tuple[Pair, ...]:
    """Lines keep the contract's order: by date, administration codes before drug codes, then code."""
    left, right = _units(first), _units(second)
    return tuple(
        Pair(date=date, code=code, ndc=ndc or None, first=left[key], second=right[key])
        for key in sorted(left.keys() | right.keys())
        for date, _, code, ndc in [key]
    )


def _units(lines: Iterable[Line]) -> Counter[tuple[str, bool, str, str]]:
    """Drug codes are HCPCS with a letter J or Q; a HCPCS pump start (G) is an administration."""
    units: Counter[tuple[str, bool, str, str]] = Counter()
    for line in lines:
        is_drug = line.system == "HCPCS" and not line.code.startswith("G")
        units[(line.date.isoformat(), is_drug, "-".join((line.code, *line.modifiers)), line.ndc or "")] += line.units
    return units
