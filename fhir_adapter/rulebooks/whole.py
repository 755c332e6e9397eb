"""What a chain of files must have as a whole: a first day, a value for each policy on each day, and every meaning.

A file that extends none brings them all; one that extends another may leave out whatever holds there. Nothing is said
of a part that could not be read (`form`).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date

from fhir_adapter.coding.policies import allowed_values
from fhir_adapter.coding.rulebook import DECISIONS
from fhir_adapter.rulebooks.dated import stretches
from fhir_adapter.rulebooks.file import Dated, Path, PolicyText
from fhir_adapter.rulebooks.form import Flaw, Source


def whole_faults(sources: Sequence[Source]) -> Iterator[Flaw]:
    root = sources[-1]
    begins, ends = root.file.from_, root.file.to
    yield from _incomplete(sources)
    if begins is None and not root.lost_in("from"):
        yield root.fault(("from",), "a rulebook that extends none needs its first day, from = DATE")
    if begins is not None and not root.lost_in("to") and (ends is None or begins <= ends):
        yield from _without_value(sources, begins, ends)
        yield from _never(sources, begins, ends)


def policies_of(source: Source) -> Iterator[tuple[Path, dict[str, tuple[PolicyText, ...]]]]:
    yield ("policies",), source.file.policies
    for payer, said in source.file.payers.items():
        yield ("payers", payer, "policies"), said.policies


def layers_of(source: Source) -> Iterator[tuple[Path, Sequence[Dated]]]:
    """Everything in a file that holds by dates: the readings of one thing together, each with its place."""
    for at, policies in policies_of(source):
        for policy, readings in policies.items():
            yield (*at, policy), readings
    yield ("drug_classes",), source.file.drug_classes
    for payer, said in source.file.payers.items():
        yield ("payers", payer, "drug_classes"), said.drug_classes
    for table, rows in source.file.tables.items():
        yield ("tables", table), rows


def _incomplete(sources: Sequence[Source]) -> Iterator[Flaw]:
    """Values without a meaning and decisions without a source: a file that extends none brings them all."""
    said = {(policy, value) for source in sources for policy, values in source.file.values.items() for value in values}
    for policy, values in allowed_values().items():
        missing = [value for value in values if (policy, value) not in said]
        if missing and not _lost(sources, "values", policy):
            yield sources[0].fault(("values", policy), f"does not say what {', '.join(missing)} means")
    decided = {decision for source in sources for decision in source.file.decisions}
    if missing := [one for one in DECISIONS if one not in decided and not _lost(sources, "decisions", one)]:
        yield sources[0].fault(("decisions",), f"does not say what these rest on: {', '.join(missing)}")


def _lost(sources: Sequence[Source], section: str, key: str) -> bool:
    return any(source.lost_in(section, key) or (section,) in source.unread for source in sources)


def _without_value(sources: Sequence[Source], begins: date, ends: date | None) -> Iterator[Flaw]:
    """Days of the rulebook on which a policy has no value at all."""
    for policy in allowed_values():
        if _lost(sources, "policies", policy):
            continue
        readings = [reading for source in sources for reading in source.file.policies.get(policy, ())]
        for first, last in stretches(readings, begins, ends):
            if not any(reading.covers(first) for reading in readings):
                until = f"to {last}" if last else "on"
                yield sources[0].fault(("policies", policy), f"has no value from {first} {until}")


def _never(sources: Sequence[Source], begins: date, ends: date | None) -> Iterator[Flaw]:
    """Readings whose days are all outside those of the rulebook: somebody mistook a year."""
    for source in sources:
        for path, layer in layers_of(source):
            for place, entry in enumerate(layer):
                early = entry.to is not None and entry.to < begins
                if early or (ends is not None and entry.from_ is not None and entry.from_ > ends):
                    days = f"from {begins}" + (f" to {ends}" if ends else "")
                    yield source.fault((*path, place), f"holds on no day of the rulebook, which is in force {days}")
