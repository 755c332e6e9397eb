"""What holds of every visit, whatever the policies: random visits, and a sum that no case writes down."""

from __future__ import annotations

from collections import Counter
from functools import cache
from random import Random

import msgspec

from fhir_adapter.coding import VisitResult
from tests.properties.agreement import Run, engine, lines_of, rulebook, run
from tests.properties.obvious_coder.charges import INITIALS
from tests.properties.obvious_coder.policies import book

VISITS = 250
DISTINCT = {"59", "XE", "XS"}


@cache
def coded() -> list[tuple[Run, VisitResult]]:
    return [(one, engine(one)) for one in map(run, range(1000, 1000 + VISITS))]


def test_an_encounter_has_at_most_one_unmodified_initial_service() -> None:
    for one, result in coded():
        units: Counter[str | None] = Counter()
        for line in result.lines:
            if line.code in INITIALS and not DISTINCT & set(line.modifiers):
                units.update({share.encounter: share.units for share in line.shares})
        assert max(units.values(), default=0) <= 1, one.seed


def test_every_administration_is_named_by_a_line_or_a_finding() -> None:
    for one, result in coded():
        named = {id_ for part in (*result.lines, *result.findings) for id_ in part.administrations}
        assert named == {given["id"] for given in one.visit["administrations"]}, one.seed


def test_shares_sum_to_the_units() -> None:
    for one, result in coded():
        assert all(sum(share.units for share in line.shares) == line.units for line in result.lines), one.seed


def test_every_citation_is_one_that_the_rulebook_lists() -> None:
    for one, result in coded():
        rules = set(rulebook(one).rules)
        assert all(line.citations and set(line.citations) <= rules for line in result.lines), one.seed


def test_no_modifier_that_no_policy_asked_for() -> None:
    for one, result in coded():
        policies = book(one.book, one.overrides).policies
        asked = {"53"} if policies["discontinued-infusion"] == "53" else set()
        asked |= {"XE", "XS"} if policies["second-initial-modifier"] == "X" else {"59"}
        if "59" in (policies["second-site-add-on-modifier"], policies["injection-with-iv-modifier"]):
            asked.add("59")
        if policies["jw-lines"] == "any-payer" or (
            policies["jw-lines"] == "medicare" and one.visit["payer"] == "medicare"
        ):
            asked |= {"JW", "JZ"}
        assert {modifier for line in result.lines for modifier in line.modifiers} <= asked, one.seed


def test_the_order_of_the_input_is_irrelevant_where_no_two_begin_together() -> None:
    """Ties of a displayed minute are decided by the place in the file: those visits are left out, and enough remain."""
    compared = 0
    for one, result in coded():
        given = one.visit["administrations"]
        if len({x["start"][:16] for x in given}) < len(given):
            continue
        shuffled = given[:]
        Random(one.seed).shuffle(shuffled)
        other = engine(Run(one.seed, one.visit | {"administrations": shuffled}, one.book, one.overrides, one.second))
        assert lines_of(other) == lines_of(result), one.seed
        assert {f.id for f in other.findings} == {f.id for f in result.findings}, one.seed
        compared += 1
    assert compared > 40


def test_the_same_visit_gives_the_same_bytes() -> None:
    for one, result in coded()[:50]:
        assert msgspec.json.encode(engine(one)) == msgspec.json.encode(result), one.seed
