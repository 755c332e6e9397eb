"""Each boundary of time at one below, at and one above (docs/visit.md sections 4 and 5)."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from fhir_adapter.coding import Administration, Visit, code_visit
from fhir_adapter.rulebooks import load_rulebook

NINE = datetime.fromisoformat("2026-05-04T09:00:00-05:00")


def given(id_: str, start: float, stop: float | None, technique="infusion", kind="therapeutic", **more):
    return Administration(
        id=id_,
        drug=more.pop("drug", id_),
        drug_class=kind,
        technique=technique,
        start=NINE + timedelta(minutes=start),
        stop=None if stop is None else NINE + timedelta(minutes=stop),
        **more,
    )


def codes(*administrations: Administration, book="cpt-2026", setting="facility", **policies: str) -> dict[str, int]:
    overrides = {name.replace("_", "-"): value for name, value in policies.items()}
    visit = Visit(id="v", setting=setting, administrations=administrations)
    units: dict[str, int] = {}
    for line in code_visit(visit, load_rulebook(book, overrides)).lines:
        name = "-".join((line.code, *line.modifiers))
        units[name] = units.get(name, 0) + line.units
    return units


@pytest.mark.parametrize(
    ("ran", "expected"),
    [
        (15, {"96374": 1}),
        (16, {"96365": 1}),
        (90, {"96365": 1}),
        (91, {"96365": 1, "96366": 1}),
        (150, {"96365": 1, "96366": 1}),
        (151, {"96365": 1, "96366": 2}),
    ],
)
def test_minutes_of_an_infusion(ran: int, expected: dict[str, int]) -> None:
    assert codes(given("a", 0, ran)) == expected


@pytest.mark.parametrize(("ran", "hours"), [(89, 0), (90, 1), (149, 1), (150, 2)])
def test_an_additional_hour_at_exactly_90(ran: int, hours: int) -> None:
    found = codes(given("a", 0, ran, kind="chemotherapy"), additional_hour_at_exactly_90="yes")
    assert found.get("96415", 0) == hours


@pytest.mark.parametrize(
    ("ran", "expected"),
    [
        (30, {}),
        (31, {"96360": 1}),
        (90, {"96360": 1}),
        (91, {"96360": 1, "96361": 1}),
        (150, {"96360": 1, "96361": 1}),
        (151, {"96360": 1, "96361": 2}),
    ],
)
def test_minutes_of_hydration(ran: int, expected: dict[str, int]) -> None:
    assert codes(given("a", 0, ran, kind="hydration")) == expected


@pytest.mark.parametrize(("ran", "hours"), [(30, 0), (31, 1), (90, 1), (91, 2)])
def test_hydration_beside_another_initial_service(ran: int, hours: int) -> None:
    found = codes(given("d", 0, 60), given("f", 60, 60 + ran, kind="hydration"))
    assert found.get("96361", 0) == hours
    assert "96360" not in found


@pytest.mark.parametrize(("gap", "hours"), [(4, 0), (5, 1), (6, 0)])
def test_a_bag_change_runs_on_for_five_minutes(gap: int, hours: int) -> None:
    """43 + 43 minutes: the gap of 5 makes 91, the gap of 6 does not count."""
    first = given("a", 0, 43, drug="x", order="o")
    second = given("b", 43 + gap, 43 + gap + 43, drug="x", order="o")
    assert codes(first, second).get("96366", 0) == hours


@pytest.mark.parametrize(("after", "repeats"), [(30, 0), (31, 1)])
def test_a_repeat_push_needs_more_than_30_minutes(after: int, repeats: int) -> None:
    pushes = given("a", 0, 2, "push", drug="x"), given("b", after, after + 2, "push", drug="x")
    assert codes(*pushes).get("96376", 0) == repeats
    assert "96376" not in codes(*pushes, setting="office")


@pytest.mark.parametrize(("ran", "code"), [(479, "96413"), (480, "96413"), (481, "96416")])
def test_a_pump_is_prolonged_beyond_eight_hours(ran: int, code: str) -> None:
    assert code in codes(given("a", 0, ran, "pump", "chemotherapy"))


@pytest.mark.parametrize(("own", "code"), [(15, "96368"), (16, "96367"), (17, "96367")])
def test_a_drug_keeps_sixteen_minutes_of_its_own_or_is_concurrent(own: int, code: str) -> None:
    found = codes(given("c", 0, 60, kind="chemotherapy"), given("t", 30, 60 + own))
    assert found == {"96413": 1, code: 1}


@pytest.mark.parametrize(("ran", "expected"), [(15, {"96372": 1}), (16, {"96369": 1}), (91, {"96369": 1, "96370": 1})])
def test_minutes_under_the_skin(ran: int, expected: dict[str, int]) -> None:
    assert codes(given("a", 0, ran, "sc-infusion")) == expected


@pytest.mark.parametrize(("ran", "expected"), [(15, {"96420": 1}), (16, {"96422": 1}), (91, {"96422": 1, "96423": 1})])
def test_minutes_into_an_artery(ran: int, expected: dict[str, int]) -> None:
    assert codes(given("a", 0, ran, "intra-arterial-infusion", "chemotherapy")) == expected


@pytest.mark.parametrize(("lesions", "code"), [(7, "96405"), (8, "96406")])
def test_lesions(lesions: int, code: str) -> None:
    assert codes(given("a", 0, None, "intralesional", "chemotherapy", lesions=lesions)) == {code: 1}


@pytest.mark.parametrize(
    ("ran", "policy", "expected"),
    [
        (15, "53", {"96413-53": 1}),
        (15, "push", {"96409": 1}),
        (16, "53", {"96413": 1}),
        (16, "push", {"96413": 1}),
    ],
)
def test_an_infusion_cut_short(ran: int, policy: str, expected: dict[str, int]) -> None:
    assert codes(given("a", 0, ran, kind="chemotherapy", discontinued=True), discontinued_infusion=policy) == expected


@pytest.mark.parametrize(("ran", "code"), [(15, "96409"), (16, "96413")])
def test_a_push_by_time(ran: int, code: str) -> None:
    assert codes(given("a", 0, ran, "push", "chemotherapy"), push_over_15_min="time") == {code: 1}
    assert codes(given("a", 0, ran, "push", "chemotherapy")) == {"96409": 1}
