"""A sample of an EHR's administrations, read as the adapter would read them: what it would stumble over.

The sample is the newest administrations that one search gives, and the whole charts of their patients. A server that
searches administrations by patient only is asked for those of the patients of its newest encounters. Nothing is
written, nothing is kept; what is counted has no patient in it. A chart that cannot be read is counted, too.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

import msgspec

from fhir_adapter.coding.drugs import DrugTables
from fhir_adapter.coding.model import Administration, Finding
from fhir_adapter.coding.rulebook import Rulebook
from fhir_adapter.derive import derive
from fhir_adapter.ehr import EhrClient, Resource
from fhir_adapter.errors import EhrError
from fhir_adapter.fhir_r4 import CodeableConcept, Dosage, Encounter, MedicationAdministration, chart_of
from fhir_adapter.normalize import ChartVisit, visits_of
from fhir_adapter.normalize.lexicon import Lexicon, lexicon_of
from fhir_adapter.normalize.mar_actions import action_of
from fhir_adapter.receive.snapshot import read_chart
from fhir_adapter.vocabulary import SourceWords

NEEDS_A_STOP = ("infusion", "sc-infusion", "intra-arterial-infusion")
UNKNOWN = "in no table"
UNMAPPED = ("drug-code-unknown", "drug-class-unknown", "drug-code-ambiguous")


class Word(NamedTuple):
    """A word of the charts and what it is taken for; None: it was absent, `UNKNOWN`: nobody knows."""

    text: str
    meaning: str | None


class Survey(msgspec.Struct, kw_only=True):
    """Counts over the sample; each table is what was met → how often. `words` are those of actions, routes and
    methods, each with what it is taken for."""

    administrations: int = 0
    patients: int = 0
    visits: int = 0
    unreadable_charts: int = 0
    without_class: int = 0
    encounters: int = 0
    timed: int = 0
    without_stop: int = 0
    held: int = 0
    statuses: Counter[str] = msgspec.field(default_factory=Counter)
    actions: Counter[Word] = msgspec.field(default_factory=Counter)
    routes: Counter[Word] = msgspec.field(default_factory=Counter)
    methods: Counter[Word] = msgspec.field(default_factory=Counter)
    extensions: Counter[str] = msgspec.field(default_factory=Counter)
    places: Counter[str] = msgspec.field(default_factory=Counter)
    drugs: Counter[str] = msgspec.field(default_factory=Counter)
    findings: Counter[str] = msgspec.field(default_factory=Counter)


async def survey(ehr: EhrClient, words: SourceWords, rulebook: Rulebook, drugs: DrugTables, *, patients: int) -> Survey:
    """An EhrError where even the first search is refused."""
    seen = Survey()
    sample = await _sample(ehr)
    seen.administrations = len(sample)
    lexicon = lexicon_of(words)
    for given in chart_of(resource.body for resource in sample).administrations:
        _count_administration(given, lexicon, seen)
    for patient in _patients(sample)[:patients]:
        seen.patients += 1
        await _look_at(patient, ehr, words, rulebook, drugs, seen)
    return seen


async def _sample(ehr: EhrClient) -> tuple[Resource, ...]:
    """The newest first, where the server can sort; else what it gives first; else by the patients of encounters."""
    for params in ({"_sort": "-_lastUpdated", "_count": "200"}, {"_count": "200"}):
        try:
            return await ehr.first_page("MedicationAdministration", params)
        except EhrError:
            continue
    return await _of_encounters(ehr)


async def _of_encounters(ehr: EhrClient) -> tuple[Resource, ...]:
    met = await ehr.first_page("Encounter", {"_count": "50"})
    pages = [
        await ehr.first_page("MedicationAdministration", {"patient": patient, "_count": "50"})
        for patient in _patients(met)
    ]
    return tuple(resource for page in pages for resource in page)


def _patients(sample: Iterable[Resource]) -> list[str]:
    subjects = (json.loads(resource.body).get("subject") or {} for resource in sample)
    named = (str(subject.get("reference") or "") for subject in subjects)
    return list(dict.fromkeys(f"Patient/{name.rpartition('/')[2]}" for name in named if "Patient/" in name))


def _count_administration(given: MedicationAdministration, lexicon: Lexicon, seen: Survey) -> None:
    dosage, action = given.dosage or Dosage(), action_of(given, lexicon)
    seen.statuses[given.status or "none"] += 1
    seen.actions[Word(action.word, action.kind or UNKNOWN) if action else Word("none", None)] += 1
    seen.routes[_word(dosage.route, lexicon.routes)] += 1
    seen.methods[_word(dosage.method, lexicon.methods)] += 1
    seen.extensions.update(str(one.url) for one in given.extension)


def _word(concept: CodeableConcept | None, table: Mapping[str, str]) -> Word:
    """As a site's table would name it: the text, else display or code of the first coding."""
    if concept is None:
        return Word("none", None)
    first = next(iter(concept.coding), None)
    shown = concept.text or (first and (first.display or first.code)) or "empty"
    return Word(shown, next((table[word] for word in concept.words if word in table), UNKNOWN))


async def _look_at(
    patient: str, ehr: EhrClient, words: SourceWords, rulebook: Rulebook, drugs: DrugTables, seen: Survey
) -> None:
    try:
        chart = (await read_chart(ehr, patient, with_coverage=False)).chart
    except EhrError:
        seen.unreadable_charts += 1
        return
    for encounter in chart.encounters.values():
        _count_encounter(encounter, seen)
    for visit in visits_of(chart, words):
        _count_visit(visit, rulebook, drugs, seen)


def _count_encounter(encounter: Encounter, seen: Survey) -> None:
    seen.encounters += 1
    seen.without_class += encounter.class_ is None or encounter.class_.code is None
    places = [each.location for each in encounter.location] + [encounter.service_provider]
    seen.places.update({place.reference for place in places if place and place.reference})


def _count_visit(visit: ChartVisit, rulebook: Rulebook, drugs: DrugTables, seen: Survey) -> None:
    result = derive(visit.visit, rulebook, drugs, findings=visit.findings)
    timed = [one for one in visit.visit.administrations if one.technique in NEEDS_A_STOP]
    seen.visits += 1
    seen.held += result.disposition == "held" or visit.is_open
    seen.timed += len(timed)
    seen.without_stop += sum(one.stop is None for one in timed)
    seen.findings.update(finding.id for finding in result.findings if finding.severity != "info")
    seen.drugs.update(_unmapped(result.findings, visit.visit.administrations))


def _unmapped(findings: Iterable[Finding], administrations: Iterable[Administration]) -> Iterator[str]:
    by_id = {one.id: one for one in administrations}
    names = dict.fromkeys(name for one in findings if one.id in UNMAPPED for name in one.administrations)
    for given in (by_id[name] for name in names if name in by_id):
        code = f"rxcui {given.rxcui}" if given.rxcui else f"ndc {given.ndc}" if given.ndc else "no code"
        yield f"{given.drug or 'unnamed'} ({code})"
