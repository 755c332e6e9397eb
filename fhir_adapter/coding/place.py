"""Whose claim it is: a professional's claim for care in a facility reports none of these services (D2).

The hospital reports them. What a physician may still bill, an injection into a lesion, the spinal canal, the belly or
the chest, is named in a finding of its own, because it needs a person. Source: R1 (rules the rulebooks list).
"""

from __future__ import annotations

from fhir_adapter.coding.model import Finding, Visit

PHYSICIAN_TECHNIQUES = frozenset({"intralesional", "intrathecal", "intraperitoneal", "intrapleural"})


def professional_findings(visit: Visit) -> list[Finding]:
    """Names every administration of a professional's claim in a facility."""
    findings = []
    if visit.administrations:
        findings.append(
            Finding(
                id="professional-in-facility",
                administrations=tuple(administration.id for administration in visit.administrations),
                message="A professional's claim for care in a facility has no infusion, injection or drug lines: the "
                "facility reports them.",
            )
        )
    own = tuple(given.id for given in visit.administrations if given.technique in PHYSICIAN_TECHNIQUES)
    if own:
        findings.append(
            Finding(
                id="professional-in-facility",
                severity="warning",
                administrations=own,
                message="A physician who did these may bill them.",
                fix="Let a coder decide whether the physician's own procedure is to be billed.",
            )
        )
    return findings
