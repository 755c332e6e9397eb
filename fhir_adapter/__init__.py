"""Infusion charges from FHIR: MedicationAdministration in, ChargeItem out, every line explained."""

__version__ = "0.1.0"
