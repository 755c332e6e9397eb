"""Visit and rulebook → lines and findings: the one door for the pipeline, the command line and history. Pure.

The second opinion codes the same visit under another rulebook and says why the lines differ: each policy in which the
two books differ is set to the other's value, one at a time, and whatever lines then change, that policy changed.
It is a type of its own, which neither `reconcile` nor `post` accepts.
"""

from __future__ import annotations

from collections import Counter
from datetime import date

import msgspec
from msgspec.structs import replace

from fhir_adapter.coding import DrugTables, Finding, Line, Rulebook, Visit, VisitResult, code_visit
from fhir_adapter.coding.rulebook import Reading

UNCODED = frozenset({"setting-unknown"})
"""Findings of a chart under which nothing can be coded at all."""


class Difference(msgspec.Struct, frozen=True, kw_only=True):
    """One code on one date that the two rulebooks count differently."""

    code: str
    modifiers: tuple[str, ...]
    date: date
    units: int
    other_units: int
    policies: tuple[str, ...]
    """What causes it; empty where no single policy does."""
    because: str
    citations: tuple[str, ...]


class SecondOpinion(msgspec.Struct, frozen=True, kw_only=True):
    result: VisitResult
    differences: tuple[Difference, ...]


def derive(visit: Visit, rulebook: Rulebook, drugs: DrugTables, *, findings: tuple[Finding, ...] = ()) -> VisitResult:
    """The coded visit, with the findings of its chart before those of the rules."""
    uncoded = any(finding.id in UNCODED for finding in findings)
    is_held = any(finding.severity == "error" and finding.about == "derived" for finding in findings)
    coded = code_visit(replace(visit, administrations=()) if uncoded else visit, rulebook, drugs, is_held=is_held)
    return replace(coded, findings=(*findings, *coded.findings))


def second_opinion(
    result: VisitResult,
    visit: Visit,
    rulebook: Rulebook,
    other: Rulebook,
    drugs: DrugTables,
    *,
    findings: tuple[Finding, ...] = (),
) -> SecondOpinion:
    """The visit under `other`, and where and why that differs from `result`, which is the visit under `rulebook`."""
    theirs = derive(visit, other, drugs, findings=findings)
    units, other_units = _units(result.lines), _units(theirs.lines)
    keys = sorted(key for key in units | other_units if units[key] != other_units[key])
    caused = _causes(result, visit, rulebook, other, drugs) if keys else {}
    held = _held(other, visit)
    differences = tuple(_difference(key, units[key], other_units[key], caused.get(key, ()), held) for key in keys)
    return SecondOpinion(result=theirs, differences=differences)


Key = tuple[date, str, tuple[str, ...]]


def _units(lines: tuple[Line, ...]) -> Counter[Key]:
    units: Counter[Key] = Counter()
    for line in lines:
        units[(line.date, line.code, line.modifiers)] += line.units
    return units


def _causes(
    result: VisitResult,
    visit: Visit,
    rulebook: Rulebook,
    other: Rulebook,
    drugs: DrugTables,
) -> dict[Key, tuple[str, ...]]:
    """For each line that moves, the policies that move it."""
    ours = _units(result.lines)
    causes: dict[Key, tuple[str, ...]] = {}
    own, theirs = _held(rulebook, visit), _held(other, visit)
    if own is None or theirs is None:
        return causes
    for policy in rulebook.policies:
        if _value(own, policy) == _value(theirs, policy):
            continue
        moved = _units(code_visit(visit, _with(rulebook, theirs, policy), drugs).lines)
        for key in ours | moved:
            if ours[key] != moved[key]:
                causes[key] = (*causes.get(key, ()), policy)
    return causes


def _held(rulebook: Rulebook, visit: Visit) -> Reading | None:
    """What holds for the visit: the reading of its first service date and its payer."""
    dates = [given.service_date for given in visit.administrations]
    return rulebook.reading(min(dates), visit.payer) if dates else None


def _value(reading: Reading, policy: str) -> str:
    return str(getattr(reading.policies, policy.replace("-", "_")))


def _with(rulebook: Rulebook, theirs: Reading, policy: str) -> Rulebook:
    """`rulebook` with one policy as the other reading has it."""

    def changed(reading: Reading) -> Reading:
        policies = replace(reading.policies, **{policy.replace("-", "_"): _value(theirs, policy)})
        return replace(reading, policies=policies, sources=reading.sources | {policy: theirs.sources[policy]})

    payers = {payer: tuple(map(changed, readings)) for payer, readings in rulebook.payer_readings.items()}
    return replace(rulebook, readings=tuple(map(changed, rulebook.readings)), payer_readings=payers)


def _difference(
    key: Key, units: int, other_units: int, policies: tuple[str, ...], theirs: Reading | None
) -> Difference:
    on, code, modifiers = key
    sources = [theirs.sources[policy] for policy in policies] if theirs else []
    because = " ".join(source.means for source in sources) or "Several readings together make this difference."
    return Difference(
        code=code,
        modifiers=modifiers,
        date=on,
        units=units,
        other_units=other_units,
        policies=policies,
        because=because,
        citations=tuple(dict.fromkeys(cite for source in sources for cite in source.cites)),
    )
