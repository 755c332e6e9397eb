"""What changed: the ledger before, other people's charges and the lines now → post, amend, void or keep. Pure."""

from fhir_adapter.reconcile.charge import Charge, ChargeKey, Place, Provenance, Reason
from fhir_adapter.reconcile.decide import reconcile
from fhir_adapter.reconcile.ledger import ChargeStatus, LedgerEntry, SeenItem, Trouble
from fhir_adapter.reconcile.plan import Amend, Keep, Order, Plan, Post, Step, VisitCharges, VisitPlan, Void
from fhir_adapter.reconcile.seen import seen_item
from fhir_adapter.reconcile.shares import charges_of
from fhir_adapter.reconcile.trouble import left_standing

__all__ = [
    "Amend",
    "Charge",
    "ChargeKey",
    "ChargeStatus",
    "Keep",
    "LedgerEntry",
    "Order",
    "Place",
    "Plan",
    "Post",
    "Provenance",
    "Reason",
    "SeenItem",
    "Step",
    "Trouble",
    "VisitCharges",
    "VisitPlan",
    "Void",
    "charges_of",
    "left_standing",
    "reconcile",
    "seen_item",
]
