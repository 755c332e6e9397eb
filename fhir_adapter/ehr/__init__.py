"""The EHR over HTTP: transport only. It reads, searches, creates and updates; it decides nothing.

Every answer is the server's own bytes with its type, id and version; views are made elsewhere.
"""

from fhir_adapter.ehr import bulk
from fhir_adapter.ehr.auth import bearer
from fhir_adapter.ehr.client import EhrClient
from fhir_adapter.ehr.keys import SigningKey, jwks, signing_key
from fhir_adapter.ehr.public_keys import PublicKeys
from fhir_adapter.ehr.resource import Resource, Written
from fhir_adapter.ehr.statement import StatedType, Statement
from fhir_adapter.ehr.tls import context_of
from fhir_adapter.ehr.tokens import Client

__all__ = [
    "Client",
    "EhrClient",
    "PublicKeys",
    "Resource",
    "SigningKey",
    "StatedType",
    "Statement",
    "Written",
    "bearer",
    "bulk",
    "context_of",
    "jwks",
    "signing_key",
]
