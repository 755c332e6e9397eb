"""What a site has to map: counted over coded visits, the most frequent first."""

from datetime import UTC, datetime

from fhir_adapter.catalog.gaps import gaps
from fhir_adapter.coding.model import Administration, Finding


def given(id_, drug, **keys):
    return Administration(id=id_, technique="infusion", start=datetime(2026, 5, 4, tzinfo=UTC), drug=drug, **keys)


def unknown(*ids, kind="drug-class-unknown"):
    return Finding(id=kind, severity="error", administrations=ids, message="")


def test_gaps_are_counted_by_drug_and_finding_over_visits():
    visits = [
        ((given("a", "HOSP TPN"), given("b", "HOSP TPN"), given("c", "rituximab")), (unknown("a", "b"),)),
        (
            (given("a", "HOSP TPN"), given("d", "X", ndc="99999999999")),
            (unknown("a"), unknown("d", kind="drug-code-unknown")),
        ),
        ((given("e", "oxaliplatin"),), (unknown("e", kind="hydration-too-short"),)),
    ]
    told = [(gap.drug, gap.ndc, gap.finding, gap.administrations, gap.visits) for gap in gaps(visits)]
    assert told == [
        ("HOSP TPN", None, "drug-class-unknown", 3, 2),
        ("X", "99999999999", "drug-code-unknown", 1, 1),
    ]


def test_no_gap_is_none():
    assert gaps([((given("a", "rituximab"),), ())]) == ()
