"""What a Subscription of ours says: by R4 criteria, or by a topic of the Backport where the site names one.

    criteria   "Encounter?", payload the resource, deletions asked for as HAPI knows it
    topic      its canonical as criteria, a filter beside it where the server wants one, payload by name only

By name only, because every server that knows topics can do it, and a payload is never coded anyway. A heartbeat is
asked for where the source promises one. Source: https://hl7.org/fhir/R4/subscription.html; Subscriptions R5 Backport
1.1, backport-subscription; HAPI 8.8, which answers 422 to a topic without a filter.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

DELETES = "http://hapifhir.io/fhir/StructureDefinition/subscription-send-delete-messages"
BACKPORT = "http://hl7.org/fhir/uv/subscriptions-backport/StructureDefinition"
PAYLOAD = "application/fhir+json"
BY_CRITERIA = ("MedicationAdministration?", "Encounter?")

Json = dict[str, Any]


def by_criteria(criteria: str, endpoint: str, header: tuple[str, ...], *, deletes: bool) -> Json:
    extension = {"extension": [{"url": DELETES, "valueBoolean": True}]} if deletes else {}
    return _subscription(criteria, _channel(endpoint, header) | extension)


def by_topic(topic: str, narrowed: str, endpoint: str, header: tuple[str, ...], heartbeat: timedelta | None) -> Json:
    """`narrowed` is the filter, such as `Encounter?`; empty: none."""
    channel = _channel(endpoint, header) | {"_payload": _extended("backport-payload-content", "valueCode", "id-only")}
    if heartbeat is not None:
        channel |= _extended("backport-heartbeat-period", "valueUnsignedInt", int(heartbeat.total_seconds()))
    filters = {"_criteria": _extended("backport-filter-criteria", "valueString", narrowed)} if narrowed else {}
    profile = {"meta": {"profile": [f"{BACKPORT}/backport-subscription"]}}
    return _subscription(topic, channel) | filters | profile


def _subscription(criteria: str, channel: Mapping[str, Any]) -> Json:
    return {
        "resourceType": "Subscription",
        "status": "requested",
        "reason": "charges of what was administered",
        "criteria": criteria,
        "channel": dict(channel),
    }


def _channel(endpoint: str, header: tuple[str, ...]) -> Json:
    said = {"header": list(header)} if header else {}
    return {"type": "rest-hook", "endpoint": endpoint, "payload": PAYLOAD, **said}


def _extended(name: str, kind: str, value: str | int) -> Json:
    return {"extension": [{"url": f"{BACKPORT}/{name}", kind: value}]}
