"""The second opinion: the same visit under another rulebook, each difference with the policy that causes it."""

from __future__ import annotations

from datetime import date, datetime
from functools import partial

from fhir_adapter.catalog import load_catalog
from fhir_adapter.coding import Administration, Finding, Visit
from fhir_adapter.coding.model import BilledLine
from fhir_adapter.derive import derive, second_opinion
from fhir_adapter.rulebooks import load_rulebook
from fhir_adapter.rulebooks.worked import worked_visits


def visit(name: str):
    return next(worked.visit for worked in worked_visits() if worked.name == name)


def opinion(name: str):
    ours, other, drugs = load_rulebook("carecost-96417"), load_rulebook("cpt-2026"), load_catalog()
    given = visit(name)
    result = derive(given, ours, drugs)
    return second_opinion(
        result,
        given,
        ours,
        other,
        drugs,
    )


def test_each_difference_of_r_chop_has_its_policy() -> None:
    found = {d.code: (d.units, d.other_units, d.policies) for d in opinion("r-chop").differences}
    assert found == {
        "96411": (0, 2, ("sequential-chemo-push",)),
        "96417": (3, 1, ("sequential-chemo-push",)),
    }


def test_each_difference_of_folfox_has_its_policy() -> None:
    differences = opinion("folfox").differences
    assert {d.code for d in differences} == {"96367", "96368", "96411", "96416", "96417", "96521"}
    assert all(d.policies and d.because and d.citations for d in differences)


def test_a_chart_without_a_setting_has_no_lines_and_is_held() -> None:
    unknown = Finding(id="setting-unknown", severity="error", message="No table names the place.")
    coded = partial(derive, visit("r-chop"), load_rulebook("cpt-2026"), load_catalog())
    assert coded(findings=(unknown,)).lines == ()
    assert coded(findings=(unknown,)).disposition == "held"
    assert coded().lines


def test_what_is_said_of_the_bill_of_a_visit_that_its_chart_holds_begins_with_that() -> None:
    given = Administration(
        id="a",
        drug="a",
        drug_class="chemotherapy",
        technique="infusion",
        start=datetime.fromisoformat("2026-05-04T09:00-05:00"),
        stop=datetime.fromisoformat("2026-05-04T10:00-05:00"),
    )
    billed = BilledLine(code="96413", units=2, date=date(2026, 5, 4))
    charted = Visit(id="v", setting="facility", administrations=(given,), billed=(billed,))
    error = Finding(id="time-without-zone", severity="error", administrations=("a",), message="No zone.")
    rulebook, drugs = load_rulebook("cpt-2026"), load_catalog()
    clean, held = derive(charted, rulebook, drugs), derive(charted, rulebook, drugs, findings=(error,))
    assert (clean.disposition, held.disposition, held.findings[0]) == ("billable", "held", error)
    fixes, while_held = ([f.fix for f in one.findings if f.about == "billed"] for one in (clean, held))
    assert while_held == [f"First mend what holds the visit. By what the chart holds now: {fix}" for fix in fixes]
    assert fixes
