"""One administration into the events of a visit, or into findings that say why it makes none.

Two examples:

    completed, route intravenous, method "IV Infusion", 09:00 to 13:00, rituximab 675 mg → one event
    completed, effectiveDateTime 2026-05-04                                              → no event, `date-only` (error)

Decided: an administration that was given always leaves an event or a finding. Not done or entered in error leaves
neither: what it charged is reversed. What still runs makes the visit open, except a pump that has been started and a
push with its time: they are complete when they begin. Several actions of one bag were joined before (chains).
"""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from fhir_adapter.coding.model import Administration, Quantity
from fhir_adapter.fhir_r4 import Chart, Dosage
from fhir_adapter.normalize.dose import amount_of, through
from fhir_adapter.normalize.events import events_of
from fhir_adapter.normalize.extensions import order_of, planned_duration_of
from fhir_adapter.normalize.lexicon import Lexicon
from fhir_adapter.normalize.medication import Drug, drugs_of
from fhir_adapter.normalize.notes import Notes
from fhir_adapter.normalize.placed import Placed
from fhir_adapter.normalize.technique import technique_of
from fhir_adapter.vocabulary import Technique

_COMPLETE_WHEN_BEGUN: tuple[Technique | None, ...] = ("pump", "push")
_ENDS_BY_ITS_STOP: tuple[Technique | None, ...] = ("infusion", "sc-infusion", "intra-arterial-infusion", None)
_WHOLE_CHAIN = "Document every action of the infusion, from its start to its stop, under one order."


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
    _unreadable(placed, chart, notes)
    if not _makes_an_event(placed, notes):
        return Read(is_running=placed.state == "running")
    if placed.action is not None and placed.action.kind == "waste":
        return Read(waste=_waste(placed, chart, lexicon, notes))
    timing = placed.timing
    notes.read("start", timing.start, timing.path)
    evidence = tuple(_evidence(placed, lexicon)) if timing.stop is None else ()
    notes.read("stop", timing.stop, (timing.stop_path or timing.path) if timing.stop else None, *evidence)
    if placed.joined:
        notes.read("chain", ", ".join(placed.ids), "actions of one order, medication and encounter")
    technique = technique_of(placed.given, placed.action, timing, chart, lexicon, notes)
    if evidence and technique in _ENDS_BY_ITS_STOP and placed.state != "running":
        notes.find("stop-evidence", f"No stop is documented. {'; '.join(evidence)}.", severity="info")
    order = order_of(placed.given, chart.key(placed.given.request), lexicon, notes)
    drugs = drugs_of(placed.given, chart, notes)
    if not all(drug.is_named for drug in drugs):
        notes.find("drug-class-unknown", "The administration has neither a code nor a name of its drug.")
    return Read(
        events=tuple(events_of(placed, technique, order, drugs, chart, lexicon, notes)) if technique else (),
        is_running=_is_running(placed, technique),
        bag=_bag(placed, order, chart),
    )


def _unreadable(placed: Placed, chart: Chart, notes: Notes) -> None:
    if not chart.faults:
        return
    members = (placed, *placed.joined)
    named = {name for each in members for name in (each.key, chart.key(each.given.medication_reference))}
    for fault in chart.faults:
        if fault.resource in named:
            notes.find("field-unreadable", f"{fault.resource} {fault.path}: {fault.message}.")


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
    elif placed.joined:
        return _is_followed(placed, notes)
    elif action is not None and (action.kind == "pause" or (action.kind in ("continue", "stop") and not timing.stop)):
        said = f"The action {word!r} is one of several of a bag, and no other of its order, drug and encounter begins."
        notes.find("chain-incomplete", said, _WHOLE_CHAIN)
    else:
        return True
    return False


def _is_followed(placed: Placed, notes: Notes) -> bool:
    """Whether the actions of a chain came to any time; what did not fit is named."""
    for fault in placed.faults:
        word = fault.placed.action.word if fault.placed.action else ""
        said = f"The action {word!r} at {fault.placed.timing.start} {fault.message}."
        notes.find("chain-incomplete", said, _WHOLE_CHAIN, about=(fault.placed.given.id,))
    return bool(placed.segments)


def _waste(placed: Placed, chart: Chart, lexicon: Lexicon, notes: Notes) -> Waste:
    drug = drugs_of(placed.given, chart, notes)[0]
    order = order_of(placed.given, chart.key(placed.given.request), lexicon, notes)
    amount = amount_of(placed.given.dosage.dose if placed.given.dosage else None, "discarded", notes)
    amount = (through(drug.strength, amount) or amount) if amount else None
    return Waste(id=placed.given.id, order=order, drug=drug, amount=amount)


def _is_running(placed: Placed, technique: Technique | None) -> bool:
    """Open, also by a period without an end that a completed infusion still has; a stopped one has only lost it."""
    if placed.state == "running":
        return technique not in _COMPLETE_WHEN_BEGUN
    is_stopped = placed.given.status == "stopped"
    return placed.timing.is_open_period and technique in _ENDS_BY_ITS_STOP and not is_stopped


def _bag(placed: Placed, order: str | None, chart: Chart) -> tuple[str, str] | None:
    reference = chart.key(placed.given.medication_reference) if order else None
    return (reference, order) if reference and order and not reference.startswith("#") else None


def _evidence(placed: Placed, lexicon: Lexicon) -> Iterator[str]:
    """What speaks of a duration and is never a stop: for the person who documents it."""
    dosage = placed.given.dosage or Dosage()
    planned = planned_duration_of(placed.given, lexicon)
    if planned:
        yield f"planned duration {planned}: a plan is never a stop"
    if dosage.rate_quantity or dosage.rate_ratio:
        yield "dosage.rate: a rate is never a stop"
    if placed.timing.artefact is not None:
        yield f"a stop at {placed.timing.artefact.isoformat()} that the source lists as made by a machine"
    if placed.given.status == "stopped":
        yield "status stopped: a change of status is never a stop"
