"""Section 6: what somebody billed beside what the rules derive, and the denials that it invites."""

from __future__ import annotations

import json
import re

import msgspec
import pytest

from fhir_adapter.coding import code_visit
from fhir_adapter.coding.contract import read_visits
from fhir_adapter.rulebooks import load_rulebook

CPT, CARECOST = load_rulebook("cpt-2026"), load_rulebook("carecost-96417")


def given(id_: str, drug: str, technique: str, start: str, stop: str | None, kind: str = "chemotherapy") -> dict:
    stop = None if stop is None else f"2026-05-04T{stop}:00-05:00"
    times = {"start": f"2026-05-04T{start}:00-05:00", "stop": stop}
    return {"id": id_, "drug": drug, "drug_class": kind, "technique": technique} | times


def coded(administrations: list[dict], billed=None, book=CPT, payer=None, authorized=None):
    visit = {"id": "v", "setting": "office", "payer": payer, "administrations": administrations}
    if billed is not None:
        visit["billed"] = [
            {"code": code, "units": units, "date": "2026-05-04", "modifiers": list(modifiers)}
            for code, units, *modifiers in billed
        ]
    if authorized is not None:
        visit["authorized"] = [{"code": code, "units": units} for code, units in authorized]
    (read,), _ = read_visits(json.dumps(visit).encode())
    return code_visit(read, book)


def about_billed(result) -> dict:
    return {finding.id: finding for finding in result.findings if finding.about == "billed"}


FIVE_HOURS = [given("a", "pembrolizumab", "infusion", "09:00", "14:00")]
IN_SEQUENCE = [given("a", "x", "infusion", "09:00", "10:00"), given("b", "y", "infusion", "10:05", "11:05")]
SIDE_BY_SIDE = [given("a", "x", "infusion", "09:00", "10:00"), given("b", "y", "infusion", "09:10", "09:50")]
PREMEDICATED = [given("p", "dexamethasone", "push", "08:50", "08:53", "therapeutic"), IN_SEQUENCE[0]]


def test_comparison_has_every_kind() -> None:
    result = coded(FIVE_HOURS, [("96413", 2), ("96415", 1), ("96417", 3), ("96413", 1, "59")])
    rows = {(row.code, row.modifiers): (row.derived, row.billed, row.kind) for row in result.comparison}
    assert rows == {
        ("96413", ()): (1, 2, "over"),
        ("96413", ("59",)): (0, 1, "unsupported"),
        ("96415", ()): (4, 1, "under"),
        ("96417", ()): (0, 3, "unsupported"),
    }
    kinds = {row.code: row.kind for row in coded(FIVE_HOURS, [("96413", 1)]).comparison}
    assert kinds == {"96413": "match", "96415": "missing"}


def test_without_billed_there_is_no_comparison() -> None:
    assert "comparison" not in msgspec.to_builtins(coded(FIVE_HOURS))
    assert [row.kind for row in coded(FIVE_HOURS, []).comparison] == ["missing", "missing"]


@pytest.mark.parametrize(
    ("book", "administrations", "billed", "expected", "carc"),
    [
        (CPT, IN_SEQUENCE, [("96417", 1)], "add-on-without-primary", "107"),
        (CPT, IN_SEQUENCE, [("96409", 1), ("96417", 1)], "add-on-without-primary", "107"),
        (CPT, FIVE_HOURS, [("96413", 1), ("96417", 4)], "additional-time-as-new-drug", "16"),
        (CARECOST, FIVE_HOURS, [("96413", 1), ("96417", 4)], "additional-time-as-new-drug", "16"),
        (CPT, SIDE_BY_SIDE, [("96413", 1), ("96417", 1)], "concurrency-miscoded", "16"),
        (CARECOST, SIDE_BY_SIDE, [("96413", 1), ("96417", 1)], "concurrency-miscoded", "16"),
        (CPT, SIDE_BY_SIDE, [("96413", 1), ("96416", 1)], "concurrency-miscoded", "16"),
        (CARECOST, IN_SEQUENCE, [("96413", 1), ("96416", 1)], "concurrency-miscoded", "16"),
        (CPT, IN_SEQUENCE, [("96413", 1), ("96417", 4)], "mue-exceeded", "151"),
        (CPT, PREMEDICATED, [("96413", 1), ("96417", 1)], "premedication-as-chemotherapy", "11, 96"),
        (CPT, IN_SEQUENCE, [("96413", 1), ("96417", 1), ("J9000", 5)], "one-drug-code", None),
        (CPT, IN_SEQUENCE, [("96413", 1), ("96417", 1, "59")], "needless-59", None),
    ],
)
def test_denial_patterns(book, administrations, billed, expected: str, carc: str | None) -> None:
    result = coded(administrations, billed, book)
    finding = about_billed(result)[expected]
    assert finding.carc == carc
    assert finding.fix
    assert bool(finding.appeal) == (carc is not None)
    assert result.disposition == coded(administrations, book=book).disposition


@pytest.mark.parametrize(
    ("book", "administrations", "billed"),
    [
        (CPT, IN_SEQUENCE, [("96413", 1), ("96417", 1)]),
        (CARECOST, IN_SEQUENCE, [("96413", 1), ("96417", 1)]),
        (CARECOST, SIDE_BY_SIDE, [("96413", 1), ("96416", 1)]),
        (CPT, FIVE_HOURS, [("96413", 1), ("96415", 4)]),
        (CPT, PREMEDICATED, [("96375", 1), ("96413", 1)]),
    ],
)
def test_a_right_bill_invites_nothing(book, administrations, billed) -> None:
    result = coded(administrations, billed, book)
    assert about_billed(result) == {}
    assert {row.kind for row in result.comparison} == {"match"}


def test_carecost_takes_96409_for_a_primary_of_96417() -> None:
    assert "add-on-without-primary" not in about_billed(coded(IN_SEQUENCE, [("96409", 1), ("96417", 1)], CARECOST))


def test_96416_with_a_pump_is_no_concurrency() -> None:
    pumped = [*IN_SEQUENCE, given("c", "fluorouracil", "pump", "12:00", None)]
    assert about_billed(coded(pumped, [("96413", 1), ("96417", 1), ("96416", 1)])) == {}


@pytest.mark.parametrize(("payer", "units", "found"), [
    ("aetna", 4, True), ("aetna", 3, False), ("medicare", 4, False), ("medicaid", 4, False), (None, 4, False),
])  # fmt: skip
def test_audits_of_commercial_payers(payer: str | None, units: int, found: bool) -> None:
    findings = about_billed(coded(IN_SEQUENCE, [("96413", 1), ("96417", units)], payer=payer))
    assert ("audit-scrutiny" in findings) == found


def test_letters_name_the_drugs_and_times_of_the_visit() -> None:
    finding = about_billed(coded(FIVE_HOURS, [("96413", 1), ("96417", 4)]))["additional-time-as-new-drug"]
    assert finding.administrations == ("a",)
    assert "pembrolizumab from 09:00 to 14:00" in finding.appeal
    assert "96415 ×4" in finding.appeal


def test_authorization() -> None:
    same = coded(FIVE_HOURS, authorized=[("96413", 1), ("96415", 4)])
    other = coded(FIVE_HOURS, authorized=[("96413", 1), ("96415", 3), ("96417", 1)])
    assert [finding.id for finding in same.findings if finding.id == "differs-from-authorization"] == []
    (finding,) = [finding for finding in other.findings if finding.id == "differs-from-authorization"]
    assert finding.severity == "warning"
    assert "96415 ×4 instead of ×3" in finding.message
    assert "96417 ×0 instead of ×1" in finding.message
    assert "96413" not in finding.message


ALL_PATTERNS = [
    (book, administrations, billed)
    for book in (CPT, CARECOST)
    for administrations in (FIVE_HOURS, IN_SEQUENCE, SIDE_BY_SIDE, PREMEDICATED, [])
    for billed in (
        [("96417", 4)],
        [("96413", 1), ("96417", 4)],
        [("96413", 1), ("96417", 1), ("J9000", 5)],
        [("96413", 2), ("96416", 1)],
        [("96409", 1), ("96417", 1, "59"), ("J9000", 1)],
    )
]


@pytest.mark.parametrize(("book", "administrations", "billed"), ALL_PATTERNS)
def test_a_fix_and_its_letter_name_the_same_lines_and_two_fixes_never_contradict(book, administrations, billed) -> None:
    result = coded(administrations, billed, book, payer="aetna")
    derived = {line.code: 0 for line in result.lines}
    for line in result.lines:
        derived[line.code] += line.units
    for finding in about_billed(result).values():
        for code, units in re.findall(r"(\d{5}) ×(\d+)", finding.fix):
            assert derived[code] == int(units), finding
        for said in re.findall(r"(?:Bill|take) (?:.*and )?no ((?:\d{5}(?: or )?)+)", finding.fix):
            assert not derived.keys() & set(said.split(" or ")), finding
        if finding.appeal and "corrected claim has" in finding.appeal:
            assert finding.appeal.split("corrected claim has ")[1] == finding.fix.removeprefix("Bill "), finding


def test_one_drug_code_says_which_side_is_wrong() -> None:
    premedicated = about_billed(coded(PREMEDICATED, [("96413", 1), ("96417", 1), ("J9000", 5)]))["one-drug-code"]
    assert premedicated.fix.startswith("The chart supports no 96417: take it off")
    sequence = about_billed(coded(IN_SEQUENCE, [("96413", 1), ("96417", 1), ("J9000", 5)]))["one-drug-code"]
    assert sequence.fix.startswith("The chart supports 96417 but no further drug code")


def test_units_over_an_mue_are_judged_by_their_own_date_and_without_waste() -> None:
    waste = [{"code": "J9312", "units": n, "date": "2026-05-04", "modifiers": m} for n, m in ((68, []), (9000, ["JW"]))]
    (read,), _ = read_visits(
        json.dumps({"id": "v", "setting": "office", "administrations": FIVE_HOURS, "billed": waste}).encode()
    )
    assert "mue-exceeded" not in about_billed(code_visit(read, CPT))
    over = about_billed(coded(IN_SEQUENCE, [("96413", 1), ("96417", 4)]))["mue-exceeded"]
    assert over.fix == "Bill 96417 ×1, which is what the chart supports."


def test_while_a_visit_is_held_its_fixes_begin_with_that() -> None:
    stopless = [*SIDE_BY_SIDE, given("c", "z", "infusion", "10:30", None)]
    result = coded(stopless, [("96413", 1), ("96417", 2)])
    assert result.disposition == "held"
    assert about_billed(result)
    assert all(f.fix.startswith("First mend what holds the visit. ") for f in about_billed(result).values())


def test_an_authorization_is_amended_for_more_and_not_for_fewer() -> None:
    result = coded(FIVE_HOURS, authorized=[("96415", 3), ("96417", 1)])
    (finding,) = [finding for finding in result.findings if finding.id == "differs-from-authorization"]
    assert "Ask the payer to amend it for 96415 before the claim is sent." in finding.fix
    assert "Of 96417 bill only what the chart supports" in finding.fix
