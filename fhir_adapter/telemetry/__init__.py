"""What may be told about a running adapter: logs, metrics, and the one filter that keeps patients' data out of both."""

from fhir_adapter.telemetry.logs import configure, log
from fhir_adapter.telemetry.metrics import Metrics
from fhir_adapter.telemetry.phi import Hasher
from fhir_adapter.telemetry.points import Halt, Reached, name_of, passed
from fhir_adapter.telemetry.site_key import site_key

__all__ = ["Halt", "Hasher", "Metrics", "Reached", "configure", "log", "name_of", "passed", "site_key"]
