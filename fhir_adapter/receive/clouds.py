"""Notifications in a cloud's own envelope: Azure Event Grid and Google Pub/Sub push.

    Event Grid   one event or a list, in its own schema or as CloudEvents 1.0: a type, an id, a version, no resource
                 SubscriptionValidationEvent: answered 200 with the code that came, or nothing is ever sent
    Pub/Sub      attributes beside base64: a whole resource, or its name where it is too large or the load too high

Both become the same hints as everybody else's. The account in an Event Grid event is not compared with the source's
address: a private link has another name, and what is not there is put aside when the EHR says so.
Source: learn.microsoft.com, azure/event-grid, event-schema-azure-health-data-services and webhook-event-delivery;
docs.cloud.google.com, healthcare-api/docs/fhir-pubsub; cloud.google.com/pubsub/docs/push.
"""

from __future__ import annotations

import binascii
from base64 import b64decode
from collections.abc import Callable
from typing import Any

import msgspec

from fhir_adapter.receive.subject import NAMED, version_in
from fhir_adapter.receive.telling import UNREADABLE, Hint, Reading, deletion_hint, named_hint, without_mark

VALIDATION = "Microsoft.EventGrid.SubscriptionValidationEvent"
RESOURCE_EVENTS = "Microsoft.HealthcareApis.FhirResource"
WholeResource = Callable[[bytes], Hint]
"""Makes a hint of a full resource (shapes.py)."""


class _Event(msgspec.Struct, frozen=True, rename="camel"):
    """Either schema of Event Grid, or the envelope of Pub/Sub."""

    event_type: Any = None
    specversion: Any = None
    type: Any = None
    data: Any = None
    subscription: Any = None
    message: Any = None

    @property
    def name(self) -> str | None:
        """What happened, where this is an event of Event Grid."""
        name = self.type if self.specversion is not None else self.event_type
        return name if isinstance(name, str) else None


def read_cloud(body: bytes, whole: WholeResource) -> Reading | None:
    """None where the body is no cloud's envelope."""
    try:
        found = msgspec.json.decode(without_mark(body), type=list[_Event] | _Event)
    except UNREADABLE:
        return None
    events = found if isinstance(found, list) else [found]
    if events and all(event.name is not None for event in events):
        return _event_grid(events, body)
    if len(events) == 1 and isinstance(events[0].message, dict):
        return Reading((_pubsub(events[0].message, body, whole),))
    return None


def _event_grid(events: list[_Event], body: bytes) -> Reading:
    for event in events:
        if event.name == VALIDATION:
            return _validated(event, body)
    return Reading(_kept_once(tuple(map(_resource_event, events)), body))


def _kept_once(hints: tuple[Hint, ...], body: bytes) -> tuple[Hint, ...]:
    """The request stands with the first fault only: thousands of events are no reason to keep it thousands of times."""
    faulty = next((at for at, hint in enumerate(hints) if hint.fault), len(hints))
    return tuple(msgspec.structs.replace(hint, body=body) if at == faulty else hint for at, hint in enumerate(hints))


def _validated(event: _Event, body: bytes) -> Reading:
    code = event.data.get("validationCode") if isinstance(event.data, dict) else None
    if not isinstance(code, str):
        return Reading((Hint(shape="event-grid", body=body, fault="$[0].data.validationCode: must be text"),))
    answer = msgspec.json.encode({"validationResponse": code})
    return Reading((Hint(shape="event-grid", ignored=True),), 200, answer)


def _resource_event(event: _Event) -> Hint:
    name, data = event.name or "", event.data if isinstance(event.data, dict) else {}
    if not name.startswith(RESOURCE_EVENTS):
        return Hint(shape="event-grid", ignored=True)
    words = (data.get("resourceType"), data.get("resourceFhirId"))
    about = "/".join(word for word in words if isinstance(word, str))
    if not NAMED.fullmatch(about):
        return Hint(shape="event-grid", fault="data.resourceType and data.resourceFhirId: name no resource")
    if name.removeprefix(RESOURCE_EVENTS) == "Deleted":
        return deletion_hint(about) or named_hint(about)
    version = data.get("resourceVersionId")
    return named_hint(about, version=version_in(str(version)) if isinstance(version, str | int) else None)


def _pubsub(message: dict[str, Any], body: bytes, whole: WholeResource) -> Hint:
    attributes = message.get("attributes")
    action = attributes.get("action") if isinstance(attributes, dict) else None
    try:
        data = b64decode(message.get("data") or "", validate=True)
    except (binascii.Error, ValueError, TypeError):
        return Hint(shape="pubsub", body=body, fault="$.message.data: is not base64")
    if data.lstrip()[:1] == b"{":
        hint = whole(data)
        name = f"{hint.type}/{hint.id}"
    else:
        name = "/".join(data.decode("utf-8", "replace").strip().split("/")[-2:])
        hint = named_hint(name) if NAMED.fullmatch(name) else _nameless(body)
    deleted = isinstance(action, str) and action.startswith("Delete") and hint.fault is None
    return (deletion_hint(name) or hint) if deleted else hint


def _nameless(body: bytes) -> Hint:
    return Hint(shape="pubsub", body=body, fault="$.message.data: is neither a resource nor a resource's name")
