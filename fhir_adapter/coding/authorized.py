"""What a prior authorization expects beside what the chart supports (docs/visit.md section 6).

    authorized 96415 ×3, derived ×4   → the payer must amend it before the claim is sent
    authorized 96417 ×1, derived ×0   → the claim has what the chart supports; nothing is asked of the payer

Decided: units are summed over modifiers and dates, for the codes that the authorization names; while the visit is held
the fix says so first. Left out: codes that it does not name; few authorizations list every code.
"""

from __future__ import annotations

from collections import Counter

from fhir_adapter.coding.bill import Bill, units_by_code
from fhir_adapter.coding.billed import while_held
from fhir_adapter.coding.model import Finding


def authorization_findings(bill: Bill) -> list[Finding]:
    """Where the derived units are not those that a prior authorization expects."""
    expected = units_by_code(bill.visit.authorized or ())
    differing = [code for code in sorted(expected) if expected[code] != bill.derived[code]]
    if not differing:
        return []
    named = ", ".join(f"{code} ×{bill.derived[code]} instead of ×{expected[code]}" for code in differing)
    finding = Finding(
        id="differs-from-authorization",
        severity="warning",
        administrations=tuple(given.id for given in bill.behind(*differing)),
        message=f"The prior authorization expects other units: derived are {named}.",
        fix=" ".join(_fixes(bill, expected)),
    )
    return while_held(bill, [finding])


def _fixes(bill: Bill, expected: Counter[str]) -> list[str]:
    more = [code for code in sorted(expected) if bill.derived[code] > expected[code]]
    fewer = [code for code in sorted(expected) if bill.derived[code] < expected[code]]
    fixes = []
    if more:
        fixes.append(f"Ask the payer to amend it for {', '.join(more)} before the claim is sent.")
    if fewer:
        fixes.append(
            f"Of {', '.join(fewer)} bill only what the chart supports; have the chart checked for what it lacks."
        )
    return fixes
