"""The visits of a chart: place every administration, cut and join encounters, read the rest.

The problem: one wrong or missing administration changes the code of the others. So everything that cannot be read
stays visible in the visit that it may belong to, and holds it.

    seven good administrations, one dated only `2026-05-04`  → a visit of seven events and an error: held
    an administration without an encounter on that day      → an error in every visit of the patient on that day

Decided: every administration ends as an event, in a finding, or among `reversed_ids`. An encounter without any is no
visit, unless it was cancelled: what it charged is reversed. An administration whose visit nobody knows makes a visit
of its own, `unplaced/PATIENT/DAY`, so that somebody sees it. This room has no clock: who wants an encounter that never
finishes to be judged hands the time in.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime

from fhir_adapter.coding.model import Administration, Visit
from fhir_adapter.fhir_r4 import Chart, Encounter
from fhir_adapter.normalize import trouble
from fhir_adapter.normalize.administration import Read, read
from fhir_adapter.normalize.authorization import authorized_of
from fhir_adapter.normalize.bags import labelled, of_one_bag, with_waste
from fhir_adapter.normalize.chains import in_chains
from fhir_adapter.normalize.circumstances import HELD_SETTING, circumstances_of
from fhir_adapter.normalize.ending import is_open
from fhir_adapter.normalize.lexicon import Lexicon, lexicon_of
from fhir_adapter.normalize.model import ChartVisit, FieldTrace
from fhir_adapter.normalize.notes import Notes, silent
from fhir_adapter.normalize.placed import Placed, place
from fhir_adapter.normalize.setting import setting_of
from fhir_adapter.normalize.sittings import Sitting, kind_of, sittings_of
from fhir_adapter.normalize.unplaced import perhaps_here, unplaced
from fhir_adapter.vocabulary import SourceWords

_NEVER = datetime.max.replace(tzinfo=UTC)


def visits_of(
    chart: Chart, words: SourceWords, *, now: datetime | None = None, traced: bool = False
) -> tuple[ChartVisit, ...]:
    """The visits, by patient and first day. `now` is the time of reading; `traced`: with the origin of each field."""
    lexicon = lexicon_of(words)
    placed = in_chains((place(each, chart, lexicon) for each in chart.administrations), chart, lexicon)
    lost = [each for each in placed if each.encounter is None]
    sittings = sittings_of(placed, _facilities(chart, lexicon), chart, lexicon)
    visits = [_visit(sitting, perhaps_here(sitting, lost), chart, lexicon, now, traced) for sitting in sittings]
    seen = {id(each) for sitting in sittings for each in perhaps_here(sitting, lost)}
    visits += unplaced([each for each in lost if id(each) not in seen], chart)
    return tuple(sorted(visits, key=lambda visit: (visit.patient, visit.key.rpartition("/")[2], visit.key)))


def _facilities(chart: Chart, lexicon: Lexicon) -> dict[str, str]:
    """Where each encounter was: equal for those that may be one visit, its own key where the setting is unknown."""
    unheard = silent()
    where = {}
    for key, encounter in chart.encounters.items():
        setting = setting_of(encounter, chart, lexicon, unheard)
        where[key] = f"{setting} {chart.key(encounter.service_provider)}" if setting else key
    return where


def _visit(
    sitting: Sitting, lost: list[Placed], chart: Chart, lexicon: Lexicon, now: datetime | None, traced: bool
) -> ChartVisit:
    ordered = sorted(sitting.placed, key=lambda each: (each.timing.start or _NEVER, each.given.id))
    alive = [] if sitting.kind == "cancelled" else [each for each in ordered if each.state != "reversed"]
    keys = tuple(dict.fromkeys([each.encounter or "" for each in ordered] + list(sitting.encounters)))
    about = tuple(name for each in alive for name in each.ids)
    notes = Notes(keys[0], about, traced)
    events, wasted, running, rows = _events(sitting, alive, chart, lexicon, notes)
    setting, reason, payer = circumstances_of(sitting, keys, bool(alive), chart, lexicon, notes)
    notes.findings += [trouble.without_encounter(each) for each in lost if each.state != "reversed"]
    notes.findings += trouble.unreadable(chart, keys) if alive else ()
    encounters, may_wait = [chart.encounters[key] for key in keys], sitting.kind not in ("cancelled", "inpatient")
    waits = may_wait and is_open(encounters, alive, bool(running), now, lexicon, notes)
    aside = Notes(keys[0], about, traced)
    awaits = bool(running) and is_open(encounters, alive, False, now, lexicon, aside)
    if alive and sitting.kind in ("outpatient", "observation"):
        notes.findings += trouble.admission_soon_after(sitting, chart, lexicon)
    key = f"{chart.encounters[keys[0]].id}/{min(sitting.days) if sitting.days else '-'}"
    gone = [each for each in (*ordered, *lost) if each.state == "reversed" or (each.encounter and not alive)]
    return ChartVisit(
        key=key,
        patient=sitting.patient,
        visit=Visit(
            id=key,
            setting=setting or HELD_SETTING,
            administrations=events,
            primary_reason=reason,
            payer=payer,
            authorized=authorized_of(sitting.patient, sitting.days, chart, lexicon, notes) if events else None,
        ),
        setting_known=setting is not None or not alive or sitting.kind == "inpatient",
        findings=tuple(notes.findings),
        encounters={**{_id(each): chart.encounters[each] for each in keys}, **_labels(events, keys, chart)},
        is_open=waits,
        running=running,
        awaits_encounter=awaits or bool(aside.findings),
        reversed_ids=tuple(name for each in gone for name in each.ids),
        joined={**_joined(alive, events), **wasted},
        trace=(*notes.trace, *rows),
    )


def _events(
    sitting: Sitting, alive: list[Placed], chart: Chart, lexicon: Lexicon, notes: Notes
) -> tuple[tuple[Administration, ...], dict[str, str], tuple[str, ...], list[FieldTrace]]:
    """The visit's events, the waste that is part of them, what still runs, and the trace."""
    if sitting.kind == "inpatient":
        notes.findings += trouble.inpatient(alive)
        return (), {}, (), []
    reads: dict[str, list[Read]] = {}
    rows: list[FieldTrace] = []
    for each in alive:
        own = Notes(each.key, each.ids, notes.traced)
        own.read("status", each.given.status, "status")
        own.read("encounter", each.encounter, each.how)
        reads.setdefault(each.encounter or "", []).append(read(each, chart, lexicon, own))
        notes.findings += own.findings
        rows += own.trace
    flat = [one for ones in reads.values() for one in ones]
    events: list[Administration] = []
    for key, ones in reads.items():
        gap = lexicon.words.series_gap if kind_of(chart.encounters[key], lexicon) == "outpatient" else None
        events += labelled(of_one_bag(ones), _id(key), gap)
    events, wasted, unassigned = with_waste(events, (one.waste for one in flat if one.waste))
    notes.findings += unassigned
    ordered = sorted(events, key=lambda event: (event.start, event.id))
    return tuple(ordered), wasted, _running(flat), rows


def _running(reads: Iterable[Read]) -> tuple[str, ...]:
    """What is waited for: events without a stop, and administrations that are none yet."""
    return tuple(name for one in reads if one.is_running for name in ([event.id for event in one.events] or ["-"]))


def _joined(alive: Iterable[Placed], events: Iterable[Administration]) -> dict[str, str]:
    """The further actions of chains → the event that they are part of."""
    made = {event.id for event in events}
    return {other.given.id: each.given.id for each in alive if each.given.id in made for other in each.joined}


def _labels(events: Iterable[Administration], keys: Iterable[str], chart: Chart) -> dict[str, Encounter]:
    by_id = {_id(key): chart.encounters[key] for key in keys}
    return {label: by_id[label.partition("#")[0]] for event in events if (label := event.encounter)}


def _id(key: str) -> str:
    return key.partition("/")[2]
