"""Any visit has a story, whatever the policies: no line without its rules, no timed line without its minutes."""

from __future__ import annotations

import json
from random import Random

import pytest

from fhir_adapter.coding import unknown_drugs
from fhir_adapter.coding.contract import read_visits
from fhir_adapter.coding.story import story_of
from fhir_adapter.rulebooks import load_rulebook, rulebook_names
from tests.properties.obvious_visits import overrides, visit

TIMED = {"96413", "96365", "96360", "96361", "96415", "96366", "96367", "96368"}


@pytest.mark.parametrize("book", rulebook_names())
def test_every_line_of_a_random_visit_is_told(book: str) -> None:
    chance = Random(book)
    timed = 0
    for _ in range(150):
        policies = overrides(chance)
        (read,), _ = read_visits(json.dumps(visit(chance)).encode())
        story = story_of(read, load_rulebook(book, policies), unknown_drugs)
        assert [told.line for told in story.lines] == list(story.result.lines)
        for told in story.lines:
            assert [rule.id for rule in told.rules] == list(told.line.citations)
            assert ". " not in told.line.because.removesuffix(".")
            if told.line.code in TIMED and told.line.minutes is not None and "53" not in told.line.modifiers:
                timed += 1
                assert told.minutes, (read, told.line)
    assert timed > 100
