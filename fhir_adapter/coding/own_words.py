"""A line that rests on what a rulebook says of one drug or one payer names it (D28, D29; the reading's own words).

Worked example. A hospital's file says that Cigna takes infliximab for an ordinary drug. The line of Cigna's patient is
96365, cites that row of the file, and its sentence ends "Cigna reads it so". Without such words lines stay as they are.
"""

from __future__ import annotations

from collections.abc import Mapping

from msgspec.structs import replace

from fhir_adapter.coding.lines import is_drug
from fhir_adapter.coding.model import Line, Visit
from fhir_adapter.coding.rulebook import Payer, Reading


def in_own_words(lines: tuple[Line, ...], visit: Visit, readings: Mapping[str | None, Reading]) -> tuple[Line, ...]:
    """Adds the rules of drug classes to the citations, and names the payer where a rule is the payer's."""
    classed = _class_rules(visit, readings)
    payer = next((reading.payer for reading in readings.values() if reading.payer is not None), None)
    cited = tuple(_cited(line, classed) for line in lines)
    return cited if payer is None else tuple(_named(line, payer) for line in cited)


def _class_rules(visit: Visit, readings: Mapping[str | None, Reading]) -> dict[str, tuple[str, ...]]:
    """By administration: the rules that gave its drug's class."""
    rules = {}
    for given in visit.administrations:
        reading = readings[given.encounter]
        if given.drug_class is None and (key := reading.class_key(given)) is not None:
            rules[given.id] = reading.class_rules[key]
    return rules


def _cited(line: Line, classed: Mapping[str, tuple[str, ...]]) -> Line:
    if is_drug(line.code):
        return line
    more = [cite for id_ in line.administrations for cite in classed.get(id_, ())]
    return replace(line, citations=tuple(dict.fromkeys((*line.citations, *more))))


def _named(line: Line, payer: Payer) -> Line:
    own = [cite for cite in line.citations if cite in payer.rules]
    if not own:
        return line
    return replace(line, because=f"{line.because.removesuffix('.')}; {payer.title} reads it so ({', '.join(own)}).")
