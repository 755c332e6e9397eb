"""What is coded as infusion and what as push, at each boundary, with whole findings (D18, D22, D42)."""

import pytest
from coding.timeline import CHEMO, FLUID, THERAPEUTIC, coded, found, gave, lines, stop_missing

from fhir_adapter.coding import Finding


def codes(result):
    return [line[0] for line in lines(result)]


def not_prolonged(minutes):
    return [
        Finding(
            id="pump-not-prolonged",
            severity="warning",
            administrations=("d",),
            message=f"d ran {minutes} minutes on a pump: 8 hours or less is an ordinary infusion.",
        )
    ]


@pytest.mark.parametrize(
    ("stop", "expected", "findings"),
    [
        ("09:01", ["96409"], not_prolonged(1)),
        ("17:00", ["96413", "96415"], not_prolonged(480)),
        ("17:01", ["96416"], []),
    ],
)
def test_a_pump_of_8_hours_or_less_is_an_infusion(stop, expected, findings):
    result = coded(gave("d", f"09:00-{stop}", CHEMO, "pump"))
    assert codes(result) == expected
    assert found(result, "pump-not-prolonged") == findings


def test_a_pump_without_a_stop_is_a_pump():
    result = coded(gave("d", "09:00", CHEMO, "pump"))
    assert (codes(result), result.findings[:0]) == (["96416"], ())
    assert found(result, "pump-not-prolonged", "stop-time-missing") == []


def test_another_short_infusion_is_not_said_to_be_on_a_pump():
    result = coded(gave("d", "09:00-10:00", CHEMO))
    assert found(result, "pump-not-prolonged") == []


@pytest.mark.parametrize(
    ("stop", "policy", "code"),
    [
        ("-09:15", "time", "96374"),
        ("-09:16", "time", "96365"),
        ("-09:16", "documented-technique", "96374"),
        ("", "time", "96374"),
    ],
)
def test_a_push_of_more_than_15_minutes_may_be_read_by_its_time(stop, policy, code):
    result = coded(gave("d", f"09:00{stop}", THERAPEUTIC, "push"), push_over_15_min=policy)
    assert codes(result) == [code]
    assert found(result, "stop-time-missing") == []


@pytest.mark.parametrize(
    ("kind", "policy", "expected", "severity"),
    [
        (THERAPEUTIC, "hold", [], "error"),
        (THERAPEUTIC, "push", ["96374"], "warning"),
        (CHEMO, "push", ["96409"], "warning"),
        (FLUID, "push", [], "warning"),
    ],
)
def test_an_infusion_without_a_stop_waits_or_is_a_push_and_a_fluid_never_has_a_line(kind, policy, expected, severity):
    result = coded(gave("d", "09:00", kind), missing_stop=policy)
    assert codes(result) == expected
    assert found(result, "stop-time-missing") == stop_missing(severity)


def test_what_comes_after_an_infusion_without_a_stop_is_still_coded():
    result = coded(gave("d", "09:00", CHEMO), gave("m", "10:00-11:00"), gave("n", "11:00", technique="push"))
    assert codes(result) == ["96365", "96375"]
    assert result.disposition == "held"


def test_fluid_without_a_stop_is_no_push_and_has_no_code_beside_what_is_missing():
    result = coded(gave("f", "09:00", FLUID), missing_stop="push")
    assert lines(result) == []
    assert [finding.id for finding in result.findings] == ["stop-time-missing", "drug-code-unknown"]
