"""What an audit may ask of a billed 96417: doubts without a denial code, so without a letter.

The problem: a bill may be paid and still be looked at: a second drug infused and one drug billed, many units, a
modifier 59 that nothing asked for.

Worked examples. 96413, 96417 and J9000, and no other drug code: the second drug is missing, or the 96417 is wrong.
96417 ×4 for a commercial payer: some audits look at more than three.

Decided: each says which side the chart supports, never both ways at once. Left out: which payers audit what.
"""

from __future__ import annotations

from collections.abc import Iterator

from fhir_adapter.coding.bill import Bill
from fhir_adapter.coding.billed import billed_finding
from fhir_adapter.coding.lines import is_drug
from fhir_adapter.coding.model import Finding

NOT_COMMERCIAL = (None, "medicare", "medicaid")
SCRUTINIZED_ABOVE = 3


def one_drug_code(bill: Bill) -> Iterator[Finding]:
    drug_codes = [code for code in bill.billed if is_drug(code)]
    if bill.billed["96417"] and len(drug_codes) == 1:
        yield billed_finding(
            "one-drug-code",
            bill.behind("96417"),
            f"96417 says that a second drug was infused, and {drug_codes[0]} is the only drug billed.",
            _second_drug(bill),
        )


def _second_drug(bill: Bill) -> str:
    """What is wrong: the 96417, or the drug that is missing beside it."""
    if not bill.derived["96417"]:
        return "The chart supports no 96417: take it off, and bill what the chart supports in its place."
    others = sorted(code for code in bill.derived if is_drug(code) and not bill.billed[code])
    if others:
        return f"Bill the other drugs too: the chart has {', '.join(others)}."
    return "The chart supports 96417 but no further drug code: have the dose and the code of the second drug checked."


def audit_scrutiny(bill: Bill) -> Iterator[Finding]:
    units, supported = bill.billed["96417"], bill.derived["96417"]
    if units > SCRUTINIZED_ABOVE and bill.visit.payer not in NOT_COMMERCIAL:
        yield billed_finding(
            "audit-scrutiny",
            bill.behind("96417"),
            f"96417 is billed ×{units}; some commercial audits look at more than {SCRUTINIZED_ABOVE}.",
            "Have the start and stop times of each drug at hand."
            if supported >= units
            else f"Bill {bill.right('96417')}: an audit finds no times for more.",
            severity="info",
        )


def needless_59(bill: Bill) -> Iterator[Finding]:
    derived = [line for line in bill.lines if line.code == "96417"]
    with_59 = [line for line in bill.billed_lines if line.code == "96417" and "59" in line.modifiers]
    if not with_59 or not derived or any("59" in line.modifiers for line in derived):
        return
    if (bill.parents("96417", with_59[0].date) or frozenset()) & bill.billed.keys():
        yield billed_finding(
            "needless-59",
            bill.behind("96417"),
            "96417 is billed with 59 beside its primary.",
            "Leave 59 off: the add-on follows its primary in one encounter and needs none.",
            severity="info",
        )
