"""A notification of the inbox is read once more, as if it came now: after a newer program or a corrected configuration.

What it says is kept anew, under new numbers; the old entry stays, and says `replayed` where it was still open. A body
that is gone (or never was) leaves the name: the EHR is asked about it.
"""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import Connection

from fhir_adapter.errors import StoreError
from fhir_adapter.receive.keep import keep, pace_of
from fhir_adapter.receive.telling import Reading
from fhir_adapter.receive.webhook import outcome_of, understood
from fhir_adapter.settings import Source
from fhir_adapter.store import inbox
from fhir_adapter.store.inbox import Received


def replay(conn: Connection, number: int, sources: Mapping[str, Source]) -> str:
    """A sentence for the person who asked; StoreError where there is nothing to replay."""
    told = inbox.get(conn, number)
    if told is None:
        raise StoreError(f"notification {number}: there is none of this number")
    source = sources.get(told.source)
    if source is None:
        raise StoreError(f"notification {number}: its source is not configured any more")
    reading = _again(told, inbox.body(conn, number), source.base_url)
    numbers = keep(conn, told.source, "replay", reading.hints, pace_of(source))
    inbox.replayed(conn, number)
    kept = ", ".join(f"{new} ({outcome_of(hint)})" for new, hint in zip(numbers, reading.hints, strict=True))
    return f"notification {number} was read again and is kept as {kept}"


def _again(told: Received, body: bytes, base: str) -> Reading:
    name = f"{told.type}/{told.id}" if told.type and told.id else ""
    if told.shape == "deletion" and name:
        return understood("DELETE", name, {}, b"", base)
    return understood("POST", "" if body else name, {}, body, base)
