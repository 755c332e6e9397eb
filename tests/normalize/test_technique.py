"""Technique: method, then action, then route, then documented minutes; none or a contradiction is a finding."""

import pytest
from chart_builder import ABSENT, IV, NINE, administration, at, dosage, event, found, period, visit

MAR = "https://site.example.org/StructureDefinition/mar-action"
UNKNOWN = [("technique-unknown", "error", ("a1",))]


def concept(text):
    return {"text": text}


def given(method=ABSENT, route=IV, minutes=60, action=None, **changes):
    when = period(at(9), at(9 + minutes // 60, minutes % 60))
    extension = [{"url": MAR, "valueString": action}] if action else ABSENT
    return administration(
        dosage=dosage(method=method, route=route), effectivePeriod=when, extension=extension, **changes
    )


@pytest.mark.parametrize(
    ("method", "technique"),
    [("IV Push", "push"), ("Bolus", "push"), ("IV Infusion", "infusion"), ("ivpb", "infusion"), (" IV push ", "push")],
)
def test_the_method_decides_whatever_the_time(method, technique):
    for minutes in (5, 15, 16, 60):
        assert event(given(concept(method), minutes=minutes)).technique == technique


@pytest.mark.parametrize(
    ("code", "technique"),
    [
        ("26643006", "oral"),
        ("78421000", "im"),
        ("34206005", "sc"),
        ("263887005", "sc"),
        ("72607000", "intrathecal"),
    ],
)
def test_a_route_that_leaves_nothing_open_decides(code, technique):
    assert event(given(route={"coding": [{"code": code}]})).technique == technique


@pytest.mark.parametrize(
    ("text", "technique"), [("IV Piggyback", "infusion"), ("IV Push", "push"), ("PO", "oral"), ("SubQ", "sc")]
)
def test_a_route_in_words(text, technique):
    assert event(given(route=concept(text), minutes=5)).technique == technique


def test_words_beside_a_code_are_narrower_than_the_code():
    assert event(given(route={**IV, "text": "IV Piggyback"}, minutes=5)).technique == "infusion"


@pytest.mark.parametrize("minutes", [16, 17, 60])
def test_by_vein_sixteen_documented_minutes_are_an_infusion(minutes):
    assert event(given(minutes=minutes)).technique == "infusion"


@pytest.mark.parametrize("minutes", [0, 5, 15])
def test_fewer_minutes_by_vein_decide_nothing(minutes):
    assert found(given(minutes=minutes)) == UNKNOWN


def test_fifteen_minutes_and_fifty_nine_seconds_are_fifteen_minutes():
    almost = period(NINE, "2026-05-04T09:15:59-05:00")
    assert found(administration(dosage=dosage(), effectivePeriod=almost)) == UNKNOWN


def test_by_vein_without_an_end_nothing_is_decided():
    assert found(administration(dosage=dosage(), effectivePeriod=ABSENT, effectiveDateTime=NINE)) == UNKNOWN


def test_neither_method_nor_route():
    assert found(given(route=ABSENT)) == UNKNOWN
    assert found(administration(dosage=ABSENT)) == UNKNOWN


@pytest.mark.parametrize(
    ("method", "route", "action"),
    [
        ("IV Push", "oral", None),
        ("infusion", "IM", None),
        ("IM injection", "IV", None),
        ("IV Push", "IV", "New Bag"),
        ("IV Infusion", "IV", "Bolus from Bag"),
        ("IV Push", "IV Piggyback", None),
    ],
)
def test_two_that_contradict_are_unknown(method, route, action):
    assert found(given(concept(method), route=concept(route), action=action)) == UNKNOWN


@pytest.mark.parametrize(
    ("action", "technique"),
    [
        ("New Bag", "infusion"),
        ("New Bag (Dual Sign Required)", "infusion"),
        ("restarted", "infusion"),
        ("Bolus from Bag", "push"),
        ("Infusion Complete", "infusion"),
    ],
)
def test_the_action_of_the_record_decides_where_the_method_is_silent(action, technique):
    assert event(given(minutes=5, action=action)).technique == technique


def test_given_says_nothing_about_how():
    assert found(given(minutes=5, action="Given")) == UNKNOWN
    assert event(given(minutes=30, action="Given")).technique == "infusion"


def test_an_action_may_stand_in_the_category_or_the_method():
    assert event(given(minutes=5, category=concept("New Bag"))).technique == "infusion"
    assert event(given(concept("Bolus from Bag"), minutes=5)).technique == "push"
    assert event(given(minutes=30, category=concept("Outpatient"))).technique == "infusion"


def test_an_action_in_no_table_is_a_finding_until_the_source_says():
    wobbled = given(action="Wobbled")
    assert found(wobbled) == [("mar-action-unknown", "error", ("a1",))]
    assert event(wobbled, actions={"wobbled": "start"}).technique == "infusion"


def test_the_source_names_its_extension_of_the_action():
    url = "https://site.example.org/what-was-done"
    done = administration(extension=[{"url": url, "valueCodeableConcept": {"text": "Wobbled"}}])
    assert event(done).technique == "infusion"
    assert found(done, extensions={url: "action"}) == [("mar-action-unknown", "error", ("a1",))]


@pytest.mark.parametrize("action", ["Rate Change", "Stopped"])
def test_an_action_that_only_goes_on_or_ends_needs_its_own_start_and_stop(action):
    alone = given(action=action)
    assert event(alone).technique == "infusion"
    alone["effectiveDateTime"] = alone.pop("effectivePeriod")["start"]
    assert found(alone) == [("chain-incomplete", "error", ("a1",))]


@pytest.mark.parametrize("action", ["Rate Verify", "Handoff", "MAR Hold"])
def test_an_action_that_gives_nothing_is_no_event(action):
    read = visit(given(action=action))
    assert read.visit.administrations == ()
    assert [(each.id, each.severity) for each in read.findings] == [("no-event", "info")]


@pytest.mark.parametrize("action", ["Not Given", "Refused", "Missed", "Canceled Entry"])
def test_what_was_not_given_is_reversed(action):
    read = visit(given(action=action))
    assert (read.visit.administrations, read.findings, read.reversed_ids) == ((), (), ("a1",))


def test_a_pump_is_one_only_by_the_words_of_the_source():
    device = {"resourceType": "Device", "id": "d1", "type": {"coding": [{"code": "AMB-PUMP"}]}}
    pumped = given(device=[{"reference": "Device/d1"}])
    assert event(pumped, device).technique == "infusion"
    assert event(pumped, device, pump_types=("amb-pump",)).technique == "pump"
    implanted = event(pumped, device, implantable_pump_types=("amb-pump",))
    assert (implanted.technique, implanted.pump_kind) == ("pump", "implantable")
    contained = given(device=[{"reference": "#d1"}], contained=[device])
    assert event(contained, pump_types=("amb-pump",)).technique == "pump"


def test_refill_and_flush_by_method_or_text_of_the_source():
    refill = given(concept("Pump refill"))
    assert event(refill, methods={"pump refill": "pump-refill"}).technique == "pump-refill"
    flush = administration(dosage=dosage(text="Port flush"))
    assert event(flush, methods={"port flush": "flush"}).technique == "flush"
    assert event(flush).technique == "infusion"


@pytest.mark.parametrize(
    ("method", "route", "technique"),
    [
        ("infusion", "SC", "sc-infusion"),
        ("infusion", "intra-arterial", "intra-arterial-infusion"),
        ("push", "intra-arterial", "intra-arterial-push"),
        ("push", "intrathecal", "intrathecal"),
    ],
)
def test_method_and_route_narrow_each_other(method, route, technique):
    assert event(given(concept(method), route=concept(route))).technique == technique


def test_a_route_of_the_source():
    assert found(given(route=concept("Mediport"), minutes=30)) == UNKNOWN
    assert event(given(route=concept("Mediport"), minutes=30), routes={"mediport": "iv"}).technique == "infusion"


@pytest.mark.parametrize("status", ["unknown", "nonsense", ABSENT])
def test_a_status_that_says_nothing(status):
    assert found(administration(status=status)) == UNKNOWN


@pytest.mark.parametrize("status", ["not-done", "entered-in-error"])
def test_a_status_that_reverses(status):
    read = visit(administration(status=status))
    assert (read.visit.administrations, read.findings, read.reversed_ids) == ((), (), ("a1",))


def test_a_stopped_infusion_is_read_with_its_stop():
    read = event(administration(status="stopped"))
    assert read.stop is not None
    assert not read.discontinued


def test_discontinued_only_by_the_words_of_the_source():
    reaction = administration(status="stopped", statusReason=[{"text": "Reaction"}])
    assert not event(reaction).discontinued
    assert event(reaction, discontinued=("reaction",)).discontinued
