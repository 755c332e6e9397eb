"""Notifications in a cloud's own envelope: recognized, so that the inbox can say what they are.

They are not understood: a source that sends them is swept. Source: Event Grid's event schema for Azure Health Data
Services; Pub/Sub push.
"""

from __future__ import annotations

import msgspec

from fhir_adapter.errors import Fault

UNREADABLE = (msgspec.MsgspecError, UnicodeDecodeError, RecursionError)
EVENT_GRID = Fault("$", "is an Event Grid notification, which is not understood; have this source swept (sweep_every)")
PUBSUB = Fault("$", "is a Pub/Sub notification, which is not understood; have this source swept (sweep_every)")


class _Envelope(msgspec.Struct, frozen=True, rename="camel"):
    event_type: str = ""
    specversion: str = ""
    subscription: str = ""
    message: msgspec.Raw = msgspec.Raw()


def cloud_fault(body: bytes) -> Fault | None:
    """What to say of a body that is no resource but a known envelope."""
    try:
        found = msgspec.json.decode(body, type=list[_Envelope] | _Envelope)
    except UNREADABLE:
        return None
    envelopes = found if isinstance(found, list) else [found]
    if any(envelope.event_type or envelope.specversion for envelope in envelopes):
        return EVENT_GRID
    return PUBSUB if any(envelope.subscription and bytes(envelope.message) for envelope in envelopes) else None
