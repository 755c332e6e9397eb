"""`python -m fhir_adapter` is the command `fhir-adapter`."""

from fhir_adapter.cli import main

main()
