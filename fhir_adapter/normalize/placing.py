"""Which encounter an administration belongs to: the one it names, else the only one of the patient at that time.

An encounter of another patient is not its encounter, whatever the reference says.
"""

from __future__ import annotations

from fhir_adapter.fhir_r4 import Chart, Encounter, MedicationAdministration
from fhir_adapter.normalize.lexicon import Lexicon
from fhir_adapter.normalize.timing import Timing, covers

NOT_HAPPENED = ("planned", "cancelled", "entered-in-error")


def encounter_of(
    given: MedicationAdministration, timing: Timing, chart: Chart, lexicon: Lexicon
) -> tuple[str | None, str]:
    """`Encounter/ID` and how it was found, or None and why there is none."""
    named, patient = chart.key(given.context), chart.key(given.subject)
    if patient is None:
        return None, "it names no patient"
    if named is not None and not named.startswith("EpisodeOfCare/"):
        encounter = chart.encounters.get(named)
        if encounter is None:
            return None, "the encounter that it names was not found"
        if chart.key(encounter.subject) != patient:
            return None, "the encounter that it names is another patient's"
        return named, "context"
    if timing.start is None:
        return None, "it names no encounter and has no time to look for one"
    return _by_time(patient, timing, chart, lexicon)


def _by_time(patient: str, timing: Timing, chart: Chart, lexicon: Lexicon) -> tuple[str | None, str]:
    at = timing.start
    open_then = [
        key
        for key, encounter in chart.encounters.items()
        if at and _is_of(encounter, patient, chart) and covers(encounter.period, at, lexicon.zone)
    ]
    if len(open_then) == 1:
        return open_then[0], "subject and time: the one open encounter"
    return None, f"it names no encounter, and {len(open_then) or 'none'} of the patient's were open at its time"


def _is_of(encounter: Encounter, patient: str, chart: Chart) -> bool:
    return encounter.status not in NOT_HAPPENED and chart.key(encounter.subject) == patient
