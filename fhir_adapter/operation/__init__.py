"""The stateless door for integration engines: a Bundle of a chart in, its charges out. Nothing is kept or posted."""

from fhir_adapter.operation.derive_charges import Site
from fhir_adapter.operation.described import describe
from fhir_adapter.operation.routes import Operation, routes

__all__ = ["Operation", "Site", "describe", "routes"]
