"""The denials that a bill invites, each with what to change and what to write (docs/visit.md section 6).

The problem: the five patterns of the CareCost page on 96417 are differences between what was billed and what the
visit supports, and what is right differs by rulebook.

Worked example. Pembrolizumab for five hours, billed 96413 and 96417 ×4: more 96417 and fewer 96415 than derived, so
the hours were billed as new drugs (CARC 16).

Decided: every finding is about the bill and leaves the disposition alone; no letter says more than the chart does; a
fix and the end of its letter name the same lines, those that the chart supports, so that two findings never contradict.
Left out: lines that are merely missing; the comparison has them.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from fhir_adapter.coding.appeals import classed, documented, hours, letter
from fhir_adapter.coding.audits import audit_scrutiny, needless_59, one_drug_code
from fhir_adapter.coding.bill import Bill
from fhir_adapter.coding.billed import billed_finding, while_held
from fhir_adapter.coding.concurrency import concurrency_miscoded
from fhir_adapter.coding.model import Finding
from fhir_adapter.coding.over_mue import units_over_mue

CHEMOTHERAPY = ("96409", "96411", "96413", "96415", "96417")
THERAPEUTIC = ("96365", "96366", "96367", "96368", "96374", "96375", "96376")


def denial_findings(bill: Bill) -> list[Finding]:
    patterns = (
        _add_ons_alone,
        _hours_as_new_drugs,
        concurrency_miscoded,
        units_over_mue,
        _premedication,
        one_drug_code,
        audit_scrutiny,
        needless_59,
    )
    return while_held(bill, [finding for pattern in patterns for finding in pattern(bill)])


def _add_ons_alone(bill: Bill) -> Iterator[Finding]:
    first: dict[str, date] = {}
    for line in bill.billed_lines:
        first[line.code] = min(line.date, first.get(line.code, line.date))
    for code, on in first.items():
        parents = bill.parents(code, on)
        if parents is not None and not parents & first.keys():
            yield _add_on_alone(bill, code, parents)


def _add_on_alone(bill: Bill, code: str, parents: frozenset[str]) -> Finding:
    derived = sorted(parents & bill.derived.keys())
    about = bill.behind(*derived)
    primary = " or ".join(derived or sorted(parents)) or "this setting has none"
    return billed_finding(
        "add-on-without-primary",
        about,
        f"{code} is billed without a primary that it may follow ({primary}).",
        f"Bill {bill.right(*derived, code)}."
        if derived
        else f"The chart supports none of its primaries: take {code} off, or have the chart checked.",
        carc="107",
        appeal=letter(
            documented(about),
            f"{code} follows {primary}." if bill.derived[code] else None,
            bill.corrected(*derived, code),
        ),
    )


def _hours_as_new_drugs(bill: Bill) -> Iterator[Finding]:
    for new_drug, hour in (("96417", "96415"), ("96367", "96366")):
        if not (bill.above(new_drug) and bill.below(hour)):
            continue
        about = bill.behind(hour)
        yield billed_finding(
            "additional-time-as-new-drug",
            about,
            f"{new_drug} is billed ×{bill.billed[new_drug]} and {hour} ×{bill.billed[hour]}: further hours of one drug "
            "look like further drugs.",
            f"Bill {bill.right(hour, new_drug)}.",
            carc="16",
            appeal=letter(
                documented(about),
                hours(about),
                f"{new_drug} is for a further drug and {hour} for a further hour of one drug.",
                bill.corrected(hour, new_drug),
            ),
        )


def _premedication(bill: Bill) -> Iterator[Finding]:
    if not (bill.above(*CHEMOTHERAPY) and bill.below(*THERAPEUTIC)):
        return
    right = [code for code in THERAPEUTIC if bill.below(code)]
    wrong = [code for code in CHEMOTHERAPY if bill.above(code)]
    about = bill.behind(*right)
    yield billed_finding(
        "premedication-as-chemotherapy",
        about,
        "Drugs that are no chemotherapy are billed with chemotherapy codes.",
        f"Bill {bill.right(*right, *wrong)}.",
        carc="11, 96",
        appeal=letter(documented(about), classed(about), bill.corrected(*right, *wrong)),
    )
