"""The rulebooks that ship: what they say, what they refuse, and that a hash stands for all of it."""

from __future__ import annotations

import pytest

from fhir_adapter.catalog import load_catalog
from fhir_adapter.derive import derive
from fhir_adapter.errors import RulebookError
from fhir_adapter.rulebooks import load_rulebook, rulebook_names
from fhir_adapter.rulebooks.show import described
from fhir_adapter.rulebooks.worked import worked_visits


def test_two_rulebooks_ship() -> None:
    assert rulebook_names() == ("carecost-96417", "cpt-2026")


def test_an_overlay_says_what_it_changes() -> None:
    book = load_rulebook("carecost-96417")
    assert "pump-start" in book.differs
    assert book.policies["pump-start"][0].value == "96521"
    assert book.policies["missing-stop"] == load_rulebook("cpt-2026").policies["missing-stop"]
    assert all(book.policies[name][0].source.cites[0].startswith("seed: ") for name in book.differs)


def test_a_policy_of_the_run_is_part_of_the_hash() -> None:
    plain, other = load_rulebook("cpt-2026"), load_rulebook("cpt-2026", {"pump-start": "G0498"})
    assert plain.hash != other.hash
    assert other.overridden == ("pump-start",)


@pytest.mark.parametrize(
    ("policies", "said"),
    [
        ({"pump": "96416"}, "'pump' is unknown; there are concurrent-chemo,"),
        ({"pump-start": "1"}, "allowed are 96416,"),
    ],
)
def test_an_unknown_policy_or_value_is_refused(policies: dict, said: str) -> None:
    with pytest.raises(RulebookError, match=said):
        load_rulebook("cpt-2026", policies)


@pytest.mark.parametrize("name", rulebook_names())
def test_everything_that_a_line_of_any_case_cites_is_shown_with_its_source(name: str) -> None:
    book, catalog = load_rulebook(name), load_catalog()
    shown = described(book)
    lines = [line for worked in worked_visits() for line in derive(worked.visit, book, catalog).lines]
    cited = {id_ for line in lines for id_ in line.citations}
    assert len(cited) > 15
    for id_ in cited:
        assert f"\n  {id_} {book.rules[id_].title}: {book.rules[id_].says} ({book.rules[id_].source}; from " in shown
