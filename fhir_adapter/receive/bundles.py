"""A Bundle on the webhook: what happened to which resource.

The senders disagree on everything but the entries: the first may be a status (Parameters in R4, SubscriptionStatus in
R4B and R5), the others are the resources, whole, or by name only, or deleted. So the entries are read whatever the
Bundle's type is, and resources that the status names (its foci) and no entry holds are asked for by name.

    handshake, heartbeat   nothing happened; a handshake wants 200
    no resource at all     "something changed": the source is swept
    a token in the status  (authorization-value) is never kept: of a notification only the resources' bytes are

Source: Subscriptions R5 Backport 1.1 (Parameters and SubscriptionStatus), R5 SubscriptionStatus, requests of HAPI 8.8.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec

from fhir_adapter.receive.clouds import UNREADABLE
from fhir_adapter.receive.shapes import Hint, Reading, Told, deletion_hint, resource_hint
from fhir_adapter.receive.subject import relative

NOTHING_HAPPENED = {"handshake": 200, "heartbeat": 204}
STATUS_TYPES = ("Parameters", "SubscriptionStatus")


class _Entry(msgspec.Struct, frozen=True, rename={"full_url": "fullUrl"}):
    full_url: Any = None
    resource: msgspec.Raw = msgspec.Raw()
    request: Any = None


class _Bundle(msgspec.Struct, frozen=True):
    entry: tuple[_Entry, ...] = ()


class _Status(msgspec.Struct, frozen=True, rename="camel"):
    """Both spellings of a status: `parameter` has the one, the other fields the other."""

    resource_type: str = ""
    type: Any = None
    parameter: tuple[Any, ...] = ()
    notification_event: tuple[Any, ...] = ()


def read_bundle(told: Told) -> Reading:
    try:
        entries = msgspec.json.decode(told.body.removeprefix(b"\xef\xbb\xbf"), type=_Bundle).entry
    except UNREADABLE:
        return Reading((Hint(shape="bundle", fault="$.entry: must be a list of objects"),))
    status = _status(entries)
    kind = _kind(status) if status else None
    if kind in NOTHING_HAPPENED:
        return Reading((Hint(shape="subscription", ignored=True),), NOTHING_HAPPENED[kind])
    hints = {(hint.type, hint.id, hint.fault): hint for hint in _hints(entries, status, told.base)}
    concerning = tuple(hint for hint in hints.values() if not hint.ignored)
    return Reading(concerning or tuple(hints.values())[:1] or (Hint(shape="empty"),))


def _hints(entries: tuple[_Entry, ...], status: _Status | None, base: str) -> Iterator[Hint]:
    """Foci first, so that a fuller hint of an entry about the same resource takes their place."""
    for reference in _foci(status) if status else ():
        yield _by_reference(reference, base)
    for entry in entries[1:] if status else entries:
        hint = _entry_hint(entry, base)
        if hint is not None:
            yield hint


def _entry_hint(entry: _Entry, base: str) -> Hint | None:
    if bytes(entry.resource):
        return resource_hint(bytes(entry.resource), base)
    request = entry.request if isinstance(entry.request, dict) else {}
    url = request.get("url")
    if not isinstance(url, str):
        return None
    name = relative(url, base) or (isinstance(entry.full_url, str) and relative(entry.full_url, base)) or None
    if name is None:
        return Hint(shape="bundle", fault="$.entry.request.url: names no resource of this source")
    deletion = deletion_hint("/".join(name)) if request.get("method") == "DELETE" else None
    return deletion or Hint(shape="resource", type=name[0], id=name[1])


def _by_reference(reference: str, base: str) -> Hint:
    name = relative(reference, base)
    if name is None:
        return Hint(shape="subscription", fault="the notification's focus: names no resource of this source")
    return Hint(shape="resource", type=name[0], id=name[1])


def _status(entries: tuple[_Entry, ...]) -> _Status | None:
    try:
        status = msgspec.json.decode(entries[0].resource, type=_Status) if entries else None
    except UNREADABLE:
        return None
    return status if status and status.resource_type in STATUS_TYPES else None


def _kind(status: _Status) -> Any:
    if isinstance(status.type, str):
        return status.type
    return next((part.get("valueCode") for part in _named(status.parameter, "type")), None)


def _foci(status: _Status) -> Iterator[str]:
    events = [event for event in status.notification_event if isinstance(event, dict)]
    named = [event.get("focus") for event in events]
    for event in _named(status.parameter, "notification-event"):
        named += [part.get("valueReference") for part in _named(event.get("part"), "focus")]
    for focus in named:
        if isinstance(focus, dict) and isinstance(focus.get("reference"), str):
            yield focus["reference"]


def _named(parameters: Any, name: str) -> Iterator[dict[str, Any]]:
    for parameter in parameters if isinstance(parameters, list | tuple) else ():
        if isinstance(parameter, dict) and parameter.get("name") == name:
            yield parameter
