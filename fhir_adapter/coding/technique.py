"""What was done, before minutes decide: prolonged or not, push or infusion, what has no documented end (D18, D22, D42).

Worked examples. A pump of 6 hours is coded as an infusion, and `pump-not-prolonged` says so. An infusion without a stop
holds the visit, or is a push at its start where the policy reads it so; a fluid without a stop never has a line.

Decided: a stop is never invented. Left out: routes that have a code of their own (`routes`).
"""

from __future__ import annotations

from msgspec.structs import replace

from fhir_adapter.coding.given import Given
from fhir_adapter.coding.model import Finding
from fhir_adapter.coding.policies import Policies
from fhir_adapter.coding.spans import MINUTE, minutes
from fhir_adapter.vocabulary import Severity

PROLONGED = 8 * 60 * MINUTE
LONGEST_PUSH = 15


def settled(givens: list[Given], policies: Policies) -> tuple[list[Given], list[Finding]]:
    """The administrations with the technique that is coded; those that must wait for a stop are left out."""
    kept: list[Given] = []
    findings: list[Finding] = []
    for given in givens:
        if _short_pump(given):
            findings.append(_not_prolonged(given))
            given = replace(given, technique="infusion")
        if given.technique == "push" and policies.push_over_15_min == "time" and minutes((given.span,)) > LONGEST_PUSH:
            given = replace(given, technique="infusion")
        if given.technique != "infusion" or given.stop is not None:
            kept.append(given)
            continue
        findings.append(stop_missing(given, policies))
        if policies.missing_stop == "push" and given.family != "hydration":
            kept.append(replace(given, technique="push"))
    return kept, findings


def stop_missing(given: Given, policies: Policies) -> Finding:
    """Names an infusion whose end nobody documented."""
    severity: Severity = "error" if policies.missing_stop == "hold" else "warning"
    return Finding(
        id="stop-time-missing",
        severity=severity,
        administrations=given.ids,
        message=f"{given.name} has no documented stop, so its minutes are not known.",
        fix="Document when the infusion ended.",
    )


def _short_pump(given: Given) -> bool:
    return given.technique == "pump" and given.stop is not None and given.stop - given.start <= PROLONGED


def _not_prolonged(given: Given) -> Finding:
    ran = minutes((given.span,))
    return Finding(
        id="pump-not-prolonged",
        severity="warning",
        administrations=given.ids,
        message=f"{given.name} ran {ran} minutes on a pump: 8 hours or less is an ordinary infusion.",
    )
