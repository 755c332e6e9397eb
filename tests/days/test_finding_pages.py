"""Every finding has a paragraph in docs/findings: what it means, what to do. The lists and the program agree."""

import ast
import re
from pathlib import Path

import pytest

from fhir_adapter.coding.finding_ids import FINDING_IDS
from fhir_adapter.normalize.finding_ids import CHART_FINDING_IDS

ROOT = Path(__file__).parents[2]
PAGES = {page.stem: page.read_text() for page in (ROOT / "docs" / "findings").glob("*.md") if page.stem != "README"}
SECTIONS = {
    match["id"]: match["text"]
    for page in PAGES.values()
    for match in re.finditer(r"^## (?P<id>[a-z0-9-]+)\n(?P<text>.*?)(?=^## |\Z)", page, re.MULTILINE | re.DOTALL)
}
MAKERS = {"Finding", "find", "_finding", "Trouble"}


def ids_in(room):
    """What calls of finding makers have as their id; tables of ids are found by the sentence beside them."""
    trees = [ast.parse(file.read_text()) for file in (ROOT / "fhir_adapter" / room).glob("*.py")]
    calls = [node for tree in trees for node in ast.walk(tree) if isinstance(node, ast.Call)]
    named = [call for call in calls if getattr(call.func, "attr", getattr(call.func, "id", "")) in MAKERS]
    given = [
        part for call in named for part in (*call.args[:1], *(each.value for each in call.keywords if each.arg == "id"))
    ]
    return {part.value for part in given if isinstance(part, ast.Constant) and isinstance(part.value, str)}


def sources(room):
    return [file for file in (ROOT / "fhir_adapter" / room).glob("*.py") if file.stem != "finding_ids"]


def words_in(*rooms):
    """Every text of the rooms but those of the lists themselves."""
    trees = [ast.parse(file.read_text()) for room in rooms for file in sources(room)]
    return {node.value for tree in trees for node in ast.walk(tree) if isinstance(node, ast.Constant)}


@pytest.mark.parametrize("room", ["normalize", "coding", "reconcile", "pipeline"])
def test_what_the_program_finds_has_a_paragraph(room):
    found = ids_in(room)
    assert found, "the makers of findings have other names now"
    assert found - SECTIONS.keys() == set()


def test_the_listed_ids_have_a_paragraph():
    assert (FINDING_IDS.keys() | CHART_FINDING_IDS.keys()) - SECTIONS.keys() == set()


def test_no_paragraph_is_about_what_nobody_finds():
    assert SECTIONS.keys() - words_in("normalize", "coding", "reconcile", "pipeline") == set()


def test_the_chart_page_and_the_list_are_the_same():
    on_page = set(re.findall(r"^## (\S+)", PAGES["chart"], re.MULTILINE))
    shared = {"drug-class-unknown", "drug-code-ambiguous", "waste-undocumented"}
    assert on_page == CHART_FINDING_IDS.keys() - shared
    assert shared <= FINDING_IDS.keys()


def test_the_list_of_the_chart_has_what_reading_it_finds():
    people = {"decided", "decision-contradicted", "held-by-person"}
    assert ids_in("normalize") - people <= CHART_FINDING_IDS.keys()
    made = words_in("normalize")
    assert CHART_FINDING_IDS.keys() <= made


@pytest.mark.parametrize("name", sorted(SECTIONS))
def test_a_paragraph_says_what_it_means_and_what_to_do(name):
    assert re.search(r"\*\*Means\*\* \((info|warning|error)", SECTIONS[name])
    assert "**Do**: " in SECTIONS[name]
