"""Writes docs/rules: one page per decision, with its rules, their sources and the visits of fixtures/cases worked out.

    python tools/make_rule_pages.py            writes the pages
    python tools/make_rule_pages.py FOLDER     writes them there

A test holds that docs/rules is what this script writes.
"""

from __future__ import annotations

import sys
import tomllib
from collections.abc import Iterator
from datetime import date
from itertools import groupby
from pathlib import Path
from typing import Any

from fhir_adapter.coding import Administration
from fhir_adapter.coding.rulebook import Rulebook
from fhir_adapter.rulebooks import load_rulebook, rulebook_names
from fhir_adapter.rulebooks.worked import Expectation, ExpectedLine, Worked, worked_folder, worked_visits

SETTINGS = {
    "office": "In an office",
    "facility": "In a facility",
    "professional-in-facility": "A professional's claim for care in a facility",
}
TECHNIQUES = {
    "im": "injected into a muscle",
    "sc": "injected under the skin",
    "sc-infusion": "infused under the skin",
    "pump": "begun on a pump",
    "pump-refill": "filled into a pump again",
}
SAID = {
    "96360": "fluid alone, its first hour",
    "96361": "a further hour of fluid",
    "96365": "the first therapeutic infusion",
    "96366": "a further hour of a therapeutic drug",
    "96367": "a further therapeutic drug, after another",
    "96368": "a therapeutic drug beside another",
    "96369": "a therapeutic infusion under the skin",
    "96370": "a further hour under the skin",
    "96372": "a therapeutic injection",
    "96373": "a therapeutic push into an artery",
    "96374": "the first therapeutic push",
    "96375": "a push of a further therapeutic drug",
    "96376": "the same drug pushed again, facilities only",
    "96401": "a chemotherapy injection",
    "96402": "an injection of a hormone against cancer",
    "96405": "chemotherapy into up to seven lesions",
    "96406": "chemotherapy into eight lesions or more",
    "96409": "the first chemotherapy, by push",
    "96411": "a push of a further chemotherapy drug",
    "96413": "the first chemotherapy, by infusion",
    "96415": "a further hour of a chemotherapy drug",
    "96416": "a long chemotherapy infusion begun on a pump",
    "96417": "a further chemotherapy drug, infused after another",
    "96420": "chemotherapy pushed into an artery",
    "96422": "chemotherapy infused into an artery",
    "96423": "a further hour into an artery",
    "96440": "chemotherapy into the chest",
    "96446": "chemotherapy into the abdomen",
    "96450": "chemotherapy into the spinal fluid",
    "96521": "a portable pump filled again",
    "96522": "an implanted pump filled again",
    "96523": "a port flushed, and nothing else that day",
    "96549": "a chemotherapy service that has no code of its own",
    "C8957": "a long therapeutic infusion begun on a pump, facilities only",
    "G0498": "Medicare: the office's own pump, from its start to its end",
    "53": "the service was broken off",
    "59": "a distinct service",
    "JW": "drug that was thrown away",
    "JZ": "nothing was thrown away",
    "XE": "another encounter",
    "XS": "another site",
}
"""Codes and modifiers in our own words."""
HOW_TO_READ = """\
## How to read a page

A worked visit has its setting, the day, what was given from when to when, and under each rulebook the lines that it
makes: `96413 ×1` is one unit of the code 96413, `96413-59` the same with the modifier 59, `(+2 d)` two days later:
before a time, than the visit's day; after it, than the start.
What a code stands for is told on each page in our own words.

- **cpt-2026** reads the rules as the CPT book and CMS do; **carecost-96417** as the CareCost page on 96417 prints them.
  Where the two part, the page says so under "Where authorities differ".
- *with `policy=value`*: the lines under another reading of that policy.
- *(derived)*: nobody prints the lines for this rulebook; they follow from its rules. *(disputed)*,
  *(forum)*, *(low-authority)*, *(historical)*: who printed them is contradicted, is a forum, has little authority, or
  wrote for an older rule; the reading that gives the lines is named with them.
- "Source" is who printed the visit; "own" visits were worked out by us, with the arithmetic.

`fhir-adapter explain` tells any of them line by line, `fhir-adapter rulebook show` every rule.

## Pages
"""
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
    yield from ("", HOW_TO_READ)
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
    yield from ("## Codes on this page", "", *_codes(said["policies"], worked, books), "")
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


def _codes(policies: list[str], worked: list[Worked], books: list[Rulebook]) -> Iterator[str]:
    lines = [line for case in worked for expected in case.expected for line in expected.lines]
    named = {line.code for line in lines} | {modifier for line in lines for modifier in line.modifiers}
    named |= {value for policy in policies for value in books[0].alternatives[policy] if value in SAID}
    drugs = [line for case in worked for expected in case.expected for line in expected.drug_lines]
    named |= {modifier for line in drugs for modifier in line.modifiers}
    yield from (f"- {code}: {SAID[code]}" for code in sorted(named, key=lambda code: (len(code) < 5, code)))


def _policy(policy: str, books: list[Rulebook]) -> Iterator[str]:
    yield from (f"`{policy}`", "")
    for value, meant in books[0].alternatives[policy].items():
        following = [book.name for book in books if book.policies[policy][-1].value == value]
        yield f"- `{value}`: {meant.means}" + (f" ({', '.join(following)})" if following else "")
    yield ""


def _case(case: Worked) -> Iterator[str]:
    visit = case.visit
    context = [SETTINGS[visit.setting], *(f"{name} {said}" for name, said in _context(case) if said)]
    days = sorted({given.service_date for given in visit.administrations})
    yield from (f"### {case.title}", "", f"{', '.join(context)}{f', {days[0]}' if days else ''}.", "")
    yield from (f"- {_given(given, days[0])}" for given in visit.administrations)
    yield ""
    if visit.billed:
        billed = ("-".join((line.code, *line.modifiers)) + f" ×{line.units}" for line in visit.billed)
        yield from (f"Billed: {', '.join(billed)}", "")
    for expected in case.expected:
        yield f"**{expected.rulebook}**{_with(expected)}: {_lines(expected)}" + _why(expected)
        yield ""
    source = case.source
    yield f"Source: [{source['title']}]({source['address']})" if "address" in source else f"Source: {source['title']}"
    yield ""


def _context(case: Worked) -> tuple[tuple[str, str | None], ...]:
    return ("reason", case.visit.primary_reason), ("payer", case.visit.payer)


def _given(given: Administration, first: date) -> str:
    later = (given.service_date - first).days
    on = f"(+{later} d) " if later else ""
    until = f" to {given.stop:%H:%M}" if given.stop else ""
    nights = (given.stop.date() - given.start.date()).days if given.stop else 0
    days = f" (+{nights} d)" if nights else ""
    keys = (given.drug, f"RxCUI {given.rxcui}" if given.rxcui else None, f"NDC {given.ndc}" if given.ndc else None)
    kind = f" ({given.drug_class})" if given.drug_class else ""
    technique = TECHNIQUES.get(given.technique, given.technique)
    marks = "".join(f", {mark}" for mark in _marks(given) if mark)
    return f"{on}{given.start:%H:%M}{until}{days} {' '.join(key for key in keys if key)}{kind}, {technique}{marks}"


def _marks(given: Administration) -> Iterator[str | None]:
    yield f"{given.dose.value.normalize():f} {given.dose.unit}" if given.dose else None
    yield f"{given.discarded.value.normalize():f} {given.discarded.unit} discarded" if given.discarded else None
    yield given.container
    yield f"encounter {given.encounter}" if given.encounter else None
    yield f"line {given.site}" if given.site else None
    yield "a second line was medically necessary" if given.site_required else None
    yield f"order {given.order}" if given.order else None
    yield f"in one bag with {given.same_bag_as}" if given.same_bag_as else None
    yield "implanted pump" if given.pump_kind == "implantable" else None
    yield f"{given.lesions} lesions" if given.lesions is not None else None
    yield "stopped early" if given.discontinued else None


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
    found = f"; finding {', '.join(expected.edits)}" if expected.edits else ""
    found += f"; denial CARC {', '.join(expected.carc)}" if expected.carc else ""
    told = found + (f". {expected.why}" if expected.why else "")
    return told + (f" ({expected.trust})" if expected.trust not in ("own", "printed", "published") else "")


def main(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for file, page in pages().items():
        (folder / file).write_text(page, "utf-8")
    print(f"{len(pages())} pages in {folder}")


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else DOCS)
