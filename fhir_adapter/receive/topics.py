"""The status that heads a topic notification: what kind it is, how many events there were, and which resources.

Two spellings of one thing: Parameters (Backport on R4), SubscriptionStatus (R4B, R5, and athenahealth on R4). Counters
are texts in some, numbers in others; a subscription is a Reference or a text. A token in it (`authorization-value`) is
not read. Source: Subscriptions R5 Backport 1.1, R5 SubscriptionStatus, the README of
athenahealth/aone-fhir-subscriptions (`eventsInNotification`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

PARAMETERS, SUBSCRIPTION_STATUS = "Parameters", "SubscriptionStatus"
WITHOUT_EVENTS = ("handshake", "heartbeat", "query-status")
_COUNTERS = ("valueString", "valueUnsignedInt", "valueInteger", "valueInteger64", "valueDecimal")
_REFERENCES = ("valueReference", "valueString", "valueUri", "valueUrl", "valueCanonical")


class Status(msgspec.Struct, frozen=True, kw_only=True):
    """`numbers` are the events' own, `since_start` counts all of the subscription, `declared` those of this Bundle."""

    kind: str = ""
    state: str = ""
    subscription: str = ""
    since_start: int | None = None
    declared: int | None = None
    numbers: tuple[int, ...] = ()
    foci: tuple[str, ...] = ()


def status_of(resource: bytes) -> Status | None:
    """None where it is another resource."""
    try:
        found = msgspec.json.decode(resource)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return None
    kind = found.get("resourceType") if isinstance(found, dict) else None
    if kind == PARAMETERS:
        return _of_parameters(found)
    return _of_fields(found) if kind == SUBSCRIPTION_STATUS else None


def _of_parameters(parameters: Mapping[str, Any]) -> Status:
    parts = tuple(_objects(parameters.get("parameter")))
    events = [tuple(_objects(part.get("part"))) for part in parts if part.get("name") == "notification-event"]
    return Status(
        kind=_text(_value(parts, "type", ("valueCode", "valueString"))),
        state=_text(_value(parts, "status", ("valueCode", "valueString"))),
        subscription=_reference(_value(parts, "subscription", _REFERENCES)),
        since_start=_number(_value(parts, "events-since-subscription-start", _COUNTERS)),
        numbers=_numbers(_value(event, "event-number", _COUNTERS) for event in events),
        foci=_references(_value(event, "focus", _REFERENCES) for event in events),
    )


def _of_fields(status: Mapping[str, Any]) -> Status:
    events = tuple(_objects(status.get("notificationEvent")))
    return Status(
        kind=_text(status.get("type")),
        state=_text(status.get("status")),
        subscription=_reference(status.get("subscription")),
        since_start=_number(status.get("eventsSinceSubscriptionStart")),
        declared=_number(status.get("eventsInNotification")),
        numbers=_numbers(event.get("eventNumber") for event in events),
        foci=_references(event.get("focus") for event in events),
    )


def _value(parts: tuple[dict[str, Any], ...], name: str, spellings: tuple[str, ...]) -> Any:
    named = (part for part in parts if part.get("name") == name)
    return next((part[spelling] for part in named for spelling in spellings if spelling in part), None)


def _objects(values: Any) -> Iterator[dict[str, Any]]:
    return (value for value in (values if isinstance(values, list) else ()) if isinstance(value, dict))


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _reference(value: Any) -> str:
    return _text(value.get("reference") if isinstance(value, dict) else value)


def _references(values: Iterator[Any]) -> tuple[str, ...]:
    return tuple(reference for reference in map(_reference, values) if reference)


def _numbers(values: Iterator[Any]) -> tuple[int, ...]:
    return tuple(number for number in map(_number, values) if number is not None)


def _number(value: Any) -> int | None:
    """A count of events: no more than 15 digits, so that it fits every database."""
    text = str(value) if isinstance(value, int | str) and not isinstance(value, bool) else ""
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 15 else None
