"""Visits that somebody worked out, each under its rulebook and policies: the lines are those, and no others.

`complete`: no other administration line may be there. `must_not`: the code is on no line. Of each drug code that is
named, exactly these lines; a case whose arithmetic is written out expects no others. `edits`: exactly these findings of
the CMS tables.
"""

from __future__ import annotations

from collections import Counter

import pytest
from cases.judging import differences

from fhir_adapter.catalog import load_catalog
from fhir_adapter.coding import VisitResult, code_visit
from fhir_adapter.rulebooks import load_rulebook
from fhir_adapter.rulebooks.worked import Expectation, Worked, worked_visits

CASES = [(worked, expected) for worked in worked_visits() for expected in worked.expected]
each_case = pytest.mark.parametrize(
    ("worked", "expected"), CASES, ids=[f"{w.decision}/{w.name}-{e.rulebook}" for w, e in CASES]
)


def coded(worked: Worked, expected: Expectation) -> VisitResult:
    return code_visit(worked.visit, load_rulebook(expected.rulebook, expected.policies), load_catalog())


@each_case
def test_a_visit_comes_out_as_it_was_worked_out(worked: Worked, expected: Expectation) -> None:
    assert list(differences(expected, coded(worked, expected))) == []


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
