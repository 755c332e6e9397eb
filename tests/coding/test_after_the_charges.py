"""What looks at the whole visit: a modifier on injections, flushes, add-ons without a primary (D14, D39, D40)."""

import pytest
from coding.timeline import CHEMO, THERAPEUTIC, coded, found, gave, lines, self_citing
from msgspec.structs import replace

from fhir_adapter.coding import Finding, Visit, code_visit

INJECTED = "m was injected into a muscle, one service whatever its time."
FLUSHED = ("96523", 4, 1, None, "The port was flushed and nothing else was given that day.", "flush")


def codes(result):
    return [line[0] for line in lines(result)]


@pytest.mark.parametrize(("policy", "code"), [("59", "96372-59"), ("none", "96372")])
def test_an_injection_beside_an_initial_service_has_the_modifier_that_the_policy_asks_for(policy, code):
    result = coded(gave("c", "08:00-09:00"), gave("m", "10:00", technique="im"), injection_with_iv_modifier=policy)
    assert lines(result)[-1] == (code, 4, 1, None, INJECTED, "route")


@pytest.mark.parametrize(
    "beside",
    [
        gave("c", "08:00-09:00", day=5),
        gave("c", "08:00-09:00", technique="sc-infusion"),
        gave("c", "08:00", CHEMO, "im"),
    ],
)
def test_an_injection_without_an_initial_service_of_its_date_has_none(beside):
    result = coded(beside, gave("m", "10:00", technique="im"), injection_with_iv_modifier="59")
    assert "96372" in codes(result)


def test_another_injection_has_none():
    result = coded(gave("c", "08:00-09:00"), gave("m", "10:00", CHEMO, "im"), injection_with_iv_modifier="59")
    assert codes(result) == ["96365", "96401"]


def test_the_modifier_follows_the_reading_of_the_injections_own_encounter():
    """The rules change on 5 May: an encounter that began on the 4th keeps the older reading."""
    book = self_citing(injection_with_iv_modifier="59")
    (reading,) = book.readings
    older = replace(reading, policies=replace(reading.policies, injection_with_iv_modifier="none"))
    day = gave("x", "00:00", day=5).start.date()
    parts = replace(older, last=gave("x", "00:00").start.date()), replace(reading, first=day)
    given = (
        gave("c", "08:00-09:00", encounter="enc-1"),
        gave("d", "08:00-09:00", encounter="enc-2", day=5),
        gave("m", "10:00", technique="im", encounter="enc-1", day=5),
        gave("n", "11:00", technique="im", encounter="enc-2", day=5),
    )
    result = code_visit(Visit(id="v", setting="facility", administrations=given), replace(book, readings=parts))
    assert [(line.modifiers, line.administrations) for line in result.lines if line.code == "96372"] == [
        ((), ("m",)),
        (("59",), ("n",)),
    ]


def included(*ids):
    return [
        Finding(id="included", administrations=(id_,), message="The flush is part of another service of that day.")
        for id_ in ids
    ]


def test_a_flush_alone_on_its_day_is_a_line():
    result = coded(gave("f", "09:00-09:05", technique="flush", encounter="enc-1"))
    assert lines(result) == [FLUSHED]
    (line,) = result.lines
    assert (line.system, line.administrations, line.shares[0].encounter) == ("CPT", ("f",), "enc-1")
    assert found(result, "included") == []


def test_a_flush_beside_another_service_of_its_day_is_part_of_that():
    result = coded(gave("f", "13:00", technique="flush"), gave("m", "10:00", technique="im"))
    assert codes(result) == ["96372"]
    assert found(result, "included") == included("f")


def test_of_several_flushes_of_a_day_the_earliest_is_the_line():
    result = coded(
        gave("late", "13:00", technique="flush"),
        gave("early", "09:00", technique="flush"),
        gave("at once", "09:00", technique="flush"),
        gave("next day", "09:00", technique="flush", day=5),
        gave("infused", "10:00-11:00", day=6),
        gave("beside it", "12:00", technique="flush", day=6),
    )
    assert [(line.code, line.date.day, line.administrations) for line in result.lines] == [
        ("96523", 4, ("early",)),
        ("96523", 5, ("next day",)),
        ("96365", 6, ("infused",)),
    ]
    assert found(result, "included") == included("at once", "late", "beside it")


def test_the_flushes_of_one_bag_are_one():
    flushes = gave("f", "09:00", technique="flush"), gave("g", "09:05", technique="flush", same_bag_as="f")
    result = coded(*flushes)
    assert [(line.code, line.units, line.administrations) for line in result.lines] == [("96523", 1, ("f", "g"))]
    assert found(result, "included") == []


def orphan(code, needed, *ids):
    return [
        Finding(
            id="add-on-without-primary",
            severity="error",
            carc="107",
            administrations=ids,
            message=f"{code} is an add-on and needs {needed} in the same encounter.",
            fix="Let a coder decide which service is the primary one.",
        )
    ]


def with_parents(parents, *given, **more):
    book = self_citing()
    (reading,) = book.readings
    visit = Visit(id="v", setting="facility", administrations=given, **more)
    return code_visit(visit, replace(book, readings=(replace(reading, parents=parents),)))


PUSHES = gave("a", "09:00", CHEMO, "push"), gave("b", "10:00", CHEMO, "push"), gave("c", "11:00", CHEMO, "push")


@pytest.mark.parametrize(
    ("parents", "needed"),
    [
        (("96413",), "96413"),
        (("96413", "96365"), "96365 or 96413"),
        ((), "a primary that this setting may report"),
    ],
)
def test_an_add_on_without_one_of_its_primaries_holds_the_visit(parents, needed):
    result = with_parents({"96411": parents}, *PUSHES)
    assert codes(result) == ["96409", "96411"]
    assert found(result, "add-on-without-primary") == orphan("96411", needed, "b", "c")
    assert result.disposition == "held"


def test_an_add_on_with_one_of_its_primaries_is_in_order():
    result = with_parents({"96411": ("96413", "96409")}, *PUSHES)
    assert found(result, "add-on-without-primary") == []


def test_a_primary_of_another_encounter_is_none():
    given = (
        gave("a", "09:00", CHEMO, "push", encounter="enc-1"),
        gave("m", "10:00", technique="im", encounter="enc-2"),
    )
    result = with_parents({"96372": ("96409",)}, *given)
    assert found(result, "add-on-without-primary") == orphan("96372", "96409", "m")


def test_the_primaries_are_those_of_its_first_date():
    """From 5 May on 96411 follows 96413 only."""
    book = self_citing()
    (reading,) = book.readings
    first, then = gave("x", "00:00").start.date(), gave("x", "00:00", day=5).start.date()
    parts = (
        replace(reading, last=first, parents={"96372": ("96409",)}),
        replace(reading, first=then, parents={"96372": ("96413",)}),
    )
    given = (
        gave("a", "09:00", CHEMO, "push"),
        gave("n", "10:00", technique="im", day=5),
        gave("m", "10:00", technique="im"),
    )
    visit = Visit(id="v", setting="facility", administrations=given)
    result = code_visit(visit, replace(book, readings=parts))
    assert found(result, "add-on-without-primary") == []


def test_an_add_on_table_that_is_older_than_the_visit_is_told():
    late = [replace(one, start=one.start.replace(year=2029)) for one in PUSHES]
    told = [one.message for one in found(coded(*late), "table-out-of-date") if "add-on" in one.message.lower()]
    assert len(told) == 1


def test_what_no_table_calls_an_add_on_needs_nothing():
    assert found(coded(gave("m", "09:00", THERAPEUTIC, "im")), "add-on-without-primary") == []
