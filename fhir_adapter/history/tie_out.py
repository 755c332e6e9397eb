"""The tie-out: the charges of the ledger beside the ChargeItems that the EHR holds under their identifiers.

Worked examples. The ledger has 96413 ×1 billable and the EHR one item of that identifier, billable or already billed,
×1: tied. Somebody deleted it: `missing`. Somebody made it ×2: `units`. Two items carry the identifier: `doubled`.

Decided: an item that the biller took (`billed`) ties where its units do; an order that still waits is `on-its-way`,
listed and no difference; a charge that was reversed or never written must not stand. An item of our identifiers that
the ledger does not have is `unknown`. Left out: any repair.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Literal

import msgspec

from fhir_adapter.reconcile import LedgerEntry, SeenItem

Kind = Literal["missing", "doubled", "units", "status", "standing", "unknown"]
WORDS: Mapping[Kind, str] = {
    "missing": "the EHR has no such item",
    "doubled": "the EHR has it more than once",
    "units": "the EHR has other units",
    "status": "the EHR has it in a status that is no charge",
    "standing": "it was reversed, and the EHR still has it as a charge",
    "unknown": "the EHR has it under our identifiers, and the ledger does not",
}
CHARGED = ("billable", "billed")


class Difference(msgspec.Struct, frozen=True, kw_only=True):
    """One identifier on which the two do not agree."""

    kind: Kind
    identifier: str
    ledger: str
    ehr: str

    @property
    def words(self) -> str:
        return WORDS[self.kind]


class TieOut(msgspec.Struct, frozen=True, kw_only=True):
    """`ledger` and `ehr` are the charges that stand on each side; `on_its_way` the identifiers that wait to be sent."""

    source: str
    date: date
    ledger: int
    ehr: int
    on_its_way: tuple[str, ...]
    differences: tuple[Difference, ...]

    @property
    def tied(self) -> bool:
        return not self.differences


def tie_out(source: str, on: date, entries: Sequence[LedgerEntry], seen: Sequence[SeenItem]) -> TieOut:
    """`entries` of the ledger and `seen` items of our identifiers, both of the service date."""
    items: dict[str, list[SeenItem]] = {}
    for item in seen:
        if item.identifier is not None:
            items.setdefault(item.identifier, []).append(item)
    waiting = tuple(entry.charge.key.identifier for entry in entries if entry.pending)
    settled = [entry for entry in entries if not entry.pending]
    known = {entry.charge.key.identifier for entry in entries}
    found = [one for entry in settled for one in _differences(entry, items.get(entry.charge.key.identifier, []))]
    found += [one for name in sorted(items.keys() - known) for one in _unknown(name, items[name])]
    return TieOut(
        source=source,
        date=on,
        ledger=sum(entry.stands for entry in settled),
        ehr=sum(item.status in CHARGED for name, group in items.items() if name not in waiting for item in group),
        on_its_way=waiting,
        differences=tuple(found),
    )


def _differences(entry: LedgerEntry, items: list[SeenItem]) -> Iterator[Difference]:
    standing = [item for item in items if item.status in CHARGED]
    if not entry.stands:
        if standing:
            yield _difference("standing", entry, items)
    elif not items:
        yield _difference("missing", entry, items)
    elif len(items) > 1:
        yield _difference("doubled", entry, items)
    elif not standing:
        yield _difference("status", entry, items)
    elif standing[0].units != str(entry.charge.units):
        yield _difference("units", entry, items)


def _difference(kind: Kind, entry: LedgerEntry, items: list[SeenItem]) -> Difference:
    ours = f"{entry.status} ×{entry.charge.units}"
    return Difference(kind=kind, identifier=entry.charge.key.identifier, ledger=ours, ehr=_shown(items))


def _unknown(identifier: str, items: list[SeenItem]) -> Iterator[Difference]:
    if any(item.status in CHARGED for item in items):
        yield Difference(kind="unknown", identifier=identifier, ledger="–", ehr=_shown(items))


def _shown(items: list[SeenItem]) -> str:
    return ", ".join(f"{item.id} {item.status} ×{item.units or '?'}" for item in items) or "–"
