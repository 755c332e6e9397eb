"""Writes docs/rules: one page per decision, with its rules, their sources and the visits of fixtures/cases worked out.

    python tools/make_rule_pages.py            writes the pages
    python tools/make_rule_pages.py FOLDER     writes them there

A test holds that docs/rules is what this script writes.
"""

from __future__ import annotations

import sys
import tomllib
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path
from typing import Any

from fhir_adapter.coding import Administration
from fhir_adapter.coding.rulebook import Rulebook
from fhir_adapter.rulebooks import load_rulebook, rulebook_names
from fhir_adapter.rulebooks.worked import Expectation, ExpectedLine, Worked, worked_folder, worked_visits

DOCS = Path(__file__).parents[1] / "docs" / "rules"
NOTE = "<!-- Written by tools/make_rule_pages.py from the rulebooks and fixtures/cases; change those. -->"


def pages() -> dict[str, str]:
    """Every page by its file name."""
    books = [load_rulebook(name) for name in reversed(rulebook_names())]
    made = {}
    for decision, worked in groupby(worked_visits(), key=lambda worked: worked.decision):
        said = tomllib.loads((worked_folder() / decision / "decision.toml").read_text("utf-8"))
        made[f"{decision}.md"] = "\n".join(_page(said, list(worked), books)) + "\n"
    return made | {"README.md": "\n".join(_index(made)) + "\n"}


def _index(made: dict[str, str]) -> Iterator[str]:
    yield from (NOTE, "", "# The rules, decision by decision", "")
    yield "Each page has the rule, where it stands, and visits worked out under it. The program codes every one of them"
    yield "as it stands here; its tests hold that."
    yield ""
    for file, page in made.items():
        title = next(line for line in page.splitlines() if line.startswith("# "))
        yield f"- [{title.removeprefix('# ')}]({file})"


def _page(said: dict[str, Any], worked: list[Worked], books: list[Rulebook]) -> Iterator[str]:
    yield from (NOTE, "", f"# {said['title']}", "", said["says"].strip(), "")
    cited = _cited(said, books)
    if cited:
        yield from ("## Rules", "", "| rule | says | source |", "|---|---|---|")
        yield from (f"| {rule.id} | {rule.says} | {rule.source} |" for rule in cited.values())
        yield ""
    if said["policies"]:
        yield from ("## Where authorities differ", "")
        for policy in said["policies"]:
            yield from _policy(policy, books)
    yield from ("## Worked visits", "")
    for case in worked:
        yield from _case(case)


def _cited(said: dict[str, Any], books: list[Rulebook]) -> dict[str, Any]:
    cited = {}
    for book in books:
        names = [cite for decision in said["decisions"] for cite in book.readings[-1].decisions[decision]]
        names += [cite for policy in said["policies"] for cite in book.policies[policy][-1].source.cites]
        cited |= {name: book.rules[name] for name in names}
    return dict(sorted(cited.items()))


def _policy(policy: str, books: list[Rulebook]) -> Iterator[str]:
    yield from (f"`{policy}`", "")
    for value, meant in books[0].alternatives[policy].items():
        following = [book.name for book in books if book.policies[policy][-1].value == value]
        yield f"- `{value}`: {meant.means}" + (f" ({', '.join(following)})" if following else "")
    yield ""


def _case(case: Worked) -> Iterator[str]:
    visit = case.visit
    context = [visit.setting, *(f"{name} {said}" for name, said in _context(case) if said)]
    yield from (f"### {case.title}", "", f"{', '.join(context)}.", "")
    yield from (f"- {_given(given)}" for given in visit.administrations)
    yield ""
    for expected in case.expected:
        yield f"**{expected.rulebook}**{_with(expected)}: {_lines(expected)}" + _why(expected)
        yield ""
    source = case.source
    yield f"Source: [{source['title']}]({source['address']})" if "address" in source else f"Source: {source['title']}"
    yield ""


def _context(case: Worked) -> tuple[tuple[str, str | None], ...]:
    return ("reason", case.visit.primary_reason), ("payer", case.visit.payer)


def _given(given: Administration) -> str:
    until = f" to {given.stop:%H:%M}" if given.stop else ""
    nights = (given.stop.date() - given.start.date()).days if given.stop else 0
    days = f" (+{nights} d)" if nights else ""
    dose = f", {given.dose.value.normalize():f} {given.dose.unit}" if given.dose else ""
    waste = f", {given.discarded.value.normalize():f} {given.discarded.unit} discarded" if given.discarded else ""
    marks = [given.container, given.encounter, given.site, "second site needed" if given.site_required else None]
    marks += ["stopped early" if given.discontinued else None]
    marked = "".join(f", {mark}" for mark in marks if mark)
    kind = f" ({given.drug_class})" if given.drug_class else ""
    return f"{given.start:%H:%M}{until}{days} {given.drug}{kind}, {given.technique}{dose}{waste}{marked}"


def _with(expected: Expectation) -> str:
    named = ", ".join(f"{name}={value}" for name, value in expected.policies.items())
    return f" with {named}" if named else ""


def _lines(expected: Expectation) -> str:
    told = [_line(line) for line in (*expected.lines, *expected.drug_lines)]
    return ", ".join(told) or "no line"


def _line(line: ExpectedLine) -> str:
    on = f" on {line.on}" if line.on else ""
    return "-".join((line.code, *line.modifiers)) + f" ×{line.units}{on}"


def _why(expected: Expectation) -> str:
    told = f". {expected.why}" if expected.why else ""
    return told + (f" ({expected.trust})" if expected.trust not in ("own", "printed", "published") else "")


def main(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for file, page in pages().items():
        (folder / file).write_text(page, "utf-8")
    print(f"{len(pages())} pages in {folder}")


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else DOCS)
