"""What a rulebook answers: the reading of a day and a payer, what it cites, which class and which parents it says."""

from datetime import date

import pytest
from msgspec.structs import replace
from timeline import gave

from fhir_adapter.coding import Visit
from fhir_adapter.coding.drugs import Release
from fhir_adapter.coding.release_text import Edition
from fhir_adapter.coding.rulebook import PolicySource, Reading, Rule, Rulebook
from fhir_adapter.coding.tables import AddOn, AddOnRelease, Tables
from fhir_adapter.rulebooks import load_rulebook

FIRST, MIDDLE, LAST = date(2026, 1, 1), date(2026, 7, 1), date(2026, 12, 31)
SHIPPED = load_rulebook("cpt-2026").readings[0]
RULE = Rule(id="R1", title="A rule", says="What it says.", source="Where it stands.", first=FIRST)


def reading(first, last=None, **more):
    said = {"sources": {}, "decisions": {}} | more
    return Reading(first=first, last=last, policies=SHIPPED.policies, **said)


def book(*readings, tables=None, **more):
    return Rulebook(
        name="own", title="Our own", hash="sha256:1", policies={}, alternatives={}, rules={}, readings=readings,
        tables=tables or Tables(hash="sha256:2"), **more,
    )  # fmt: skip


@pytest.mark.parametrize("one", [RULE, reading(FIRST)])
def test_a_rule_holds_from_its_first_day_to_its_last(one):
    days = date(2025, 12, 31), FIRST, LAST, date(2027, 1, 1)
    assert [one.in_force(day) for day in days] == [False, True, True, True]
    assert [replace(one, last=LAST).in_force(day) for day in days] == [False, True, True, False]


def test_the_date_of_service_and_the_payer_pick_the_reading():
    early, late, acmes = reading(FIRST, date(2026, 6, 30)), reading(MIDDLE, LAST), reading(MIDDLE)
    own = book(early, late, payer_readings={"acme": (acmes,)})
    assert own.reading(FIRST, None) is early
    assert own.reading(date(2026, 6, 30), "other") is early
    assert own.reading(MIDDLE, None) is late
    assert own.reading(MIDDLE, "acme") is acmes
    assert own.reading(FIRST, "acme") is None
    assert own.reading(date(2027, 1, 1), None) is None


def test_a_rulebook_is_shown_by_its_name_and_hash():
    assert repr(book()) == "Rulebook('own', 'sha256:1')"


def test_citations_stand_once_in_their_order_those_of_a_policy_before_those_of_a_decision():
    one = reading(
        FIRST,
        sources={"midnight": PolicySource("by the day", ("R2", "R1")), "hours": PolicySource("a policy too", ("R5",))},
        decisions={"push": ("R1", "R3"), "hours": ("R4",)},
    )
    assert one.cite("push", "midnight") == ("R1", "R3", "R2")
    assert one.cite("midnight", "push") == ("R2", "R1", "R3")
    assert one.cite("midnight", "push") == ("R2", "R1", "R3")
    assert one.cite("hours") == ("R5",)
    assert one.cite() == ()


def test_what_was_cited_is_kept_and_no_other_reading_sees_it():
    one, other = reading(FIRST, decisions={"push": ("R1",)}), reading(FIRST, decisions={"push": ("R2",)})
    assert one.cite("push") is one.cite("push")
    assert other.cite("push") == ("R2",)


@pytest.mark.parametrize(
    ("keys", "key"),
    [
        ({"drug": "x", "rxcui": "1", "ndc": "2"}, "2"),
        ({"drug": "x", "rxcui": "1", "ndc": "9"}, "1"),
        ({"drug": " Denosumab "}, "denosumab"),
        ({"drug": "x"}, None),
        ({"drug": None}, None),
    ],
)
def test_a_class_is_known_by_ndc_then_rxcui_then_name(keys, key):
    one = reading(FIRST, drug_classes={"denosumab": "chemotherapy", "1": "therapeutic", "2": "hydration"})
    assert one.class_key(gave("a", "09:00", **keys)) == key
    assert reading(FIRST).class_key(gave("a", "09:00", **keys)) is None


ADD_ONS = AddOnRelease(
    Edition("add-on", "2026Q3", date(2026, 7, 1), date(2026, 9, 30)),
    {"96415": AddOn(frozenset({"96413"}), frozenset({"96416"})), "96367": AddOn(frozenset({"96365"}))},
)
ASKED = Release("add-on", "2026Q3", 0)


def parents(own, code, *, on=MIDDLE, payer=None, setting="facility"):
    return own.permitted_parents(code, Visit(id="v", setting=setting, payer=payer, administrations=()), on)


def test_the_primaries_of_an_add_on_are_the_rulebooks_and_else_those_of_the_table():
    tables = Tables(hash="sha256:2", add_ons=(ADD_ONS,))
    acmes = reading(FIRST, parents={"96367": ("96413",)})
    own = book(reading(MIDDLE, parents={"96415": ("1",)}), tables=tables, payer_readings={"acme": (acmes,)})
    assert parents(own, "96415") == (frozenset({"1"}), None)
    assert parents(own, "96415", payer="acme") == (frozenset({"96413"}), ASKED)
    assert parents(own, "96415", payer="acme", setting="office") == (frozenset({"96413", "96416"}), ASKED)
    assert parents(own, "96367", payer="acme") == (frozenset({"96413"}), None)
    assert parents(own, "96367") == (frozenset({"96365"}), ASKED)
    assert parents(own, "96413") == (None, ASKED)


def test_a_day_without_a_reading_asks_the_table_of_that_day():
    own = book(reading(MIDDLE, parents={"96415": ("1",)}), tables=Tables(hash="sha256:2", add_ons=(ADD_ONS,)))
    assert parents(own, "96415", on=FIRST) == (frozenset({"96413"}), Release("add-on", "2026Q3", -181))
    assert parents(book(), "96415") == (None, None)
