"""Visits that somebody worked out, each under its rulebook and policies: the lines are those, and no others.

`complete`: no other administration line may be there. `must_not`: the code is on no line. Of each drug code that is
named, exactly these lines; a case of drug units that names none expects none.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

import pytest

from fhir_adapter.catalog import load_catalog
from fhir_adapter.coding import VisitResult, code_visit
from fhir_adapter.coding.lines import is_drug
from fhir_adapter.rulebooks import load_rulebook
from fhir_adapter.rulebooks.worked import Expectation, ExpectedLine, Worked, worked_visits

CASES = [(worked, expected) for worked in worked_visits() for expected in worked.expected]
each_case = pytest.mark.parametrize(
    ("worked", "expected"), CASES, ids=[f"{w.decision}/{w.name}-{e.rulebook}" for w, e in CASES]
)


def coded(worked: Worked, expected: Expectation) -> VisitResult:
    return code_visit(worked.visit, load_rulebook(expected.rulebook, expected.policies), load_catalog())


def counted(lines: Iterable, dated: bool) -> Counter:
    units: Counter = Counter()
    for line in lines:
        on = line.on if isinstance(line, ExpectedLine) else line.date
        units[(line.code, tuple(line.modifiers), on if dated else None)] += line.units
    return units


@each_case
def test_the_lines_are_those_that_were_worked_out(worked: Worked, expected: Expectation) -> None:
    result = coded(worked, expected)
    dated = any(line.on for line in expected.lines)
    wanted = counted(expected.lines, dated)
    found = counted((line for line in result.lines if not is_drug(line.code)), dated)
    assert {key: found[key] for key in wanted} == dict(wanted)
    assert not expected.complete or found == wanted
    assert not {line.code for line in result.lines} & set(expected.must_not)
    assert set(expected.carc) <= {finding.carc for finding in result.findings}


@each_case
def test_the_drug_lines_are_those_that_were_worked_out(worked: Worked, expected: Expectation) -> None:
    named = {line.code for line in expected.drug_lines}
    every = expected.why is not None
    lines = [line for line in coded(worked, expected).lines if is_drug(line.code) and (every or line.code in named)]
    dated = any(line.on for line in expected.drug_lines)
    assert counted(lines, dated) == counted(expected.drug_lines, dated)


@each_case
def test_nothing_is_dropped_and_everything_is_cited(worked: Worked, expected: Expectation) -> None:
    result = coded(worked, expected)
    rules = load_rulebook(expected.rulebook, expected.policies).rules
    named = {id_ for part in (*result.lines, *result.findings) for id_ in part.administrations}
    assert named == {given.id for given in worked.visit.administrations}
    for line in result.lines:
        assert line.citations
        assert set(line.citations) <= set(rules)
        assert sum(share.units for share in line.shares) == line.units
        assert line.because.endswith(".")
        assert ". " not in line.because


def test_there_are_as_many_cases_as_were_collected() -> None:
    """39 that others published, 105 of the page under both rulebooks, and sixty of drug units."""
    trusts = Counter(expected.trust for _, expected in CASES)
    assert trusts["own"] >= 60
    assert sum(trusts.values()) - trusts["own"] == 144
