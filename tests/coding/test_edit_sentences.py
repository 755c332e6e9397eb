"""MUE and PTP findings whole, what was looked up for them, and how old a table is, by a table of a test."""

from datetime import date

import pytest
from coding.bills import derived, gave

from fhir_adapter.coding import Visit, code_visit
from fhir_adapter.coding.drugs import Release
from fhir_adapter.coding.edits import Edits, edit_findings, out_of_date_findings
from fhir_adapter.coding.model import Finding
from fhir_adapter.rulebooks import load_rulebook
from fhir_adapter.rulebooks.tables import load_tables, read_tables

TABLES = load_tables()
MAY, OCTOBER = date(2026, 5, 4), date(2026, 10, 5)
MUE, PTP = Release("MUE", "2024Q3", 581), Release("PTP", "2024Q3", 581)


def edits(*lines, setting="facility", tables=TABLES):
    return edit_findings(lines, setting, tables)


def test_units_over_an_mue_that_is_no_policy() -> None:
    lines = [derived("96417", 3, "a", "b"), derived("96417", 1, "b", "c", modifiers=("59",))]
    assert edits(*lines) == Edits(
        findings=(
            Finding(
                id="mue-exceeded",
                severity="warning",
                carc="151",
                administrations=("a", "b", "c"),
                message="96417 has 4 units on 2026-05-04; the most that CMS expects on one date is 3.",
                fix="Compare the times and doses with the record. "
                "If they are right, the record supports the units on appeal.",
                appeal="The record supports 96417 ×4 on 2026-05-04.",
            ),
        ),
        releases=(MUE,),
    )


@pytest.mark.parametrize(
    ("last", "appeal"), [("16:00-16:45", "The record supports 96417 ×5 on 2026-05-04."), ("16:00", None)]
)
def test_while_an_error_holds_the_visit_no_letter_says_what_the_record_supports(last, appeal) -> None:
    """A stop that is missing holds the visit."""
    drugs = [gave(f"drug {hour}", f"{hour}:00-{hour}:45", drug_class="chemotherapy") for hour in range(10, 15)]
    given = (*drugs, gave("last", last, drug_class="chemotherapy"))
    result = code_visit(Visit(id="v", setting="office", administrations=given), load_rulebook("cpt-2026"))
    assert result.disposition == ("billable" if appeal else "held")
    assert [finding.appeal for finding in result.findings if finding.id == "mue-exceeded"] == [appeal]


def test_units_over_an_mue_that_is_policy_hold_the_visit_and_have_no_letter() -> None:
    assert edits(derived("96368", 2, "a")).findings == (
        Finding(
            id="mue-exceeded",
            severity="error",
            carc="151",
            administrations=("a",),
            message="96368 has 2 units on 2026-05-04; the most that CMS expects on one date is 1.",
            fix="Compare the times and doses with the record.",
        ),
    )


def test_a_pair_that_a_modifier_may_part() -> None:
    assert edits(derived("96413", 1, "a"), derived("96365", 1, "b", "a")) == Edits(
        findings=(
            Finding(
                id="ncci-ptp",
                severity="warning",
                administrations=("a", "b"),
                message="CMS pays 96413 and not 96365 on 2026-05-04, unless a modifier says that they are distinct.",
                fix="If the record shows a separate encounter, site or service, add XE, XS, XP, XU or 59; "
                "else leave it out.",
            ),
        ),
        releases=(MUE, PTP),
    )


def test_a_pair_that_no_modifier_parts() -> None:
    assert edits(derived("96523", 1, "b", modifiers=("59",)), derived("96413", 1, "a")).findings == (
        Finding(
            id="ncci-ptp",
            severity="error",
            administrations=("a", "b"),
            message="CMS pays 96413 and never 96523 beside it on 2026-05-04.",
            fix="Look whether 96523 is part of 96413; no modifier makes both payable.",
        ),
    )


def test_a_pair_is_looked_up_only_where_two_codes_stand_on_one_date() -> None:
    assert edits(derived("96413", 1, "a"), derived("96413", 1, "b", modifiers=("59",))).releases == (MUE,)
    assert edits(derived("96413", 1, "a"), derived("J9312", 1, "a", on=OCTOBER)).releases == (
        MUE,
        Release("MUE", "2024Q3", 735),
    )
    assert edits() == Edits(findings=(), releases=())


def test_a_code_whose_pairs_were_not_read_does_not_end_the_look() -> None:
    found = edits(derived("J9312", 1, "a"), derived("96413", 1, "a"), derived("96365", 1, "b"))
    assert [finding.id for finding in found.findings] == ["ncci-ptp"]


HEAD = "# table: PTP\n# release: 2026Q2\n# in force: 2026-04-01 to 2026-06-30\n# source: a test\n"
ROWS = "setting,column1,column2,indicator\nfacility,1,2,{}\n"


@pytest.mark.parametrize(("indicator", "found"), [(0, ["error"]), (1, ["warning"]), (9, [])])
def test_a_pair_whose_edit_was_withdrawn_is_none(indicator: int, found: list[str]) -> None:
    tables = read_tables({"p.csv": HEAD + "# covers: facility 1-2\n" + ROWS.format(indicator)})
    lines = derived("1", 1, "a"), derived("2", 1, "a")
    assert [finding.severity for finding in edits(*lines, tables=tables).findings] == found
    assert edits(*lines, tables=tables).releases == (Release("PTP", "2026Q2", 0),)


def old(table, name, *ages):
    return [finding.message for finding in out_of_date_findings([Release(table, name, age) for age in ages])]


def test_the_age_of_a_table_is_told_whole() -> None:
    assert out_of_date_findings([Release("MUE", "2024Q3", 581)]) == (
        Finding(
            id="table-out-of-date",
            message="The newest MUE table for the service date is 2024Q3, 581 days past its quarter.",
        ),
    )
    assert old("MUE", "2026Q4", -1) == [
        "The oldest MUE table is 2026Q4, which begins 1 day after the service date."
    ]  # fmt: skip
    assert old("PTP", "2026Q2", -9) == [
        "The oldest PTP table is 2026Q2, which begins 9 days after the service date."
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("ages", "told"),
    [((0,), []), ((1,), ["1 day "]), ((5, 7, 6), ["7 days"]), ((-3, 4), ["4 days"]), ((4, -5), ["begins 5 days"])],
)
def test_the_worst_age_of_a_release_is_told_once(ages, told) -> None:
    messages = old("MUE", "2024Q3", *ages)
    assert len(messages) == len(told)
    assert all(words in message for words, message in zip(told, messages, strict=True))


def test_each_release_of_each_table_has_its_own() -> None:
    releases = [Release("MUE", "a", 2), Release("PTP", "a", 3), Release("MUE", "b", 4)]
    assert [finding.message.split(", ")[1] for finding in out_of_date_findings(releases)] == [
        "2 days past its quarter.",
        "3 days past its quarter.",
        "4 days past its quarter.",
    ]
