"""Billed units over what CMS expects of a code on one date (MUE): what the chart supports, and whether a letter helps.

    96417 billed ×4, the chart supports ×1   → bill ×1
    96417 billed ×4, the chart supports ×4   → the record with its times, as the edit is no policy
    96368 billed ×2, the chart supports ×2   → no letter: an edit that is policy yields to no record

Decided: units are summed by code and date without what was thrown away, as an MUE counts them; a letter rests on what
was given on that date. Left out: units of a code that has no MUE.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import date

from fhir_adapter.coding.appeals import documented, letter
from fhir_adapter.coding.bill import Bill
from fhir_adapter.coding.billed import billed_finding
from fhir_adapter.coding.model import BilledLine, Finding, Line
from fhir_adapter.coding.tables import POLICY, Mue


def units_over_mue(bill: Bill) -> Iterator[Finding]:
    derived = _given_units(bill.lines)
    for (code, on), count in _given_units(bill.billed_lines).items():
        mue, _ = bill.rulebook.tables.mue(code, bill.visit.setting, on)
        if mue is None or count <= mue.units:
            continue
        about = bill.behind(code, on=on)
        supported = derived[(code, on)]
        final = mue.indicator == POLICY and supported > mue.units
        sentence = None if bill.held else f"That supports {code} ×{supported} on {on}."
        yield billed_finding(
            "mue-exceeded",
            about,
            f"{code} is billed ×{count} on {on}; the most that CMS expects on one date is {mue.units}.",
            _fix(code, supported, mue),
            carc="151",
            appeal=None if final else letter(documented(about), sentence),
        )


def _given_units(lines: Sequence[Line | BilledLine]) -> Counter[tuple[str, date]]:
    """Units by code and date, without what was thrown away, as an MUE counts them."""
    units: Counter[tuple[str, date]] = Counter()
    for line in lines:
        units[(line.code, line.date)] += line.units if "JW" not in line.modifiers else 0
    return units


def _fix(code: str, supported: int, mue: Mue) -> str:
    if supported <= mue.units:
        return f"Bill {code} ×{supported}, which is what the chart supports." if supported else f"Take {code} off."
    if mue.indicator == POLICY:
        return f"The chart supports ×{supported}, but CMS pays no more than {mue.units}, whatever the record says."
    return f"The chart supports ×{supported}: have the times and doses checked, and send the record with the claim."
