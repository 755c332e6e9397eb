"""From charges to lines: what is one line, its units, shares and sentence, and the order of all lines (D31, D36)."""

from __future__ import annotations

from datetime import date, datetime, timedelta, timezone

import pytest
from coding.drugs_by_hand import reading_of
from msgspec.structs import replace

from fhir_adapter.coding.classify import givens_of
from fhir_adapter.coding.drugs import unknown_drugs
from fhir_adapter.coding.given import Charge, Given
from fhir_adapter.coding.lines import in_order, is_drug, lines_of
from fhir_adapter.coding.model import Administration, Line, Share, Visit

NINE = datetime(2026, 5, 4, 9, tzinfo=timezone(timedelta(hours=-5)))


def a_given(name: str, hour: int, place: int) -> Given:
    one = Administration(
        id=name, drug=name, drug_class="therapeutic", technique="push", start=NINE + timedelta(hours=hour - 9)
    )
    ((given,), _) = givens_of(
        Visit(id="v", setting="facility", administrations=(one,)), {None: reading_of()}, unknown_drugs
    )
    return replace(given, place=place)


EARLY, LATE = a_given("early", 9, 1), a_given("late", 12, 0)


def charge(code: str = "96375", *givens: Given, **more: object) -> Charge:
    default = {"date": date(2026, 5, 4), "site": (None, 0), "because": f"{code} was charged.", "cites": ("R5",)}
    return Charge(code=code, givens=givens or (EARLY,), **default | more)


def line(code: str, **more: object) -> Line:
    default = {"system": "CPT", "units": 1, "date": date(2026, 5, 4), "shares": (), "administrations": ()}
    return Line(code=code, because="Because.", citations=(), **default | more)


def test_a_charge_alone_is_a_line_with_all_that_it_says() -> None:
    (made,) = lines_of([charge("96366", EARLY, LATE, units=2, modifiers=("XS",), minutes=150, site=("a", 1))])
    assert made == Line(
        code="96366",
        system="CPT",
        units=2,
        modifiers=("XS",),
        date=date(2026, 5, 4),
        ndc=None,
        shares=(Share("a", 2),),
        administrations=("early", "late"),
        minutes=150,
        because="96366 was charged.",
        citations=("R5",),
    )


def test_same_charges_are_one_line_told_by_time_with_what_each_encounter_has() -> None:
    late = charge("96375", LATE, units=2, site=("b", 0), because="late was pushed.", cites=("R3", "R5"), minutes=20)
    early = charge("96375", EARLY, site=("a", 0), because="early was pushed.", cites=("R5", "R9"), minutes=3)
    again = charge("96375", LATE, site=("b", 1), because="late was pushed.", cites=("R9",), minutes=20)
    assert lines_of([late, early, again]) == (
        Line(
            code="96375",
            system="CPT",
            units=4,
            date=date(2026, 5, 4),
            shares=(Share("a", 1), Share("b", 3)),
            administrations=("early", "late"),
            minutes=23,
            because="early was pushed; late was pushed.",
            citations=("R5", "R9", "R3"),
        ),
    )


def test_what_started_together_is_told_in_the_order_of_the_file() -> None:
    first, second = a_given("first", 9, 0), a_given("second", 9, 1)
    (made,) = lines_of([charge("96375", second, because="second."), charge("96375", first, because="first.")])
    assert (made.because, made.administrations) == ("first; second.", ("first", "second"))


def test_the_hours_of_one_infusion_count_its_minutes_once_and_no_minutes_are_none() -> None:
    assert lines_of([charge(minutes=150), charge(minutes=150)])[0].minutes == 150
    assert lines_of([charge(), charge()])[0].minutes is None
    assert lines_of([charge("96375", EARLY), charge("96375", LATE, minutes=20)])[0].minutes == 20


def test_another_date_modifier_or_code_is_another_line() -> None:
    other_date = charge("96374", date=date(2026, 5, 5))
    made = lines_of([other_date, charge("96375"), charge("96375", modifiers=("59",)), charge("96366")])
    assert [(one.date.day, one.code, one.modifiers, one.units) for one in made] == [
        (4, "96366", (), 1),
        (4, "96375", (), 1),
        (4, "96375", ("59",), 1),
        (5, "96374", (), 1),
    ]


@pytest.mark.parametrize(
    ("code", "system", "drug"),
    [("96365", "CPT", False), ("G0498", "HCPCS", False), ("C8957", "HCPCS", False), ("J1100", "HCPCS", True)],
)
def test_digits_are_cpt_and_two_letter_codes_are_no_drug(code: str, system: str, drug: bool) -> None:
    assert lines_of([charge(code)])[0].system == system
    assert is_drug(code) is drug


def test_lines_stand_by_date_then_services_then_drugs_by_code_modifier_and_ndc() -> None:
    ordered = (
        line("96413"),
        line("96413", modifiers=("59",)),
        line("96415"),
        line("G0498"),
        line("J1100"),
        line("J1100", ndc="00000000001"),
        line("J1100", ndc="00000000002"),
        line("J1100", modifiers=("JW",)),
        line("J9999"),
        line("96365", date=date(2026, 5, 5)),
    )
    assert in_order(tuple(reversed(ordered))) == ordered
    assert in_order((ordered[8], ordered[0], ordered[9], *ordered[1:8])) == ordered
