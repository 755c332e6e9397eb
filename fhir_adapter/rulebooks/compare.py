"""Where two rulebooks differ, in a coder's words: each policy, add-on, drug class and payer, by date.

Worked examples. `cpt-2026` beside `carecost-96417`, then beside a hospital's own file of July 2026:

    pump-start: 96416 | 96521
      cpt-2026: The start of a prolonged infusion on a pump is 96416. [R5.3]
      carecost-96417: The start of a pump is 96521. [seed: FOLFOX]
    class of infliximab: by the catalog | by the catalog, therapeutic from 2026-07-01
      ours: infliximab is therapeutic. [ours: class of infliximab]

The CMS tables come with the program and are the same for both. What that does to visits is the caller's to show.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from fhir_adapter.coding.rulebook import PolicyChange, Reading, Rulebook
from fhir_adapter.rulebooks.timelines import Timeline, over_time, told


def differences(one: Rulebook, other: Rulebook) -> list[str]:
    """Lines of text; none where the two say the same."""
    return [*_policies(one, other), *_add_ons(one, other), *_classes(one, other, None), *_payers(one, other)]


def _policies(one: Rulebook, other: Rulebook) -> Iterator[str]:
    for policy, ours in one.policies.items():
        yield from _policy(policy, ours, other.policies[policy], one, other)


def _policy(
    name: str, ours: tuple[PolicyChange, ...], theirs: tuple[PolicyChange, ...], one: Rulebook, other: Rulebook
) -> Iterator[str]:
    if _values(ours) == _values(theirs):
        return
    yield f"{name}: {_told(ours)} | {_told(theirs)}"
    for book, changes in ((one, ours), (other, theirs)):
        yield from dict.fromkeys(f"  {book.name}: {c.source.means} [{', '.join(c.source.cites)}]" for c in changes)


def _values(changes: tuple[PolicyChange, ...]) -> Timeline[str]:
    return [(change.first, change.value) for change in changes] + _end(changes[-1].last)


def _end(last: date | None) -> Timeline[str]:
    return [(last, "ends")] if last is not None else []


def _told(changes: tuple[PolicyChange, ...]) -> str:
    return told([(change.first, change.value) for change in changes])


def _add_ons(one: Rulebook, other: Rulebook) -> Iterator[str]:
    for code in sorted({code for book in (one, other) for reading in book.readings for code in reading.parents}):
        if _primaries(one, code) != _primaries(other, code):
            both = (
                told([(on, _parents(book, code, own)) for on, own in _primaries(book, code)]) for book in (one, other)
            )
            yield f"add-on codes, {code}: {' | '.join(both)}"
            yield f"  A line of {code} without one of its primaries is held (add-on-without-primary)."


def _primaries(book: Rulebook, code: str) -> Timeline[tuple[str, ...] | None]:
    return over_time(book.readings, lambda reading: reading.parents.get(code))


def _parents(book: Rulebook, code: str, own: tuple[str, ...] | None) -> str:
    if own is not None:
        return f"follows {' or '.join(own)}"
    add_on, release = book.tables.add_on(code, book.readings[-1].last or book.tables.add_ons[0].edition.first)
    named = release.name if release else "none"
    return f"follows {' or '.join(sorted(add_on.parents))} (CMS {named})" if add_on else "is no add-on"


def _classes(one: Rulebook, other: Rulebook, payer: str | None) -> Iterator[str]:
    sides = [(book, book.payer_readings.get(payer or "", book.readings)) for book in (one, other)]
    for drug in sorted({drug for _, readings in sides for reading in readings for drug in reading.drug_classes}):
        ours, theirs = (_class_over_time(readings, drug) for _, readings in sides)
        if ours != theirs and not (payer and _same_for_everyone(one, other, drug, (ours, theirs))):
            yield f"{f'payer {payer}, ' if payer else ''}class of {drug}: {told(ours)} | {told(theirs)}"
            for book, readings in sides:
                cited = dict.fromkeys(id_ for reading in readings for id_ in reading.class_rules.get(drug, ()))
                yield from (f"  {book.name}: {book.rules[id_].says} [{id_}]" for id_ in cited)


def _class_over_time(readings: tuple[Reading, ...], drug: str) -> Timeline[str]:
    return over_time(readings, lambda reading: reading.drug_classes.get(drug) or "by the catalog")


def _same_for_everyone(one: Rulebook, other: Rulebook, drug: str, both: tuple[Timeline[str], Timeline[str]]) -> bool:
    """The payer reads the drug as everyone, which was told already."""
    return both == (_class_over_time(one.readings, drug), _class_over_time(other.readings, drug))


def _payers(one: Rulebook, other: Rulebook) -> Iterator[str]:
    for payer in sorted(one.payers.keys() | other.payers.keys()):
        for book, absent in ((one, other), (other, one)):
            if payer in book.payers and payer not in absent.payers:
                title = book.payers[payer].title
                yield f"payer {payer}: {book.name} has words of its own for {title}, {absent.name} has none"
                yield from (f"  {book.name}: {book.rules[id_].says} [{id_}]" for id_ in book.payers[payer].rules)
        yield from _payer_policies(payer, one, other)
        yield from _classes(one, other, payer)


def _payer_policies(payer: str, one: Rulebook, other: Rulebook) -> Iterator[str]:
    ours, theirs = (book.payer_policies.get(payer, book.policies) for book in (one, other))
    for policy in one.policies:
        own = (ours[policy], theirs[policy]) != (one.policies[policy], other.policies[policy])
        if own:
            yield from _policy(f"payer {payer}, {policy}", ours[policy], theirs[policy], one, other)
