"""The events of what was given: one for each drug of a bag and each stretch of time that it ran.

An administration by itself has one stretch. A chain has one for each segment, and a segment whose bags differ (another
product, another unit, another service date) one for each of them, because doses are summed by product and date:

    New Bag 500 mg, Subsequent Bag 500 mg, Stopped  → one event of 1000 mg
    New Bag 22:00 500 mg, New Bag 02:00 500 mg, …   → two events that touch, each with its dose on its own date

Decided: a bag brings a dose; a rate change, a restart, a pause and a stop repeat it, and count only where no bag of
the chain has one and they agree. The first event has the id of the first administration, the others `ID#2`, `ID#3`.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal
from itertools import groupby
from typing import TypeVar

import msgspec

from fhir_adapter.coding.model import Administration, Quantity
from fhir_adapter.fhir_r4 import Chart
from fhir_adapter.normalize.dose import amount_of, dose_of, through, unit_of
from fhir_adapter.normalize.extensions import extension_of, is_site_required, lesions_of, pump_kind_said, site_of
from fhir_adapter.normalize.lexicon import Lexicon
from fhir_adapter.normalize.medication import Drug, by_site, drugs_of
from fhir_adapter.normalize.notes import Notes, silent
from fhir_adapter.normalize.placed import Placed, Segment
from fhir_adapter.normalize.technique import pump_kind_of
from fhir_adapter.vocabulary import Technique

T = TypeVar("T")

_NOTHING = Decimal()

_RARE = ("discarded", "same_bag_as", "site_required", "discontinued", "resumed", "pump_kind", "lesions")
"""Fields that mostly keep their default: traced by their value only."""


class _Stretch(msgspec.Struct, frozen=True):
    """`bags` are what was hung in it; `ended_by` is the action that ended it."""

    start: datetime
    stop: datetime | None
    bags: tuple[Placed, ...]
    ended_by: Placed | None
    is_resumed: bool = False

    @property
    def actions(self) -> tuple[Placed, ...]:
        """The bags, and what ended it where that was none of them."""
        if self.ended_by is None or self.ended_by in self.bags:
            return self.bags
        return (*self.bags, self.ended_by)


def events_of(
    placed: Placed,
    technique: Technique,
    order: str | None,
    drugs: tuple[Drug, ...],
    chart: Chart,
    lexicon: Lexicon,
    notes: Notes,
) -> Iterator[Administration]:
    said = pump_kind_said(placed.given, lexicon)
    pump_kind = said or pump_kind_of(placed.given, chart, lexicon) or "portable"
    site, site_required = site_of(placed.given, lexicon, notes), is_site_required(placed.given, lexicon)
    lesions = lesions_of(placed.given, lexicon)
    number = 0
    for stretch in _stretches(placed, chart):
        first: str | None = None
        hung = stretch.bags[0] if stretch.bags else placed
        inside = drugs if hung is placed else drugs_of(hung.given, chart, notes)
        for each in inside:
            if not each.is_named:
                continue
            drug = by_site(each, lexicon.words.drugs, notes)
            number += 1
            event = Administration(
                id=placed.given.id if number == 1 else f"{placed.given.id}#{number}",
                technique=technique,
                start=stretch.start,
                stop=stretch.stop,
                drug=drug.name,
                rxcui=drug.rxcui,
                ndc=drug.ndc,
                drug_class=_by_source(lexicon.words.drug_class, "drug_class", drug, notes),
                container=_by_source(lexicon.words.containers, "container", drug, notes),
                site=site,
                site_required=site_required,
                dose=_dose(stretch, drug, len(inside) > 1, notes),
                discarded=_discarded(stretch, drug, lexicon, notes),
                same_bag_as=first,
                discontinued=_is_discontinued(stretch, lexicon),
                resumed=stretch.is_resumed,
                encounter=(placed.encounter or "").partition("/")[2],
                order=order,
                pump_kind=pump_kind,
                lesions=lesions,
            )
            first = first or event.id
            for field in _RARE if notes.traced else ():
                notes.read(field, getattr(event, field), None)
            yield event


def _stretches(placed: Placed, chart: Chart) -> list[_Stretch]:
    start = placed.timing.start
    if not placed.joined:
        return [_Stretch(start, placed.timing.stop, (placed,), placed)] if start else []
    found = [stretch for segment in placed.segments for stretch in _by_product(segment, chart)]
    repeated = None if any(_written(bag) for each in found for bag in each.bags) else _repeated_dose(placed)
    return [msgspec.structs.replace(found[0], bags=(repeated,)), *found[1:]] if repeated else found


def _repeated_dose(placed: Placed) -> Placed | None:
    """The action that states the dose of a chain whose bags do not; None where none does or two disagree."""
    stating = {shown: each for each in placed.joined if (shown := _written(each))}
    return next(iter(stating.values())) if len(stating) == 1 else None


def _written(placed: Placed) -> tuple[Decimal, str] | None:
    dose = placed.dose
    return (dose.value, unit_of(dose)) if dose and dose.value is not None else None


def _by_product(segment: Segment, chart: Chart) -> Iterator[_Stretch]:
    groups = [tuple(bags) for _, bags in groupby(segment.bags, key=lambda bag: _product(bag, chart))] or [()]
    starts = [segment.start, *(bags[0].timing.start or segment.start for bags in groups[1:])]
    stops = [*starts[1:], segment.stop]
    for place, bags in enumerate(groups):
        ended_by = segment.ended_by if place == len(groups) - 1 else None
        yield _Stretch(starts[place], stops[place], bags, ended_by, is_resumed=segment.is_resumed and place == 0)


def _product(bag: Placed, chart: Chart) -> tuple[object, ...]:
    """What must be equal for the doses of two bags to be one sum."""
    written = _written(bag)
    drugs = drugs_of(bag.given, chart, silent())
    return bag.day, written and written[1], tuple((drug.name, drug.keys, drug.strength) for drug in drugs)


def _by_source(table: dict[str, T], field: str, drug: Drug, notes: Notes) -> T | None:
    if not table and not notes.traced:
        return None
    found = next((table[key] for key in drug.keys if key in table), None)
    notes.read(field, found, "the source's table" if found is not None else None)
    return found


def _dose(stretch: _Stretch, drug: Drug, is_one_of_several: bool, notes: Notes) -> Quantity | None:
    doses = [dose_of(bag.dose, drug.strength, is_one_of_several, notes) for bag in stretch.bags]
    return _sum(doses)


def _discarded(stretch: _Stretch, drug: Drug, lexicon: Lexicon, notes: Notes) -> Quantity | None:
    if not lexicon.words.extensions:
        return None
    said = [extension_of(each.given, "waste", lexicon) for each in stretch.actions]
    amounts = [amount_of(each.value_quantity, "discarded", notes) for each in said if each is not None]
    return _sum([(through(drug.strength, amount) or amount) if amount else None for amount in amounts])


def _sum(amounts: list[Quantity | None]) -> Quantity | None:
    """Amounts of one product: their unit is the same."""
    total: Quantity | None = None
    for amount in amounts:
        if amount is not None:
            before = _NOTHING if total is None else total.value
            total = Quantity(before + amount.value, amount.unit if total is None else total.unit)
    return total


def _is_discontinued(stretch: _Stretch, lexicon: Lexicon) -> bool:
    if not lexicon.discontinued:
        return False
    ends = stretch.actions
    said = [word for each in ends for reason in each.given.status_reason for word in reason.words]
    said += [each.action.word.lower() for each in ends if each.action]
    return any(word in lexicon.discontinued for word in said)
