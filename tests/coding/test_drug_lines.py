"""D31, D32: whole drug lines with their sentences, shares and citations, and what is said about a choice by name."""

from datetime import date
from decimal import Decimal

import pytest
from coding.timeline import self_citing
from drugs_by_hand import Drugs, gave, quantity, visit_of

from fhir_adapter.coding.amounts import amount_of
from fhir_adapter.coding.drug_units import drug_lines, merged, shares_of
from fhir_adapter.coding.drugs import DrugFacts, Release
from fhir_adapter.coding.model import Finding, Line, Share
from fhir_adapter.coding.tables import Tables

DRUGS = Drugs(ten=("J0010", "10 mg"), other=("J0010", "10 mg"), gram=("J0100", "100 mg"), seventh=("J0007", "7 mg"))
READING = self_citing().readings[0]


def drugs_of(*administrations, payer="aetna", drugs=DRUGS):
    return drug_lines(visit_of(*administrations, payer=payer), drugs, READING, Tables(hash=""))


def line(code, units, because, *ids, **more):
    said = {"date": date(2026, 5, 4), "shares": (Share(None, units),), "citations": ("drug-units",)} | more
    return Line(code=code, system="HCPCS", units=units, administrations=ids, because=because, **said)


def test_lines_stand_by_date_then_by_code():
    found = drugs_of(
        gave("late", "ten", "20 mg", day=5, encounter="E2"),
        gave("gram", "gram", "50 mg"),
        gave("first", "ten", "12.50 mg", hour=8),
        gave("second", "other", "0.015 g", hour=10),
    )
    both = "27.5 mg of ten and other at 10 mg a unit is 2.75 billing units, rounded up once to 3."
    assert found.lines == (
        line("J0010", 3, both, "first", "second"),
        line("J0100", 1, "50 mg of gram at 100 mg a unit is 0.5 billing units, rounded up once to 1.", "gram"),
        line(
            "J0010", 2, "20 mg of ten at 10 mg a unit is 2 billing units, rounded up once to 2.", "late",
            date=date(2026, 5, 5), shares=(Share("E2", 2),),
        ),
    )  # fmt: skip
    assert (found.findings, found.releases) == ((), ())


def test_a_fraction_without_an_end_is_told_to_four_places():
    # 10 / 7 = 1.428571…
    (only,) = drugs_of(gave("a", "seventh", "10 mg")).lines
    assert only.because == "10 mg of seventh at 7 mg a unit is about 1.4286 billing units, rounded up once to 2."


def test_the_lines_of_two_ndcs_say_their_part():
    # 29 + 2 = 31 mg = 3.1 = 4 units: whole 2 and 0, the missing two to 0.9 and to 0.2
    found = drugs_of(gave("a", "ten", "29 mg", ndc="A"), gave("b", "ten", "2 mg", ndc="B"))
    because = "31 mg of ten at 10 mg a unit is 3.1 billing units, rounded up once to 4."
    assert found.lines == (
        line("J0010", 3, f"{because} Of the 4 units 3 are of this NDC.", "a", ndc="A"),
        line("J0010", 1, f"{because} Of the 4 units 1 are of this NDC.", "b", ndc="B"),
    )


def test_a_jz_line_says_that_nothing_was_discarded_and_cites_the_policy():
    found = drugs_of(gave("a", "gram", "75 mg", discarded="25 mg"), payer="medicare")
    because = "75 mg of gram at 100 mg a unit is 0.75 billing units, rounded up once to 1; no whole unit was discarded."
    assert found.lines == (
        line("J0100", 1, because, "a", modifiers=("JZ",), citations=("drug-units", "jw-lines")),
    )  # fmt: skip
    assert found.findings == ()


def test_a_jw_line_stands_after_the_line_that_it_is_left_from():
    # given 675 mg = 67.5 = 68; discarded 25 + 0 = 2.5; 700 mg whole 70, 70 - 68 = 2. Only "a" threw something away.
    found = drugs_of(
        gave("a", "ten", "600 mg", discarded="25 mg", encounter="E1"),
        gave("b", "other", "75 mg", discarded="0 mg", encounter="E2", hour=10),
        payer="medicare",
    )
    billed = "675 mg of ten and other at 10 mg a unit is 67.5 billing units, rounded up once to 68."
    left = (
        "25 mg of ten and other at 10 mg a unit was discarded from single-dose containers, 2.5 billing units; "
        "2 whole ones are left beside the 68 billed."
    )
    assert found.lines == (
        line("J0010", 68, billed, "a", "b", shares=(Share("E1", 60), Share("E2", 8))),
        line(
            "J0010", 2, left, "a",
            shares=(Share("E1", 2),), modifiers=("JW",), citations=("drug-units", "jw-lines"),
        ),
    )  # fmt: skip


def test_a_jw_line_names_its_ndc_where_two_have_a_part():
    # given 100 + 100 = 2; discarded 160 + 150 = 310; 510 whole 5, 5 - 2 = 3: whole 1 + 1, the third to 0.6
    found = drugs_of(
        gave("a", "gram", "100 mg", discarded="160 mg", ndc="A"),
        gave("b", "gram", "100 mg", discarded="150 mg", ndc="B", hour=10),
        payer="medicare",
    )
    assert [(one.ndc, one.units, one.because.rpartition(". ")[2]) for one in found.lines] == [
        ("A", 1, "Of the 2 units 1 are of this NDC."),
        ("B", 1, "Of the 2 units 1 are of this NDC."),
        ("A", 2, "Of the 3 units 2 are of this NDC."),
        ("B", 1, "Of the 3 units 1 are of this NDC."),
    ]


class Asked(Drugs):
    """Keeps what it was asked, and answers with what a test says."""

    def __init__(self, *facts):
        self.asked, self.facts = [], list(facts)

    def look_up(self, **asked):
        self.asked.append(asked)
        return self.facts[len(self.asked) - 1]


SPRING, SUMMER = Release("crosswalk", "2026Q2"), Release("crosswalk", "2026Q3", 4)


def test_the_drug_is_looked_up_by_all_that_the_chart_says():
    drugs = Asked(DrugFacts(problem="drug-code-unknown"))
    drugs_of(
        gave("flush", "saline", None, technique="flush"),
        gave("a", "ten", "10 mg", ndc="50242005121", rxcui="121191", technique="push", day=6),
        drugs=drugs,
    )
    asked = {"ndc": "50242005121", "rxcui": "121191", "name": "ten", "on": date(2026, 5, 6), "technique": "push"}
    assert drugs.asked == [asked]


def test_every_release_that_was_asked_is_named_once():
    unit = quantity("10 mg")
    found = drugs_of(
        gave("a", "ten", "10 mg", resumed=True),
        gave("b", "ten", None, resumed=True),
        gave("c", "ten", "10 mg"),
        drugs=Asked(
            DrugFacts(code="J0010", unit=unit, releases=(SUMMER, SPRING)),
            DrugFacts(code="J0010", unit=unit, releases=(Release("crosswalk", "2026Q4"),)),
            DrugFacts(code="J0010", unit=unit, releases=(SPRING,)),
        ),
    )
    assert found.releases == (SUMMER, SPRING, Release("crosswalk", "2026Q4"))
    assert [(one.units, one.administrations) for one in found.lines] == [(2, ("a", "c"))]
    assert found.findings == ()  # a stretch after a pause has its dose where the bag was hung


def test_a_resumed_drug_without_a_code_is_said_all_the_same():
    drugs = Asked(DrugFacts(problem="drug-code-unknown"), DrugFacts(code="J0010", unit=quantity("10 mg")))
    found = drugs_of(gave("a", "ten", None, resumed=True), gave("b", "ten", None), drugs=drugs)
    assert [(one.id, one.administrations) for one in found.findings] == [
        ("drug-code-unknown", ("a",)),
        ("dose-missing", ("b",)),
    ]


def test_a_code_chosen_by_name_names_what_was_set_aside_once_for_all():
    facts = DrugFacts(code="J9035", unit=quantity("10 mg"), set_aside=("Q5107", "Q5118"))
    found = drugs_of(
        gave("a", "bevacizumab", "10 mg"),
        gave("b", "bevacizumab", None),
        gave("c", "bevacizumab", "10 mg", hour=10),
        drugs=Asked(facts, facts, facts),
    )
    by_name = Finding(
        id="drug-code-by-name",
        administrations=("a", "c"),
        message="J9035 was chosen for bevacizumab without an NDC; the chart does not exclude Q5107, Q5118.",
        fix="Give the NDC of the product that was used.",
    )
    assert [one for one in found.findings if one.id == "drug-code-by-name"] == [by_name]
    assert len(found.findings) == 2  # and that "b" has no dose


def test_findings_are_one_only_where_they_say_the_same():
    first = Finding(id="x", administrations=("a", "b"), message="This.", fix="Do.")
    findings = [
        first,
        Finding(id="y", administrations=("a",), message="This."),
        Finding(id="x", administrations=("b", "c"), message="This.", fix="Do."),
        Finding(id="x", administrations=("c",), message="That."),
    ]
    named = Finding(id="x", administrations=("a", "b", "c"), message="This.", fix="Do.")
    assert merged(findings) == (named, findings[1], findings[3])


@pytest.mark.parametrize(
    ("units", "shares"),
    [
        (6, (Share("E1", 3), Share("E2", 3))),
        (5, (Share("E1", 3), Share("E2", 2))),
        (3, (Share("E1", 3),)),
        (2, (Share("E1", 2),)),
    ],
)
def test_an_encounter_adds_its_amounts_before_they_are_rounded_up(units, shares):
    # E1 gave 12 + 13 = 25 mg = 3 units begun, E2 gave 30 mg = 3
    ten = DrugFacts(code="J0010", unit=quantity("10 mg"))
    given = (("12 mg", "E1"), ("30 mg", "E2"), ("13 mg", "E1"))
    amounts = [amount_of(gave("a", "ten", dose, encounter=encounter), 0, ten) for dose, encounter in given]
    assert shares_of({one: one.given for one in amounts}, ten.unit, units) == shares
    assert shares_of({amounts[0]: Decimal()}, ten.unit, 1) == ()
