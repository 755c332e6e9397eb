"""Previews: `planned` while the visit is open, the same item billable when it is settled."""

import pytest
from reconcile.charges import charge, entry, found, ours, theirs, visit

from fhir_adapter.reconcile import reconcile

BASE = charge()
OPEN = {"is_open": True, "is_previewed": True}


def steps(plan):
    return [(type(step).__name__, getattr(step, "status", getattr(step, "why", None))) for step in plan.steps]


def planned(of, **changes):
    return entry(of, status="planned", **changes)


def test_an_open_visit_is_previewed_and_one_without_previews_is_not():
    assert steps(reconcile([visit(BASE, **OPEN)], [], [])) == [("Post", "planned")]
    assert steps(reconcile([visit(BASE, is_open=True)], [], [])) == []


def test_a_preview_follows_the_chart():
    assert steps(reconcile([visit(BASE, **OPEN)], [planned(BASE)], [])) == [("Keep", "unchanged")]
    assert steps(reconcile([visit(charge(units=2), **OPEN)], [planned(BASE)], [])) == [("Amend", "planned")]
    assert steps(reconcile([visit(**OPEN, given=("a1",))], [planned(BASE)], [])) == [("Void", "entered-in-error")]


def test_a_preview_becomes_billable_as_the_same_item_when_the_visit_is_settled():
    plan = reconcile([visit(BASE, is_previewed=True)], [planned(BASE)], [ours(BASE, status="planned")])
    assert steps(plan) == [("Amend", "billable")]
    assert plan.orders[0].entry.item == "ci-96413"


def test_a_preview_whose_line_is_gone_is_reversed_when_the_visit_is_settled():
    assert steps(reconcile([visit(given=("a1",))], [planned(BASE)], [])) == [("Void", "entered-in-error")]


@pytest.mark.parametrize("why", [{"held_by": ("stop-time-missing",)}, {"held_by": ("x",), "is_open": True}])
def test_nothing_new_is_previewed_while_the_visit_is_held(why):
    assert steps(reconcile([visit(BASE, is_previewed=True, **why)], [], [])) == []


def test_nothing_is_previewed_beside_somebody_elses_charge():
    plan = reconcile([visit(BASE, **OPEN)], [], [theirs("96413")])
    assert (steps(plan), found(plan)) == ([], [("already-charged", "error")])


def test_a_billable_item_of_a_visit_that_is_open_again_is_no_preview():
    assert steps(reconcile([visit(BASE, **OPEN)], [entry(BASE)], [ours(BASE)])) == [("Keep", "unsettled")]


def test_a_reversed_charge_that_comes_back_in_an_open_visit_is_previewed_under_its_item():
    gone = entry(BASE, status="entered-in-error")
    assert steps(reconcile([visit(BASE, **OPEN)], [gone], [])) == [("Amend", "planned")]


def test_a_preview_that_somebody_changed_is_left_alone():
    plan = reconcile([visit(BASE, **OPEN)], [planned(BASE)], [ours(BASE, version="9", status="planned")])
    assert plan.orders == ()
