"""The rules that a file makes by itself: what it reads otherwise, with a source of its own, so that lines can cite it.

own: pump-start                                      one reading
own: pump-start from 2026-07-01                      one of several
own: cigna: class of infliximab                      a payer's, so that the line can name the payer
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import msgspec

from fhir_adapter.rulebooks.file import ClassText, Dated, ParentsText, PolicyText, RulebookFile

Entry = PolicyText | ClassText | ParentsText


class OwnRule(msgspec.Struct, frozen=True):
    id: str
    about: str
    entry: Entry
    payer: str | None


def own_rules(file: RulebookFile) -> Iterator[OwnRule]:
    """General readings with a source of their own, and every reading of a payer."""
    general: list[tuple[str, Sequence[Entry]]] = [*file.policies.items()]
    general += _grouped("class of", file.drug_classes) + _grouped("parents of", file.add_ons)
    for about, entries in general:
        yield from (rule for rule in _of(f"{file.name}: ", about, entries, None) if rule.entry.source)
    for payer, said in file.payers.items():
        for about, own in [*said.policies.items(), *_grouped("class of", said.drug_classes)]:
            yield from _of(f"{file.name}: {payer}: ", about, own, payer)


def _of(prefix: str, about: str, entries: Sequence[Entry], payer: str | None) -> Iterator[OwnRule]:
    for entry in entries:
        since = f" from {entry.from_}" if len(entries) > 1 and entry.from_ else ""
        yield OwnRule(f"{prefix}{about}{since}", about, entry, payer)


def _grouped(said: str, rows: Sequence[ClassText | ParentsText]) -> list[tuple[str, Sequence[Entry]]]:
    groups: dict[str, list[Entry]] = {}
    for row in rows:
        groups.setdefault(f"{said} {row.drug if isinstance(row, ClassText) else row.code}", []).append(row)
    return [*groups.items()]


def says(entry: Entry, means: str) -> str:
    """An own rule in one sentence; `means` is that of a policy's value."""
    if isinstance(entry, ClassText):
        return f"{entry.drug} is {entry.drug_class}."
    if isinstance(entry, ParentsText):
        return f"{entry.code} may follow {' or '.join(entry.parents)}."
    return means


def source_of(entry: Dated, sources: dict[str, str]) -> str:
    """Where it stands: its own words, else those of the rules that it cites."""
    return entry.source or "; ".join(sources[cite] for cite in entry.cites)
