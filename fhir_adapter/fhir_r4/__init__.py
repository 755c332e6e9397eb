"""Views of the FHIR R4 resources that this program reads: only the elements it needs, everything else ignored.

Read tolerantly: unknown elements pass, decimals stay decimals (`125.00` is not 125.0), and an element of a wrong JSON
type costs that element only: it is left out and reported as a `ResourceFault`. What goes out is built elsewhere, with
a strict model. Source: HL7 FHIR R4 (4.0.1). R5 spellings are not read.
"""

from fhir_adapter.fhir_r4.chart import Chart, chart_of, chart_of_bundle
from fhir_adapter.fhir_r4.elements import (
    CodeableConcept,
    Coding,
    Extension,
    Identifier,
    Period,
    Quantity,
    Ratio,
    Reference,
    well_formed_id,
)
from fhir_adapter.fhir_r4.reading import ResourceFault
from fhir_adapter.fhir_r4.resources import (
    Account,
    ChargeItem,
    Claim,
    ClaimResponse,
    Coverage,
    Device,
    Dosage,
    Encounter,
    Medication,
    MedicationAdministration,
)
from fhir_adapter.fhir_r4.systems import canonical_system

__all__ = [
    "Account",
    "ChargeItem",
    "Chart",
    "Claim",
    "ClaimResponse",
    "CodeableConcept",
    "Coding",
    "Coverage",
    "Device",
    "Dosage",
    "Encounter",
    "Extension",
    "Identifier",
    "Medication",
    "MedicationAdministration",
    "Period",
    "Quantity",
    "Ratio",
    "Reference",
    "ResourceFault",
    "canonical_system",
    "chart_of",
    "chart_of_bundle",
    "well_formed_id",
]
