"""An encounter that nobody finishes: waited for, then held, or coded where the source says so."""

from datetime import UTC, datetime

import pytest
from chart_builder import ABSENT, administration, at, chart, coverage, dosage, encounter, period, words

from fhir_adapter.normalize import visits_of

STILL_THERE = encounter(status="in-progress", period=period(at(8), None))
BEFORE = datetime.fromisoformat(at(9, 59, day=5))
AFTER = datetime.fromisoformat(at(10, 0, day=5))


def ended(now, *resources, **said):
    read = visits_of(chart(*(resources or (administration(), STILL_THERE)), coverage()), words(**said), now=now)
    return [(each.is_open, [finding.id for finding in each.findings]) for each in read]


def test_it_is_waited_for_until_a_day_after_the_last_stop():
    assert ended(BEFORE) == [(True, [])]
    assert ended(AFTER) == [(False, ["never-finished"])]


def test_the_source_may_have_it_coded_and_wait_less():
    assert ended(AFTER, never_finished="code") == [(False, [])]
    assert ended(BEFORE, never_finished="code", assume_finished_after=23) == [(False, [])]
    assert ended(BEFORE, never_finished="code", assume_finished_after=24) == [(True, [])]


def test_without_a_time_nothing_is_assumed():
    assert ended(None, never_finished="code") == [(True, [])]


def test_what_still_runs_is_not_assumed_to_have_ended():
    running = administration(status="in-progress", effectivePeriod=period(end=None))
    assert ended(datetime(2027, 1, 1, tzinfo=UTC), running, STILL_THERE, never_finished="code") == [(True, [])]


def test_a_push_and_a_pump_count_from_their_start():
    push = administration(effectivePeriod=ABSENT, effectiveDateTime=at(10), dosage=dosage(method={"text": "IV Push"}))
    assert ended(BEFORE, push, STILL_THERE, never_finished="code") == [(True, [])]
    assert ended(AFTER, push, STILL_THERE, never_finished="code") == [(False, [])]


@pytest.mark.parametrize("status", ["finished", "cancelled"])
def test_an_encounter_that_is_over_is_not_waited_for(status):
    assert ended(AFTER, administration(), encounter(status=status))[0][0] is False
    assert ended(BEFORE, administration(), encounter(status=status))[0][0] is False
