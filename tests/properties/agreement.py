"""Both coders on one random visit: what the engine says, what the second coder says, and where they part."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from functools import cache
from random import Random

import msgspec

from fhir_adapter.catalog import load_catalog
from fhir_adapter.coding import Rulebook, Visit, VisitResult, code_visit
from fhir_adapter.rulebooks.chain import read_chain
from fhir_adapter.rulebooks.file import RulebookFile
from fhir_adapter.rulebooks.load import laid_out
from tests.properties import obvious_bills, obvious_visits
from tests.properties.obvious_coder import Answer, answer
from tests.properties.obvious_coder.desk import comparison, denials
from tests.properties.obvious_coder.policies import book

BOOKS = ("cpt-2026", "cpt-2026", "carecost-96417")
NOT_COMPARED = {"table-out-of-date"}
"""It speaks of the age of tables, which the second coder reads without saying how old they are."""
OF_AUTHORIZATION = {"differs-from-authorization"}
OF_EDITS = {"mue-exceeded", "ncci-ptp"}
CATALOG = load_catalog()


@dataclass
class Run:
    """One visit, how it is coded, and what the second coder makes of it."""

    seed: int
    visit: dict
    book: str
    overrides: dict[str, str]
    second: Answer


def run(seed: int) -> Run:
    """The same seed gives the same run."""
    chance = Random(seed)
    visit, overrides = obvious_visits.visit(chance, f"random-{seed}"), obvious_visits.overrides(chance)
    name = chance.choice(BOOKS)
    policies = book(name, overrides)
    second = answer(visit, policies)
    if chance.random() < 0.75:
        visit["billed"] = obvious_bills.bill(chance, second.lines)
        second.comparison = comparison(visit, second.lines)
    if chance.random() < 0.25:
        visit["authorized"] = obvious_bills.authorization(chance, second.lines)
    if all(one["start"] >= "2024" for one in visit["administrations"]):
        second.denials = denials(visit, second.lines, policies)
    return Run(seed, visit, name, overrides, second)


def engine(one: Run) -> VisitResult:
    visit = msgspec.convert(one.visit, Visit)
    return code_visit(visit, rulebook(one), CATALOG)


def rulebook(one: Run) -> Rulebook:
    return laid_out(_files(one.book), one.overrides)


@cache
def _files(name: str) -> list[RulebookFile]:
    """A rulebook's files are read once; its policies differ from run to run."""
    return [source.file for source in read_chain(name).sources]


def lines_of(result: VisitResult) -> Counter:
    lines: Counter = Counter()
    for line in result.lines:
        lines[(line.code, tuple(line.modifiers), line.date, line.ndc)] += line.units
    return lines


def said(findings: set) -> set:
    """A finding for each administration that it names, so that two ways of grouping are one."""
    return {
        (name, severity, one) for name, severity, ids in findings for one in (ids if name != "seconds-decide" else {""})
    }


def differences(one: Run, result: VisitResult) -> list[str]:
    """Everything in which the two coders differ; nothing when they agree."""
    second, found = one.second, []
    lines = lines_of(result)
    if lines != second.lines:
        found.append(f"lines: engine only {dict(lines - second.lines)}, second only {dict(second.lines - lines)}")
    else:
        shares = {
            (x.code, tuple(x.modifiers), x.date, x.ndc): {s.encounter: s.units for s in x.shares} for x in result.lines
        }
        if shares != {line: dict(parts) for line, parts in second.shares.items()}:
            found.append(f"shares: engine {shares}, second {second.shares}")
    derived = [f for f in result.findings if f.about == "derived" and f.id not in NOT_COMPARED | OF_AUTHORIZATION]
    ours = said({(f.id, f.severity, frozenset(f.administrations)) for f in derived if f.id not in OF_EDITS})
    theirs = said(second.notes)
    if ours != theirs:
        found.append(f"findings: engine only {sorted(ours - theirs)}, second only {sorted(theirs - ours)}")
    edits = {(f.id, f.severity) for f in derived if f.id in OF_EDITS}
    others = {("mue-exceeded", severity) for _, severity in second.mue} | {("ncci-ptp", x) for x in second.ptp}
    if edits != others:
        found.append(f"edits: engine {sorted(edits)}, second {sorted(others)}")
    about_bill = {(f.id, f.severity) for f in result.findings if f.about == "billed" or f.id in OF_AUTHORIZATION}
    if about_bill != second.denials:
        found.append(f"bill: engine {sorted(about_bill)}, second {sorted(second.denials)}")
    rows = {
        (row.code, tuple(row.modifiers), row.date.isoformat(), row.derived, row.billed, row.kind)
        for row in (result.comparison or ())
    }
    if rows != second.comparison:
        found.append(f"comparison: engine only {rows - second.comparison}, second only {second.comparison - rows}")
    named = {id_ for x in (*result.lines, *result.findings) for id_ in x.administrations}
    if unnamed := {a["id"] for a in one.visit["administrations"]} - named:
        found.append(f"not named: {sorted(unnamed)}")
    return found


def told(one: Run, found: list[str]) -> str:
    rows = [f"seed {one.seed} {one.book} {one.overrides} {one.visit['setting']} {one.visit['primary_reason']}"]
    rows += [
        "  " + " ".join(f"{k}={v}" for k, v in a.items() if v is not None)
        for a in sorted(one.visit["administrations"], key=lambda a: a["start"])
    ]
    return "\n".join([*rows, *(f"  {text}" for text in found)])
