"""Where two rulebooks differ, in a coder's words: each policy by date, each add-on, each payer.

Worked example, `cpt-2026` beside `carecost-96417`:

    pump-start: 96416 | 96521
      cpt-2026: The start of a prolonged infusion on a pump is 96416. [R5.3]
      carecost-96417: The start of a pump is 96521. [seed: FOLFOX]

The CMS tables come with the program and are the same for both. What that does to visits is the caller's to show.
"""

from __future__ import annotations

from collections.abc import Iterator

from fhir_adapter.coding.rulebook import PolicyChange, Rulebook


def differences(one: Rulebook, other: Rulebook) -> list[str]:
    """Lines of text; none where the two say the same."""
    return [*_policies(one, other), *_tables(one, other), *_payers(one, other)]


def _policies(one: Rulebook, other: Rulebook) -> Iterator[str]:
    for policy, ours in one.policies.items():
        theirs = other.policies[policy]
        if _values(ours) == _values(theirs):
            continue
        yield f"{policy}: {_told(ours)} | {_told(theirs)}"
        for book, changes in ((one, ours), (other, theirs)):
            yield from (f"  {book.name}: {c.source.means} [{', '.join(c.source.cites)}]" for c in changes)


def _values(changes: tuple[PolicyChange, ...]) -> list[tuple[str, object, object]]:
    return [(change.value, change.first, change.last) for change in changes]


def _told(changes: tuple[PolicyChange, ...]) -> str:
    if len(changes) == 1:
        return changes[0].value
    return ", ".join(f"{change.value} from {change.first}" for change in changes)


def _tables(one: Rulebook, other: Rulebook) -> Iterator[str]:
    ours, theirs = one.readings[-1].parents, other.readings[-1].parents
    for code in sorted(ours.keys() | theirs.keys()):
        if ours.get(code) != theirs.get(code):
            yield f"add-on codes, {code}: {_parents(one, code)} | {_parents(other, code)}"
            yield f"  A line of {code} without one of its primaries is held (add-on-without-primary)."


def _parents(book: Rulebook, code: str) -> str:
    own = book.readings[-1].parents.get(code)
    if own is not None:
        return f"follows {' or '.join(own)}"
    add_on, release = book.tables.add_on(code, book.readings[-1].last or book.tables.add_ons[0].edition.first)
    named = release.name if release else "none"
    return f"follows {' or '.join(sorted(add_on.parents))} (CMS {named})" if add_on else "is no add-on"


def _payers(one: Rulebook, other: Rulebook) -> Iterator[str]:
    for payer in sorted(one.payers.keys() | other.payers.keys()):
        for book, absent in ((one, other), (other, one)):
            if payer in book.payers and payer not in absent.payers:
                title = book.payers[payer].title
                yield f"payer {payer}: {book.name} has words of its own for {title}, {absent.name} has none"
        if payer in one.payers and payer in other.payers:
            yield from _payer_policies(payer, one, other)


def _payer_policies(payer: str, one: Rulebook, other: Rulebook) -> Iterator[str]:
    for policy, ours in one.payer_policies[payer].items():
        theirs = other.payer_policies[payer][policy]
        own = (ours, theirs) != (one.policies[policy], other.policies[policy])
        if own and _values(ours) != _values(theirs):
            yield f"payer {payer}, {policy}: {_told(ours)} | {_told(theirs)}"
