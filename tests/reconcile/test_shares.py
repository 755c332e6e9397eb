"""From lines to charges: one a share, resting on what its own encounter gave."""

from datetime import date, datetime
from decimal import Decimal

import pytest
from reconcile.charges import DAY

from fhir_adapter.coding.model import Administration, Line, Quantity, Share, Visit, VisitResult
from fhir_adapter.fhir_r4 import CodeableConcept, Coding, Encounter, Reference
from fhir_adapter.reconcile import charges_of


def given(name, start, stop=None, technique="infusion", encounter="e1"):
    start, stop = (datetime.fromisoformat(f"2026-05-04T{at}:00-05:00") if at else None for at in (start, stop))
    return Administration(
        id=name, technique=technique, start=start, stop=stop, encounter=encounter, dose=Quantity(Decimal(1), "mg")
    )


def line(code, shares, rests_on, **changes):
    fields = {"system": "HCPCS", "date": DAY, "because": "so", "citations": ("R2.2",)}
    shares = tuple(Share(*share) for share in shares)
    units = sum(share.units for share in shares)
    return Line(code=code, units=units, shares=shares, administrations=rests_on, **(fields | changes))


def encounter(name):
    return Encounter(
        id=name,
        subject=Reference(reference="Patient/1"),
        account=(Reference(reference="Account/9"),),
        service_provider=Reference(reference="Organization/riverside"),
        reason_code=(CodeableConcept(coding=(Coding(system="icd", code="C83.3"),), text="lymphoma"),),
    )


def charges(lines, administrations, encounters=None):
    visit = Visit(id="v", setting="facility", administrations=tuple(administrations))
    result = VisitResult(
        id="v",
        rulebook="cpt-2026",
        rulebook_hash="sha256:1",
        data_hash="sha256:2",
        engine="1",
        disposition="billable",
        lines=tuple(lines),
        findings=(),
    )
    return charges_of(result, visit, encounters or {"e1": encounter("e1"), "e2": encounter("e2")}, "main")


def test_each_share_is_a_charge_of_its_encounter():
    administrations = [given("a1", "09:00", "10:00"), given("a2", "14:00", "15:00", encounter="e2")]
    first, second = charges([line("J9312", [("e1", 50), ("e2", 18)], ("a1", "a2"))], administrations)
    assert (first.key.encounter, first.units, first.administrations) == ("e1", 50, ("a1",))
    assert (second.key.encounter, second.units, second.administrations) == ("e2", 18, ("a2",))
    assert (first.start.hour, first.stop.hour, second.start.hour, second.stop.hour) == (9, 10, 14, 15)


def test_the_identifier_keeps_empty_parts_empty_and_never_changes_its_form():
    administrations = [given("a1", "09:00", "10:00")]
    bare, full = charges(
        [
            line("96413", [("e1", 1)], ("a1",), system="CPT"),
            line("J9312", [("e1", 1)], ("a1",), modifiers=("JZ", "XE"), ndc="50242005306", date=date(2026, 5, 5)),
        ],
        administrations,
    )
    assert bare.key.identifier == "e1.2026-05-04.96413.."
    assert full.key.identifier == "e1.2026-05-05.J9312.JZ-XE.50242005306"


@pytest.mark.parametrize(
    ("administrations", "stop"),
    [
        ([given("a1", "09:00", "10:30")], "10:30"),
        ([given("a1", "09:00", "09:10", technique="push")], None),
        ([given("a1", "09:00", technique="im")], None),
        ([given("a1", "09:00", "21:00", technique="pump")], None),
        ([given("a1", "09:00", technique="push"), given("a2", "11:00", technique="push")], "11:00"),
    ],
)
def test_it_occurred_from_the_first_start_to_the_last_stop_or_at_a_point(administrations, stop):
    [charge] = charges([line("96413", [("e1", 1)], tuple(one.id for one in administrations))], administrations)
    assert charge.start.strftime("%H:%M") == "09:00"
    assert (charge.stop and charge.stop.strftime("%H:%M")) == stop


def test_drugs_of_one_mixture_are_one_medication_administration():
    administrations = [given("a1#1", "09:00", "10:00"), given("a1#2", "09:00", "10:00")]
    [charge] = charges([line("96413", [("e1", 1)], ("a1#1", "a1#2"))], administrations)
    assert charge.administrations == ("a1",)


def test_two_sittings_of_one_encounter_under_one_key_are_one_charge():
    administrations = [given("a1", "09:00", "10:00"), given("a2", "20:00", "21:00", encounter="e1#2")]
    labels = {"e1": encounter("e1"), "e1#2": encounter("e1")}
    [charge] = charges([line("96415", [("e1", 1), ("e1#2", 2)], ("a1", "a2"))], administrations, labels)
    assert (charge.key.encounter, charge.units, charge.administrations) == ("e1", 3, ("a1", "a2"))
    assert (charge.start.hour, charge.stop.hour) == (9, 21)


def test_the_place_is_the_encounters():
    [charge] = charges([line("96413", [("e1", 1)], ("a1",))], [given("a1", "09:00", "10:00")])
    place = charge.place
    assert (place.subject, place.accounts, place.performer) == ("Patient/1", ("Account/9",), "Organization/riverside")
    assert place.reasons[0].codings == (("icd", "C83.3", None),)


def test_a_share_of_an_unknown_encounter_is_refused():
    with pytest.raises(ValueError, match="96413"):
        charges([line("96413", [("e9", 1)], ("a1",))], [given("a1", "09:00", "10:00")])
