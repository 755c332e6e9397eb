"""The whole result of a visit: what it was coded under, its disposition, and by which reading a bill is judged."""

from datetime import date
from hashlib import sha256

import msgspec
import pytest
from coding.timeline import CHEMO, coded, found, gave, lines, self_citing
from msgspec.structs import replace

import fhir_adapter
from fhir_adapter.coding import Finding, Visit, VisitResult, code_visit
from fhir_adapter.coding.drugs import DrugFacts, Release
from fhir_adapter.coding.model import AuthorizedLine, BilledLine, Comparison, Quantity
from fhir_adapter.rulebooks import load_rulebook

FOURTH, FIFTH = date(2026, 5, 4), date(2026, 5, 5)


class OneDrug:
    """Every name is this drug."""

    data_hash = "sha256:one-drug"

    def __init__(self, **facts):
        self.facts = DrugFacts(**facts)

    def look_up(self, *, ndc, rxcui, name, on, technique=None):
        return self.facts


def visit(*administrations, **more):
    return Visit(**({"id": "v", "setting": "facility", "administrations": administrations} | more))


def billed(code, on):
    return BilledLine(code=code, units=1, date=on)


def test_a_visit_without_administrations_is_not_reported_and_says_what_it_was_coded_under():
    book = load_rulebook("cpt-2026")
    told = sha256(f"{book.tables.hash} sha256:one-drug".encode()).hexdigest()
    assert code_visit(visit(), book, OneDrug()) == VisitResult(
        id="v",
        rulebook="cpt-2026",
        rulebook_hash=book.hash,
        data_hash=f"sha256:{told}",
        engine=fhir_adapter.__version__,
        disposition="not-reported",
        lines=(),
        findings=(),
        comparison=msgspec.UNSET,
    )


@pytest.mark.parametrize(
    ("given", "disposition"),
    [
        (gave("a", "09:00", technique="im"), "billable"),
        (gave("a", "09:00", technique="oral"), "not-reported"),
        (gave("a", "09:00"), "held"),
    ],
)
def test_an_error_holds_a_visit_and_lines_make_it_billable(given, disposition):
    assert coded(given).disposition == disposition


def test_a_professional_in_a_facility_has_one_finding_and_nothing_else():
    result = coded(gave("a", "09:00", technique="im"), setting="professional-in-facility")
    assert (result.lines, [finding.id for finding in result.findings]) == ((), ["professional-in-facility"])


def test_a_day_without_a_rule_has_one_finding_and_nothing_else():
    given = gave("a", "09:00", technique="im")
    result = coded(replace(given, start=given.start.replace(year=2020)))
    assert (result.lines, [finding.id for finding in result.findings]) == ((), ["no-rule-in-force"])


def test_drug_lines_stand_after_those_of_the_administration_and_are_checked_with_them():
    """One unit of a drug that the crosswalk gives under an old release."""
    old = Release("crosswalk", "2020Q1", 400)
    drugs = OneDrug(code="J9999", unit=Quantity(1, "mg"), releases=(old,))
    given = gave("a", "09:00", CHEMO, "im", dose=Quantity(3, "mg"))
    result = code_visit(visit(given, payer="commercial"), self_citing(jw_lines="never"), drugs)
    assert [(line.code, line.units) for line in result.lines] == [("96401", 1), ("J9999", 3)]
    assert "The newest crosswalk table for the service date is 2020Q1, 400 days past its quarter." in [
        finding.message for finding in found(result, "table-out-of-date")
    ]


def test_findings_about_drugs_and_from_every_stage_are_told_together():
    given = (
        gave("a", "08:00-08:20", CHEMO, "pump"),
        gave("b", "09:00", technique="intrathecal"),
        gave("c", "10:00", technique="oral"),
        gave("d", "11:00", technique="flush"),
    )
    result = coded(*given)
    assert [(finding.id, finding.administrations) for finding in result.findings if finding.administrations] == [
        ("not-in-family", ("c",)),
        ("pump-not-prolonged", ("a",)),
        ("no-code", ("b",)),
        ("included", ("d",)),
        ("drug-code-unknown", ("a",)),
        ("drug-code-unknown", ("b",)),
    ]


PUMP_CODE = billed("96416", FOURTH)
OTHER = "96416"
"""Under this reading of two chemotherapies at once, the code may be billed without a pump."""


def two_readings(book):
    """From 5 May on the other one."""
    (reading,) = book.readings
    policies = replace(reading.policies, concurrent_chemo=OTHER)
    return replace(reading, last=FOURTH), replace(reading, first=FIFTH, policies=policies)


def judged(*administrations, readings=two_readings, payer=None, bill=(PUMP_CODE,)):
    book = self_citing()
    before, after = readings(book)
    changed = replace(book, readings=(before, after), payer_readings={"own": (replace(after, first=FOURTH),)})
    result = code_visit(visit(*administrations, billed=bill, payer=payer), changed)
    return len(found(result, "concurrency-miscoded"))


PUSHED = gave("a", "09:00", CHEMO, "push")
LATER = gave("b", "09:00", CHEMO, "push", day=5)


def test_a_bill_is_judged_by_the_reading_of_the_first_service_date():
    assert judged(PUSHED, LATER) == 1
    assert judged(LATER, PUSHED) == 1
    assert judged(LATER) == 0


def test_a_bill_is_judged_by_the_reading_of_its_payer():
    assert judged(PUSHED, payer="own") == 0
    assert judged(PUSHED, payer="another") == 1


def test_a_bill_without_administrations_is_judged_by_its_own_first_date():
    late = billed("96413", FIFTH)
    assert judged(bill=(PUMP_CODE, late)) == 1
    assert judged(bill=(late, PUMP_CODE)) == 1
    assert judged(bill=(late, billed("96416", FIFTH))) == 0


def test_a_bill_of_a_day_without_a_rule_is_compared_and_not_judged():
    old = billed("96416", date(2020, 5, 4))
    result = code_visit(visit(billed=(old,)), self_citing())
    assert result.findings == ()
    assert result.comparison == (
        Comparison(code="96416", modifiers=(), date=date(2020, 5, 4), derived=0, billed=1, kind="unsupported"),
    )


def test_an_empty_bill_and_none_are_two_things():
    assert code_visit(visit(billed=()), self_citing()).comparison == ()
    assert code_visit(visit(), self_citing()).comparison is msgspec.UNSET


def test_what_was_authorized_is_looked_at_without_a_bill():
    result = code_visit(visit(PUSHED, authorized=(AuthorizedLine(code="96409", units=2),)), self_citing())
    (told,) = found(result, "differs-from-authorization")
    assert told.message == "The prior authorization expects other units: derived are 96409 ×1 instead of ×2."


def test_what_is_said_of_the_bill_of_a_held_visit_begins_with_that():
    held = code_visit(visit(PUSHED, gave("n", "10:00"), billed=(PUMP_CODE,)), self_citing())
    (told,) = found(held, "concurrency-miscoded")
    assert told.fix.startswith("First mend what holds the visit. By what the chart holds now: ")
    free = code_visit(visit(PUSHED, billed=(PUMP_CODE,)), self_citing())
    (told,) = found(free, "concurrency-miscoded")
    assert not told.fix.startswith("First mend")


def test_a_bill_never_changes_lines_or_disposition():
    bare, judged_too = (code_visit(visit(PUSHED, billed=bill), self_citing()) for bill in (None, (PUMP_CODE,)))
    assert (lines(bare), bare.disposition) == (lines(judged_too), judged_too.disposition)


def test_only_the_first_encounter_of_a_date_has_an_initial_service_without_a_modifier():
    given = (
        gave("a", "08:00-09:00", encounter="enc-1"),
        gave("b", "10:00-11:00", encounter="enc-2"),
        gave("c", "12:00-13:00", encounter="enc-3"),
        gave("d", "08:00-09:00", encounter="enc-4", day=5),
    )
    assert [(line[0], line[1], line[2]) for line in lines(coded(*given))] == [
        ("96365", 4, 1),
        ("96365-XE", 4, 2),
        ("96365", 5, 1),
    ]


def test_an_encounter_without_an_initial_service_between_two_changes_nothing():
    given = (
        gave("x", "07:00", technique="im", encounter="enc-0"),
        gave("a", "08:00-09:00", encounter="enc-1"),
        gave("b", "10:00", technique="im", encounter="enc-2"),
        gave("c", "12:00-13:00", encounter="enc-3"),
    )
    assert [(line[0], line[2]) for line in lines(coded(*given))] == [("96365", 1), ("96365-XE", 1), ("96372", 2)]


def test_seconds_that_decide_are_told_by_the_readings_of_the_visit():
    given = gave("a", "09:00-09:16")
    short = replace(given, start=given.start.replace(second=50), stop=given.stop.replace(second=10))
    assert found(coded(short), "seconds-decide") == [
        Finding(
            id="seconds-decide",
            administrations=("a",),
            message="By the displayed minutes 96365, 96374 would come out otherwise: the seconds decide.",
            fix="Keep the times with their seconds beside the claim; a print-out in minutes does not support it.",
        )
    ]
    assert found(coded(given), "seconds-decide") == []


def test_a_word_of_the_visit_against_the_tables_is_told_on_the_line():
    result = code_visit(visit(gave("a", "09:00", CHEMO, "im")), self_citing(), OneDrug(drug_class="therapeutic"))
    assert lines(result)[0][4] == (
        "a was injected into a muscle, one service whatever its time; "
        "a is chemotherapy by the visit's own word, therapeutic in the tables."
    )


def test_what_the_seconds_decide_is_told_beside_what_else_was_found():
    given = gave("a", "09:00-10:00"), gave("b", "11:00", technique="oral"), gave("c", "12:00-12:16", CHEMO)
    cut_short = replace(given[2], start=given[2].start.replace(second=50), stop=given[2].stop.replace(second=10))
    result = coded(*given[:2], cut_short)
    assert {"not-in-family", "seconds-decide"} <= {finding.id for finding in result.findings}


def test_a_letter_says_what_the_record_supports_only_while_nothing_holds_the_visit():
    """17:30 hours: 96415 ×16, and the MUE is less; a drug without a stop holds the visit."""
    long = gave("d", "06:00-23:30", CHEMO)
    [clean] = found(coded(long), "mue-exceeded")
    [held] = found(coded(long, gave("x", "09:00")), "mue-exceeded")
    assert (clean.appeal, held.appeal) == ("The record supports 96415 ×16 on 2026-05-04.", None)
    assert held == replace(clean, appeal=None)
