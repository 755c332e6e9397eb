"""What a rulebook file may not say: every fault of a chain of files, each with file, line and place.

Looked for: unknown policies, values, decisions, tables and rules; readings without a source; dates that end before
they begin; readings of one thing that overlap or leave a gap; policies without a value; rules that are cited out of
their dates. The form itself, the base and circles are `chain`'s.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date

from fhir_adapter.coding.policies import allowed_values
from fhir_adapter.coding.rulebook import DECISIONS, PolicySource
from fhir_adapter.rulebooks.chain import Source
from fhir_adapter.rulebooks.dated import gaps, overlaps, stretches
from fhir_adapter.rulebooks.file import Dated, Path, PolicyText, RuleText

TABLES = ("add-ons",)


def faults_of(chain: Sequence[Source]) -> list[str]:
    """Every fault of a file and of what it extends, in the order of the files."""
    rules: dict[str, RuleText] = {}
    for source in reversed(chain):
        rules |= source.file.rules
    faults = [fault for source in chain for fault in _file_faults(source, rules)]
    return faults or [*_without_value(chain), *_incomplete(chain)]


def policy_fault(policy: str, value: str | None = None) -> str | None:
    """Why a policy, or its value, is none."""
    allowed = allowed_values()
    if policy not in allowed:
        return f"policy {policy!r} is unknown; there are {', '.join(allowed)}"
    if value is not None and value not in allowed[policy]:
        return f"policy {policy}: {value!r} is not allowed; allowed are {', '.join(allowed[policy])}"
    return None


def _file_faults(source: Source, rules: dict[str, RuleText]) -> Iterator[str]:
    file = source.file
    for policy, meanings in file.values.items():
        yield from _value_faults(source, policy, meanings, rules)
    for at, policies in _policies(source):
        for policy, readings in policies.items():
            yield from _policy_faults(source, (*at, policy), policy, readings)
    for name in file.tables:
        if name not in TABLES:
            yield source.fault(("tables", name), f"is an unknown table; there is {', '.join(TABLES)}")
    yield from _decision_faults(source, rules)
    for path, layer in _layers(source):
        yield from _dated_faults(source, path, layer, rules)
    for id_, rule in file.rules.items():
        if not rule.source:
            yield source.fault(("rules", id_), "has no source")
        yield from _backwards(source, ("rules", id_), rule)


def _value_faults(
    source: Source, policy: str, meanings: dict[str, PolicySource], rules: dict[str, RuleText]
) -> Iterator[str]:
    for value, meant in meanings.items():
        path: Path = ("values", policy, value)
        if wrong := policy_fault(policy, value):
            yield source.fault(path, wrong)
        yield from _cited(source, path, meant.cites, rules)


def _policies(source: Source) -> Iterator[tuple[Path, dict[str, tuple[PolicyText, ...]]]]:
    yield ("policies",), source.file.policies
    for payer, said in source.file.payers.items():
        yield ("payers", payer, "policies"), said.policies


def _policy_faults(source: Source, path: Path, policy: str, readings: Sequence[PolicyText]) -> Iterator[str]:
    if wrong := policy_fault(policy):
        yield source.fault(path, wrong)
        return
    for place, reading in enumerate(readings):
        if wrong := policy_fault(policy, reading.value):
            yield source.fault((*path, place, "value"), wrong)


def _decision_faults(source: Source, rules: dict[str, RuleText]) -> Iterator[str]:
    named: list[tuple[Path, tuple[str, ...], tuple[str, ...]]] = [
        (("decisions", key), (key,), cites) for key, cites in source.file.decisions.items()
    ]
    named += [(("payers", key), said.decides, said.cites) for key, said in source.file.payers.items() if said.decides]
    for path, decisions, cites in named:
        for decision in decisions:
            if decision not in DECISIONS:
                message = f"decision {decision!r} is unknown; there are {', '.join(DECISIONS)}"
                yield source.fault(path, message)
        yield from _cited(source, path, cites, rules)


def _layers(source: Source) -> Iterator[tuple[Path, Sequence[Dated]]]:
    """Everything in a file that holds by dates: the readings of one thing together, each with its place."""
    for at, policies in _policies(source):
        for policy, readings in policies.items():
            yield (*at, policy), readings
    yield ("drug_classes",), source.file.drug_classes
    for payer, said in source.file.payers.items():
        yield ("payers", payer, "drug_classes"), said.drug_classes
    for table, rows in source.file.tables.items():
        yield ("tables", table), rows


def _dated_faults(source: Source, path: Path, layer: Sequence[Dated], rules: dict[str, RuleText]) -> Iterator[str]:
    same: dict[object, list[int]] = {}
    for place, entry in enumerate(layer):
        same.setdefault(getattr(entry, "drug", getattr(entry, "code", None)), []).append(place)
        yield from _backwards(source, (*path, place), entry)
        if entry.source is None:
            yield from _cited(source, (*path, place), entry.cites, rules, entry)
    for places in same.values():
        entries = [layer[place] for place in places]
        for first, second, on in overlaps(entries):
            when = f"from {on}" if on else "with open dates"
            yield source.fault((*path, places[second]), f"overlaps with [{places[first]}] {when}")
        for after, begins, ends in gaps(entries):
            yield source.fault((*path, places[after]), f"leaves a gap: nothing holds from {begins} to {ends}")


def _backwards(source: Source, path: Path, entry: Dated) -> Iterator[str]:
    if entry.from_ is not None and entry.to is not None and entry.to < entry.from_:
        yield source.fault((*path, "to"), f"{entry.to} is before its from, {entry.from_}")


def _cited(
    source: Source, path: Path, cites: Sequence[str], rules: dict[str, RuleText], entry: Dated | None = None
) -> Iterator[str]:
    if not cites:
        yield source.fault(path, 'has no source: write source = "…", or cites = [rules]')
    for id_ in cites:
        if id_ not in rules:
            yield source.fault((*path, "cites"), f"cites {id_}, which is no rule of it")
        elif entry is not None and not _throughout(rules[id_], entry.from_, entry.to):
            yield source.fault((*path, "cites"), f"cites {id_}, which is not in force on all of its days")


def _throughout(rule: RuleText, begins: date | None, ends: date | None) -> bool:
    early = rule.from_ is not None and (begins is None or begins < rule.from_)
    return not early and (rule.to is None or (ends is not None and ends <= rule.to))


def _incomplete(chain: Sequence[Source]) -> Iterator[str]:
    """Values without a meaning and decisions without a source: a file that extends none brings them all."""
    said = {(policy, value) for source in chain for policy, values in source.file.values.items() for value in values}
    for policy, values in allowed_values().items():
        if missing := [value for value in values if (policy, value) not in said]:
            yield chain[0].fault(("values", policy), f"does not say what {', '.join(missing)} means")
    decided = {decision for source in chain for decision in source.file.decisions}
    if missing := [decision for decision in DECISIONS if decision not in decided]:
        yield chain[0].fault(("decisions",), f"does not say what these rest on: {', '.join(missing)}")


def _without_value(chain: Sequence[Source]) -> Iterator[str]:
    """Days of the rulebook on which a policy has no value at all."""
    own, root = chain[0], chain[-1]
    assert root.file.from_ is not None
    for policy in allowed_values():
        readings = [reading for source in chain for reading in source.file.policies.get(policy, ())]
        for first, last in stretches(readings, root.file.from_, root.file.to):
            if not any(reading.covers(first) for reading in readings):
                until = f"to {last}" if last else "on"
                yield own.fault(("policies", policy), f"has no value from {first} {until}")
