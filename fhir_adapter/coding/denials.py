"""The denials that a bill invites, each with what to change and what to write (docs/visit.md section 6).

The problem: the five patterns of the CareCost page on 96417 are differences between what was billed and what the
visit supports, and what is right differs by rulebook: beside another chemotherapy drug `cpt-2026` reads 96549,
`carecost-96417` 96416.

Worked examples. Pembrolizumab for five hours, billed 96413 and 96417 ×4: more 96417 and fewer 96415 than derived, so
the hours were billed as new drugs (CARC 16). Two drugs side by side, billed 96413 and 96417 under `cpt-2026`: 96417
above, 96549 below (CARC 16).

Decided: every finding is about the bill and leaves the disposition alone; no letter says more than the chart does; a
fix and the end of its letter name the same lines, those that the chart supports, so that two findings never contradict.
Left out: lines that are merely missing; the comparison has them.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from msgspec.structs import replace

from fhir_adapter.coding.appeals import (
    classed,
    documented,
    hours,
    letter,
    one_after_another,
    side_by_side,
    without_pump,
)
from fhir_adapter.coding.bill import Bill
from fhir_adapter.coding.lines import is_drug
from fhir_adapter.coding.model import Administration, Finding
from fhir_adapter.coding.over_mue import units_over_mue
from fhir_adapter.vocabulary import Severity

CHEMOTHERAPY = ("96409", "96411", "96413", "96415", "96417")
THERAPEUTIC = ("96365", "96366", "96367", "96368", "96374", "96375", "96376")
NOT_COMMERCIAL = (None, "medicare", "medicaid")
SCRUTINIZED_ABOVE = 3
HELD = "First mend what holds the visit. By what the chart holds now:"
BESIDE, AFTER = "beside another", "after another"


def denial_findings(bill: Bill) -> list[Finding]:
    patterns = (
        _add_ons_alone,
        _hours_as_new_drugs,
        _concurrency,
        units_over_mue,
        _premedication,
        _one_drug_code,
        _scrutiny,
        _needless_59,
    )
    found = [finding for pattern in patterns for finding in pattern(bill)]
    return [replace(finding, fix=f"{HELD} {finding.fix}") for finding in found] if bill.held else found


def _finding(
    id_: str,
    carc: str | None,
    about: tuple[Administration, ...],
    message: str,
    fix: str,
    appeal: str | None,
    severity: Severity = "warning",
) -> Finding:
    return Finding(
        id=id_,
        severity=severity,
        about="billed",
        carc=carc,
        administrations=tuple(given.id for given in about),
        message=message,
        fix=fix,
        appeal=appeal,
    )


def _add_ons_alone(bill: Bill) -> Iterator[Finding]:
    first: dict[str, date] = {}
    for line in bill.billed_lines:
        first[line.code] = min(line.date, first.get(line.code, line.date))
    for code, on in first.items():
        parents = bill.parents(code, on)
        if parents is None or parents & first.keys():
            continue
        derived = sorted(parents & bill.derived.keys())
        about = bill.behind(*derived)
        primary = " or ".join(derived or sorted(parents)) or "a primary that this setting may report"
        yield _finding(
            "add-on-without-primary",
            "107",
            about,
            f"{code} is billed without a primary that it may follow ({primary}).",
            f"Bill {bill.right(*derived, code)}."
            if derived
            else f"The chart supports none of its primaries: take {code} off, or have the chart checked.",
            letter(
                documented(about),
                f"{code} follows {primary}." if bill.derived[code] else None,
                _corrected(bill, *derived, code),
            ),
        )


def _corrected(bill: Bill, *codes: str) -> str | None:
    """The last sentence of a letter: what the fix says, so that the two never differ; none while that may change."""
    return None if bill.held else f"The corrected claim has {bill.right(*codes)}."


def _hours_as_new_drugs(bill: Bill) -> Iterator[Finding]:
    for new_drug, hour in (("96417", "96415"), ("96367", "96366")):
        if not (bill.above(new_drug) and bill.below(hour)):
            continue
        about = bill.behind(hour)
        yield _finding(
            "additional-time-as-new-drug",
            "16",
            about,
            f"{new_drug} is billed ×{bill.billed[new_drug]} and {hour} ×{bill.billed[hour]}: further hours of one drug "
            "look like further drugs.",
            f"Bill {bill.right(hour, new_drug)}.",
            letter(
                documented(about),
                hours(about),
                f"{new_drug} is for a further drug and {hour} for a further hour of one drug.",
                _corrected(bill, hour, new_drug),
            ),
        )


def _concurrency(bill: Bill) -> Iterator[Finding]:
    pairs = (("96417", bill.policies.concurrent_chemo), ("96367", bill.policies.concurrent_therapeutic))
    for sequential, beside in pairs:
        if bill.above(sequential) and bill.below(beside):
            yield _miscoded(bill, billed=sequential, right=beside, ran=BESIDE)
        elif bill.above(beside) and bill.below(sequential):
            yield _miscoded(bill, billed=beside, right=sequential, ran=AFTER)
    if bill.policies.concurrent_chemo != "96416" and bill.billed["96416"] and not _has_pump(bill):
        yield _pump_code_without_pump(bill)


def _miscoded(bill: Bill, *, billed: str, right: str, ran: str) -> Finding:
    about = bill.behind(right)
    return _finding(
        "concurrency-miscoded",
        "16",
        about,
        f"{billed} is billed where the times say that a drug ran {ran}: {right} is derived.",
        f"Bill {bill.right(right, billed)}.",
        letter(
            documented(about),
            side_by_side(about, bill.visit) if ran == BESIDE else one_after_another(about, bill.visit),
            _corrected(bill, right, billed),
        ),
    )


def _pump_code_without_pump(bill: Bill) -> Finding:
    beside = bill.policies.concurrent_chemo
    about = bill.behind(beside)
    return _finding(
        "concurrency-miscoded",
        "16",
        about,
        "96416 is billed and no pump was started: it is the code for the start of a prolonged infusion on a pump.",
        f"Bill {bill.right(beside, '96416')}."
        if about
        else "Take 96416 off: the chart has neither a pump nor a chemotherapy drug that ran beside another.",
        letter(
            documented(about),
            without_pump(bill.visit),
            side_by_side(about, bill.visit),
            _corrected(bill, beside, "96416"),
        ),
    )


def _has_pump(bill: Bill) -> bool:
    return any(given.technique == "pump" for given in bill.visit.administrations)


def _premedication(bill: Bill) -> Iterator[Finding]:
    if not (bill.above(*CHEMOTHERAPY) and bill.below(*THERAPEUTIC)):
        return
    right = [code for code in THERAPEUTIC if bill.below(code)]
    wrong = [code for code in CHEMOTHERAPY if bill.above(code)]
    about = bill.behind(*right)
    yield _finding(
        "premedication-as-chemotherapy",
        "11, 96",
        about,
        "Drugs that are no chemotherapy are billed with chemotherapy codes.",
        f"Bill {bill.right(*right, *wrong)}.",
        letter(documented(about), classed(about), _corrected(bill, *right, *wrong)),
    )


def _one_drug_code(bill: Bill) -> Iterator[Finding]:
    drug_codes = {code for code in bill.billed if is_drug(code)}
    if bill.billed["96417"] and len(drug_codes) == 1:
        yield _finding(
            "one-drug-code",
            None,
            bill.behind("96417"),
            f"96417 says that a second drug was infused, and {drug_codes.pop()} is the only drug billed.",
            _second_drug(bill),
            None,
        )


def _second_drug(bill: Bill) -> str:
    """What is wrong: the 96417, or the drug that is missing beside it. Never both ways at once."""
    if not bill.derived["96417"]:
        return "The chart supports no 96417: take it off, and bill what the chart supports in its place."
    others = sorted(code for code in bill.derived if is_drug(code) and not bill.billed[code])
    if others:
        return f"Bill the other drugs too: the chart has {', '.join(others)}."
    return "The chart supports 96417 but no further drug code: have the dose and the code of the second drug checked."


def _scrutiny(bill: Bill) -> Iterator[Finding]:
    units, supported = bill.billed["96417"], bill.derived["96417"]
    if units > SCRUTINIZED_ABOVE and bill.visit.payer not in NOT_COMMERCIAL:
        yield _finding(
            "audit-scrutiny",
            None,
            bill.behind("96417"),
            f"96417 is billed ×{units}; some commercial audits look at more than {SCRUTINIZED_ABOVE}.",
            "Have the start and stop times of each drug at hand."
            if supported >= units
            else f"Bill {bill.right('96417')}: an audit finds no times for more.",
            None,
            "info",
        )


def _needless_59(bill: Bill) -> Iterator[Finding]:
    derived = [line for line in bill.lines if line.code == "96417"]
    with_59 = [line for line in bill.billed_lines if line.code == "96417" and "59" in line.modifiers]
    if not with_59 or not derived or any("59" in line.modifiers for line in derived):
        return
    if (bill.parents("96417", with_59[0].date) or frozenset()) & bill.billed.keys():
        yield _finding(
            "needless-59",
            None,
            bill.behind("96417"),
            "96417 is billed with 59 beside its primary.",
            "Leave 59 off: the add-on follows its primary in one encounter and needs none.",
            None,
            "info",
        )
