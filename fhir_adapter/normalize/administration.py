"""One administration into the events of a visit, or into findings that say why it makes none.

Two examples:

    completed, route intravenous, method "IV Infusion", 09:00 to 13:00, rituximab 675 mg → one event
    completed, effectiveDateTime 2026-05-04                                              → no event, `date-only` (error)

Decided: an administration that was given always leaves an event or a finding. Not done or entered in error leaves
neither: what it charged is reversed. What still runs makes the visit open, except a pump that has been started and a
push with its time: they are complete when they begin. Left out: joining several actions of one bag to a chain.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TypeVar

import msgspec

from fhir_adapter.coding.model import Administration, Quantity
from fhir_adapter.fhir_r4 import Chart, Dosage
from fhir_adapter.normalize.dose import amount_of, dose_of, through
from fhir_adapter.normalize.extensions import extension_of, is_site_required, lesions_of, order_of, site_of
from fhir_adapter.normalize.lexicon import Lexicon
from fhir_adapter.normalize.medication import Drug, drugs_of
from fhir_adapter.normalize.notes import Notes
from fhir_adapter.normalize.placed import Placed
from fhir_adapter.normalize.technique import pump_kind_of, technique_of
from fhir_adapter.vocabulary import Technique

T = TypeVar("T")

_COMPLETE_WHEN_BEGUN: tuple[Technique | None, ...] = ("pump", "push")
_ENDS_BY_ITS_STOP: tuple[Technique | None, ...] = ("infusion", "sc-infusion", "intra-arterial-infusion", None)
_RARE = ("discarded", "same_bag_as", "site_required", "discontinued", "pump_kind", "lesions")
"""Fields that mostly keep their default: traced by their value only."""


class Waste(msgspec.Struct, frozen=True, kw_only=True):
    """A further administration that documents what was thrown away: of which order and drug."""

    id: str
    order: str | None
    drug: Drug
    amount: Quantity | None


class Read(msgspec.Struct, frozen=True, kw_only=True):
    """What an administration came to."""

    events: tuple[Administration, ...] = ()
    is_running: bool = False
    waste: Waste | None = None
    bag: tuple[str, str] | None = None
    """Medication reference and order: with the same start, two administrations of it are one bag."""


def read(placed: Placed, chart: Chart, lexicon: Lexicon, notes: Notes) -> Read:
    for fault in chart.faults:
        if fault.resource in (placed.key, chart.key(placed.given.medication_reference)):
            notes.find("field-unreadable", f"{fault.resource} {fault.path}: {fault.message}.")
    if not _makes_an_event(placed, notes):
        return Read(is_running=placed.state == "running")
    if placed.action is not None and placed.action.kind == "waste":
        return Read(waste=_waste(placed, chart, lexicon, notes))
    timing = placed.timing
    notes.read("start", timing.start, timing.path)
    notes.read("stop", timing.stop, timing.path if timing.stop else None, *_no_stop(placed))
    technique = technique_of(placed.given, placed.action, timing, chart, lexicon, notes)
    order = order_of(placed.given, chart.key(placed.given.request), lexicon, notes)
    drugs = drugs_of(placed.given, chart, notes)
    if not all(drug.is_named for drug in drugs):
        notes.find("drug-class-unknown", "The administration has neither a code nor a name of its drug.")
    return Read(
        events=tuple(_events(placed, technique, order, drugs, chart, lexicon, notes)),
        is_running=_is_running(placed, technique),
        bag=_bag(placed, order, chart),
    )


def _makes_an_event(placed: Placed, notes: Notes) -> bool:
    action, timing = placed.action, placed.timing
    word = action.word if action else ""
    if placed.state == "unknown":
        notes.find("technique-unknown", f"Its status is {placed.given.status or 'absent'}: nobody knows what happened.")
    elif action is not None and action.kind is None:
        fix = "Name the action under words.actions of the source."
        notes.find("mar-action-unknown", f"The action {word!r} is in no table.", fix)
    elif action is not None and action.kind == "none":
        notes.find("no-event", f"The action {word!r} gives no drug.", severity="info")
    elif action is not None and action.kind == "waste":
        return True
    elif timing.trouble is not None:
        notes.find(timing.trouble.id, timing.trouble.message, timing.trouble.fix)
    elif action is not None and action.kind in ("continue", "pause", "stop") and timing.stop is None:
        said = f"The action {word!r} is one of several of a bag and has no start and stop of its own."
        notes.find("chain-incomplete", said, "Document start and stop of the infusion in one administration.")
    else:
        return True
    return False


def _events(
    placed: Placed,
    technique: Technique | None,
    order: str | None,
    drugs: tuple[Drug, ...],
    chart: Chart,
    lexicon: Lexicon,
    notes: Notes,
) -> Iterator[Administration]:
    given, start = placed.given, placed.timing.start
    if technique is None or start is None:
        return
    dosage = given.dosage or Dosage()
    site = site_of(given, lexicon, notes)
    pump_kind = pump_kind_of(given, chart, lexicon) or "portable"
    first: str | None = None
    for number, drug in enumerate((each for each in drugs if each.is_named), start=1):
        event = Administration(
            id=given.id if first is None else f"{given.id}#{number}",
            technique=technique,
            start=start,
            stop=placed.timing.stop,
            drug=drug.name,
            rxcui=drug.rxcui,
            ndc=drug.ndc,
            drug_class=_by_source(lexicon.words.drug_class, "drug_class", drug, notes),
            container=_by_source(lexicon.words.containers, "container", drug, notes),
            site=site,
            site_required=is_site_required(given, lexicon),
            dose=dose_of(dosage.dose, drug.strength, len(drugs) > 1, notes),
            discarded=_discarded(placed, drug, lexicon, notes),
            same_bag_as=first,
            discontinued=_is_discontinued(placed, lexicon),
            order=order,
            pump_kind=pump_kind,
            lesions=lesions_of(given, lexicon),
        )
        first = first or event.id
        for field in _RARE:
            notes.read(field, getattr(event, field), None)
        yield event


def _by_source(table: dict[str, T], field: str, drug: Drug, notes: Notes) -> T | None:
    found = next((table[key] for key in drug.keys if key in table), None) if table else None
    notes.read(field, found, "the source's table" if found is not None else None)
    return found


def _discarded(placed: Placed, drug: Drug, lexicon: Lexicon, notes: Notes) -> Quantity | None:
    extension = extension_of(placed.given, "waste", lexicon)
    if extension is None:
        return None
    amount = amount_of(extension.value_quantity, "discarded", notes)
    return (through(drug.strength, amount) or amount) if amount else None


def _waste(placed: Placed, chart: Chart, lexicon: Lexicon, notes: Notes) -> Waste:
    drug = drugs_of(placed.given, chart, notes)[0]
    order = order_of(placed.given, chart.key(placed.given.request), lexicon, notes)
    amount = amount_of(placed.given.dosage.dose if placed.given.dosage else None, "discarded", notes)
    amount = (through(drug.strength, amount) or amount) if amount else None
    return Waste(id=placed.given.id, order=order, drug=drug, amount=amount)


def _is_discontinued(placed: Placed, lexicon: Lexicon) -> bool:
    said = [word for reason in placed.given.status_reason for word in reason.words]
    said += [placed.action.word.lower()] if placed.action else []
    return any(word in lexicon.discontinued for word in said)


def _is_running(placed: Placed, technique: Technique | None) -> bool:
    """Open, also by a period without an end that a completed infusion still has; a stopped one has only lost it."""
    if placed.state == "running":
        return technique not in _COMPLETE_WHEN_BEGUN
    is_stopped = placed.given.status == "stopped"
    return placed.timing.is_open_period and technique in _ENDS_BY_ITS_STOP and not is_stopped


def _bag(placed: Placed, order: str | None, chart: Chart) -> tuple[str, str] | None:
    reference = chart.key(placed.given.medication_reference)
    return (reference, order) if reference and order and not reference.startswith("#") else None


def _no_stop(placed: Placed) -> Iterator[str]:
    """What speaks of a duration and is never a stop: evidence for the person who documents it."""
    dosage = placed.given.dosage or Dosage()
    if placed.timing.stop is None and (dosage.rate_quantity or dosage.rate_ratio):
        yield "dosage.rate: a rate is never a stop"
    if placed.timing.stop is None and placed.given.status == "stopped":
        yield "status stopped: a change of status is never a stop"
