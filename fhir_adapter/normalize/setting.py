"""Where a visit was: facility or office, from the source's table of its Locations and Organizations.

An encounter that the table does not name, or whose places are of two settings, has none: the two settings are coded
differently, and no rule tells them apart. `*` in the table is the source's word for every other place.
"""

from __future__ import annotations

from fhir_adapter.fhir_r4 import Chart, CodeableConcept, Encounter
from fhir_adapter.normalize.lexicon import Lexicon
from fhir_adapter.normalize.notes import Notes
from fhir_adapter.vocabulary import Reason, Setting


def setting_of(encounter: Encounter, chart: Chart, lexicon: Lexicon, notes: Notes) -> Setting | None:
    table = lexicon.words.facilities
    places = [chart.key(each.location) for each in encounter.location if each.status not in ("planned", "reserved")]
    provider = chart.key(encounter.service_provider)
    for path, keys in (("location", places), ("serviceProvider", [provider])):
        settings = {table[key] for key in keys if key in table}
        if len(settings) == 1:
            notes.read("setting", next(iter(settings)), path)
            return settings.pop()
        if settings:
            _unknown("its locations are of two settings", notes)
            return None
    if "*" in table:
        notes.read("setting", table["*"], "the source's word for every other place")
        return table["*"]
    _unknown("neither its locations nor its serviceProvider are in the source's table", notes)
    return None


def _unknown(why: str, notes: Notes) -> None:
    notes.read("setting", None, None, why)
    fix = "Name the Location or Organization under words.facilities of the source."
    notes.find("setting-unknown", f"Whether this was a facility or an office is not known: {why}.", fix)


def reason_of(encounter: Encounter, lexicon: Lexicon, notes: Notes) -> Reason | None:
    """The primary reason of an office visit, by the source's table; the first concept that it names decides."""
    spoken: tuple[tuple[str, CodeableConcept], ...] = (
        *(("reasonCode", each) for each in encounter.reason_code),
        *(("type", each) for each in encounter.type),
    )
    for path, concept in spoken:
        written = (concept.text, *(word for each in concept.coding for word in (each.code, each.display)))
        for word in written:
            if word is not None and word in lexicon.words.reasons:
                notes.read("primary_reason", lexicon.words.reasons[word], path)
                return lexicon.words.reasons[word]
    notes.read("primary_reason", None, None)
    return None
