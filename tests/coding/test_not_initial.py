"""Why a service is not the initial one: the first reason of its rank that decides, in a whole sentence (D3-D5, D11)."""

from __future__ import annotations

import pytest
from coding.telling import told
from coding.timeline import CHEMO, FLUID, gave

C = gave("c", "09:00-10:00", CHEMO)
BY_INFUSION = "c is chemotherapy by infusion, which comes before"


def last_said(*given, code: str, **settings) -> str:
    return told(*given, **settings)[code].not_chosen[-1]


@pytest.mark.parametrize(
    ("other", "code", "why"),
    [
        (gave("x", "10:00", CHEMO, "push"), "96411", f"{BY_INFUSION} chemotherapy by push"),
        (gave("x", "07:00-08:00"), "96367", f"{BY_INFUSION} therapeutic by infusion"),
        (gave("x", "08:00", technique="push"), "96375", f"{BY_INFUSION} therapeutic by push"),
        (gave("x", "09:00-10:00", CHEMO, day=5), "96417", "c was given on an earlier date"),
        (gave("x", "09:00-09:59", CHEMO, site="arm"), "96549", "c ran longer, 60 minutes against 59"),
        (gave("x", "10:00-11:00", CHEMO), "96417", "c began earlier"),
        (gave("x", "09:00-10:00", CHEMO), "96549", "c stands first in the chart"),
    ],
)  # fmt: skip
def test_each_step_of_the_rank_has_its_sentence(other, code: str, why: str) -> None:
    assert last_said(C, other, code=code) == f"x is not the initial service: {why}."


def test_a_push_may_be_the_initial_service() -> None:
    why = last_said(gave("c", "09:00", CHEMO, "push"), gave("m", "10:00-11:00"), code="96367")
    assert why == "m is not the initial service: c is chemotherapy by push, which comes before therapeutic by infusion."


def test_fluid_is_the_fluid() -> None:
    why = last_said(gave("m", "09:00", technique="push"), gave("saline", "10:00-11:00", FLUID), code="96361")
    assert why == "the fluid is not the initial service: m is therapeutic by push, which comes before hydration."
    office = {"setting": "office", "reason": FLUID}
    first = last_said(
        gave("saline", "10:00-11:00", FLUID), gave("m", "09:00", technique="push"), code="96375", **office
    )
    assert first == "m is not the initial service: the reason of the visit is hydration, and the fluid is of it."


def test_the_reason_of_an_office_visit_comes_before_the_rank() -> None:
    office = {"setting": "office", "reason": "therapeutic"}
    why = last_said(C, gave("m", "10:00-11:00"), code="96417", **office)
    assert why == "c is not the initial service: the reason of the visit is therapeutic, and m is of it."
    assert last_said(C, gave("m", "10:00-11:00"), code="96367", reason="therapeutic").startswith("m is not the initial")


def test_where_the_first_chemotherapy_is_the_initial_service_that_is_the_reason() -> None:
    first = {"initial_chemo": "first-given"}
    later = last_said(C, gave("x", "10:00-12:00", CHEMO), code="96417", **first)
    assert later == "x is not the initial service: c is the first chemotherapy given."
    earlier = last_said(C, gave("m", "07:00-08:00"), code="96367", **first)
    assert earlier == "m is not the initial service: c is the first chemotherapy given."
    without = last_said(gave("m", "09:00-10:00"), gave("n", "10:00-10:30"), code="96367", **first)
    assert without == "n is not the initial service: m ran longer, 60 minutes against 30."


def test_the_initial_service_itself_its_hours_and_a_visit_without_one_say_nothing() -> None:
    lines = told(gave("c", "09:00-11:00", CHEMO), gave("m", "11:00-13:00"))
    assert not any("initial" in text for code in ("96413", "96415", "96366") for text in lines[code].not_chosen)
    assert told(gave("shot", "09:00", technique="im"))["96372"].not_chosen == (
        "Not a push or an infusion: it was injected into a muscle, and its minutes do not count.",
    )


def test_an_infusion_cut_short_is_named_where_it_is_not_the_initial_service() -> None:
    short = gave("m", "10:00-10:10", discontinued=True)
    why = last_said(C, short, code="96367", discontinued_infusion="53")
    assert why == f"m is not the initial service: {BY_INFUSION} therapeutic by infusion."
