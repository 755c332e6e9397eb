"""Every worked case, changed in ways that must not matter, or whose effect the second coder predicts.

Other ids, other names of drugs of the same class, another order in the file and another week leave the lines alone. A
minute more or fewer at each stop may change them, and then both coders change them alike.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import date, datetime, timedelta

import msgspec
import pytest

from fhir_adapter.coding import Visit, VisitResult, code_visit
from fhir_adapter.rulebooks import load_rulebook
from fhir_adapter.rulebooks.worked import Expectation, Worked, worked_visits
from tests.properties.agreement import CATALOG
from tests.properties.obvious_coder import answer
from tests.properties.obvious_coder.policies import book

CASES = [(worked, expected) for worked in worked_visits() for expected in worked.expected]
each_case = pytest.mark.parametrize(("worked", "expected"), CASES, ids=[f"{w.name}-{e.rulebook}" for w, e in CASES])
WEEK = timedelta(days=7)


def plain(worked: Worked) -> dict:
    return msgspec.to_builtins(worked.visit) | {"billed": None, "authorized": None}


def coded(visit: dict, expected: Expectation) -> VisitResult:
    rulebook = load_rulebook(expected.rulebook, expected.policies)
    return code_visit(msgspec.convert(visit, Visit, strict=False), rulebook, CATALOG)


def units(result: VisitResult, later: timedelta = timedelta()) -> Counter:
    """Administration lines, by their date less the days that the visit was moved."""
    return Counter(
        {
            (line.code, tuple(line.modifiers), line.date - later): line.units
            for line in result.lines
            if line.system == "CPT" or line.code in ("G0498", "C8957")
        }
    )


def with_each(visit: dict, change) -> dict:
    return visit | {"administrations": [change(dict(one)) for one in visit["administrations"]]}


def renamed_ids(one: dict) -> dict:
    mixed = one.get("same_bag_as")
    return one | {"id": f"other-{one['id']}", "same_bag_as": f"other-{mixed}" if mixed else None}


def a_week_later(one: dict) -> dict:
    moved = {
        name: (datetime.fromisoformat(one[name]) + WEEK).isoformat() for name in ("start", "stop") if one.get(name)
    }
    return one | moved


def renamed_drugs(one: dict) -> dict:
    known = one.get("drug") and one.get("drug_class")
    return one | {"drug": f"other {one['drug'].strip().lower()}", "ndc": None, "rxcui": None} if known else one


@each_case
def test_other_ids_and_another_order_leave_the_lines_alone(worked: Worked, expected: Expectation) -> None:
    visit = plain(worked)
    first = units(coded(visit, expected))
    assert units(coded(with_each(visit, renamed_ids), expected)) == first
    turned = visit | {"administrations": visit["administrations"][::-1]}
    assert units(coded(turned, expected)) == first


@each_case
def test_drugs_of_other_names_and_the_same_class_leave_the_lines_alone(worked: Worked, expected: Expectation) -> None:
    visit = plain(worked)
    if any(one.get("ndc") or one.get("rxcui") for one in visit["administrations"]):
        visit = with_each(visit, lambda one: one | ({"ndc": None, "rxcui": None} if one.get("drug") else {}))
    assert units(coded(with_each(visit, renamed_drugs), expected)) == units(coded(visit, expected))


@each_case
def test_another_week_moves_the_dates_and_nothing_else(worked: Worked, expected: Expectation) -> None:
    visit = plain(worked)
    later = coded(with_each(visit, a_week_later), expected)
    first = coded(visit, expected)
    if "no-rule-in-force" not in {f.id for f in first.findings}:
        assert units(later, WEEK) == units(first)


def minute_by_minute(visit: dict) -> Iterator[dict]:
    for place, one in enumerate(visit["administrations"]):
        for minute in (-1, 1) if one.get("stop") else ():
            stop = datetime.fromisoformat(one["stop"]) + timedelta(minutes=minute)
            if stop >= datetime.fromisoformat(one["start"]):
                moved = [*visit["administrations"]]
                moved[place] = one | {"stop": stop.isoformat()}
                yield visit | {"administrations": moved}


@each_case
def test_a_minute_more_or_fewer_does_what_the_second_coder_says(worked: Worked, expected: Expectation) -> None:
    """Drugs whose class only the catalog knows are given the class that it has, for the second coder's sake."""
    visit = with_each(plain(worked), classed)
    policies = book(expected.rulebook, dict(expected.policies))
    for changed in minute_by_minute(visit):
        second = answer(changed, policies)
        theirs: Counter[tuple[str, tuple[str, ...], date]] = Counter()
        for (code, marks, day, _), count in second.lines.items():
            if code.isdigit() or code in ("G0498", "C8957"):
                theirs[(code, marks, day)] += count
        assert units(coded(changed, expected)) == theirs


def classed(one: dict) -> dict:
    if one.get("drug_class"):
        return one
    on = datetime.fromisoformat(one["start"]).date()
    known = CATALOG.look_up(ndc=one.get("ndc"), rxcui=one.get("rxcui"), name=one.get("drug"), on=on)
    return one | {"drug_class": known.drug_class}
