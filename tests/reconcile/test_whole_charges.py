"""A charge as a whole, from its line, its share and its encounter; and an item of the EHR as a whole."""

import json
from datetime import UTC, date, datetime

import pytest
from reconcile.charges import DAY

from fhir_adapter.coding.model import Administration, Line, Share, Visit, VisitResult
from fhir_adapter.fhir_r4 import CodeableConcept, Coding, Encounter, Reference
from fhir_adapter.reconcile import (
    Charge,
    ChargeKey,
    Place,
    Provenance,
    Reason,
    SeenItem,
    charges_of,
    seen_item,
)


def at(hour, minute=0):
    return datetime(2026, 5, 4, hour, minute, tzinfo=UTC)


def given(name, start, stop=None, technique="infusion", encounter="e1"):
    return Administration(id=name, technique=technique, start=start, stop=stop, encounter=encounter)


def line(shares, rests_on, code="96413", **more):
    fields = {"system": "CPT", "date": DAY, "because": "so", "citations": ("R2.2",), "minutes": 60}
    units = sum(share.units for share in shares)
    return Line(code=code, units=units, shares=tuple(shares), administrations=rests_on, **(fields | more))


def charges(lines, administrations, encounters):
    result = VisitResult(
        id="v",
        rulebook="cpt-2026",
        rulebook_hash="sha256:1",
        data_hash="sha256:2",
        engine="3",
        disposition="billable",
        lines=tuple(lines),
        findings=(),
    )
    visit = Visit(id="v", setting="facility", administrations=tuple(administrations))
    return charges_of(result, visit, encounters, "main")


def charge(**more):
    fields = {
        "key": ChargeKey(source="main", encounter="e1", date=DAY, code="96413"),
        "system": "CPT",
        "units": 1,
        "administrations": ("a1",),
        "start": at(9),
        "stop": at(10),
        "minutes": 60,
        "because": "so",
        "citations": ("R2.2",),
        "rulebook": "cpt-2026",
        "provenance": Provenance(rulebook_hash="sha256:1", data_hash="sha256:2", engine="3"),
        "place": Place(subject=""),
    }
    return Charge(**(fields | more))


def test_a_charge_takes_everything_from_its_line_and_its_encounter():
    concept = CodeableConcept(
        coding=(Coding(system="icd", code=" C83.3 ", display="  "), Coding(code="x")), text=" lymphoma "
    )
    encounter = Encounter(
        id="e1",
        subject=Reference(reference="Patient/1"),
        account=(Reference(reference="Account/9"), Reference(), Reference(reference="Account/8")),
        service_provider=Reference(reference="Organization/riverside"),
        reason_code=(concept, CodeableConcept(text="  ")),
    )
    lines = [line([Share("e1", 2)], ("a1",), modifiers=("XE", "59"), ndc="50242005121")]
    assert charges(lines, [given("a1", at(9), at(10))], {"e1": encounter}) == (
        charge(
            key=ChargeKey(
                source="main", encounter="e1", date=DAY, code="96413", modifiers=("XE", "59"), ndc="50242005121"
            ),
            units=2,
            place=Place(
                subject="Patient/1",
                accounts=("Account/9", "Account/8"),
                performer="Organization/riverside",
                reasons=(
                    Reason(codings=(("icd", "C83.3", None), (None, "x", None)), text="lymphoma"),
                    Reason(),
                ),
            ),
        ),
    )


def test_an_encounter_that_says_nothing_gives_an_empty_place():
    assert charges([line([Share("e1", 1)], ("a1",))], [given("a1", at(9), at(10))], {"e1": Encounter(id="e1")}) == (
        charge(),
    )


def test_a_share_without_a_ground_of_its_own_encounter_rests_on_all_of_the_line():
    administrations = [given("a1", at(9), at(10)), given("a2", at(12), at(13))]
    made = charges([line([Share("e2", 1)], ("a2", "a1"))], administrations, {"e2": Encounter(id="e2")})
    key = ChargeKey(source="main", encounter="e2", date=DAY, code="96413")
    assert made == (charge(key=key, administrations=("a2", "a1"), stop=at(13)),)


@pytest.mark.parametrize(
    ("technique", "stop", "until"),
    [
        ("infusion", at(10), at(10)),
        ("sc-infusion", at(10), at(10)),
        ("intra-arterial-infusion", at(10), at(10)),
        ("push", at(10), None),
        ("pump", at(10), None),
        ("infusion", None, None),
        ("infusion", at(9), None),
    ],
)
def test_only_what_is_infused_has_an_end(technique, stop, until):
    (made,) = charges(
        [line([Share("e1", 1)], ("a1",))], [given("a1", at(9), stop, technique)], {"e1": Encounter(id="e1")}
    )
    assert (made.start, made.stop) == (at(9), until)


SITTINGS = {"e1": Encounter(id="e1"), "e1#2": Encounter(id="e1")}


@pytest.mark.parametrize(
    ("first", "second", "start", "stop"),
    [
        ((at(9), at(10)), (at(20), at(21)), at(9), at(21)),
        ((at(20), at(21)), (at(9), at(10)), at(9), at(21)),
        ((at(9), at(12)), (at(10), at(11)), at(9), at(12)),
        ((at(9), None), (at(20), None), at(9), at(20)),
        ((at(9), None), (at(9), None), at(9), None),
    ],
)
def test_two_sittings_of_one_encounter_are_one_charge_from_the_first_to_the_last(first, second, start, stop):
    administrations = [given("a1", *first), given("a2", *second, encounter="e1#2")]
    lines = [line([Share("e1", 1), Share("e1#2", 2)], ("a1", "a2"))]
    assert charges(lines, administrations, SITTINGS) == (
        charge(units=3, administrations=("a1", "a2"), start=start, stop=stop),
    )


def test_one_mixture_in_two_sittings_is_named_once():
    administrations = [given("a1#1", at(9), at(10)), given("a1#2", at(9), at(10), encounter="e1#2")]
    (made,) = charges([line([Share("e1", 1), Share("e1#2", 1)], ("a1#1", "a1#2"))], administrations, SITTINGS)
    assert (made.administrations, made.units) == (("a1",), 2)


def test_three_shares_of_one_key_and_another_line_between_them():
    administrations = [given("a1", at(9), at(10)), given("a2", at(12), at(13), encounter="e1#2")]
    lines = [
        line([Share("e1", 1)], ("a1",)),
        line([Share("e1", 5)], ("a1",), code="96415"),
        line([Share("e1#2", 2)], ("a2",)),
    ]
    made = charges(lines, administrations, SITTINGS)
    assert [(one.key.code, one.units) for one in made] == [("96413", 3), ("96415", 5)]


@pytest.mark.parametrize("label", ["e9", None])
def test_a_share_of_an_encounter_that_the_visit_does_not_have_is_refused(label):
    told = "^line 96413: a share in an encounter that the visit does not have$"
    with pytest.raises(ValueError, match=told):
        charges([line([Share(label, 1)], ("a1",))], [given("a1", at(9))], {"e1": Encounter(id="e1")})


def test_a_share_without_an_encounter_is_of_the_one_without_a_label():
    administrations = [given("a1", at(9), at(10), encounter=None)]
    assert charges([line([Share(None, 1)], ("a1",))], administrations, {"": Encounter(id="e1")}) == (charge(),)


SYSTEM = "https://example.org/fhir-adapter/charge-line/main"


def seen(**elements):
    body = json.dumps({"resourceType": "ChargeItem", "id": "c1"} | elements).encode()
    return seen_item(body, our_system=SYSTEM, zone=UTC)


def test_an_item_that_says_everything():
    assert seen(
        meta={"versionId": "7"},
        status="billed",
        context={"reference": "https://ehr.example/fhir/Encounter/e1/_history/3"},
        code={"coding": [{"code": " j9312"}, {"display": "no code"}, {"code": "J9312"}, {"code": "4711"}]},
        occurrenceDateTime="2026-05-04T23:00:00-05:00",
        occurrencePeriod={"start": "2026-05-09"},
        quantity={"value": 6.50},
        identifier=[
            {"system": "other", "value": "x"},
            {"system": SYSTEM, "value": "y"},
            {"system": SYSTEM, "value": "z"},
        ],
    ) == SeenItem(
        id="c1",
        version="7",
        status="billed",
        encounter="e1",
        codes=("J9312", "4711"),
        date=date(2026, 5, 5),
        units="6.5",
        identifier="y",
    )


def test_an_item_that_says_nothing():
    assert seen() == SeenItem(
        id="c1", version=None, status="unknown", encounter="", codes=(), date=None, units=None, identifier=None
    )


def test_a_period_is_asked_before_a_timing_and_a_timing_by_its_first_moment():
    timing = {"event": ["2026-05-06T09:00:00Z", "2026-05-07T09:00:00Z"]}
    assert seen(occurrenceTiming=timing).date == date(2026, 5, 6)
    assert seen(occurrenceTiming=timing, occurrencePeriod={"end": "2026-05-01"}).date == date(2026, 5, 6)
    assert seen(occurrenceTiming=timing, occurrencePeriod={"start": "2026-05-05"}).date == date(2026, 5, 5)


def test_a_quantity_of_nothing_is_nothing_and_a_context_without_reference_is_no_encounter():
    assert seen(quantity={"value": 0}).units == "0"
    assert seen(quantity={"unit": "mg"}).units is None
    assert seen(context={"display": "a visit"}).encounter == ""
