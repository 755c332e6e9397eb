"""What reconciliation tells a person, as whole findings: each trouble of an item, and what holds a visit."""

import pytest
from msgspec.structs import replace
from reconcile.charges import DAY, charge, entry, ours, theirs, visit

from fhir_adapter.coding.model import Finding
from fhir_adapter.reconcile import Keep, reconcile

BASE = charge()
HELD = {"held_by": ("stop-time-missing",)}


def findings(wanted, ledger=(), seen=()):
    (plan,) = reconcile([wanted], ledger, seen).visits
    return plan.findings


@pytest.mark.parametrize(
    ("items", "trouble", "expected"),
    [
        (
            [ours(BASE, status="billed")],
            None,
            (
                "charge-item-billed",
                "warning",
                "has been billed and would now read otherwise; it was not touched",
                "correct the claim",
            ),
        ),
        (
            [ours(BASE, version="2")],
            None,
            (
                "charge-item-edited",
                "warning",
                "was changed by somebody else since it was written; it is not touched any more",
                "decide which of the two is right, then restore the item or enter it in error",
            ),
        ),
        (
            [],
            "missing",
            (
                "charge-item-missing",
                "warning",
                "was deleted in the EHR; it is not written again",
                "find out who deleted the charge and why",
            ),
        ),
        (
            [ours(BASE), ours(BASE, id="ci-twin")],
            None,
            (
                "charge-item-duplicated",
                "error",
                "is there more than once under the same identifier; none of them is touched",
                "enter all but one of them in error",
            ),
        ),
        (
            [ours(BASE)],
            "rejected",
            (
                "charge-item-rejected",
                "warning",
                "was refused by the EHR as it is; it is not sent again until it changes",
                "ask what the EHR requires of a ChargeItem, or enter the charge by hand",
            ),
        ),
    ],
)
def test_each_trouble_of_an_item_is_told_with_what_to_do(items, trouble, expected):
    id_, severity, what, fix = expected
    told = findings(visit(charge(units=2)), [entry(BASE, trouble=trouble)], items)
    assert [finding for finding in told if finding.id != "posted-but-held"] == [
        Finding(
            id=id_,
            severity=severity,
            administrations=("a1",),
            message=f"the ChargeItem of 96413 on 2026-05-04 {what}",
            fix=fix,
        ),
    ]


def test_an_item_that_was_refused_before_and_is_billed_now_is_billed():
    (told,) = findings(visit(BASE), [entry(BASE, trouble="rejected")], [ours(BASE, status="billed")])
    assert told.id == "charge-item-billed"


def test_an_edited_item_that_is_as_it_was_again_is_no_trouble():
    assert findings(visit(BASE), [entry(BASE, trouble="edited")], [ours(BASE)]) == ()


def test_a_billed_item_of_which_only_the_engine_is_newer_is_no_matter():
    newer = replace(BASE, provenance=replace(BASE.provenance, engine="9"))
    assert findings(visit(newer), [entry(BASE)], [ours(BASE, status="billed")]) == ()


def test_a_billed_preview_whose_line_is_gone_is_no_matter():
    preview = entry(BASE, status="planned")
    assert findings(visit(), [preview], [ours(BASE, status="billed")]) == ()


def test_charges_that_are_new_beside_a_billed_item_are_named_with_what_they_rest_on():
    hours, push = charge("96415", 3, ("a2",)), charge("96375", 2, ("a1", "a2"))
    items = [ours(BASE, status="billed")]
    assert findings(visit(BASE, hours, push), [entry(BASE)], items)[:-1] == (
        Finding(
            id="late-charge",
            severity="error",
            administrations=("a2", "a1"),
            message="the visit has been billed, and 96375 ×2, 96415 ×3 would be new",
            fix="decide with billing whether the claim is corrected, then release the visit",
        ),
    )


@pytest.mark.parametrize(
    ("wanted", "item"),
    [
        (visit(BASE), {"status": "billed"}),
        (visit(BASE, charge("96415"), is_released=True), {"status": "billed"}),
        (visit(BASE, charge("96415")), {}),
        (visit(BASE, charge("96415")), {"version": "2"}),
    ],
)
def test_nothing_is_late_without_a_new_charge_or_a_billed_item_or_once_it_is_released(wanted, item):
    told = findings(wanted, [entry(BASE)], [ours(BASE, **item)])
    assert "late-charge" not in [finding.id for finding in told]


def test_one_billed_item_among_others_makes_a_new_charge_late():
    ledger = [entry(BASE), entry(charge("96415")), entry(charge("96417"))]
    items = [ours(BASE), ours(charge("96415"), status="billed"), ours(charge("96417"))]
    wanted = visit(BASE, charge("96415"), charge("96417"), charge("96375"))
    assert [finding.id for finding in findings(wanted, ledger, items)] == ["late-charge", "posted-but-held"]


@pytest.mark.parametrize("units", ["7", None])
def test_somebody_elses_charge_is_told_beside_each_new_one_of_ours(units):
    again = charge(units=2, rests_on=("a2",), modifiers=("XE",))
    told = findings(visit(BASE, charge("96415"), again), (), [theirs("96413", units=units), theirs("96413", date=None)])
    assert told[:2] == tuple(
        Finding(
            id="already-charged",
            severity="error",
            administrations=rests_on,
            message=f"96413 on 2026-05-04 would be ×{units_of_ours} of ours, and ChargeItem other-1 (billable, "
            f"×{units or '?'}), which is not ours, has it; nothing of the visit is posted",
            fix="keep one of the two: enter the other item in error, or leave this visit unposted",
        )
        for units_of_ours, rests_on in ((1, ("a1",)), (2, ("a2",)))
    )
    assert [finding.id for finding in told] == ["already-charged"] * 4


@pytest.mark.parametrize(
    ("state", "word"), [({"is_open": True}, "open"), (HELD, "held"), (HELD | {"is_open": True}, "open")]
)
def test_what_stands_of_a_visit_that_is_not_settled_is_named_once_and_in_order(state, word):
    first, hours, again = charge(), charge("96375", rests_on=("a2",)), charge(rests_on=("a1", "a3"), modifiers=("XE",))
    ledger = [entry(one) for one in (hours, first, again)]
    (plan,) = reconcile([visit(given=("a1", "a2", "a3"), **state)], ledger, []).visits
    assert plan.steps == tuple(Keep(one.charge, one, "unsettled") for one in ledger)
    assert plan.state == word
    assert plan.findings == (
        Finding(
            id="posted-but-held",
            severity="warning",
            administrations=("a2", "a1", "a3"),
            message=f"the visit is {word} while charges of it stand: 96375, 96413; they stay until it is settled",
            fix="settle what holds the visit",
        ),
    )


@pytest.mark.parametrize(
    ("one", "seen"),
    [
        (entry(BASE, trouble="missing", item=None), []),
        (entry(BASE, status="entered-in-error"), []),
        (entry(BASE, status="planned"), []),
    ],
)
def test_what_is_left_alone_or_no_charge_is_not_said_to_stand(one, seen):
    told = findings(visit(BASE, **HELD), [one], seen)
    assert "posted-but-held" not in [finding.id for finding in told]


def test_a_duplicate_holds_and_the_other_troubles_hold_only_where_their_line_is_gone_and_another_is_new():
    edited = [ours(BASE, version="2")]
    again = charge(modifiers=("XE",))
    severities = [
        findings(wanted, [entry(BASE)], edited)[0].severity
        for wanted in (visit(BASE), visit(BASE, again), visit(), visit(again))
    ]
    assert severities == ["warning", "warning", "warning", "error"]


def test_an_item_of_another_day_without_a_date_of_its_own_counts_for_every_day():
    other_day = charge(day=DAY.replace(day=6))
    assert [one.id for one in findings(visit(other_day), (), [theirs("96413", date=None)])] == ["already-charged"]
    assert findings(visit(other_day), (), [theirs("96413")]) == ()
