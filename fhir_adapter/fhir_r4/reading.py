"""One resource from JSON bytes, without losing it to one bad element.

The problem: a decoder that checks types refuses a whole resource for one string where a number belongs. A visit that
lacks an administration is coded wrongly; a visit in which one is known to be partly unreadable is held. So an element
of a wrong type is taken out, reported, and the rest is decoded again.

    {"id": "a1", "status": "completed", "dosage": {"dose": {"value": "a lot"}}}
        → the administration without dosage.dose.value, and the fault  $.dosage.dose.value: Invalid decimal string
    {"id": "a2", "effectivePeriod": {"start": "2026-05-04T09:00:00-05:00", "end": 13}}
        → without effectivePeriod.end, and the fault  $.effectivePeriod.end: Expected str | null, got int

Decided: the message names the element and the type, never the value (it may be a patient's).
"""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any, TypeVar

import msgspec

from fhir_adapter.fhir_r4.resources import Resource

T = TypeVar("T", bound=Resource)

_STEP = re.compile(r"[^.$\[\]]+")
_TREE = msgspec.json.Decoder(Any, float_hook=Decimal)
_TEXT = msgspec.json.Encoder(decimal_format="number")
UNREADABLE = (msgspec.MsgspecError, ValueError, RecursionError)


class ResourceFault(msgspec.Struct, frozen=True):
    """An element that could not be read: `resource` is `Type/id`, `path` starts at that resource's `$`."""

    resource: str
    path: str
    message: str


class Head(msgspec.Struct, frozen=True):
    """What says how to read the rest."""

    resourceType: str = ""
    id: Any = ""


def decode(raw: bytes | msgspec.Raw, view: type[T], name: str) -> tuple[T | None, tuple[ResourceFault, ...]]:
    """The view of `raw`, None when nothing of it is readable, and what had to be left out."""
    try:
        return msgspec.json.decode(raw, type=view), ()
    except msgspec.ValidationError as error:
        return _without_bad_elements(raw, view, name, error)
    except UNREADABLE as error:
        return None, (ResourceFault(name, "$", _plain(error)),)


def _without_bad_elements(
    raw: bytes | msgspec.Raw, view: type[T], name: str, error: msgspec.ValidationError
) -> tuple[T | None, tuple[ResourceFault, ...]]:
    faults: list[ResourceFault] = []
    try:
        tree = _TREE.decode(raw)
        while True:
            reason, path = _place(error)
            faults.append(ResourceFault(name, path, reason))
            if not _remove(tree, path):
                return None, tuple(faults)
            try:
                return msgspec.json.decode(_TEXT.encode(tree), type=view), tuple(faults)
            except msgspec.ValidationError as next_error:
                error = next_error
    except UNREADABLE as cause:
        return None, (*faults, ResourceFault(name, "$", _plain(cause)))


def _place(error: msgspec.ValidationError) -> tuple[str, str]:
    reason, _, place = str(error).replace("`", "").partition(" - at ")
    return reason, place or "$"


def _plain(error: Exception) -> str:
    return "nested too deeply" if isinstance(error, RecursionError) else "is not JSON"


def _remove(tree: Any, path: str) -> bool:
    """Take the element at `path` out of `tree`; False when there is nothing at that place."""
    steps = [int(step) if step.isdigit() else step for step in _STEP.findall(path)]
    try:
        for step in steps[:-1]:
            tree = tree[step]
        del tree[steps[-1]]
    except (LookupError, TypeError):
        return False
    return True
