"""What may be told about a running adapter: logs, metrics, and the one filter that keeps patients' data out of both."""

from fhir_adapter.telemetry.logs import configure, log
from fhir_adapter.telemetry.metrics import Metrics
from fhir_adapter.telemetry.phi import Hasher
from fhir_adapter.telemetry.site_key import site_key

__all__ = ["Hasher", "Metrics", "configure", "log", "site_key"]
