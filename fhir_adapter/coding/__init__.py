"""The decisions: timed drug events in, charge lines and findings out. Pure: standard library and msgspec only."""

from fhir_adapter.coding.drugs import DrugFacts, DrugTables, unknown_drugs
from fhir_adapter.coding.engine import code_visit
from fhir_adapter.coding.model import (
    Administration,
    AuthorizedLine,
    BilledLine,
    Finding,
    Line,
    Quantity,
    Share,
    Visit,
    VisitResult,
)
from fhir_adapter.coding.rulebook import Rulebook

__all__ = [
    "Administration",
    "AuthorizedLine",
    "BilledLine",
    "DrugFacts",
    "DrugTables",
    "Finding",
    "Line",
    "Quantity",
    "Rulebook",
    "Share",
    "Visit",
    "VisitResult",
    "code_visit",
    "unknown_drugs",
]
