"""Which administrations make one visit, where it was and who pays."""

import json
from datetime import date

import pytest
from chart_builder import (
    ABSENT,
    administration,
    at,
    coverage,
    dosage,
    encounter,
    found,
    mg,
    period,
    visit,
    visits,
    words,
)

from fhir_adapter.errors import ConfigurationError
from fhir_adapter.fhir_r4 import chart_of
from fhir_adapter.normalize import visits_of


def on(day, hour=9, **changes):
    return administration(effectivePeriod=period(at(hour, day=day), at(hour + 1, day=day)), **changes)


def shape(*resources, **changes):
    return [
        (each.key, [(event.id, event.encounter) for event in each.visit.administrations])
        for each in visits(*resources, **changes)
    ]


def test_one_outpatient_visit_per_local_day():
    assert shape(on(4), on(5, id="a2")) == [("e1/2026-05-04", [("a1", "e1")]), ("e1/2026-05-05", [("a2", "e1")])]


def test_the_local_day_ends_at_midnight_of_the_source():
    late = administration(effectivePeriod=period("2026-05-05T04:59:00Z", "2026-05-05T06:00:00Z"))
    next_day = administration(id="a2", effectivePeriod=period("2026-05-05T05:00:00Z", "2026-05-05T06:00:00Z"))
    assert [each.key for each in visits(late, next_day)] == ["e1/2026-05-04", "e1/2026-05-05"]


def test_two_encounters_of_one_day_are_two_labels_of_one_visit():
    afternoon = on(4, 15, id="a2", context={"reference": "Encounter/e2"})
    read = visit(on(4), afternoon, encounter(), encounter(id="e2"))
    assert read.key == "e1/2026-05-04"
    assert [(each.id, each.encounter) for each in read.visit.administrations] == [("a1", "e1"), ("a2", "e2")]
    assert set(read.encounters) == {"e1", "e2"}


@pytest.mark.parametrize(
    "elsewhere",
    [
        {"serviceProvider": {"reference": "Organization/other"}},
        {"location": [{"location": {"reference": "Location/office"}}]},
    ],
)
def test_another_facility_is_another_visit(elsewhere):
    afternoon = on(4, 15, id="a2", context={"reference": "Encounter/e2"})
    places = {"Location/suite": "facility", "Location/office": "office"}
    read = visits(on(4), afternoon, encounter(), encounter(id="e2", **elsewhere), facilities=places)
    assert [each.key for each in read] == ["e1/2026-05-04", "e2/2026-05-04"]


@pytest.mark.parametrize(("hour", "label"), [(17, "e1"), (18, "e1"), (19, "e1#2")])
def test_a_gap_of_more_than_eight_hours_starts_a_label(hour, label):
    read = visit(on(4, 9), on(4, hour, id="a2"))
    assert [each.encounter for each in read.visit.administrations] == ["e1", label]
    assert read.encounters[label].id == "e1"


@pytest.mark.parametrize("code", ["OBSENC", "EMER"])
def test_observation_and_emergency_are_whole_over_midnight(code):
    stay = encounter(**{"class": {"code": code}})
    assert shape(on(4, 22), on(5, 1, id="a2"), stay) == [("e1/2026-05-04", [("a1", "e1"), ("a2", "e1")])]


def test_visits_that_share_a_date_are_joined_to_one():
    emergency = encounter(id="e2", **{"class": {"code": "EMER"}})
    there = {"context": {"reference": "Encounter/e2"}}
    read = visit(
        on(4), on(4, 22, id="a2", **there), on(5, 1, id="a3", **there), on(5, 9, id="a4"), encounter(), emergency
    )
    assert [each.encounter for each in read.visit.administrations] == ["e1", "e2", "e2", "e1#2"]


@pytest.mark.parametrize("code", ["IMP", "ACUTE", "NONAC"])
def test_an_inpatient_stay_has_no_event_and_says_so(code):
    read = visit(on(4), on(5, id="a2"), encounter(**{"class": {"code": code}}, status="in-progress"))
    assert read.visit.administrations == ()
    assert [(each.id, each.severity, each.administrations) for each in read.findings] == [
        ("inpatient", "info", ("a1",)),
        ("inpatient", "info", ("a2",)),
    ]
    assert not read.is_open


@pytest.mark.parametrize("code", ["HH", "VR", "nonsense", ABSENT])
def test_another_class_is_held_until_the_source_says(code):
    home = encounter(**{"class": ABSENT if code is ABSENT else {"code": code}})
    assert found(administration(), home) == [("setting-unknown", "error", ("a1",))]
    assert not visit(administration(), home).setting_known
    if code is not ABSENT:
        assert visit(administration(), home, episodes={code: "outpatient"}).setting_known


@pytest.mark.parametrize("status", ["cancelled", "entered-in-error"])
def test_a_cancelled_encounter_reverses_everything(status):
    gone = visit(on(4), encounter(status=status))
    assert (gone.key, gone.visit.administrations, gone.findings, gone.reversed_ids) == (
        "e1/2026-05-04",
        (),
        (),
        ("a1",),
    )
    assert not gone.is_open
    assert [each.key for each in visits(encounter(status=status))] == ["e1/2026-05-04"]


def test_an_encounter_without_administrations_is_no_visit():
    assert visits(encounter()) == ()


@pytest.mark.parametrize(
    "context",
    [{"reference": "Encounter/other"}, {"reference": "Encounter/nowhere"}, {"reference": "https://x/Encounter/e1"}],
)
def test_an_encounter_that_is_not_the_patients_or_not_there(context):
    anothers = encounter(id="other", subject={"reference": "Patient/p2"})
    read = visit(administration(context=context), anothers, encounter())
    assert (read.key, read.patient, read.setting_known) == ("unplaced/p1/2026-05-04", "Patient/p1", False)
    assert [(each.id, each.severity, each.administrations) for each in read.findings] == [
        ("encounter-unknown", "error", ("a1",))
    ]


def test_an_administration_without_encounter_holds_the_visits_of_its_day():
    stray = administration(id="a2", context={"reference": "Encounter/nowhere"})
    first, second = visits(on(4), on(5, id="a3"), stray)
    assert [each.id for each in first.findings] == ["encounter-unknown"]
    assert second.findings == ()


@pytest.mark.parametrize("context", [ABSENT, {"reference": "EpisodeOfCare/1"}])
def test_without_a_context_the_one_open_encounter_is_found_by_time(context):
    assert shape(on(4, context=context)) == [("e1/2026-05-04", [("a1", "e1")])]
    days = encounter(period=period("2026-05-04", "2026-05-04"))
    assert shape(on(4, context=context), days) == [("e1/2026-05-04", [("a1", "e1")])]


@pytest.mark.parametrize(
    "encounters",
    [
        [encounter(), encounter(id="e2")],
        [encounter(period=ABSENT)],
        [encounter(period=period(at(8, day=3), at(9, day=3)))],
        [encounter(subject={"reference": "Patient/p2"})],
        [encounter(status="planned")],
    ],
)
def test_none_or_several_open_encounters_are_no_encounter(encounters):
    read = visit(on(4, context=ABSENT), *encounters)
    assert [each.id for each in read.findings] == ["encounter-unknown"]


def test_an_administration_without_a_patient_has_no_encounter():
    assert [each.id for each in visit(administration(subject=ABSENT)).findings] == ["encounter-unknown"]


def test_reversed_without_an_encounter_is_still_reversed():
    read = visit(administration(status="not-done", context=ABSENT), encounter(period=ABSENT))
    assert (read.reversed_ids, read.findings) == (("a1",), ())


@pytest.mark.parametrize(
    ("place", "setting"),
    [
        ({}, "facility"),
        ({"location": ABSENT}, "office"),
        ({"location": [{"location": {"reference": "Location/new"}}]}, "office"),
    ],
)
def test_the_setting_is_of_the_location_else_of_the_organization(place, setting):
    table = {"Location/suite": "facility", "Organization/hospital": "office"}
    assert visit(administration(), encounter(**place), facilities=table).visit.setting == setting


def test_an_unmapped_or_contradictory_place_is_held():
    two = [{"location": {"reference": f"Location/{name}"}} for name in ("suite", "clinic")]
    assert found(administration(), facilities={}) == [("setting-unknown", "error", ("a1",))]
    table = {"Location/suite": "facility", "Location/clinic": "office"}
    assert found(administration(), encounter(location=two), facilities=table) == [("setting-unknown", "error", ("a1",))]
    assert visit(administration(), facilities={"*": "office"}).visit.setting == "office"


@pytest.mark.parametrize("key", ["Organization/insurer", "Insurer", "PPO"])
def test_the_payer_by_payor_display_or_type(key):
    assert visit(administration(), payers={key: "aetna"}).visit.payer == "aetna"


PAYER_UNKNOWN = [("payer-unknown", "warning", ("a1",))]


@pytest.mark.parametrize(
    "coverages",
    [
        [coverage(status="cancelled")],
        [coverage(beneficiary={"reference": "Patient/p2"})],
        [coverage(period=period("2020-01-01", "2025-12-31"))],
        [coverage(), coverage(id="c2")],
        [coverage(order=1), coverage(id="c2", order=1)],
        [coverage(type=ABSENT)],
    ],
)
def test_no_or_two_primary_coverages_or_an_unmapped_one(coverages):
    assert found(administration(), *coverages) == PAYER_UNKNOWN
    assert visit(administration(), *coverages).visit.payer is None


def test_the_coverage_of_first_order_is_primary():
    second = coverage(id="c2", order=2, type={"text": "HMO"})
    assert visit(administration(), coverage(order=1), second).visit.payer == "commercial"


def account(*lines):
    covered = [{"coverage": {"reference": f"Coverage/{name}"}, "priority": rank} for name, rank in lines]
    return {"resourceType": "Account", "id": "acc", "coverage": covered}


def test_the_account_of_the_encounter_decides_before_the_patients_coverages():
    covered = encounter(account=[{"reference": "Account/acc"}])
    others = (coverage(), coverage(id="c2", type={"text": "Medicare"}))
    table = {"PPO": "commercial", "Medicare": "medicare"}
    read = visit(administration(), covered, account(("c2", 1), ("c1", 2)), *others, payers=table)
    assert read.visit.payer == "medicare"
    assert found(administration(), covered, account(("c2", 1), ("c1", 1)), *others, payers=table) == PAYER_UNKNOWN


def test_the_primary_reason_by_the_table_of_the_source():
    reason = encounter(reasonCode=[{"coding": [{"code": "Z51.11"}]}])
    assert visit(administration(), reason, reasons={"Z51.11": "chemotherapy"}).visit.primary_reason == "chemotherapy"
    assert visit(administration(), reason).visit.primary_reason is None


@pytest.mark.parametrize(("day", "held"), [(4, True), (7, True), (8, False), (3, False)])
def test_an_admission_within_the_payment_window_holds(day, held):
    stay = encounter(id="imp", **{"class": {"code": "IMP"}}, period=period(at(8, day=day), None))
    assert [each.id for each in visit(on(4), encounter(), stay).findings] == (["payment-window"] if held else [])


def test_what_could_not_be_read_at_all_holds_every_visit():
    raw = [b"nonsense"]
    raw += [json.dumps(each).encode() for each in (administration(), encounter(), coverage())]
    (read,) = visits_of(chart_of(raw), words())
    assert [(each.id, each.severity) for each in read.findings] == [("field-unreadable", "error")]


def test_a_fault_of_the_encounter_holds_and_one_of_a_coverage_warns():
    assert found(administration(), encounter(reasonCode=5)) == [("field-unreadable", "error", ())]
    assert found(administration(), coverage(order="one")) == [("field-unreadable", "warning", ())]


def test_the_order_of_reading_changes_nothing():
    resources = [
        on(4),
        on(4, 11, id="a2", dosage=dosage(method={"text": "push"}, dose=mg(5))),
        on(5, id="a3"),
        encounter(),
        coverage(),
    ]
    assert visits(*resources) == visits(*reversed(resources))


@pytest.mark.parametrize("wrong", [{"time_zone": "Mars/Phobos"}, {"time_zone": "../etc/passwd"}])
def test_words_that_mean_nothing_are_refused(wrong):
    with pytest.raises(ConfigurationError, match=f"words.{next(iter(wrong))}"):
        visits(administration(), **wrong)


def test_service_dates_are_those_of_the_events():
    assert [event.service_date for each in visits(on(4), on(5, id="a2")) for event in each.visit.administrations] == [
        date(2026, 5, 4),
        date(2026, 5, 5),
    ]


def test_encounters_of_one_visit_with_different_payers_have_none():
    covered = [encounter(id=name, account=[{"reference": f"Account/{name}"}]) for name in ("e1", "e2")]
    accounts = [{**account((name, 1)), "id": each} for name, each in (("c1", "e1"), ("c2", "e2"))]
    both = (on(4), on(4, 15, id="a2", context={"reference": "Encounter/e2"}), *covered, *accounts)
    table = {"PPO": "commercial", "Medicare": "medicare"}
    read = visit(*both, coverage(), coverage(id="c2", type={"text": "Medicare"}), payers=table)
    assert read.visit.payer is None
    assert [(each.id, each.severity) for each in read.findings] == [("payer-unknown", "warning")]


def test_an_account_with_two_coverages_and_no_priorities_has_no_primary():
    covered = encounter(account=[{"reference": "Account/acc"}])
    two = (coverage(), coverage(id="c2"))
    assert found(administration(), covered, account(("c1", None), ("c2", None)), *two) == PAYER_UNKNOWN
    assert visit(administration(), covered, account(("c1", None)), *two).visit.payer == "commercial"


def test_without_encounter_and_time_there_is_nothing_to_look_for():
    read = visit(administration(context=ABSENT, effectivePeriod=ABSENT), encounter())
    assert (read.key, [each.id for each in read.findings]) == ("unplaced/p1/-", ["encounter-unknown"])


def test_an_encounter_whose_period_has_no_zone_is_not_found_by_time():
    vague = encounter(period=period("2026-05-04T08:00:00", None))
    assert [each.id for each in visit(on(4, context=ABSENT), vague).findings] == ["encounter-unknown"]


def test_a_visit_without_any_known_day():
    read = visit(administration(effectivePeriod=ABSENT), encounter(period=ABSENT))
    assert (read.key, [each.id for each in read.findings]) == ("e1/-", ["time-missing"])


def test_patients_without_a_usual_reference_have_visits_of_their_own():
    strange = [administration(id=name, subject={"reference": name}) for name in ("x", "y")]
    assert [each.key for each in visits(*strange, administration(id="z", subject=ABSENT))] == [
        "unplaced//2026-05-04",
        "unplaced/x/2026-05-04",
        "unplaced/y/2026-05-04",
    ]
