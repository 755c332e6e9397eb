"""A preauthorization that the source names becomes what the visit is compared with."""

import pytest
from chart_builder import administration, chart, coverage, encounter, period, resource, visit, words

from fhir_adapter.normalize import visits_of
from fhir_adapter.vocabulary import CPT, HCPCS


def item(system, code, units=None):
    concept = {"coding": [{"system": system, "code": code}]}
    return {"productOrService": concept} | ({"quantity": {"value": units}} if units else {})


def answer(**changes):
    defaults = {
        "id": "r1",
        "identifier": [{"system": "urn:auth", "value": "77"}],
        "status": "active",
        "use": "preauthorization",
        "outcome": "complete",
        "patient": {"reference": "Patient/p1"},
        "request": {"reference": "Claim/c1"},
        "preAuthPeriod": period("2026-05-01", "2026-05-31"),
    }
    return resource("ClaimResponse", defaults, changes)


def claim(*items, **changes):
    return resource("Claim", {"id": "c1", "item": list(items)}, changes)


ASKED = claim(item(CPT, "96413"), item(HCPCS, "J9263", 306), item(CPT, "96413", 2), item("urn:own", "77"))


def authorized(*resources, system="urn:auth"):
    read = visit(administration(), encounter(), coverage(), *resources, preauthorization_system=system)
    return read.visit.authorized and [(each.code, each.units) for each in read.visit.authorized]


def test_the_items_of_the_request_that_was_granted():
    assert authorized(answer(), ASKED) == [("96413", 3), ("J9263", 306)]


def test_only_where_the_source_names_the_system():
    assert authorized(answer(), ASKED, system=None) is None
    assert authorized(answer(), ASKED, system="urn:other") is None


@pytest.mark.parametrize(
    "changes",
    [
        {"status": "cancelled"},
        {"use": "claim"},
        {"outcome": "queued"},
        {"patient": {"reference": "Patient/p2"}},
        {"request": {"reference": "Claim/elsewhere"}},
        {"preAuthPeriod": period("2026-06-01", "2026-06-30")},
    ],
)
def test_another_ones_not_granted_or_of_another_time_is_none(changes):
    assert authorized(answer(**changes), ASKED) is None


def test_several_are_one_list_and_an_amount_that_is_no_number_of_units_is_left_out():
    second = answer(id="r2", request={"reference": "Claim/c2"}, preAuthPeriod={})
    more = claim(item(CPT, "96415", 2), item(CPT, "96417", 1.5), id="c2")
    assert authorized(answer(), ASKED, second, more) == [("96413", 3), ("96415", 2), ("J9263", 306)]


def test_it_is_traced():
    (read,) = visits_of(
        chart(administration(), encounter(), coverage(), answer(), ASKED),
        words(preauthorization_system="urn:auth"),
        traced=True,
    )
    assert [row.path for row in read.trace if row.field == "authorized"] == ["Claim/c1.item"]
