"""FHIR into our words: a chart becomes visits (docs/chart.md). Pure: no file, network, database, log or clock.

A chart is never refused. A fault is a finding on the administration it concerns, and the rest is still read.
"""

from fhir_adapter.normalize.model import ChartVisit, FieldTrace
from fhir_adapter.normalize.visits import visits_of

__all__ = ["ChartVisit", "FieldTrace", "visits_of"]
