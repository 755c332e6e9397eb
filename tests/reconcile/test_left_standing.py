"""A charge that should be taken back: by whose hand it is in error does not matter, and what stands of a visit that the
chart no longer has is told."""

import pytest
from reconcile.charges import DAY, charge, entry, ours, visit

from fhir_adapter.coding.model import Finding
from fhir_adapter.reconcile import Amend, Keep, Void, left_standing, reconcile

BASE = charge(rests_on=("a1", "a2"))


def taken_back(**known):
    return entry(BASE, status="entered-in-error", **known)


@pytest.mark.parametrize("trouble", [None, "rejected", "edited"])
def test_an_item_that_is_in_error_as_it_should_be_is_no_trouble_whoever_entered_it_so(trouble):
    plan = reconcile([], [taken_back(trouble=trouble)], [ours(BASE, status="entered-in-error", version="7")])
    assert plan.strays == ()


@pytest.mark.parametrize("trouble", [None, "rejected", "edited"])
def test_and_it_is_amended_when_its_line_comes_back(trouble):
    in_error = ours(BASE, status="entered-in-error", version="7")
    plan = reconcile([visit(BASE)], [taken_back(trouble=trouble)], [in_error])
    assert [type(step) for step in plan.steps] == [Amend]


def test_two_items_under_one_identifier_are_trouble_until_one_at_most_is_a_charge():
    twice = [ours(BASE), ours(BASE, id="ci-2")]
    [step] = reconcile([], [taken_back(trouble="duplicated")], twice).strays
    assert isinstance(step, Keep)
    assert step.entry.trouble == "duplicated"
    in_error = [ours(BASE, status="entered-in-error"), ours(BASE, status="entered-in-error", id="ci-2")]
    assert reconcile([], [taken_back(trouble="duplicated")], in_error).strays == ()


def test_a_duplicate_of_which_ours_is_left_is_ours_again():
    one = [ours(BASE), ours(BASE, status="entered-in-error", id="ci-2")]
    [step] = reconcile([], [entry(BASE, trouble="duplicated")], one).strays
    assert isinstance(step, Void)


def test_a_charge_that_stands_though_somebody_else_entered_it_in_error_is_an_edit():
    [step] = reconcile([], [entry(BASE)], [ours(BASE, status="entered-in-error", version="2")]).strays
    assert isinstance(step, Keep)
    assert step.entry.trouble == "edited"


def test_a_reversal_that_was_refused_is_kept_as_refused():
    [step] = reconcile([], [taken_back(trouble="rejected")], [ours(BASE)]).strays
    assert isinstance(step, Keep)
    assert (step.entry.trouble, step.entry.refused) == ("rejected", True)


def test_what_stands_of_a_visit_that_is_gone_is_an_error_with_what_it_rested_on():
    assert left_standing(taken_back(trouble="rejected")) == (
        Finding(
            id="charge-item-rejected",
            severity="error",
            administrations=("a1", "a2"),
            message=f"the ChargeItem of 96413 on {DAY} should be in error, and the EHR refused to have it so",
            fix="enter the item in error by hand",
        ),
    )


def test_what_the_ehr_never_took_does_not_stand():
    assert left_standing(taken_back(trouble="rejected", item=None)) == ()


@pytest.mark.parametrize("trouble", [None, "missing"])
def test_what_has_no_trouble_or_was_deleted_does_not_stand(trouble):
    assert left_standing(taken_back(trouble=trouble)) == ()
