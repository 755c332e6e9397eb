"""Whether a worked visit still comes out as somebody worked it out: the differences in words, none where it does."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator

from fhir_adapter.coding import Line, VisitResult
from fhir_adapter.coding.lines import is_drug
from fhir_adapter.rulebooks.worked import Expectation, ExpectedLine

EDITS = frozenset({"add-on-without-primary", "mue-exceeded", "ncci-ptp", "payability-unknown"})


def differences(expected: Expectation, result: VisitResult) -> Iterator[str]:
    yield from _administration(expected, result)
    yield from _drugs(expected, result)
    absent = set(expected.carc) - {finding.carc for finding in result.findings}
    yield from (f"no finding has CARC {carc}" for carc in sorted(absent))
    found = {finding.id for finding in result.findings} & EDITS
    yield from (f"{id_} is not as expected" for id_ in sorted(found ^ set(expected.edits)))


def counted(lines: Iterable[Line | ExpectedLine], dated: bool) -> Counter:
    units: Counter = Counter()
    for line in lines:
        on = line.on if isinstance(line, ExpectedLine) else line.date
        units[(line.code, tuple(line.modifiers), on if dated else None)] += line.units
    return units


def _administration(expected: Expectation, result: VisitResult) -> Iterator[str]:
    dated = any(line.on for line in expected.lines)
    wanted = counted(expected.lines, dated)
    found = counted((line for line in result.lines if not is_drug(line.code)), dated)
    yield from (f"{key}: {found[key]} and not {units}" for key, units in wanted.items() if found[key] != units)
    if expected.complete:
        yield from (f"{key} was not expected" for key in found.keys() - wanted.keys())
    present = {line.code for line in result.lines}
    yield from (f"{code} may not be there" for code in expected.must_not if code in present)


def _drugs(expected: Expectation, result: VisitResult) -> Iterator[str]:
    """Of each code that is named, exactly these lines; where the arithmetic is written out, of every code."""
    named = {line.code for line in expected.drug_lines}
    every = expected.why is not None
    dated = any(line.on for line in expected.drug_lines)
    lines = [line for line in result.lines if is_drug(line.code) and (every or line.code in named)]
    found, wanted = counted(lines, dated), counted(expected.drug_lines, dated)
    yield from (f"{key}: {found[key]} and not {wanted[key]}" for key in found | wanted if found[key] != wanted[key])
