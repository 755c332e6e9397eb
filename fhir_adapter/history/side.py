"""The two sides of a comparison: what the rules derived for a visit, and what people charged for its encounters.

A line is its code on its date, with `wasted` set where a modifier says that the amount was discarded (JW): that is a
charge of its own beside the amount given. Units are summed over encounters, NDCs and other modifiers.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from decimal import Decimal

import msgspec

from fhir_adapter.coding.model import Line, Visit
from fhir_adapter.vocabulary import Setting

WASTED = "JW"


class Key(msgspec.Struct, frozen=True, order=True):
    """One line of either side."""

    date: date
    code: str
    wasted: bool = False

    @property
    def written(self) -> str:
        return f"{self.code}-{WASTED}" if self.wasted else self.code


class PersonsCharge(msgspec.Struct, frozen=True, kw_only=True):
    """What a person charged. `encounter` is the EHR's id of the encounter."""

    encounter: str
    date: date
    code: str
    units: Decimal
    modifiers: tuple[str, ...] = ()


class CodedVisit(msgspec.Struct, frozen=True, kw_only=True):
    """A visit as it was coded last. `state` and `held_by` are the store's; `number` finds it on the desk;
    `charge_items` are the ids of all ChargeItems that its encounters had then, by encounter."""

    number: int
    key: str
    state: str
    held_by: tuple[str, ...] = ()
    visit: Visit
    lines: tuple[Line, ...]
    charge_items: Mapping[str, tuple[str, ...]] = {}

    @property
    def encounters(self) -> frozenset[str]:
        """Ids; a later sitting of one encounter has a label of its own, `ID#2`."""
        labels = (given.encounter for given in self.visit.administrations if given.encounter)
        return frozenset(label.partition("#")[0] for label in labels)

    @property
    def dates(self) -> tuple[date, ...]:
        return tuple(sorted({given.service_date for given in self.visit.administrations}))

    @property
    def setting(self) -> Setting:
        return self.visit.setting


def derived(lines: Iterable[Line]) -> dict[Key, Decimal]:
    return _summed((Key(line.date, line.code, WASTED in line.modifiers), Decimal(line.units)) for line in lines)


def charged(charges: Iterable[PersonsCharge]) -> dict[Key, Decimal]:
    return _summed((Key(one.date, one.code, WASTED in one.modifiers), one.units) for one in charges)


def _summed(units: Iterable[tuple[Key, Decimal]]) -> dict[Key, Decimal]:
    total: dict[Key, Decimal] = {}
    for key, count in units:
        total[key] = total.get(key, Decimal(0)) + count
    return total
