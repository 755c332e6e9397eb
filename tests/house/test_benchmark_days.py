"""The benchmark measures what it says: visits of eight administrations, no two alike, the same for everyone."""

import json
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from benchmarks.days import A_DAY, ADMINISTRATIONS, WORDS, bundle
from fhir_adapter.fhir_r4 import chart_of_bundle
from fhir_adapter.normalize import visits_of

VISITS = 300


def test_no_two_visits_are_alike_beside_their_names():
    seen = {without_names(number) for number in range(VISITS)}
    assert len(seen) == VISITS
    assert bundle(7) == bundle(7)


def without_names(number):
    """The times, drugs and doses."""
    given = [one["resource"] for one in json.loads(bundle(number))["entry"]][3:]
    assert len(given) == ADMINISTRATIONS
    return json.dumps([(one["dosage"], one.get("effectivePeriod"), one["medicationCodeableConcept"]) for one in given])


def test_each_is_one_visit_and_days_follow_each_other():
    visits = [visits_of(chart_of_bundle(bundle(number)), WORDS) for number in range(0, 2 * A_DAY, 20)]
    assert {len(each) for each in visits} == {1}
    days = [each[0].visit.administrations[0].service_date for each in visits]
    assert days == sorted(days)
    assert len(set(days)) == 2
    assert {each[0].visit.setting for each in visits} == {"office", "facility"}
    assert {each[0].visit.payer for each in visits} == {"commercial", "medicare"}
