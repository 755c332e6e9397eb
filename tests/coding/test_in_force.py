"""D38: the first service date of an encounter picks its reading; a date without a rule makes the visit wait."""

from datetime import date

import pytest
from coding.timeline import gave
from msgspec.structs import replace

from fhir_adapter.coding.in_force import readings_of
from fhir_adapter.coding.model import Finding, Visit
from fhir_adapter.rulebooks import load_rulebook

BOOK = load_rulebook("cpt-2026")
BEFORE = replace(BOOK.readings[0], first=date(2026, 5, 1), last=date(2026, 5, 4))
AFTER = replace(BOOK.readings[0], first=date(2026, 5, 5), last=date(2026, 5, 6))
OWN = replace(BOOK.readings[0], first=date(2026, 5, 5), last=None)
CHANGED = replace(BOOK, readings=(BEFORE, AFTER), payer_readings={"cigna": (OWN,)})


def visit(*administrations, payer=None):
    return Visit(id="v", setting="office", payer=payer, administrations=administrations)


def test_each_encounter_is_read_by_its_first_date():
    chart = visit(
        gave("later", "08:00", encounter="E1", day=5),
        gave("first", "23:00", encounter="E1", day=4),
        gave("second", "09:00", encounter="E2", day=5),
        gave("bare", "10:00", day=4),
    )
    readings = readings_of(chart, CHANGED)
    assert readings == {"E1": BEFORE, "E2": AFTER, None: BEFORE}
    assert BEFORE != AFTER


def test_a_payer_is_read_by_its_own_rules():
    assert readings_of(visit(gave("a", "08:00", day=5), payer="cigna"), CHANGED) == {None: OWN}
    assert readings_of(visit(gave("a", "08:00", day=5), payer="aetna"), CHANGED) == {None: AFTER}


@pytest.mark.parametrize(
    ("administrations", "message"),
    [
        (
            (gave("b", "08:00", day=8), gave("a", "08:00", day=5), gave("c", "08:00", day=7)),
            "The rulebook cpt-2026 has no rule in force on 2026-05-07; its rules begin on 2026-05-01 and end on "
            "2026-05-06.",
        ),
        (
            (gave("b", "08:00"), gave("a", "08:00", day=9), gave("c", "08:00", day=5)),
            "The rulebook cpt-2026 has no rule in force on 2026-05-09; its rules begin on 2026-05-01 and end on "
            "2026-05-06.",
        ),
    ],
)
def test_a_date_without_a_rule_holds_the_whole_visit(administrations, message):
    assert readings_of(visit(*administrations), CHANGED) == Finding(
        id="no-rule-in-force",
        severity="error",
        administrations=("b", "a", "c"),
        message=message,
        fix="Code the visit under a rulebook whose dates cover all of its service dates.",
    )


def test_rules_without_an_end_name_only_their_beginning():
    early = gave("a", "08:00", day=4)
    book = replace(CHANGED, readings=(BEFORE, OWN))
    late = replace(early, start=early.start.replace(year=2025))
    assert readings_of(visit(late), book).message == (
        "The rulebook cpt-2026 has no rule in force on 2025-05-04; its rules begin on 2026-05-01."
    )


def test_one_reading_begins_and_ends_by_itself():
    assert readings_of(visit(gave("a", "08:00", day=9)), replace(BOOK, readings=(BEFORE,))).message == (
        "The rulebook cpt-2026 has no rule in force on 2026-05-09; its rules begin on 2026-05-01 and end on 2026-05-04."
    )
