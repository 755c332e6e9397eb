"""Which visit answers for an entry, and whole plans: each step with its charge, its entry and its status."""

import pytest
from msgspec.structs import replace
from reconcile.charges import DAY, charge, entry, ours, theirs, visit

from fhir_adapter.reconcile import Amend, Keep, Plan, Post, VisitPlan, Void, reconcile

BASE = charge(rests_on=("a1", "a2"))
OPEN = {"is_open": True, "is_previewed": True}
HELD = {"held_by": ("stop-time-missing",)}


def named(name, *charges, places=(), **more):
    """A visit elsewhere, unless it says where."""
    return replace(visit(*charges, name=name, **({"given": ()} | more)), places=frozenset(places))


def owner(*visits):
    """The visit in whose plan the entry is; `stray` for none."""
    plan = reconcile(visits, [entry(BASE)], [])
    of = [each.visit for each in plan.visits for step in each.steps if step.charge.key == BASE.key]
    return of + ["stray" for step in plan.strays if step.charge.key == BASE.key]


ITS_LINE = named("line", BASE)
HELD_WITH_IT = named("held", given=("a2",), **HELD)
SETTLED_WITH_IT = named("settled", given=("a1",))
REVERSED = named("reversed", given=("a2",), gone=("a2",))
ITS_PLACE = named("place", places=[("e1", DAY)])
OTHER_DAY = named("other day", places=[("e1", DAY.replace(day=5))])
OTHER_ENCOUNTER = named("other encounter", places=[("e2", DAY)])
OTHER_HELD = named("other held", given=("a9",), **HELD)


@pytest.mark.parametrize(
    ("visits", "answers"),
    [
        ([ITS_PLACE, SETTLED_WITH_IT, HELD_WITH_IT, ITS_LINE], "line"),
        ([ITS_PLACE, SETTLED_WITH_IT, HELD_WITH_IT], "held"),
        ([ITS_PLACE, OTHER_HELD, SETTLED_WITH_IT], "settled"),
        ([ITS_PLACE, REVERSED], "reversed"),
        ([SETTLED_WITH_IT, REVERSED], "settled"),
        ([REVERSED, SETTLED_WITH_IT], "reversed"),
        ([OTHER_HELD, OTHER_DAY, OTHER_ENCOUNTER, ITS_PLACE], "place"),
        ([OTHER_HELD, OTHER_DAY, OTHER_ENCOUNTER], "stray"),
        ([], "stray"),
    ],
)
def test_the_line_answers_then_an_unsettled_visit_then_an_administration_then_the_place(visits, answers):
    assert owner(*visits) == [answers]


def test_a_held_visit_that_only_called_an_administration_in_error_is_asked_after_the_one_that_has_it():
    gone = named("gone", given=("a1",), gone=("a1",), **HELD)
    assert owner(gone, SETTLED_WITH_IT) == ["gone"]
    assert owner(SETTLED_WITH_IT, gone) == ["settled"]


@pytest.mark.parametrize(
    ("one", "steps"),
    [
        (entry(BASE), (Void(BASE, entry(BASE)),)),
        (entry(BASE, status="planned"), (Void(BASE, entry(BASE, status="planned")),)),
        (entry(BASE, status="entered-in-error"), ()),
        (
            entry(BASE, trouble="missing"),
            (Keep(BASE, entry(BASE, trouble="missing", refused=True), "untouchable"),),
        ),
    ],
)
def test_what_no_visit_explains_is_a_stray(one, steps):
    assert reconcile([], [one], []) == Plan(visits=(), strays=steps)


def planned(wanted, ledger=(), seen=()):
    return reconcile([wanted], ledger, seen)


def plan(state, *steps):
    return Plan(visits=(VisitPlan(visit="e1/2026-05-04", state=state, steps=steps),))


def test_a_settled_visit_reverses_first_then_goes_through_its_charges():
    hours, push, more = charge("96415", 3), charge("96375"), charge("96375", 2)
    gone = charge("96417")
    assert planned(visit(BASE, hours, more), [entry(hours), entry(gone), entry(push)]) == plan(
        "settled", Void(gone, entry(gone)), Post(BASE), Keep(hours, entry(hours), "unchanged"), Amend(more, entry(push))
    )


def test_what_is_kept_keeps_the_provenance_that_it_was_written_with():
    newer = replace(BASE, provenance=replace(BASE.provenance, engine="9"))
    assert planned(visit(newer), [entry(BASE)]) == plan("settled", Keep(BASE, entry(BASE), "unchanged"))


def test_an_order_that_was_refused_is_given_again_once_nothing_is_in_its_way():
    again = entry(BASE, refused=True)
    assert planned(visit(BASE), [entry(BASE, trouble="edited")], [ours(BASE)]) == plan("settled", Amend(BASE, again))
    reversed_ = entry(BASE, status="entered-in-error", trouble="edited")
    assert planned(visit(), [replace(reversed_, trouble=None, refused=True)]).orders == ()


def test_an_order_on_its_way_is_judged_by_the_sender_whatever_was_in_its_way():
    waiting = entry(BASE, pending=True, trouble="edited")
    wanted = visit(charge(units=2, rests_on=("a1", "a2")))
    got = planned(wanted, [waiting], [ours(BASE, version="2")])
    assert got == plan("settled", Amend(wanted.charges[0], replace(waiting, trouble=None)))


def test_a_reversal_that_is_refused_still_waits_for_its_turn():
    refused = entry(BASE, status="entered-in-error", trouble="rejected")
    told = replace(refused, refused=True)
    (got,) = planned(visit(), [refused]).visits
    assert got.steps == (Keep(BASE, told, "untouchable"),)


def test_what_an_unsettled_visit_has_not_sent_is_taken_back():
    waiting = entry(BASE, item=None, version=None, pending=True)
    preview = entry(charge("96417"), status="planned", item=None)
    assert planned(visit(BASE, **HELD), [waiting, preview]) == plan("held", Void(BASE, waiting))


def test_a_held_visit_reverses_what_rests_on_nothing_but_errors_and_nothing_without_a_ground():
    gone, none = charge(rests_on=("a1",)), charge("96417", rests_on=())
    held = visit(given=("a1", "a2"), gone=("a1",), **HELD)
    (got,) = planned(held, [entry(gone), entry(none)]).visits
    assert got.steps == (Void(gone, entry(gone)), Keep(none, entry(none), "unsettled"))


def test_previews_reverse_first_then_show_what_would_be_new():
    preview, gone, back = charge("96415"), charge("96417"), charge("96375")
    ledger = [
        entry(preview, status="planned"),
        entry(gone, status="planned"),
        entry(back, status="entered-in-error"),
    ]
    assert planned(visit(BASE, preview, back, **OPEN), ledger) == plan(
        "open",
        Void(gone, ledger[1]),
        Post(BASE, status="planned"),
        Keep(preview, ledger[0], "unchanged"),
        Amend(back, ledger[2], status="planned"),
    )


def test_a_preview_that_the_biller_took_is_left_alone_also_once_a_person_has_released_the_visit():
    preview = entry(BASE, status="planned")
    more = visit(charge(units=2, rests_on=("a1", "a2")), is_released=True, **OPEN)
    got = planned(more, [preview], [ours(BASE, status="billed")])
    assert got == plan("open", Keep(BASE, replace(preview, trouble="billed"), "untouchable"))


def test_a_preview_that_was_refused_is_shown_again_once_nothing_is_in_its_way():
    preview = entry(BASE, status="planned", trouble="edited")
    cleared = replace(preview, trouble=None, refused=True)
    got = planned(visit(BASE, **OPEN), [preview], [ours(BASE, status="planned")])
    assert got == plan("open", Amend(BASE, cleared, status="planned"))


def test_a_preview_by_a_newer_engine_that_says_the_same_is_unchanged():
    newer = replace(BASE, provenance=replace(BASE.provenance, engine="9"))
    preview = entry(BASE, status="planned")
    assert planned(visit(newer, **OPEN), [preview]) == plan("open", Keep(BASE, preview, "unchanged"))


@pytest.mark.parametrize("more", [{"is_open": True}, {"is_previewed": True, **HELD}, OPEN | HELD])
def test_nothing_is_previewed_of_a_visit_without_previews_or_that_is_held(more):
    assert planned(visit(BASE, **more)).steps == ()


def test_an_item_under_an_identifier_of_the_ledger_is_ours_wherever_it_is():
    """The entry belongs to another visit; its item is not somebody else's charge here."""
    again = charge(modifiers=("XE",), rests_on=("b1",))
    first, second = visit(BASE), named("later", again, given=("b1",))
    got = reconcile([first, second], [entry(BASE)], [ours(BASE)])
    assert [each.findings for each in got.visits] == [(), ()]
    assert got.orders == (Post(again),)


def test_what_the_ehr_shows_is_judged_for_every_visit():
    first, second = charge(encounter="e2", rests_on=("b1",)), charge(rests_on=("a1",))
    got = reconcile([named("one", first), named("two", second)], [], [theirs("96413", encounter="e2")])
    assert [each.state for each in got.visits] == ["held", "settled"]
