"""An administration put in its place before it is read: status, action, time, patient, encounter."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Literal

import msgspec

from fhir_adapter.fhir_r4 import Chart, MedicationAdministration, Quantity
from fhir_adapter.normalize.lexicon import Lexicon
from fhir_adapter.normalize.mar_actions import Action, action_of
from fhir_adapter.normalize.placing import encounter_of
from fhir_adapter.normalize.technique import spoken
from fhir_adapter.normalize.timing import Timing, timing_of
from fhir_adapter.vocabulary import Way

State = Literal["given", "running", "reversed", "unknown"]

_AT_ONCE: tuple[Way | str | None, ...] = ("oral", "im", "sc", "push", "flush")
"""What is given in no time is not paused: such a dose was held back, and nothing was given."""
_STATES: dict[str, State] = {
    "completed": "given",
    "stopped": "given",
    "in-progress": "running",
    "on-hold": "running",
    "not-done": "reversed",
    "entered-in-error": "reversed",
}


class Segment(msgspec.Struct, frozen=True, kw_only=True):
    """A stretch in which a drug ran: from one action to the next."""

    start: datetime
    stop: datetime | None
    bags: tuple[Placed, ...]
    """What was hung in it, in order of time."""
    ended_by: Placed | None
    is_paused: bool = False
    is_resumed: bool = False
    """It goes on after a documented pause, or with the bag that hung before: without a bag of its own."""


class ChainFault(msgspec.Struct, frozen=True):
    """An action that does not fit into its chain, and how."""

    placed: Placed
    message: str


class Placed(msgspec.Struct, frozen=True, kw_only=True):
    """`how` says how the encounter was found, or why there is none. The first of a chain stands for all of it."""

    given: MedicationAdministration
    patient: str
    encounter: str | None
    how: str
    state: State
    action: Action | None
    timing: Timing
    segments: tuple[Segment, ...] = ()
    joined: tuple[Placed, ...] = ()
    faults: tuple[ChainFault, ...] = ()

    @property
    def ids(self) -> tuple[str, ...]:
        """The administrations that it stands for."""
        return (self.given.id, *[each.given.id for each in self.joined])

    @property
    def key(self) -> str:
        return f"MedicationAdministration/{self.given.id}"

    @property
    def day(self) -> date | None:
        return self.timing.day

    @property
    def dose(self) -> Quantity | None:
        return self.given.dosage.dose if self.given.dosage else None


def place(given: MedicationAdministration, chart: Chart, lexicon: Lexicon) -> Placed:
    timing = timing_of(given, lexicon.zone)
    action = action_of(given, lexicon)
    if _has_artefact(given, timing, lexicon):
        timing = msgspec.structs.replace(timing, stop=None, artefact=timing.stop)
        if action is not None and action.kind == "stop":
            action = msgspec.structs.replace(action, kind="none")
    if action is not None and action.kind == "pause" and spoken(given, None, chart, lexicon) in _AT_ONCE:
        action = msgspec.structs.replace(action, kind="none")
    encounter, how = encounter_of(given, timing, chart, lexicon)
    state = _STATES.get((given.status or "").strip().lower(), "unknown")
    if action is not None and action.kind == "not-given":
        state = "reversed"
    return Placed(
        given=given,
        patient=chart.key(given.subject) or "Patient/",
        encounter=encounter,
        how=how,
        state=state,
        action=action,
        timing=timing,
    )


def _has_artefact(given: MedicationAdministration, timing: Timing, lexicon: Lexicon) -> bool:
    """Whether a machine made the stop: the source lists its reason, or how many minutes after the start it falls."""
    if any(word in lexicon.artefacts for reason in given.status_reason for word in reason.words):
        return True
    if not lexicon.words.artefact_minutes or timing.start is None or timing.stop is None:
        return False
    return (timing.stop - timing.start) in [timedelta(minutes=each) for each in lexicon.words.artefact_minutes]
