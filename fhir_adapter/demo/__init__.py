"""The product at work on a bare machine: a sandbox EHR, the adapter, three visits. Imports no room of the adapter."""

from fhir_adapter.demo.play import play

__all__ = ["play"]
