"""Which administrations of a visit are the same drug (D6).

The problem: charts name one drug by a name here, an RxCUI there, an NDC elsewhere, and one drug is one base code.

Worked examples. "Rituximab " and "rituximab" are one drug. Trastuzumab and Kadcyla share the ingredient RxCUI 224905:
two names, one RxCUI of several formulations, two drugs.

Decided: equal name (case and outer blanks ignored), RxCUI or NDC makes one drug, also through a third administration
that has both keys; absent keys are never equal. An RxCUI that several formulations share joins unnamed
administrations, and these to a named drug only when there is one such name. Left out: spelling and brand names.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from fhir_adapter.coding.drugs import DrugFacts
from fhir_adapter.coding.model import Administration

_Key = tuple[Literal["name", "rxcui", "ndc"], str]


class _Groups:
    """Numbers joined by keys: the smallest number of a group stands for it."""

    def __init__(self, size: int) -> None:
        self.parent = list(range(size))

    def of(self, number: int) -> int:
        while self.parent[number] != number:
            number = self.parent[number]
        return number

    def join(self, one: int, other: int) -> None:
        first, second = self.of(one), self.of(other)
        self.parent[max(first, second)] = min(first, second)


def drug_numbers(administrations: Sequence[Administration], facts: Sequence[DrugFacts | None]) -> list[int]:
    """For each administration the number of its drug."""
    groups = _Groups(len(administrations))
    first: dict[_Key, int] = {}
    shared: dict[str, list[int]] = {}
    for number, (administration, known) in enumerate(zip(administrations, facts, strict=True)):
        if known is not None and known.shared_ingredient and administration.rxcui is not None:
            shared.setdefault(administration.rxcui, []).append(number)
        for key in _keys(administration, known):
            groups.join(first.setdefault(key, number), number)
    for numbers in shared.values():
        _join_shared(numbers, administrations, groups)
    return [groups.of(number) for number in range(len(administrations))]


def _keys(administration: Administration, known: DrugFacts | None) -> list[_Key]:
    keys: list[_Key] = []
    if administration.drug is not None:
        keys.append(("name", administration.drug.strip().lower()))
    if administration.rxcui is not None and not (known is not None and known.shared_ingredient):
        keys.append(("rxcui", administration.rxcui))
    if administration.ndc is not None:
        keys.append(("ndc", (known.ndc if known is not None else None) or administration.ndc))
    return keys


def _join_shared(numbers: Sequence[int], administrations: Sequence[Administration], groups: _Groups) -> None:
    unnamed = [number for number in numbers if administrations[number].drug is None]
    named = [number for number in numbers if administrations[number].drug is not None]
    for number in unnamed[1:]:
        groups.join(unnamed[0], number)
    if unnamed and len({groups.of(number) for number in named}) == 1:
        groups.join(unnamed[0], named[0])
