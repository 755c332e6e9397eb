"""What looks at the whole visit once the charges stand: injections beside a vein, flushes, add-ons (D14, D39, D40).

Worked examples. A flush of a port on a day with an infusion is `included`; alone on its day it is 96523. 96417 without
96413 in its encounter has `add-on-without-primary`, with the codes that would permit it.
"""

from __future__ import annotations

from msgspec.structs import replace

from fhir_adapter.coding.drugs import Release
from fhir_adapter.coding.given import Charge, Given, Outcome
from fhir_adapter.coding.model import Finding, Visit
from fhir_adapter.coding.rulebook import Reading, Rulebook


def with_injection_modifier(charges: list[Charge], readings: dict[str | None, Reading]) -> list[Charge]:
    """59 on 96372 beside an intravenous initial service of that date, where the policy asks for it."""
    dates = {charge.date for charge in charges if charge.initial}

    def wanted(charge: Charge) -> bool:
        if charge.code != "96372" or charge.date not in dates:
            return False
        return readings[charge.site[0]].policies.injection_with_iv_modifier == "59"

    return [replace(charge, modifiers=("59",)) if wanted(charge) else charge for charge in charges]


def flush_outcomes(givens: list[Given], charges: list[Charge], readings: dict[str | None, Reading]) -> list[Outcome]:
    """One 96523 for a date on which nothing else is charged."""
    outcomes: list[Outcome] = []
    taken = {charge.date for charge in charges}
    for flush in sorted([given for given in givens if given.technique == "flush"], key=lambda given: given.start):
        outcomes.append(_included(flush) if flush.on in taken else _flushed(flush, readings[flush.encounter]))
        taken.add(flush.on)
    return outcomes


def _included(flush: Given) -> Finding:
    message = "The flush is part of another service of that day."
    return Finding(id="included", administrations=flush.ids, message=message)


def _flushed(flush: Given, reading: Reading) -> Charge:
    return Charge(
        code="96523",
        date=flush.on,
        givens=(flush,),
        site=(flush.encounter, 0),
        because="The port was flushed and nothing else was given that day.",
        cites=reading.cite("flush"),
    )


def add_on_findings(charges: list[Charge], rulebook: Rulebook, visit: Visit) -> tuple[list[Finding], list[Release]]:
    """An add-on needs one of its primaries in its own encounter; with the releases that were asked."""
    findings: list[Finding] = []
    releases: list[Release] = []
    beside: dict[str | None, set[str]] = {}
    of_code: dict[tuple[str, str | None], list[Charge]] = {}
    for charge in charges:
        beside.setdefault(charge.site[0], set()).add(charge.code)
        of_code.setdefault((charge.code, charge.site[0]), []).append(charge)
    for (code, encounter), own in of_code.items():
        permitted, release = rulebook.permitted_parents(code, visit, min([charge.date for charge in own]))
        if release is not None:
            releases.append(release)
        if permitted is not None and permitted.isdisjoint(beside[encounter]):
            findings.append(_orphan(code, permitted, own))
    return findings, releases


def _orphan(code: str, permitted: frozenset[str], charges: list[Charge]) -> Finding:
    ids = dict.fromkeys(id_ for charge in charges for given in charge.givens for id_ in given.ids)
    needed = " or ".join(sorted(permitted)) or "a primary that this setting may report"
    return Finding(
        id="add-on-without-primary",
        severity="error",
        carc="107",
        administrations=tuple(ids),
        message=f"{code} is an add-on and needs {needed} in the same encounter.",
        fix="Let a coder decide which service is the primary one.",
    )
