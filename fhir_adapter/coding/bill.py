"""What somebody billed beside what the rules derive (docs/visit.md section 6): the comparison and the words for it.

Worked example. Rituximab for four hours derives 96413 ×1 and 96415 ×3; somebody billed 96413 ×1 and 96417 ×3:
96413 `match`, 96415 `missing`, 96417 `unsupported`.

Decided: units are summed per code, modifiers and date, NDCs together. Patterns of denial (`denials`) look at the sums
per code: the billed lines count as one encounter. Left out: prices, and which side is right.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import date
from typing import Literal

import msgspec

from fhir_adapter.coding.lines import is_drug
from fhir_adapter.coding.model import Administration, AuthorizedLine, BilledLine, Comparison, Line, Visit
from fhir_adapter.coding.policies import Policies
from fhir_adapter.coding.rulebook import Rulebook

Key = tuple[date, bool, str, tuple[str, ...]]


class Bill(msgspec.Struct, frozen=True, kw_only=True):
    """Both sides, with what is needed to judge and to name them."""

    visit: Visit
    lines: tuple[Line, ...]
    billed_lines: tuple[BilledLine, ...]
    rulebook: Rulebook
    policies: Policies
    derived: Counter[str]
    billed: Counter[str]
    """Units by code, summed over modifiers and dates."""
    held: bool
    """An error holds the visit: what the chart supports may still change."""

    def above(self, *codes: str) -> bool:
        """More was billed than derived, the codes taken together."""
        return self._billed_beyond(codes) > 0

    def below(self, *codes: str) -> bool:
        return self._billed_beyond(codes) < 0

    def _billed_beyond(self, codes: Iterable[str]) -> int:
        return sum(self.billed[code] - self.derived[code] for code in codes)

    def parents(self, code: str, on: date) -> frozenset[str] | None:
        return self.rulebook.permitted_parents(code, self.visit, on)[0]

    def right(self, *codes: str) -> str:
        """What the chart supports of these codes: `96415 ×4, and no 96417`."""
        named = dict.fromkeys(codes)
        here = ", ".join(f"{code} ×{self.derived[code]}" for code in named if self.derived[code])
        gone = " or ".join(code for code in named if not self.derived[code])
        return ", and ".join(part for part in (here, f"no {gone}" if gone else "") if part)

    def corrected(self, *codes: str) -> str | None:
        """The last sentence of a letter, the same lines that the fix names; none while these may change."""
        return None if self.held else f"The corrected claim has {self.right(*codes)}."

    def behind(self, *codes: str, on: date | None = None) -> tuple[Administration, ...]:
        """The administrations that derived lines of these codes rest on, of one date or of all."""
        lines = [line for line in self.lines if line.code in codes and on in (None, line.date)]
        ids = {id_ for line in lines for id_ in line.administrations}
        return tuple(given for given in self.visit.administrations if given.id in ids)


def bill_of(visit: Visit, lines: tuple[Line, ...], rulebook: Rulebook, policies: Policies, *, held: bool) -> Bill:
    billed = visit.billed or ()
    return Bill(
        visit=visit,
        lines=lines,
        billed_lines=billed,
        rulebook=rulebook,
        policies=policies,
        derived=units_by_code(lines),
        billed=units_by_code(billed),
        held=held,
    )


def units_by_code(lines: Sequence[Line | BilledLine | AuthorizedLine]) -> Counter[str]:
    units: Counter[str] = Counter()
    for line in lines:
        units[line.code] += line.units
    return units


def compared(lines: Sequence[Line], billed: Sequence[BilledLine]) -> tuple[Comparison, ...]:
    """One row per code, modifiers and date of either side, in the order of lines."""
    derived_units, billed_units = _units(lines), _units(billed)
    return tuple(_row(key, derived_units[key], billed_units[key]) for key in sorted(derived_units | billed_units))


def _units(lines: Sequence[Line | BilledLine]) -> Counter[Key]:
    units: Counter[Key] = Counter()
    for line in lines:
        units[(line.date, is_drug(line.code), line.code, tuple(sorted(line.modifiers)))] += line.units
    return units


def _row(key: Key, derived: int, billed: int) -> Comparison:
    on, _, code, modifiers = key
    kind = _kind(derived, billed)
    return Comparison(code=code, modifiers=modifiers, date=on, derived=derived, billed=billed, kind=kind)


def _kind(derived: int, billed: int) -> Literal["match", "missing", "over", "under", "unsupported"]:
    if billed > derived:
        return "over" if derived else "unsupported"
    if billed < derived:
        return "under" if billed else "missing"
    return "match"
