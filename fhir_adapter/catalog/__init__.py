"""Which drug is it: a pure look-up over tables that ship as package data, each with its source and date."""

from fhir_adapter.catalog.catalog import Catalog
from fhir_adapter.catalog.load import load_catalog
from fhir_adapter.catalog.ndc import ndc11

__all__ = ["Catalog", "load_catalog", "ndc11"]
