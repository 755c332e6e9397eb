"""A Bundle on the webhook: what happened to which resource.

The senders disagree on everything but the entries: the first may be a status (Parameters in R4, SubscriptionStatus in
R4B and R5), the others are the resources, whole, or by name only, or deleted. So the entries are read whatever the
Bundle's type is, and resources that the status names (its foci) and no entry holds are asked for by name.

    handshake, heartbeat,  nothing happened; a handshake wants 200
    query-status
    no resource at all     "something changed": the source is swept
    a token in the status  (authorization-value) is never kept: of a notification only the resources' bytes are

Source: Subscriptions R5 Backport 1.1 (Parameters and SubscriptionStatus), R5 SubscriptionStatus, requests of HAPI 8.8.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec

from fhir_adapter.receive.shapes import resource_hint
from fhir_adapter.receive.subject import relative
from fhir_adapter.receive.telling import UNREADABLE, Hint, Reading, Told, deletion_hint, named_hint, without_mark
from fhir_adapter.receive.topics import WITHOUT_EVENTS, Status, status_of

HANDSHAKE = 200


class _Entry(msgspec.Struct, frozen=True, rename={"full_url": "fullUrl"}):
    full_url: Any = None
    resource: msgspec.Raw = msgspec.Raw()
    request: Any = None


class _Bundle(msgspec.Struct, frozen=True):
    entry: tuple[_Entry, ...] = ()


def read_bundle(told: Told) -> Reading:
    try:
        entries = msgspec.json.decode(without_mark(told.body), type=_Bundle).entry
    except UNREADABLE:
        return Reading((Hint(shape="bundle", fault="$.entry: must be a list of objects"),))
    status = status_of(entries[0].resource) if entries else None
    if status is not None and status.kind in WITHOUT_EVENTS:
        answer = HANDSHAKE if status.kind == "handshake" else 204
        return Reading((Hint(shape="subscription", ignored=True),), answer, topic=status)
    hints = {(hint.type, hint.id, hint.fault): hint for hint in _hints(entries, status, told.base)}
    concerning = tuple(hint for hint in hints.values() if not hint.ignored)
    return Reading(concerning or tuple(hints.values())[:1] or (Hint(shape="empty"),), topic=status)


def _hints(entries: tuple[_Entry, ...], status: Status | None, base: str) -> Iterator[Hint]:
    """Foci first, so that a fuller hint of an entry about the same resource takes their place."""
    for reference in status.foci if status else ():
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
    return deletion or named_hint("/".join(name))


def _by_reference(reference: str, base: str) -> Hint:
    name = relative(reference, base)
    if name is None:
        return Hint(shape="subscription", fault="the notification's focus: names no resource of this source")
    return named_hint("/".join(name))
