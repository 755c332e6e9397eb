"""Whether seconds decide a code (D19): the chart shows minutes, and an auditor reads what it shows.

The problem: minutes are counted from elapsed seconds, rounded down. A print-out shows 09:00 and 09:16 for an infusion
from 09:00:50 to 09:16:10: 16 minutes on paper, 15 by the clock, and another code.

Decided: the visit is coded a second time with every instant cut to its minute; whatever charge then differs is named.
The lines stay those of the clock. Left out: print-outs that round up.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import date, datetime

from msgspec.structs import replace

from fhir_adapter.coding.given import Charge, ids_of
from fhir_adapter.coding.model import Administration, Finding, Visit


def as_displayed(visit: Visit) -> Visit | None:
    """The visit as a print-out shows it; None when that is how it is written."""
    administrations = tuple(map(_displayed, visit.administrations))
    return None if administrations == visit.administrations else replace(visit, administrations=administrations)


def seconds_findings(charges: Sequence[Charge], displayed: Sequence[Charge]) -> list[Finding]:
    """One finding that names every administration whose charges the seconds change."""
    by_clock, by_display = _units(charges), _units(displayed)
    changed = {key for key in by_clock | by_display if by_clock[key] != by_display[key]}
    if not changed:
        return []
    ids = {id_ for key in changed for id_ in key[0]}
    codes = sorted({code for _, code, _, _ in changed})
    return [
        Finding(
            id="seconds-decide",
            administrations=tuple(sorted(ids)),
            message=f"By the displayed minutes {', '.join(codes)} would come out otherwise: the seconds decide.",
            fix="Keep the times with their seconds beside the claim; a print-out in minutes does not support it.",
        )
    ]


def _displayed(administration: Administration) -> Administration:
    start, stop = administration.start, administration.stop
    if _is_whole(start) and (stop is None or _is_whole(stop)):
        return administration
    return replace(administration, start=_cut(start), stop=None if stop is None else _cut(stop))


def _is_whole(instant: datetime) -> bool:
    return not instant.second and not instant.microsecond


def _cut(instant: datetime) -> datetime:
    return instant.replace(second=0, microsecond=0)


def _units(charges: Sequence[Charge]) -> Counter[tuple[tuple[str, ...], str, tuple[str, ...], date]]:
    units: Counter[tuple[tuple[str, ...], str, tuple[str, ...], date]] = Counter()
    for charge in charges:
        units[(tuple(sorted(ids_of(charge.givens))), charge.code, charge.modifiers, charge.date)] += charge.units
    return units
