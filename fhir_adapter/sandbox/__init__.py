"""A small FHIR R4 server in memory: the EHR of the demo and of tests. Loopback only, never a place for a real chart.

It answers as HAPI 8.8 was seen to answer where a client could trip: a stale If-Match is 409 (the specification says
412, a client must take both), an update without a change makes no version, `total` is absent when pages follow, an
unknown search parameter is 400, a rest-hook is `PUT endpoint/Type/id`, deletes are told only where the channel asks.
Left out: validation beyond JSON and resourceType, referential integrity, chained parameters and `_include`, conditional
update and delete, transactions. `/metadata` says what there is.
"""

from fhir_adapter.sandbox.routes import build
from fhir_adapter.sandbox.serving import serve

__all__ = ["build", "serve"]
