"""Answers that are kept for speed are kept for the source, the zone and the rulebook that gave them, and no other."""

from datetime import date

import msgspec
import pytest
from chart_builder import IV, administration, at, coverage, encounter, period, words

from fhir_adapter.fhir_r4 import chart_of
from fhir_adapter.normalize import visits_of
from fhir_adapter.rulebooks import load_rulebook
from fhir_adapter.vocabulary import CPT

MAY = date(2026, 5, 4)


def read(source, **changes):
    resources = (administration(**changes), encounter(), coverage())
    (visit,) = visits_of(chart_of([msgspec.json.encode(each) for each in resources]), source)
    return visit


def techniques(source):
    visit = read(source, dosage={"route": IV, "method": {"text": "CADD"}}).visit
    return [each.technique for each in visit.administrations]


def test_a_word_means_what_its_own_source_says_whoever_was_asked_before():
    pump, push, silent = words(methods={"CADD": "pump"}), words(methods={"CADD": "push"}), words(methods={})
    for _ in range(2):
        assert techniques(pump) == ["pump"]
        assert techniques(push) == ["push"]
        assert techniques(silent) == ["infusion"]


def test_more_sources_than_are_kept_are_still_told_apart():
    sources = [words(methods={"CADD": "pump" if number % 2 else "push"}) for number in range(70)]
    for _ in range(2):
        assert [techniques(source) for source in sources] == [["push"], ["pump"]] * 35


def test_an_instant_has_the_date_of_each_zone():
    late = period(at(23, 30), at(23, 59))
    for _ in range(2):
        for zone, day in (("America/Chicago", MAY), ("America/New_York", date(2026, 5, 5))):
            (given,) = read(words(time_zone=zone), effectivePeriod=late).visit.administrations
            assert given.service_date == day


def test_a_name_is_the_drug_that_its_own_source_says():
    drug = {"medicationCodeableConcept": {"text": "x", "coding": [{"system": CPT, "code": "1"}]}}
    ours, theirs = words(drugs={"x": "32592"}), words(drugs={"x": "6313"})
    for _ in range(2):
        assert [each.rxcui for each in read(ours, **drug).visit.administrations] == ["32592"]
        assert [each.rxcui for each in read(theirs, **drug).visit.administrations] == ["6313"]


@pytest.mark.parametrize("question", ["mue", "ptp_pairs", "add_on"])
def test_other_tables_are_asked_anew(question):
    tables = load_rulebook("cpt-2026").tables
    asked = ("96417", MAY) if question == "add_on" else ("96413", "facility", MAY)
    known = getattr(tables, question)(*asked)
    empty = msgspec.structs.replace(tables, mues=(), ptps=(), add_ons=())
    assert known not in (None, (None, None))
    assert getattr(empty, question)(*asked) in (None, (None, None))


def test_another_reading_cites_its_own():
    (reading, *_) = load_rulebook("cpt-2026").readings
    before = reading.cite("drug-units")
    other = msgspec.structs.replace(reading, decisions={**reading.decisions, "drug-units": ("mine",)})
    assert (other.cite("drug-units"), reading.cite("drug-units")) == (("mine",), before)
