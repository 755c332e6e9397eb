"""Times: instants in the source's zone, each fault a finding and no event."""

from datetime import date, datetime

import pytest
from chart_builder import ABSENT, NINE, administration, at, dosage, encounter, event, events, found, period, visit

PUSH = dosage(method={"text": "IV Push"})


def test_a_period_gives_start_and_stop():
    read = event(administration(effectivePeriod=period(at(9), at(13, 30))))
    assert (read.start.isoformat(), read.stop.isoformat()) == (at(9), at(13, 30))


def test_a_date_time_is_a_start_without_a_stop():
    read = event(administration(effectivePeriod=ABSENT, effectiveDateTime=NINE))
    assert (read.start.isoformat(), read.stop) == (NINE, None)


def test_the_service_date_is_the_local_date_of_the_source():
    read = event(administration(effectivePeriod=period("2026-05-05T02:30:00Z", "2026-05-05T03:30:00Z")))
    assert read.start.isoformat() == "2026-05-04T21:30:00-05:00"
    assert read.service_date == date(2026, 5, 4)


@pytest.mark.parametrize(
    ("start", "end", "minutes"),
    [
        ("2026-03-08T01:30:00-06:00", "2026-03-08T03:30:00-05:00", 60),
        ("2026-11-01T01:30:00-05:00", "2026-11-01T01:30:00-06:00", 60),
    ],
)
def test_elapsed_time_is_right_when_the_clocks_change(start, end, minutes):
    read = event(administration(effectivePeriod=period(start, end)))
    assert (read.stop - read.start).total_seconds() == minutes * 60
    assert (read.start.isoformat(), read.stop.isoformat()) == (start, end)


@pytest.mark.parametrize(
    ("written", "finding"),
    [
        ("2026-05-04", "date-only"),
        ("2026-05", "date-only"),
        ("2026", "date-only"),
        ("2026-05-04T09:00:00", "time-without-zone"),
        ("about nine", "time-unreadable"),
        ("2026-02-30T09:00:00Z", "time-unreadable"),
        ("2026-05-04T25:00:00Z", "time-unreadable"),
        ("20260504T090000Z", "time-unreadable"),
        ("0001-01-01T00:00:00+00:00", "time-unreadable"),
    ],
)
def test_a_time_that_is_no_instant_is_a_finding_and_no_event(written, finding):
    for wrong in (
        {"effectivePeriod": ABSENT, "effectiveDateTime": written},
        {"effectivePeriod": period(written, at(13))},
        {"effectivePeriod": period(at(9), written)},
    ):
        read = visit(administration(**wrong))
        assert read.visit.administrations == ()
        assert [(each.id, each.severity, each.administrations) for each in read.findings] == [
            (finding, "error", ("a1",))
        ]


def test_the_day_of_a_time_without_zone_still_finds_its_visit():
    good = administration(id="a2")
    bad = administration(effectivePeriod=period("2026-05-04T09:00:00", "2026-05-04T10:00:00"))
    read = visit(good, bad)
    assert read.key == "e1/2026-05-04"
    assert [each.id for each in read.visit.administrations] == ["a2"]


def test_an_end_before_its_start():
    assert found(administration(effectivePeriod=period(at(13), at(9)))) == [("end-before-start", "error", ("a1",))]


@pytest.mark.parametrize("wrong", [ABSENT, {"end": NINE}, {}])
def test_no_time_at_all(wrong):
    assert found(administration(effectivePeriod=wrong)) == [("time-missing", "error", ("a1",))]


@pytest.mark.parametrize("status", ["in-progress", "on-hold"])
def test_what_still_runs_makes_the_visit_open(status):
    read = visit(administration(status=status, effectivePeriod=period(end=None)))
    assert read.is_open
    assert read.visit.administrations[0].stop is None


def test_an_open_period_makes_the_visit_open_though_completed():
    assert visit(administration(effectivePeriod=period(end=None))).is_open
    assert not visit(administration()).is_open


def test_a_stopped_infusion_without_an_end_has_no_stop_and_is_not_open():
    read = visit(administration(status="stopped", effectivePeriod=period(end=None)))
    assert not read.is_open
    assert read.visit.administrations[0].stop is None


def test_a_pump_and_a_push_are_complete_when_they_begin():
    pump = dosage(method={"text": "Ambulatory pump"})
    for how in (pump, PUSH):
        read = visit(
            administration(status="in-progress", effectivePeriod=period(end=None), dosage=how),
            methods={"ambulatory PUMP": "pump"},
        )
        assert not read.is_open
        assert read.visit.administrations[0].start == datetime.fromisoformat(NINE)


def test_a_stop_is_never_made_of_a_rate_or_a_status():
    rate = {"value": 100, "unit": "mL/h"}
    given = administration(
        status="stopped",
        effectivePeriod=ABSENT,
        effectiveDateTime=NINE,
        dosage=dosage(method={"text": "infusion"}, rateQuantity=rate),
    )
    assert events(given)[0].stop is None
    traced = visit(given, traced=True).trace
    assert [row.ignored for row in traced if row.field == "stop"] == [
        ("dosage.rate: a rate is never a stop", "status stopped: a change of status is never a stop")
    ]


@pytest.mark.parametrize(
    ("status", "is_open"), [("finished", False), ("in-progress", True), ("unknown", True), (ABSENT, True)]
)
def test_a_visit_is_open_until_its_encounter_has_finished(status, is_open):
    assert visit(administration(), encounter(status=status)).is_open is is_open
