"""One patient, with IO: the table of contents of the program.

    code_patient      the chart as it is now, the visits in it, their lines, what has to change: kept in one transaction
    send              the patient's orders, one after the other, each made true in the EHR or known why not
    Attest            of what was written, what attests it: afterwards, and never in the way of a charge

A visit on its way through both:

      open ──→ held ──→ billable ───→ ordered ───→ written          (in shadow mode it ends at billable)
        ↑↓       ↑↓        │                          │
        └────────┴── the chart changed, the patient ←─┴── left alone: billed, edited, missing, duplicated, rejected
                     is marked and coded anew

Held: an error among the findings of chart, coding or reconciliation, or a drug chosen by name where the source requires
the product. A read that fails raises: the patient stays due, and a part is never coded. What finishes without the claim
is thrown away (`ClaimLost`).
"""

from fhir_adapter.pipeline.attest import Attest
from fhir_adapter.pipeline.code_patient import code_patient
from fhir_adapter.pipeline.parts import Parts, SourceParts
from fhir_adapter.pipeline.send import send

__all__ = ["Attest", "Parts", "SourceParts", "code_patient", "send"]
