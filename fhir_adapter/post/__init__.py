"""Charges go out: the ChargeItem of a charge, and the sender that makes the EHR agree with an order."""

from fhir_adapter.post.charge_item import charge_item
from fhir_adapter.post.definitions import definition, rulebook_definition
from fhir_adapter.post.driver import Driver, Guarded
from fhir_adapter.post.dry_run import DryRun
from fhir_adapter.post.names import Names
from fhir_adapter.post.order import InPlace, LeftAlone, Nothing, Outcome, SendOrder
from fhir_adapter.post.provenance import Kind, Posted, VersionOf, attestation, sources_of
from fhir_adapter.post.rest import Rest
from fhir_adapter.post.sender import settle
from fhir_adapter.post.together import settle_together, together_first

__all__ = [
    "Driver",
    "DryRun",
    "Guarded",
    "InPlace",
    "Kind",
    "LeftAlone",
    "Names",
    "Nothing",
    "Outcome",
    "Posted",
    "Rest",
    "SendOrder",
    "VersionOf",
    "attestation",
    "charge_item",
    "definition",
    "rulebook_definition",
    "settle",
    "settle_together",
    "sources_of",
    "together_first",
]
