"""What happens to a charge, from each state, on each occasion. One test a transition, named so."""

import pytest
from reconcile.charges import DAY, charge, engine, entry, found, ours, said, theirs, visit

from fhir_adapter.reconcile import reconcile

BASE, HOURS, DRUG = charge(), charge("96415", 3), charge("J9312", 68)


def test_nothing_to_billable_when_the_visit_is_settled():
    assert said(reconcile([visit(BASE, HOURS)], [], [])) == [("post", "96413", 1), ("post", "96415", 3)]


@pytest.mark.parametrize("state", [{"is_open": True}, {"held_by": ("stop-time-missing",)}])
def test_nothing_stays_nothing_while_the_visit_is_open_or_held(state):
    plan = reconcile([visit(BASE, **state)], [], [])
    assert (said(plan), found(plan)) == ([], [])
    assert plan.visits[0].state == ("open" if "is_open" in state else "held")


def test_billable_to_billable_without_a_write_when_nothing_changed():
    assert said(reconcile([visit(BASE)], [entry(BASE)], [ours(BASE)])) == [("keep", "96413", "unchanged")]


def test_a_newer_engine_that_says_the_same_writes_nothing():
    plan = reconcile([visit(engine(BASE, "9.9.9"))], [entry(BASE)], [ours(BASE)])
    assert plan.orders == ()


@pytest.mark.parametrize("change", [{"units": 2}, {"because": "it ran for two hours"}, {"rests_on": ("a1", "a2")}])
def test_billable_to_billable_with_other_content_is_an_amendment_of_the_same_item(change):
    changed = charge(**change)
    plan = reconcile([visit(changed)], [entry(BASE)], [ours(BASE)])
    assert said(plan) == [("amend", "96413", changed.units)]
    assert plan.orders[0].entry.item == "ci-96413"


def test_billable_to_reversed_when_the_line_is_gone():
    plan = reconcile([visit(BASE)], [entry(BASE), entry(HOURS)], [])
    assert said(plan) == [("void", "96415", 3), ("keep", "96413", "unchanged")]
    assert plan.orders[0].status == "entered-in-error"


def test_billable_to_reversed_when_no_visit_explains_it_any_more():
    """Its encounter was cancelled, or its administration moved to another patient."""
    assert said(reconcile([], [entry(BASE)], [])) == [("void", "96413", 1)]
    cancelled = visit(given=(), gone=("a1",))
    assert said(reconcile([cancelled], [entry(BASE)], [])) == [("void", "96413", 1)]


def test_billable_moves_with_its_administration_to_the_encounter_that_has_it_now():
    moved = charge(encounter="e2")
    elsewhere = visit(moved, name="e2/2026-05-04")
    assert said(reconcile([elsewhere], [entry(BASE)], [])) == [("void", "96413", 1), ("post", "96413", 1)]


def test_billable_stays_when_the_visit_that_has_its_administration_now_is_held():
    elsewhere = visit(name="unplaced/1/2026-05-04", given=("a1",), held_by=("encounter-unknown",))
    assert said(reconcile([visit(given=("a2",)), elsewhere], [entry(BASE)], [])) == [("keep", "96413", "unsettled")]


@pytest.mark.parametrize("state", [{"is_open": True}, {"held_by": ("stop-time-missing",)}])
def test_billable_stays_untouched_while_the_visit_is_open_or_held_again(state):
    """Even where the line now has other units or is gone."""
    plan = reconcile([visit(charge(units=2), **state)], [entry(BASE), entry(HOURS)], [ours(BASE), ours(HOURS)])
    assert said(plan) == [("keep", "96413", "unsettled"), ("keep", "96415", "unsettled")]
    assert found(plan) == [("posted-but-held", "warning")]


def test_billable_to_reversed_at_once_when_its_administrations_were_entered_in_error_in_a_held_visit():
    mixed = charge("96367", rests_on=("a1", "a2"))
    held = visit(held_by=("stop-time-missing",), gone=("a1",))
    plan = reconcile([held], [entry(BASE), entry(mixed)], [])
    assert said(plan) == [("void", "96413", 1), ("keep", "96367", "unsettled")]


def test_a_line_that_still_stands_in_a_held_visit_is_not_reversed_for_a_reversed_administration():
    held = visit(charge(rests_on=("a2",)), held_by=("stop-time-missing",), gone=("a1",))
    assert said(reconcile([held], [entry(BASE)], [])) == [("keep", "96413", "unsettled")]


def test_an_order_that_still_waits_is_taken_back_when_the_visit_is_held():
    waiting = entry(BASE, item=None, version=None, pending=True)
    assert said(reconcile([visit(BASE, held_by=("stop-time-missing",))], [waiting], [])) == [("void", "96413", 1)]


def test_what_the_ehr_rejected_is_not_said_to_stand_when_the_visit_is_held():
    rejected = entry(BASE, item=None, version=None, trouble="rejected")
    plan = reconcile([visit(BASE, held_by=("stop-time-missing",))], [rejected], [])
    assert (said(plan), found(plan)) == ([("keep", "96413", "untouchable")], [("charge-item-rejected", "warning")])


def test_reversed_to_billable_by_the_same_item_when_the_line_comes_back():
    reversed_before = entry(BASE, status="entered-in-error")
    plan = reconcile([visit(BASE)], [reversed_before], [ours(BASE, status="entered-in-error")])
    assert (said(plan), plan.orders[0].entry.item) == ([("amend", "96413", 1)], "ci-96413")


def test_reversed_stays_reversed_without_a_word():
    reversed_before = entry(BASE, status="entered-in-error")
    plan = reconcile([visit(HOURS)], [reversed_before, entry(HOURS)], [])
    assert (said(plan), found(plan)) == ([("keep", "96415", "unchanged")], [])


def test_billed_and_unchanged_is_no_matter():
    plan = reconcile([visit(BASE)], [entry(BASE)], [ours(BASE, status="billed", version="2")])
    assert (said(plan), found(plan)) == ([("keep", "96413", "untouchable")], [])


def test_billed_is_never_amended_and_the_others_are():
    items = [ours(HOURS, status="billed", version="2"), ours(BASE)]
    plan = reconcile([visit(charge(units=2), charge("96415", 2))], [entry(BASE), entry(HOURS)], items)
    assert said(plan) == [("amend", "96413", 2), ("keep", "96415", "untouchable")]
    assert found(plan) == [("charge-item-billed", "warning")]


def test_billed_is_never_reversed():
    plan = reconcile([visit()], [entry(BASE)], [ours(BASE, status="billed", version="2")])
    assert (said(plan), found(plan)) == ([("keep", "96413", "untouchable")], [("charge-item-billed", "warning")])


def test_nothing_new_is_posted_beside_a_billed_item_whose_line_is_gone():
    """The new line may be the same service under another modifier."""
    again = charge(modifiers=("XE",))
    plan = reconcile([visit(again)], [entry(BASE)], [ours(BASE, status="billed", version="2")])
    assert plan.orders == ()
    assert ("charge-item-billed", "error") in found(plan)


def test_an_item_under_our_identifiers_that_the_ledger_does_not_have_is_somebodys():
    """The ledger was lost, or another installation has our name: the same code under another key is there."""
    lost = ours(charge("J9312", 68, modifiers=("JZ",)), id="ci-lost")
    plan = reconcile([visit(DRUG)], [], [lost])
    assert (plan.orders, found(plan)) == ((), [("already-charged", "error")])
    same = ours(DRUG, id="ci-same")
    assert said(reconcile([visit(DRUG)], [], [same])) == [("post", "J9312", 68)]


def test_a_charge_that_is_new_beside_a_billed_one_is_late_and_waits_for_a_person():
    wanted, items = visit(BASE, DRUG), [ours(BASE, status="billed", version="2")]
    plan = reconcile([wanted], [entry(BASE)], items)
    assert (plan.orders, plan.visits[0].state) == ((), "held")
    assert ("late-charge", "error") in found(plan)
    released = reconcile([visit(BASE, DRUG, is_released=True)], [entry(BASE)], items)
    assert ("post", "J9312", 68) in said(released)


def test_billed_when_the_order_reached_it_is_told_although_the_ledger_says_what_was_wanted():
    wanted = charge(units=2)
    refused = entry(wanted, trouble="billed")
    plan = reconcile([visit(wanted)], [refused], [ours(wanted, status="billed", version="2")])
    assert (said(plan), found(plan)) == ([("keep", "96413", "untouchable")], [("charge-item-billed", "warning")])


@pytest.mark.parametrize("difference", [{"version": "2"}, {"id": "ci-other"}])
def test_edited_by_somebody_is_never_touched(difference):
    plan = reconcile([visit(charge(units=2))], [entry(BASE)], [ours(BASE, **difference)])
    assert (said(plan), found(plan)) == ([("keep", "96413", "untouchable")], [("charge-item-edited", "warning")])


def test_a_version_that_our_own_waiting_order_may_have_made_is_nobodys_edit():
    plan = reconcile([visit(charge(units=2))], [entry(BASE, pending=True)], [ours(BASE, version="2")])
    assert (said(plan), found(plan)) == ([("amend", "96413", 2)], [])


def test_twice_under_one_identifier_is_an_alarm_and_holds():
    items = [ours(BASE), ours(BASE, id="ci-twin")]
    plan = reconcile([visit(BASE, HOURS)], [entry(BASE)], items)
    assert plan.orders == ()
    assert found(plan)[0] == ("charge-item-duplicated", "error")


def test_deleted_by_somebody_stays_so_until_the_ehr_shows_it_again():
    gone = entry(charge(units=2), trouble="missing")
    assert said(reconcile([visit(charge(units=2))], [gone], [])) == [("keep", "96413", "untouchable")]
    again = reconcile([visit(charge(units=2))], [gone], [ours(BASE)])
    assert (said(again), found(again)) == ([("amend", "96413", 2)], [])


def test_rejected_is_not_sent_again_until_it_changes():
    rejected = entry(BASE, item=None, version=None, trouble="rejected")
    plan = reconcile([visit(BASE)], [rejected], [])
    assert (said(plan), found(plan)) == ([("keep", "96413", "untouchable")], [("charge-item-rejected", "warning")])
    assert said(reconcile([visit(charge(units=2))], [rejected], [])) == [("amend", "96413", 2)]


def test_somebody_elses_charge_for_the_same_service_holds_the_visit_and_is_shown():
    plan = reconcile([visit(BASE, HOURS)], [], [theirs("96413")])
    assert (plan.visits[0].state, said(plan)) == ("held", [])
    [finding] = plan.visits[0].findings
    assert finding.id == "already-charged"
    assert all(part in finding.message for part in ("96413", "2026-05-04", "other-1", "×1"))


@pytest.mark.parametrize(
    "other",
    [
        theirs("96413", status="entered-in-error"),
        theirs("96413", status="aborted"),
        theirs("96413", encounter="e2"),
        theirs("96413", date=DAY.replace(day=5)),
        theirs("99213"),
    ],
)
def test_another_service_or_no_charge_does_not_hold(other):
    assert reconcile([visit(BASE)], [], [other]).visits[0].state == "settled"


@pytest.mark.parametrize("other", [theirs("96413", date=None), theirs("96413", status="not-billable")])
def test_in_doubt_it_is_the_same_service(other):
    assert reconcile([visit(BASE)], [], [other]).visits[0].state == "held"


def test_somebody_elses_charge_beside_one_that_stands_already_does_not_hold():
    assert reconcile([visit(BASE)], [entry(BASE)], [ours(BASE), theirs("96413")]).visits[0].state == "settled"


def test_a_reversed_charge_does_not_come_back_beside_somebody_elses():
    reversed_before = entry(BASE, status="entered-in-error")
    assert reconcile([visit(BASE)], [reversed_before], [theirs("96413")]).orders == ()


def test_each_visit_is_judged_by_itself():
    other_day = charge("96413", encounter="e2", rests_on=("b1",))
    second = visit(other_day, name="e2/2026-05-11", given=("b1",))
    plan = reconcile([visit(BASE, held_by=("stop-time-missing",)), second], [], [])
    assert [each.state for each in plan.visits] == ["held", "settled"]
    assert [order.charge for order in plan.orders] == [other_day]
