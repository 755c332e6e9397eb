"""A visit told line by line: the minutes counted, what was given up to whom, and what was not chosen and why.

The problem: a line says why it is there; a coder who doubts it asks why it is not another one. Why is the antibiotic
not the initial service? Why is there no second hour?

Worked example. Oxaliplatin 09:00-11:00 with leucovorin 09:30-11:30 under `cpt-2026`. 96367: "leucovorin ran 09:30 to
11:30, 120 minutes; 90 of them beside oxaliplatin; 30 are counted." "Not concurrent: it keeps 16 minutes or more of its
own." "Not the initial service: oxaliplatin is chemotherapy by infusion, which comes before a therapeutic infusion."

Decided: told from the same sites, candidates and timed infusions that made the lines (`site_charges.decided`); nothing
is decided here. Left out: drug units, whose sentence holds all their arithmetic.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import msgspec

from fhir_adapter.coding.classify import givens_of
from fhir_adapter.coding.drugs import DrugTables
from fhir_adapter.coding.engine import code_visit
from fhir_adapter.coding.in_force import readings_of
from fhir_adapter.coding.lines import is_drug
from fhir_adapter.coding.model import Finding, Line, Visit, VisitResult
from fhir_adapter.coding.notes import Note
from fhir_adapter.coding.rulebook import Rule, Rulebook
from fhir_adapter.coding.site import encounters_of
from fhir_adapter.coding.site_charges import decided
from fhir_adapter.coding.told import NOT_BY_VEIN, notes_of
from fhir_adapter.vocabulary import Technique


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """One line with its story."""

    line: Line
    minutes: tuple[str, ...]
    not_chosen: tuple[str, ...]
    rules: tuple[Rule, ...]


class Story(msgspec.Struct, frozen=True, kw_only=True):
    result: VisitResult
    lines: tuple[Told, ...]


def story_of(visit: Visit, rulebook: Rulebook, drugs: DrugTables, result: VisitResult | None = None) -> Story:
    """The story of a visit; `result` where it was coded already, with the findings of its chart."""
    coded = code_visit(visit, rulebook, drugs) if result is None else result
    notes = list(_notes(visit, rulebook, drugs)) if coded.lines else []
    techniques = {given.id: given.technique for given in visit.administrations}
    return Story(result=coded, lines=tuple(_told(line, notes, rulebook, techniques) for line in coded.lines))


def _notes(visit: Visit, rulebook: Rulebook, drugs: DrugTables) -> Iterator[Note]:
    readings = readings_of(visit, rulebook)
    if isinstance(readings, Finding):
        return
    givens, _ = givens_of(visit, readings, drugs)
    for encounter in encounters_of(givens):
        for site in decided(encounter, visit, readings[encounter[0].encounter])[0]:
            yield from notes_of(site, visit)


def _told(line: Line, notes: list[Note], rulebook: Rulebook, techniques: Mapping[str, Technique]) -> Told:
    own = [note for note in notes if note.about(line)]
    others = [] if own or is_drug(line.code) else [NOT_BY_VEIN.get(techniques[id_]) for id_ in line.administrations]
    reasons = [note.text for note in own if not note.minutes]
    return Told(
        line=line,
        minutes=tuple(note.text for note in own if note.minutes),
        not_chosen=tuple(dict.fromkeys(text for text in (*reasons, *others) if text)),
        rules=tuple(rulebook.rules[cite] for cite in line.citations),
    )
