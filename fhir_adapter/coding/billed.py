"""A finding about the bill: how all of them are made, and what they say while an error holds the visit.

The problem: what the chart supports may change while the visit is held, so a fix that names lines may be wrong then.

Worked example. A stop time is missing: "First mend what holds the visit. By what the chart holds now: Bill 96413 ×1."

Decided: a finding about the bill never holds a visit, it is a warning or less. Left out: which patterns there are.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

from msgspec.structs import replace

from fhir_adapter.coding.bill import Bill
from fhir_adapter.coding.model import Administration, Finding

HELD = "First mend what holds the visit. By what the chart holds now:"


def billed_finding(
    id_: str,
    about: tuple[Administration, ...],
    message: str,
    fix: str,
    *,
    carc: str | None = None,
    appeal: str | None = None,
    severity: Literal["info", "warning"] = "warning",
) -> Finding:
    return Finding(
        id=id_,
        severity=severity,
        about="billed",
        carc=carc,
        administrations=tuple(given.id for given in about),
        message=message,
        fix=fix,
        appeal=appeal,
    )


def while_held(bill: Bill, found: Iterable[Finding]) -> list[Finding]:
    """Each fix says first that the visit is held, where it is."""
    return [replace(finding, fix=f"{HELD} {finding.fix}") if bill.held else finding for finding in found]
