"""Sixty visits, fifteen planted disagreements of eleven causes: the report finds each, to the cent of a sum by hand."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import msgspec
import pytest

from fhir_adapter.catalog import load_catalog
from fhir_adapter.coding import code_visit
from fhir_adapter.coding.model import Administration, Quantity, Visit
from fhir_adapter.history.page import as_page
from fhir_adapter.history.report import report
from fhir_adapter.history.side import CodedVisit, PersonsCharge
from fhir_adapter.history.text import as_csv, as_text
from fhir_adapter.rulebooks import load_rulebook

FIRST = date(2026, 5, 1)
LAST = FIRST + timedelta(days=29)
RATES = {
    "96365": Decimal("217.31"),
    "96366": Decimal("47.84"),
    "96367": Decimal("73.67"),
    "96375": Decimal("47.84"),
    "96413": Decimal("336.12"),
    "96415": Decimal("73.67"),
    "96417": Decimal("73.67"),
    "J1100": Decimal("0.15"),
    "J9312": Decimal("70.00"),
    "J2405": Decimal("0.10"),
}
"""Dollars a unit, for these sums only."""


def given(name, technique, drug, start, stop, dose, day, encounter):
    at = datetime(day.year, day.month, day.day, tzinfo=UTC)
    return Administration(
        id=name,
        technique=technique,
        drug=drug,
        start=at + timedelta(minutes=start),
        stop=None if stop is None else at + timedelta(minutes=stop),
        dose=Quantity(Decimal(dose), "mg"),
        site="left arm",
        encounter=encounter,
    )


def visit_of(number):
    """Even: rituximab four hours after a push of dexamethasone; odd: two therapeutic infusions, the first two hours."""
    day, encounter = FIRST + timedelta(days=number % 27), f"e{number}"
    if number % 2 == 0:
        rows = [
            ("a", "push", "dexamethasone", 600, 605, "10"),
            ("b", "infusion", "rituximab", 620, 860, "680"),
        ]
    else:
        rows = [
            ("a", "infusion", "vancomycin", 600, 720, "1000"),
            ("b", "infusion", "ondansetron", 725, 760, "8"),
        ]
    administrations = tuple(given(*row, day, encounter) for row in rows)
    return Visit(id=encounter, setting="facility", administrations=administrations)


@pytest.fixture(scope="module")
def visits():
    book, drugs = load_rulebook("cpt-2026"), load_catalog()
    made = [(number, visit_of(number)) for number in range(60)]
    return [
        CodedVisit(
            number=number, key=f"e{number}", state="shadow", visit=visit, lines=code_visit(visit, book, drugs).lines
        )
        for number, visit in made
    ]


def charges_of(visits):
    """People charged what the rules derive."""
    return [
        PersonsCharge(
            encounter=f"e{visit.number}",
            date=line.date,
            code=line.code,
            units=Decimal(line.units),
            modifiers=line.modifiers,
        )
        for visit in visits
        for line in visit.lines
    ]


PLANTED = {
    # visit: (code charged, instead: (code, units) charged; None: not charged)
    1: [("96367", ("96365", 1))],  # a second initial
    3: [("96367", ("96365", 1))],
    5: [("96366", None)],  # the second hour forgotten
    7: [("96366", None)],
    9: [("96366", ("96366", 2))],  # an hour too many
    0: [("J9312", ("J9312", 680))],  # milligrams
    2: [("J9312", ("J9312", 2))],  # vials
    4: [("J9312", ("J9312", 2))],
    6: [("96415", ("96417", 3))],  # hours as new drugs
    8: [("96375", None)],  # the push forgotten
    10: [("96375", None)],
    12: [("J1100", None)],  # the drug forgotten
    14: [("J9312", ("J9311", 68))],  # another code
    16: [("96413", ("96365", 1))],  # therapeutic for chemotherapy
    18: "nothing",
}


def planted(charges):
    for charge in charges:
        number = int(charge.encounter[1:])
        changes = PLANTED.get(number, [])
        if changes == "nothing":
            continue
        instead = next((new for code, new in changes if code == charge.code), ())
        if instead == ():
            yield charge
        elif instead:
            code, units = instead
            yield PersonsCharge(encounter=charge.encounter, date=charge.date, code=code, units=Decimal(units))


def rate(code, setting, on):
    return RATES.get(code)


def made(visits, charges):
    return report("main", visits, charges, rate, FIRST, LAST)


def test_the_lines_are_those_the_plants_assume(visits):
    even, odd = ({line.code: line.units for line in visits[number].lines} for number in (0, 1))
    assert even == {"96413": 1, "96415": 3, "96375": 1, "J9312": 68, "J1100": 10}
    assert {code: units for code, units in odd.items() if code.startswith("96")} == {"96365": 1, "96366": 1, "96367": 1}


def test_the_same_on_both_sides_agrees(visits):
    same = made(visits, charges_of(visits))
    assert (same.agreeing, len(same.compared), same.causes) == (60, 60, ())
    assert same.lines[0] == same.lines[1]


def test_finds_every_plant_and_no_other(visits):
    found = made(visits, planted(charges_of(visits)))
    assert {cause.cause: set(cause.visits) for cause in found.causes} == {
        "initial-not-sequential": {1, 3},
        "missing-hour": {5, 7},
        "hour-too-many": {9},
        "units-are-the-dose": {0},
        "units-by-vial": {2, 4},
        "new-drug-not-hour": {6},
        "service-missing": {8, 10},
        "drug-missing": {12},
        "other-drug-code": {14},
        "class-of-service": {16},
        "visit-not-charged": {18},
    }
    assert (found.agreeing, len(found.compared)) == (45, 60)


def test_its_money_is_the_sum_by_hand(visits):
    found = made(visits, planted(charges_of(visits)))
    # missed: hours 2 × 47.84; vials 2 × (68 − 2) × 70.00; pushes 2 × 47.84; the drug 10 × 0.15;
    # chemotherapy as therapeutic 336.12 − 217.31; the visit 336.12 + 3 × 73.67 + 47.84 + 68 × 70.00 + 10 × 0.15
    missed = Decimal("95.68") + Decimal("9240.00") + Decimal("95.68") + Decimal("1.50") + Decimal("118.81")
    missed += Decimal("336.12") + Decimal("221.01") + Decimal("47.84") + Decimal("4760.00") + Decimal("1.50")
    # beyond: second initials 2 × (217.31 − 73.67); the hour 47.84; milligrams (680 − 68) × 70.00
    excess = Decimal("287.28") + Decimal("47.84") + Decimal("42840.00")
    assert (found.missed, found.excess) == (missed, excess) == (Decimal("14918.14"), Decimal("43175.12"))
    assert sum(cause.unpriced for cause in found.causes) == 1  # J9311 has no rate here


def test_text_csv_and_page_name_every_visit_behind_a_number(visits):
    found = made(visits, planted(charges_of(visits)))
    text, rows, page = as_text(found), as_csv(found).splitlines(), as_page(found)
    assert "visits that agree  45 of 60 (75.0 %)" in text
    assert "missed by people   $14,918.14" in text
    assert "charged beyond     $43,175.12" in text
    assert len(rows) == 16
    assert rows[0].startswith("visit,key,date,cause")
    assert all(f'id="v{number}"' in page for number in PLANTED)
    assert "<svg" in page
    assert "src=" not in page
    assert "http" not in page


def test_open_held_and_fresh_visits_are_not_compared(visits):
    charged_too = msgspec.structs.replace(visits[22], state="held", held_by=("already-charged",))
    assert made([charged_too], charges_of([charged_too])).agreeing == 1
    some = [msgspec.structs.replace(visits[20], state="held"), msgspec.structs.replace(visits[21], state="open")]
    fresh = msgspec.structs.replace(visits[26], number=99)
    found = report("main", [*some, fresh], [], rate, FIRST, fresh.dates[-1])
    assert (found.not_compared, found.compared) == ({"held": (20,), "open": (21,), "not-charged-yet": (99,)}, ())
    text, page = as_text(found), as_page(found)
    assert "not compared: 1 not charged yet; visits 99" in text
    assert "<li>1 held: visits 20</li>" in page


def test_charges_for_an_encounter_that_was_not_coded_are_counted(visits):
    stray = PersonsCharge(encounter="elsewhere", date=FIRST, code="96413", units=Decimal(1))
    assert made(visits[:1], [*charges_of(visits[:1]), stray]).unknown_encounters == ("elsewhere",)
    found = made(visits[:1], [*charges_of(visits[:1]), stray])
    assert "charged, and in no coded visit: 1 encounters; elsewhere" in as_text(found)
    assert "in no coded visit: elsewhere" in as_page(found)


def test_days_without_a_visit_say_which_days_have_some(visits):
    early = report("main", visits, [], rate, LAST + timedelta(days=300), LAST + timedelta(days=329))
    assert (early.compared, early.coded) == ((), (FIRST, FIRST + timedelta(days=26)))
    assert (
        "no visit to compare: the visits that were coded have service dates from 2026-05-01 to 2026-05-27; "
        "--days 359 reaches the first"
    ) in as_text(early)
    assert "--days" not in as_text(
        report("main", visits, [], rate, FIRST - timedelta(days=9), FIRST - timedelta(days=5))
    )
    assert "no visit to compare: none was coded so far" in as_text(made([], []))


def test_the_page_lists_the_visits_that_agree_too(visits):
    assert "<h2>Visits that agree</h2>\n<p>0, 1, 2</p>" in as_page(made(visits[:3], charges_of(visits[:3])))


def test_disagreements_are_rounded_to_the_cent_so_that_what_is_printed_adds_up(visits):
    """A rate of 0.0049: 680 mg charged for 68 units are 2.9988, twice; printed 3.00 each, 6.00 together."""
    charges = [
        msgspec.structs.replace(one, units=Decimal(680)) if one.code == "J9312" else one
        for one in charges_of([visits[0], visits[2]])
    ]
    found = report("main", [visits[0], visits[2]], charges, lambda code, setting, on: Decimal("0.0049"), FIRST, LAST)
    assert [row.rpartition(",")[2] for row in as_csv(found).splitlines()[1:]] == ["3.00", "3.00"]
    assert found.excess == Decimal("6.00")
