"""Into which site each administration goes, and what is said where labels were not followed (D13, D15)."""

from __future__ import annotations

import pytest
from coding.drugs_by_hand import reading_of
from coding.timeline import coded, found, gave

from fhir_adapter.coding.classify import givens_of
from fhir_adapter.coding.drugs import unknown_drugs
from fhir_adapter.coding.given import Given
from fhir_adapter.coding.model import Finding, Visit
from fhir_adapter.coding.site import encounters_of, sites_of

Name = str


def givens(*administrations) -> list[Given]:
    encounters = {one.encounter for one in administrations}
    visit = Visit(id="v", setting="facility", administrations=administrations)
    return givens_of(visit, dict.fromkeys(encounters, reading_of()), unknown_drugs)[0]


def sites(*administrations, **policies) -> tuple[list[list[Name]], list[Finding]]:
    found_sites, findings = sites_of(givens(*administrations), reading_of(**policies))
    return [[given.name for given in site] for site in found_sites], findings


def as_one(labels: int, *names: Name) -> Finding:
    return Finding(
        id="sites-as-one",
        severity="info",
        administrations=names,
        message=f"{labels} labelled lines are coded as one site: none of them is documented as medically necessary.",
        fix="If a second vascular access was medically necessary, document it (site_required).",
    )


USUAL = gave("usual", "09:00-10:00")
PORT = gave("port", "10:00-11:00", site="port")
ARM = gave("arm", "11:00-12:00", site="arm")
HAND = gave("hand", "12:00-13:00", site="hand")
NEEDED = gave("needed", "13:00-14:00", site="arm", site_required=True)
NEEDED_TOO = gave("needed too", "14:00-15:00", site="Arm", site_required=True)


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ([USUAL], [["usual"]]),
        ([USUAL, PORT], [["usual", "port"]]),
        ([NEEDED], [["needed"]]),
        ([NEEDED, ARM], [["needed", "arm"]]),
        ([USUAL, NEEDED], [["usual"], ["needed"]]),
        ([PORT, NEEDED], [["port"], ["needed"]]),
        ([NEEDED, PORT], [["port"], ["needed"]]),
        ([ARM, PORT, NEEDED], [["port"], ["arm", "needed"]]),
        ([NEEDED, NEEDED_TOO], [["needed too"], ["needed"]]),
        ([NEEDED_TOO, USUAL, NEEDED], [["usual"], ["needed too"], ["needed"]]),
        ([gave("said", "09:00-10:00", site_required=True), PORT], [["said", "port"]]),
    ],
)
def test_a_label_is_a_site_of_its_own_where_one_of_it_was_required(given, expected) -> None:
    assert sites(*given) == (expected, [])


def test_several_labels_that_nobody_required_are_one_site_and_are_named() -> None:
    assert sites(USUAL, PORT, ARM) == ([["usual", "port", "arm"]], [as_one(2, "usual", "port", "arm")])
    assert sites(PORT, ARM, HAND) == ([["port", "arm", "hand"]], [as_one(3, "port", "arm", "hand")])
    assert sites(PORT, HAND, NEEDED) == ([["port", "hand"], ["needed"]], [as_one(2, "port", "hand")])


@pytest.mark.parametrize("given", [[PORT, ARM], [USUAL, NEEDED], [PORT, HAND, NEEDED]])
def test_where_a_rulebook_knows_one_site_labels_are_nothing(given) -> None:
    assert sites(*given, required_second_site="same-site") == ([[one.id for one in given]], [])


def test_a_bag_is_required_where_any_of_its_drugs_is() -> None:
    bag = [
        gave("m", "10:00-11:00", site="arm"),
        gave("n", "10:00-11:00", site="arm", same_bag_as="m", site_required=True),
    ]
    assert sites(USUAL, *bag) == ([["usual"], ["m with n"]], [])
    labelled = [gave("m", "10:00-11:00", site="arm"), gave("n", "10:00-11:00", site="arm", same_bag_as="m")]
    assert sites(PORT, *labelled) == ([["port", "m with n"]], [as_one(2, "port", "m", "n")])


def test_encounters_stand_by_their_first_start_and_what_they_hold_by_time() -> None:
    late = gave("late", "12:00-13:00", encounter="a")
    early = gave("early", "09:00-10:00", encounter="b")
    later = gave("later", "13:00-14:00", encounter="b")
    first = gave("first", "11:00-12:00", encounter="a")
    same = gave("same", "11:00-12:00", encounter="a")
    told = [[given.name for given in encounter] for encounter in encounters_of(givens(late, later, early, first, same))]
    assert told == [["early", "later"], ["first", "same", "late"]]


def test_a_visit_hands_the_finding_on() -> None:
    assert found(coded(PORT, ARM), "sites-as-one") == [as_one(2, "port", "arm")]
