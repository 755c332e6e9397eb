"""What is read of a request to the webhook: hints, and the answer that its sender wants."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from fhir_adapter.receive.subject import NAMED
from fhir_adapter.receive.topics import Status

UNREADABLE = (msgspec.MsgspecError, UnicodeDecodeError, RecursionError)
BYTE_ORDER_MARK = b"\xef\xbb\xbf"


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """One request to the webhook. Header names are in small letters; `address` is what follows the source."""

    method: str
    address: str = ""
    headers: Mapping[str, str] = {}
    body: bytes = b""
    base: str = ""
    """The EHR's address: absolute references under it are its own."""


class Hint(msgspec.Struct, frozen=True, kw_only=True):
    """What one notification says about one resource."""

    shape: str
    type: str | None = None
    id: str | None = None
    version: str | None = None
    patient: str | None = None
    body: bytes = b""
    fault: str | None = None
    finished: bool = False
    """The encounter is over: the patient is due at once."""
    ignored: bool = False
    """Understood, and nothing that concerns a visit."""


class Reading(msgspec.Struct, frozen=True):
    """The hints of a request, and the answer that its sender wants."""

    hints: tuple[Hint, ...]
    status: int = 204
    body: bytes = b""
    topic: Status | None = None
    """What the sender says of its subscription: its events are counted."""


def deletion_hint(name: str) -> Hint | None:
    found = NAMED.fullmatch(name)
    return Hint(shape="deletion", type=found["type"], id=found["id"]) if found else None


def named_hint(name: str, version: str | None = None) -> Hint:
    """Of `Type/id`: the EHR is asked whose it is."""
    resource_type, _, resource_id = name.partition("/")
    return Hint(shape="resource", type=resource_type, id=resource_id.partition("/")[0], version=version)


def without_mark(body: bytes) -> bytes:
    """A byte order mark is no fault."""
    return body.removeprefix(BYTE_ORDER_MARK)
