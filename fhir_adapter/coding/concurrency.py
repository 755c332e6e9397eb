"""A drug beside another that is billed as one after it, the reverse, and a pump's code without a pump.

The problem: what is right differs by rulebook: beside another chemotherapy drug `cpt-2026` reads 96549,
`carecost-96417` 96416, which is also the code for the start of a prolonged infusion on a pump.

Worked example. Two drugs side by side, billed 96413 and 96417 under `cpt-2026`: 96417 above, 96549 below (CARC 16).

Decided: 96416 on a bill is the pump's where the chart has a pump. Left out: whether a pump should have been started.
"""

from __future__ import annotations

from collections.abc import Iterator

from fhir_adapter.coding.appeals import documented, letter, one_after_another, side_by_side
from fhir_adapter.coding.bill import Bill
from fhir_adapter.coding.billed import billed_finding
from fhir_adapter.coding.model import Finding

BESIDE, AFTER = "beside another", "after another"


def concurrency_miscoded(bill: Bill) -> Iterator[Finding]:
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
    is_of_a_pump = "96416" in (billed, right) and _has_pump(bill)
    return billed_finding(
        "concurrency-miscoded",
        about,
        f"{billed} is billed and {right} is derived; 96416 may be a drug beside another or the start of a pump."
        if is_of_a_pump
        else f"{billed} is billed where the times say that a drug ran {ran}: {right} is derived.",
        f"Bill {bill.right(right, billed)}.",
        carc="16",
        appeal=letter(
            documented(about),
            side_by_side(about, bill.visit) if ran == BESIDE else one_after_another(about, bill.visit),
            bill.corrected(right, billed),
        ),
    )


def _has_pump(bill: Bill) -> bool:
    return any(given.technique == "pump" for given in bill.visit.administrations)


def _pump_code_without_pump(bill: Bill) -> Finding:
    beside = bill.policies.concurrent_chemo
    about = bill.behind(beside)
    return billed_finding(
        "concurrency-miscoded",
        about,
        "96416 is billed and the chart has no pump: it is the code for the start of a prolonged infusion on a pump.",
        f"Bill {bill.right(beside, '96416')}."
        if about
        else "Take 96416 off: the chart has neither a pump nor a chemotherapy drug that ran beside another.",
        carc="16",
        appeal=letter(
            documented(about),
            "The record documents no start of a pump.",
            side_by_side(about, bill.visit),
            bill.corrected(beside, "96416"),
        ),
    )
