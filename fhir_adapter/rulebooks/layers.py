"""What a chain of files says on one day for one payer: for each thing the topmost layer that speaks of it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import cast

import msgspec

from fhir_adapter.coding.policies import Policies, allowed_values
from fhir_adapter.coding.rulebook import Payer, PolicyChange, PolicySource, Reading, Rule
from fhir_adapter.rulebooks.dated import Layers, holding, stretches
from fhir_adapter.rulebooks.file import ClassText, Dated, PayerText, PolicyText, RulebookFile
from fhir_adapter.rulebooks.own_rules import OwnRule, own_rules, says, source_of


class Book:
    """A chain of files, lowest first, with the policies of the run."""

    def __init__(self, files: tuple[RulebookFile, ...], overrides: Mapping[str, str]) -> None:
        self.files = files
        self.overrides = overrides
        self.first = cast(date, files[0].from_)
        self.last = files[0].to
        self.own: tuple[OwnRule, ...] = tuple(rule for file in files for rule in own_rules(file))
        self.meanings: dict[str, dict[str, PolicySource]] = {policy: {} for policy in allowed_values()}
        self.decisions: dict[str, tuple[str, ...]] = {}
        for file in files:
            self.decisions |= file.decisions
            for policy, meanings in file.values.items():
                self.meanings[policy] |= meanings

    def payer_files(self, payer: str | None) -> list[PayerText]:
        return [file.payers[payer] for file in self.files if payer is not None and payer in file.payers]

    def policies(self, policy: str, payer: str | None) -> Layers[PolicyText]:
        own = [file.policies.get(policy, ()) for file in self.files]
        return own + [said.policies.get(policy, ()) for said in self.payer_files(payer)]

    def classes(self, payer: str | None) -> list[ClassText]:
        general = [row for file in self.files for row in file.drug_classes]
        return general + [row for said in self.payer_files(payer) for row in said.drug_classes]

    def dated(self, payer: str | None) -> list[Dated]:
        """Everything that begins or ends on some day."""
        policies = [entry for policy in allowed_values() for layer in self.policies(policy, payer) for entry in layer]
        return [*policies, *self.classes(payer), *(row for file in self.files for row in file.add_ons)]

    def rule_of(self, entry: Dated) -> str | None:
        """The rule that an entry makes by itself."""
        return next((rule.id for rule in self.own if rule.entry is entry), None)


def reading_of(book: Book, payer: str | None, on: date, last: date | None) -> Reading:
    """What holds from `on` to `last`, between which nothing changes."""
    held = {policy: _policy(book, policy, payer, on) for policy in allowed_values()}
    classes = {row.drug.strip().lower(): row for row in book.classes(payer) if row.covers(on)}
    return Reading(
        first=on,
        last=last,
        policies=msgspec.convert({policy: value for policy, (value, _) in held.items()}, Policies),
        sources={policy: source for policy, (_, source) in held.items()},
        decisions=_decisions(book, payer),
        drug_classes={key: row.drug_class for key, row in classes.items()},
        class_rules={key: (id_,) if (id_ := book.rule_of(row)) else row.cites for key, row in classes.items()},
        parents={row.code: row.parents for file in book.files for row in file.add_ons if row.covers(on)},
        payer=payer_words(book, payer) if payer is not None else None,
    )


def _policy(book: Book, policy: str, payer: str | None, on: date) -> tuple[str, PolicySource]:
    if (value := book.overrides.get(policy)) is not None:
        return value, book.meanings[policy][value]
    held = cast(PolicyText, holding(book.policies(policy, payer), on))
    own = book.rule_of(held)
    return held.value, PolicySource(_means(book, policy, held), ((own,) if own else ()) + held.cites)


def _means(book: Book, policy: str, held: PolicyText) -> str:
    return held.means or book.meanings[policy][held.value].means


def _decisions(book: Book, payer: str | None) -> dict[str, tuple[str, ...]]:
    decisions = dict(book.decisions)
    for said in book.payer_files(payer):
        decisions |= {key: (*decisions[key], *said.cites) for key in said.decides}
    return decisions


def payer_words(book: Book, payer: str) -> Payer:
    said = book.payer_files(payer)
    own = [rule.id for rule in book.own if rule.payer == payer]
    return Payer(said[-1].title, tuple(dict.fromkeys([*(cite for one in said for cite in one.cites), *own])))


def rules_of(book: Book) -> dict[str, Rule]:
    rules: dict[str, Rule] = {}
    for file in book.files:
        for id_, text in file.rules.items():
            first, source = text.from_ or book.first, text.source or ""
            rules[id_] = Rule(id=id_, title=text.title, says=text.says, source=source, first=first, last=text.to)
    for own in book.own:
        source = source_of(own.entry, {id_: rule.source for id_, rule in rules.items()})
        means = _means(book, own.about, own.entry) if isinstance(own.entry, PolicyText) else ""
        first, last = own.entry.from_ or book.first, own.entry.to
        said = says(own.entry, means)
        rules[own.id] = Rule(id=own.id, title=own.about, says=said, source=source, first=first, last=last)
    return rules


def policy_changes(book: Book, payer: str | None) -> dict[str, tuple[PolicyChange, ...]]:
    """Each policy with its dated values, in alphabetical order."""
    return {policy: tuple(_changes(book, policy, payer)) for policy in sorted(allowed_values())}


def _changes(book: Book, policy: str, payer: str | None) -> list[PolicyChange]:
    entries = [entry for layer in book.policies(policy, payer) for entry in layer]
    changes: list[PolicyChange] = []
    for first, last in stretches(entries, book.first, book.last):
        value, source = _policy(book, policy, payer, first)
        if changes and (changes[-1].value, changes[-1].source) == (value, source):
            changes[-1] = PolicyChange(value, changes[-1].first, last, source)
        else:
            changes.append(PolicyChange(value, first, last, source))
    return changes
