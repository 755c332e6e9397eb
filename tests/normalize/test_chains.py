"""Chains: the actions of one order, medication and encounter are one giving, in whatever order they arrive."""

import itertools
import tomllib
from datetime import datetime

import msgspec
import pytest
from chart_builder import (
    ABSENT,
    IV,
    administration,
    at,
    chart,
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

from fhir_adapter.catalog import load_catalog
from fhir_adapter.derive import derive
from fhir_adapter.normalize import visits_of
from fhir_adapter.rulebooks import load_rulebook
from fhir_adapter.vocabulary import SourceWords

MAR = "https://site.example.org/StructureDefinition/mar-action"
ORDER = {"reference": "MedicationRequest/r1"}


def act(name, word, when, *, dose=ABSENT, **changes):
    """One action of the record at one time; `when` is minutes after 09:00 or a whole time."""
    moment = when if isinstance(when, str) else at(9 + when // 60, when % 60)
    own = {"effectivePeriod": ABSENT, "effectiveDateTime": moment, "request": ORDER}
    own |= {"dosage": dosage(dose=dose), "extension": [{"url": MAR, "valueString": word}]}
    return administration(**{"id": name, **own, **changes})


def minutes(*resources, **changed_words):
    """(id, technique, first minute after 09:00, last minute or None) of each event."""
    given = visit(*resources, **changed_words).visit.administrations
    zero = datetime.fromisoformat(at(9))
    return [
        (
            each.id,
            each.technique,
            int((each.start - zero).total_seconds() // 60),
            None if each.stop is None else int((each.stop - zero).total_seconds() // 60),
        )
        for each in given
    ]


def test_start_and_stop_are_one_infusion_with_the_id_of_the_first():
    assert minutes(act("a1", "New Bag", 0), act("a2", "Stopped", 90)) == [("a1", "infusion", 0, 90)]
    assert found(act("a1", "New Bag", 0), act("a2", "Stopped", 90)) == []


def test_rate_and_bag_changes_go_on():
    actions = [
        ("New Bag", 0),
        ("Rate Change", 30),
        ("Rate/Dose Change", 45),
        ("Subsequent Bag", 60),
        ("Completed", 120),
    ]
    chain = [act(f"a{place}", word, when) for place, (word, when) in enumerate(actions, start=1)]
    assert minutes(*chain) == [("a1", "infusion", 0, 120)]


def test_a_pause_does_not_count():
    chain = [act("a1", "New Bag", 0), act("a2", "Paused", 20), act("a3", "Resumed", 40), act("a4", "Stopped", 60)]
    assert minutes(*chain) == [("a1", "infusion", 0, 20), ("a1#2", "infusion", 40, 60)]


@pytest.mark.parametrize(("pause", "counted"), [(("Paused", "Resumed"), 88), (("Stopped", "New Bag"), 91)])
def test_a_short_pause_does_not_count_and_a_short_change_of_bags_does(pause, counted):
    """09:00 to 10:31 with three minutes between: 88 minutes are one additional hour less than 91."""
    off, on = pause
    chain = [act("a1", "New Bag", 0, dose=mg(100)), act("a2", off, 40), act("a3", on, 43), act("a4", "Stopped", 91)]
    read = visit(*chain)
    result = derive(read.visit, load_rulebook("cpt-2026"), load_catalog(), findings=read.findings)
    units = {line.code: line.units for line in result.lines if line.system == "CPT"}
    assert units == ({"96413": 1} if counted == 88 else {"96413": 1, "96415": 1})


@pytest.mark.parametrize("off", ["Paused", "Stopped"])
def test_what_goes_on_after_a_pause_lacks_no_dose(off):
    chain = [
        act("a1", "New Bag", 0, dose=mg(100)),
        act("a2", off, 40),
        act("a3", "Resumed", 60),
        act("a4", "Stopped", 90),
    ]
    read = visit(*chain)
    assert [(each.id, each.resumed) for each in read.visit.administrations] == [("a1", False), ("a1#2", True)]
    result = derive(read.visit, load_rulebook("cpt-2026"), load_catalog(), findings=read.findings)
    assert "dose-missing" not in {finding.id for finding in result.findings}
    without = visit(*(chain[:1][0] | {"dosage": dosage(dose=ABSENT)}, *chain[1:]))
    result = derive(without.visit, load_rulebook("cpt-2026"), load_catalog(), findings=without.findings)
    assert [one.administrations for one in result.findings if one.id == "dose-missing"] == [("a1",)]


def test_a_restart_after_a_reaction_is_a_second_stretch_of_the_same_order():
    chain = [
        act("a1", "New Bag", 0, dose=mg(675)),
        act("a2", "Stopped", 10, statusReason=[{"text": "Reaction"}]),
        act("a3", "Restarted", 60),
        act("a4", "Infusion Complete", 240),
    ]
    first, second = visit(*chain, discontinued=("reaction",)).visit.administrations
    assert (first.discontinued, second.discontinued) == (True, False)
    assert {first.order, second.order} == {"MedicationRequest/r1"}
    assert (str(first.dose.value), second.dose) == ("675", None)


def test_a_bolus_from_the_bag_is_a_push_of_its_own():
    chain = [
        act("a1", "New Bag", 0, dose=mg(500)),
        act("a2", "Bolus from Bag", 15, dose=mg(20)),
        act("a3", "Stopped", 60),
    ]
    assert minutes(*chain) == [("a1", "infusion", 0, 60), ("a2", "push", 15, None)]
    assert [str(each.dose.value) for each in visit(*chain).visit.administrations] == ["500", "20"]


def test_what_says_who_signed_is_ignored():
    chain = [act("a1", "New Bag (Dual Sign Required)", 0), act("a2", "STOPPED [co-signed] (late entry)", 60)]
    assert minutes(*chain) == [("a1", "infusion", 0, 60)]


@pytest.mark.parametrize("word", ["Rate Verify", "Handoff", "Due", "MAR Hold", "MAR Unhold"])
def test_actions_that_give_nothing_are_named_and_change_nothing(word):
    chain = [act("a1", "New Bag", 0), act("a2", word, 30), act("a3", "Stopped", 60)]
    assert minutes(*chain) == [("a1", "infusion", 0, 60)]
    assert found(*chain) == [("no-event", "info", ("a2",))]


def test_an_action_that_was_not_done_is_reversed_and_is_not_in_the_chain():
    chain = [act("a1", "New Bag", 0), act("a2", "Stopped", 30, status="entered-in-error"), act("a3", "Stopped", 60)]
    assert minutes(*chain) == [("a1", "infusion", 0, 60)]
    assert visit(*chain).reversed_ids == ("a2",)


def test_an_unknown_action_holds_and_the_rest_is_read():
    chain = [act("a1", "New Bag", 0), act("a2", "Wobbled", 30), act("a3", "Stopped", 60)]
    assert minutes(*chain) == [("a1", "infusion", 0, 60)]
    assert found(*chain) == [("mar-action-unknown", "error", ("a2",))]


def test_every_order_of_arrival_gives_the_same():
    chain = [
        act("a1", "New Bag", 0, dose=mg(100)),
        act("a2", "Paused", 20),
        act("a3", "Restarted", 30),
        act("a4", "Subsequent Bag", 60, dose=mg(100)),
        act("a5", "Stopped", 90),
    ]
    expected = visits(*chain)
    assert [str(each.dose and each.dose.value) for each in expected[0].visit.administrations] == ["100", "100"]
    assert all(visits(*arrived) == expected for arrived in itertools.permutations(chain))


def test_at_one_instant_a_bag_is_changed():
    chain = [act("a9", "New Bag", 0), act("a2", "New Bag", 60), act("a3", "Stopped", 60), act("a4", "Stopped", 90)]
    assert minutes(*chain) == [("a9", "infusion", 0, 90)]


def test_without_a_closing_action_there_is_no_stop():
    assert minutes(act("a1", "New Bag", 0), act("a2", "Rate Change", 30)) == [("a1", "infusion", 0, None)]


def test_what_is_still_running_keeps_the_visit_open_until_its_stop():
    chain = [act("a1", "New Bag", 0, status="in-progress"), act("a2", "Rate Change", 30)]
    assert visit(*chain).is_open
    assert not visit(*chain, act("a3", "Stopped", 60)).is_open
    assert visit(*chain, act("a3", "Held", 60)).is_open


@pytest.mark.parametrize(
    ("actions", "named"),
    [
        ([("Stopped", 60)], "a1"),
        ([("Rate Change", 0)], "a1"),
        ([("Paused", 0), ("Restarted", 10), ("Stopped", 60)], "a1"),
        ([("New Bag", 0), ("Paused", 20), ("Rate Change", 30), ("Stopped", 60)], "a3"),
        ([("New Bag", 0), ("Stopped", 20), ("Rate Change", 30)], "a3"),
    ],
)
def test_what_goes_on_or_ends_without_a_beginning_is_incomplete(actions, named):
    chain = [act(f"a{place}", word, when) for place, (word, when) in enumerate(actions, start=1)]
    assert ("chain-incomplete", "error", (named,)) in found(*chain)


@pytest.mark.parametrize(
    "elsewhere",
    [
        {"request": {"reference": "MedicationRequest/r2"}},
        {"request": ABSENT},
        {"medicationCodeableConcept": {"text": "leucovorin"}},
        {"context": {"reference": "Encounter/e2"}},
    ],
)
def test_another_order_medication_or_encounter_is_another_chain(elsewhere):
    resources = [act("a1", "New Bag", 0), act("a2", "Stopped", 60, **elsewhere), encounter(), encounter(id="e2")]
    assert found(*resources) == [("chain-incomplete", "error", ("a2",))]


def test_the_order_may_be_an_identifier_that_the_source_names():
    named = {"request": ABSENT, "identifier": [{"system": "urn:order", "value": "77"}]}
    chain = [act("a1", "New Bag", 0, **named), act("a2", "Stopped", 60, **named)]
    assert minutes(*chain, order_system="urn:order") == [("a1", "infusion", 0, 60)]


def test_one_medication_under_several_names_is_one_chain():
    by_code = {"coding": [{"system": "http://www.nlm.nih.gov/research/umls/rxnorm", "code": "32592"}]}
    by_name = {"text": "Oxaliplatin"}
    chain = [
        act("a1", "New Bag", 0, medicationCodeableConcept=by_code),
        act("a2", "Rate Change", 30),
        act("a3", "Stopped", 60, medicationCodeableConcept=by_name),
    ]
    assert minutes(*chain) == [("a1", "infusion", 0, 60)]


def test_ends_of_their_own_count_as_stops():
    own = [
        act("a1", "New Bag", 0, effectiveDateTime=ABSENT, effectivePeriod=period(at(9), at(9, 30))),
        act("a2", "Rate Change", 0, effectiveDateTime=ABSENT, effectivePeriod=period(at(9, 30), at(10))),
        act("a3", "Restarted", 0, effectiveDateTime=ABSENT, effectivePeriod=period(at(10, 30), at(11))),
    ]
    assert minutes(*own) == [("a1", "infusion", 0, 60), ("a1#2", "infusion", 90, 120)]


def test_a_pause_within_a_documented_period_is_taken_out_of_it():
    whole = act("a1", "New Bag", 0, effectiveDateTime=ABSENT, effectivePeriod=period(at(9), at(11)))
    chain = [whole, act("a2", "Paused", 30), act("a3", "Restarted", 60), act("a4", "Completed", 120)]
    assert [row[2:] for row in minutes(*chain)] == [(0, 30), (60, 120)]


@pytest.mark.parametrize("stopped", [50, 70])
def test_two_ends_that_disagree_hold(stopped):
    whole = act("a1", "New Bag", 0, effectiveDateTime=ABSENT, effectivePeriod=period(at(9), at(10)))
    assert [each[0] for each in found(whole, act("a2", "Stopped", stopped))] == ["chain-incomplete"]


def test_a_new_bag_after_a_long_gap_does_not_prove_that_the_last_one_ran():
    chain = [act("a1", "New Bag", 0), act("a2", "New Bag", 9 * 60), act("a3", "Stopped", 10 * 60)]
    assert minutes(*chain) == [("a1", "infusion", 0, None), ("a1#2", "infusion", 540, 600)]
    assert minutes(*chain, series_gap=10) == [("a1", "infusion", 0, 600)]


def test_a_chain_over_midnight_has_the_day_on_which_it_began():
    chain = [act("a1", "New Bag", at(23)), act("a2", "Stopped", at(1, day=5))]
    assert [each.key for each in visits(*chain)] == ["e1/2026-05-04"]


def test_a_bag_hung_after_midnight_has_its_dose_on_its_own_date():
    chain = [
        act("a1", "New Bag", at(22), dose=mg(500)),
        act("a2", "New Bag", at(2, day=5), dose=mg(250)),
        act("a3", "Stopped", at(4, day=5)),
    ]
    night = encounter(**{"class": {"code": "OBSENC"}})
    given = visit(*chain, night).visit.administrations
    assert [(each.id, str(each.service_date), str(each.dose.value)) for each in given] == [
        ("a1", "2026-05-04", "500"),
        ("a1#2", "2026-05-05", "250"),
    ]
    assert given[0].stop == given[1].start


def test_a_bag_brings_its_dose_and_other_actions_only_repeat_it():
    chain = [
        act("a1", "New Bag", 0, dose=mg(100)),
        act("a2", "Rate Change", 10, dose=mg(100)),
        act("a3", "Subsequent Bag", 30, dose=mg(50)),
        act("a4", "Stopped", 60, dose=mg(150)),
    ]
    (only,) = visit(*chain).visit.administrations
    assert (only.dose.value, only.dose.unit) == (150, "mg")


def test_the_dose_of_another_action_counts_where_no_bag_has_one_and_they_agree():
    chain = [act("a1", "New Bag", 0), act("a2", "Rate Change", 10, dose=mg(100)), act("a3", "Stopped", 60)]
    assert visit(*chain).visit.administrations[0].dose.value == 100
    chain[2]["dosage"] = dosage(dose=mg(90))
    assert visit(*chain).visit.administrations[0].dose is None


def test_bags_of_other_products_keep_their_own_doses():
    other = {"coding": [{"system": "http://hl7.org/fhir/sid/ndc", "code": "00703-3986-01"}], "text": "oxaliplatin"}
    chain = [
        act("a1", "New Bag", 0, dose=mg(100)),
        act("a2", "New Bag", 30, dose=mg(53), medicationCodeableConcept=other),
        act("a3", "Stopped", 60),
    ]
    given = visit(*chain).visit.administrations
    assert [(each.ndc, each.dose.value) for each in given] == [("0703-3985-01", 100), ("00703-3986-01", 53)]


def test_given_begins_an_infusion_only_where_something_says_infusion():
    pushes = [act(f"a{place}", "Given", place * 60, dosage=dosage(method={"text": "IV Push"})) for place in (1, 2)]
    assert [row[:2] for row in minutes(*pushes)] == [("a1", "push"), ("a2", "push")]
    infused = [act("a1", "Given", 0), act("a2", "Stopped", 60)]
    assert minutes(*infused) == [("a1", "infusion", 0, 60)]
    drips = [act(f"a{place}", "Given", 0, dosage=dosage(route=IV)) for place in (1, 2)]
    assert {each[0] for each in found(*drips)} == {"technique-unknown"}


def test_waste_of_a_chain_in_two_stretches_belongs_to_it():
    chain = [
        act("a1", "New Bag", 0, dose=mg(90)),
        act("a2", "Paused", 20),
        act("a3", "Restarted", 40),
        act("a4", "Stopped", 60),
        act("a5", "Wasted", 60, dose=mg(10)),
    ]
    first, second = visit(*chain, actions={"wasted": "waste"}).visit.administrations
    assert (first.discarded.value, second.discarded) == (10, None)


def test_an_inpatient_chain_and_a_cancelled_one_name_every_action():
    chain = [act("a1", "New Bag", 0), act("a2", "Stopped", 60)]
    stay = visit(*chain, encounter(**{"class": {"code": "IMP"}}))
    assert [each.administrations for each in stay.findings] == [("a1",), ("a2",)]
    assert visit(*chain, encounter(status="cancelled")).reversed_ids == ("a1", "a2")


def test_the_trace_names_the_actions_of_a_chain():
    (read,) = visits(act("a1", "New Bag", 0), act("a2", "Stopped", 60), traced=True)
    assert [row.value for row in read.trace if row.field == "chain"] == ["a1, a2"]


@pytest.mark.parametrize("route", ["oral", "IM", "SC"])
def test_a_dose_that_was_held_back_was_never_running(route):
    assert found(act("a1", "Held", 0, dosage=dosage(route={"text": route}))) == [("no-event", "info", ("a1",))]
    assert found(act("a1", "Held", 0)) == [("chain-incomplete", "error", ("a1",))]


@pytest.mark.parametrize("how", ["action", "period"])
def test_a_pump_that_is_taken_off_at_a_later_encounter_ends_nothing_there(how):
    pump = {"device": [{"display": "CADD"}], "dosage": dosage()}
    period_only = {"extension": ABSENT, "effectiveDateTime": ABSENT, "effectivePeriod": period(at(9), None)}
    begun = act("a1", "New Bag", 0, status="in-progress", **pump, **(period_only if how == "period" else {}))
    off = act("a2", "Stopped", at(9, day=6), context={"reference": "Encounter/e2"})
    days = [encounter(), encounter(id="e2", period=period(at(8, day=6), at(10, day=6)))]
    first, later = visits(begun, off, *days, pump_types=("cadd",))
    assert [each.technique for each in first.visit.administrations] == ["pump"]
    assert (first.is_open, first.findings) == (False, ())
    assert [(each.id, each.administrations) for each in later.findings] == [("no-event", ("a2",))]
    elsewhere = {**off, "request": {"reference": "MedicationRequest/other"}}
    _, later = visits(begun, elsewhere, *days, pump_types=("cadd",))
    assert [each.id for each in later.findings] == ["chain-incomplete"]


def test_an_infusion_that_ends_at_another_encounter_is_no_pump():
    off = act("a2", "Stopped", at(9, day=6), context={"reference": "Encounter/e2"})
    _, later = visits(act("a1", "New Bag", 0), off, encounter(), encounter(id="e2"))
    assert [each.id for each in later.findings] == ["chain-incomplete"]


SITE = """
time_zone = "America/Chicago"
facilities = { "*" = "facility" }
payers = { "PPO" = "commercial" }
pump_types = ["homepump eclipse"]

[actions]
"Hung" = "start"
"Down" = "stop"
"Discarded in sink" = "waste"

[routes]
"via Port-A-Cath" = "iv"
"""


def test_a_site_adds_an_action_a_route_a_pump_and_a_waste_action_by_toml_only():
    port = {"text": "via port-a-cath"}
    bag = [
        act("a1", "Hung", 0, dosage=dosage(route=port, dose=mg(90))),
        act("a2", "Down", 60, dosage=dosage(route=port, dose=ABSENT)),
        act("a3", "Discarded in Sink", 61, dose=mg(10)),
    ]
    pump = administration(
        id="a4",
        medicationCodeableConcept={"text": "fluorouracil"},
        device=[{"display": "HomePump Eclipse"}],
        dosage=dosage(route=port),
        effectivePeriod=period(at(11), None),
        status="in-progress",
    )
    resources = chart(*bag, pump, encounter(), coverage())
    (usual,) = visits_of(resources, words())
    assert {each.id for each in usual.findings} == {"mar-action-unknown", "technique-unknown"}
    (own,) = visits_of(resources, msgspec.convert(tomllib.loads(SITE), SourceWords))
    assert (own.findings, own.is_open) == ((), False)
    assert [(each.id, each.technique) for each in own.visit.administrations] == [("a1", "infusion"), ("a4", "pump")]
    assert own.visit.administrations[0].discarded.value == 10
