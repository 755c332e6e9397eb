"""The visits of a chart: place every administration, cut and join encounters, read the rest.

The problem: one wrong or missing administration changes the code of the others. So everything that cannot be read
stays visible in the visit that it may belong to, and holds it.

    seven good administrations, one dated only `2026-05-04`  → a visit of seven events and an error: held
    an administration without an encounter on that day      → an error in every visit of the patient on that day

Decided: every administration ends as an event, in a finding, or among `reversed_ids`. An encounter without any is no
visit, unless it was cancelled: what it charged is reversed. An administration whose visit nobody knows makes a visit
of its own, `unplaced/PATIENT/DAY`, so that somebody sees it. Left out: chains, and assuming that an encounter that
never finishes has finished (this room has no clock).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date

from fhir_adapter.coding.model import Administration, Visit
from fhir_adapter.fhir_r4 import Chart, Encounter
from fhir_adapter.normalize import trouble
from fhir_adapter.normalize.administration import Read, read
from fhir_adapter.normalize.bags import labelled, of_one_bag, with_waste
from fhir_adapter.normalize.chains import in_chains
from fhir_adapter.normalize.coverage import payer_of
from fhir_adapter.normalize.lexicon import Lexicon, lexicon_of
from fhir_adapter.normalize.model import ChartVisit, FieldTrace
from fhir_adapter.normalize.notes import Notes
from fhir_adapter.normalize.placed import Placed, place
from fhir_adapter.normalize.setting import reason_of, setting_of
from fhir_adapter.normalize.sittings import Sitting, kind_of, sittings_of
from fhir_adapter.vocabulary import Reason, Setting, SourceWords

_HELD_SETTING: Setting = "facility"
"""Stands in a visit whose setting is not known; nothing is derived from it."""


def visits_of(chart: Chart, words: SourceWords, *, traced: bool = False) -> tuple[ChartVisit, ...]:
    """The visits, by patient and first day. `traced`: with the origin of each field."""
    lexicon = lexicon_of(words)
    placed = in_chains((place(each, chart, lexicon) for each in chart.administrations), chart, lexicon)
    lost = [each for each in placed if each.encounter is None]
    sittings = sittings_of(placed, _facilities(chart, lexicon), chart, lexicon)
    visits = [_visit(sitting, _perhaps_here(sitting, lost), chart, lexicon, traced) for sitting in sittings]
    seen = {id(each) for sitting in sittings for each in _perhaps_here(sitting, lost)}
    visits += _unplaced([each for each in lost if id(each) not in seen], chart)
    return tuple(sorted(visits, key=lambda visit: (visit.patient, visit.key.rpartition("/")[2], visit.key)))


def _facilities(chart: Chart, lexicon: Lexicon) -> dict[str, str]:
    """Where each encounter was: equal for those that may be one visit, its own key where the setting is unknown."""
    silent = Notes("", (), traced=False)
    where = {}
    for key, encounter in chart.encounters.items():
        setting = setting_of(encounter, chart, lexicon, silent)
        where[key] = f"{setting} {chart.key(encounter.service_provider)}" if setting else key
    return where


def _perhaps_here(sitting: Sitting, lost: list[Placed]) -> list[Placed]:
    """Administrations without an encounter that were given to the patient on a day of this visit."""
    if sitting.kind not in ("outpatient", "observation", "unknown"):
        return []
    return [each for each in lost if each.patient == sitting.patient and each.day in sitting.days]


def _visit(sitting: Sitting, lost: list[Placed], chart: Chart, lexicon: Lexicon, traced: bool) -> ChartVisit:
    ordered = sorted(
        sitting.placed, key=lambda each: (each.timing.start is None, str(each.timing.start), each.given.id)
    )
    alive = [each for each in ordered if each.state != "reversed" and sitting.kind != "cancelled"]
    keys = tuple(dict.fromkeys([each.encounter or "" for each in ordered] + list(sitting.encounters)))
    about = tuple(name for each in alive for name in each.ids)
    notes = Notes(keys[0], about, traced)
    events, running, rows = _events(sitting, alive, chart, lexicon, notes)
    setting, reason, payer = _circumstances(sitting, keys, bool(alive), chart, lexicon, notes)
    notes.findings += [trouble.without_encounter(each) for each in lost if each.state != "reversed"]
    notes.findings += trouble.unreadable(chart, keys) if alive else ()
    is_open = sitting.kind not in ("cancelled", "inpatient") and (running or not _have_finished(keys, chart))
    if alive and not is_open and sitting.kind in ("outpatient", "observation"):
        notes.findings += trouble.admission_soon_after(sitting, chart, lexicon)
    key = f"{chart.encounters[keys[0]].id}/{min(sitting.days) if sitting.days else '-'}"
    gone = [each for each in (*ordered, *lost) if each not in alive and (each.encounter or each.state == "reversed")]
    return ChartVisit(
        key=key,
        patient=sitting.patient,
        visit=Visit(
            id=key, setting=setting or _HELD_SETTING, administrations=events, primary_reason=reason, payer=payer
        ),
        setting_known=setting is not None or not alive or sitting.kind == "inpatient",
        findings=tuple(notes.findings),
        encounters={**{_id(each): chart.encounters[each] for each in keys}, **_labels(events, keys, chart)},
        is_open=is_open,
        reversed_ids=tuple(name for each in gone for name in each.ids),
        trace=(*notes.trace, *rows),
    )


def _events(
    sitting: Sitting, alive: list[Placed], chart: Chart, lexicon: Lexicon, notes: Notes
) -> tuple[tuple[Administration, ...], bool, list[FieldTrace]]:
    """The visit's events, whether something still runs, and the trace of the administrations."""
    if sitting.kind == "inpatient":
        notes.findings += trouble.inpatient(alive)
        return (), False, []
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
    events, unassigned = with_waste(events, (one.waste for one in flat if one.waste))
    notes.findings += unassigned
    ordered = sorted(events, key=lambda event: (event.start, event.id))
    return tuple(ordered), any(one.is_running for one in flat), rows


def _circumstances(
    sitting: Sitting, keys: tuple[str, ...], is_alive: bool, chart: Chart, lexicon: Lexicon, notes: Notes
) -> tuple[Setting | None, Reason | None, str | None]:
    if not is_alive or sitting.kind in ("inpatient", "cancelled"):
        return None, None, None
    first = chart.encounters[keys[0]]
    if sitting.kind == "unknown":
        notes.findings.append(trouble.unknown_class(first.class_.code if first.class_ else None, notes.about))
        return None, None, None
    setting = setting_of(first, chart, lexicon, notes)
    day = min(sitting.days) if sitting.days else None
    reasons = (reason_of(chart.encounters[key], lexicon, notes) for key in keys)
    return setting, next(filter(None, reasons), None), _one_payer(keys, day, chart, lexicon, notes)


def _one_payer(keys: Iterable[str], day: date | None, chart: Chart, lexicon: Lexicon, notes: Notes) -> str | None:
    payers = {payer_of(chart.encounters[key], day, chart, lexicon, notes) for key in keys}
    if len(payers) > 1:
        notes.find("payer-unknown", "The encounters of the visit have different payers.", severity="warning")
    return payers.pop() if len(payers) == 1 else None


def _have_finished(keys: Iterable[str], chart: Chart) -> bool:
    return all(chart.encounters[key].status in ("finished", "cancelled", "entered-in-error") for key in keys)


def _labels(events: Iterable[Administration], keys: Iterable[str], chart: Chart) -> dict[str, Encounter]:
    by_id = {_id(key): chart.encounters[key] for key in keys}
    return {label: by_id[label.partition("#")[0]] for event in events if (label := event.encounter)}


def _id(key: str) -> str:
    return key.partition("/")[2]


def _unplaced(lost: list[Placed], chart: Chart) -> Iterator[ChartVisit]:
    """Visits of the administrations whose visit nobody knows: held, or only reversed."""
    by_day: dict[tuple[str, date | None], list[Placed]] = {}
    for each in lost:
        by_day.setdefault((each.patient, each.day), []).append(each)
    for (patient, day), together in by_day.items():
        alive = [each for each in together if each.state != "reversed"]
        key = f"unplaced/{patient.removeprefix('Patient/')}/{day or '-'}"
        yield ChartVisit(
            key=key,
            patient=patient,
            visit=Visit(id=key, setting=_HELD_SETTING, administrations=()),
            setting_known=not alive,
            findings=(*map(trouble.without_encounter, alive), *(trouble.unreadable(chart, ()) if alive else ())),
            encounters={},
            is_open=False,
            reversed_ids=tuple(each.given.id for each in together if each.state == "reversed"),
        )
