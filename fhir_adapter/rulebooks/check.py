"""What a rulebook may not say: every fault of a chain of files, each with file, line and place.

Looked for here: unknown policies, values, decisions, tables and rules; readings without a source; dates that end before
they begin; readings of one thing that overlap or leave a gap; rules that are cited out of their dates. The form is
`form`'s, the base and circles `chain`'s, names and codes `wording`'s, what must be there at all `whole`'s.

Decided: everything that can be judged is judged. Where a base or a part is unreadable, nothing is said of what it might
have held: no rule of a missing base is called unknown.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date

from fhir_adapter.coding.policies import allowed_values
from fhir_adapter.coding.rulebook import DECISIONS, PolicySource
from fhir_adapter.rulebooks.chain import Chain
from fhir_adapter.rulebooks.dated import gaps, overlaps
from fhir_adapter.rulebooks.file import ClassText, Dated, ParentsText, Path, PolicyText, RuleText
from fhir_adapter.rulebooks.form import Flaw, Source
from fhir_adapter.rulebooks.whole import layers_of, policies_of, whole_faults
from fhir_adapter.rulebooks.wording import TABLES, wording_faults

Rules = Mapping[str, RuleText] | None
"""The rules that may be cited; None where a base is missing and nobody can say."""


def faults_of(chain: Chain) -> list[str]:
    """Every fault of a file and of what it extends, in the order of the files and their lines."""
    flaws = [*chain.flaws, *_chain_faults(chain)]
    order = {source.name: place for place, source in enumerate(chain.sources)}

    def place(flaw: Flaw | str) -> tuple[int, int]:
        return (order[flaw.file], flaw.line or 0) if isinstance(flaw, Flaw) else (len(order), 0)

    return list(dict.fromkeys(str(flaw) for flaw in sorted(flaws, key=place)))


def policy_fault(policy: str, value: str | None = None) -> str | None:
    """Why a policy, or its value, is none."""
    allowed = allowed_values()
    if policy not in allowed:
        return f"policy {policy!r} is unknown; there are {', '.join(allowed)}"
    if value is not None and value not in allowed[policy]:
        return f"policy {policy}: {value!r} is not allowed; allowed are {', '.join(allowed[policy])}"
    return None


def _chain_faults(chain: Chain) -> Iterator[Flaw]:
    sources = chain.sources
    rules: dict[str, RuleText] = {}
    for source in reversed(sources):
        rules |= source.file.rules
    known = chain.whole and not any(source.lost_in("rules") for source in sources)
    for place, source in enumerate(sources):
        yield from wording_faults(source, [below.file.name for below in sources[place + 1 :]])
        yield from _file_faults(source, rules if known else None)
    if chain.whole:
        yield from whole_faults(sources)


def _file_faults(source: Source, rules: Rules) -> Iterator[Flaw]:
    file = source.file
    for policy, meanings in file.values.items():
        yield from _value_faults(source, policy, meanings, rules)
    for at, policies in policies_of(source):
        for policy, readings in policies.items():
            yield from _policy_faults(source, (*at, policy), policy, readings)
    for name in file.tables:
        if name not in TABLES:
            yield source.fault(("tables", name), f"is an unknown table; there is {', '.join(TABLES)}")
    yield from _decision_faults(source, rules)
    for path, layer in layers_of(source):
        yield from _dated_faults(source, path, layer, rules)
    for id_, rule in file.rules.items():
        yield from _backwards(source, ("rules", id_), rule)


def _value_faults(source: Source, policy: str, meanings: dict[str, PolicySource], rules: Rules) -> Iterator[Flaw]:
    for value, meant in meanings.items():
        path: Path = ("values", policy, value)
        if wrong := policy_fault(policy, value):
            yield source.fault(path, wrong)
        yield from _cited(source, path, meant.cites, rules)


def _policy_faults(source: Source, path: Path, policy: str, readings: Sequence[PolicyText]) -> Iterator[Flaw]:
    if wrong := policy_fault(policy):
        yield source.fault(path, wrong)
        return
    for place, reading in enumerate(readings):
        if wrong := policy_fault(policy, reading.value):
            yield source.fault((*path, place, "value"), wrong)


def _decision_faults(source: Source, rules: Rules) -> Iterator[Flaw]:
    named: list[tuple[Path, tuple[str, ...], tuple[str, ...]]] = [
        (("decisions", key), (key,), cites) for key, cites in source.file.decisions.items()
    ]
    named += [
        (("payers", key), said.decides, said.cites)
        for key, said in source.file.payers.items()
        if said.decides or said.cites
    ]
    for path, decisions, cites in named:
        for decision in decisions:
            if decision not in DECISIONS:
                message = f"decision {decision!r} is unknown; there are {', '.join(DECISIONS)}"
                yield source.fault(path, message)
        yield from _cited(source, path, cites, rules)


def _dated_faults(source: Source, path: Path, layer: Sequence[Dated], rules: Rules) -> Iterator[Flaw]:
    same: dict[str | None, list[int]] = {}
    for place, entry in enumerate(layer):
        same.setdefault(_thing(entry), []).append(place)
        yield from _backwards(source, (*path, place), entry)
        if entry.source is None or entry.cites:
            yield from _cited(source, (*path, place), entry.cites, rules, entry)
    for places in same.values():
        entries = [layer[place] for place in places]
        for first, second, on in overlaps(entries):
            when = f"from {on}" if on else "with open dates"
            yield source.fault((*path, places[second]), f"overlaps with [{places[first]}] {when}")
        for after, begins, ends in gaps(entries) if not source.lost_in(*path) else ():
            yield source.fault((*path, places[after]), f"leaves a gap: nothing holds from {begins} to {ends}")


def _thing(entry: Dated) -> str | None:
    """What a row speaks of: of one drug, or one add-on, one row holds on a day. None: the policy of its list."""
    if isinstance(entry, ClassText):
        return entry.drug.strip().lower()
    return entry.code if isinstance(entry, ParentsText) else None


def _backwards(source: Source, path: Path, entry: Dated) -> Iterator[Flaw]:
    if entry.from_ is not None and entry.to is not None and entry.to < entry.from_:
        yield source.fault((*path, "to"), f"{entry.to} is before its from, {entry.from_}")


def _cited(
    source: Source, path: Path, cites: Sequence[str], rules: Rules, entry: Dated | None = None
) -> Iterator[Flaw]:
    if not cites:
        yield source.fault(path, 'has no source: write source = "…", or cites = [rules]')
    if rules is None:
        return
    for id_ in cites:
        if id_ not in rules:
            yield source.fault((*path, "cites"), f"cites {id_}, which is no rule of it")
        elif entry is not None and not _throughout(rules[id_], entry.from_, entry.to):
            yield source.fault((*path, "cites"), f"cites {id_}, which is not in force on all of its days")


def _throughout(rule: RuleText, begins: date | None, ends: date | None) -> bool:
    early = rule.from_ is not None and (begins is None or begins < rule.from_)
    return not early and (rule.to is None or (ends is not None and ends <= rule.to))
