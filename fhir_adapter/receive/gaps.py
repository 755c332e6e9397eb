"""Did the sender tell us everything? From the numbers of events, by what they mean at this source.

    subscription   events count from the start of the subscription (Backport, R5): a number that is left out is an event
                   that never came. Late ones are no gap; a handshake, and an event 1 after others, begins anew. A
                   handshake that counts more events than were heard admits a gap: it comes when a channel is repaired
    bundle         they count within the Bundle (athenahealth): the Bundle says itself how many it should hold
    none           they mean nothing

Worked: after event 3 comes 5 → gap, the source is swept; then the late 4 → nothing. A heartbeat that counts 7 after we
heard of 5 → gap. Answers to a question (query-event) do not count. What was heard last is kept in the store, so that a
restart forgets nothing; a subscription that was never heard of begins at 0.
"""

from __future__ import annotations

from hashlib import sha256

from sqlalchemy import Connection

from fhir_adapter.receive.telling import Hint
from fhir_adapter.receive.topics import Status
from fhir_adapter.settings import Source
from fhir_adapter.store import heard

TROUBLED = ("error", "off")
GAP, TROUBLE, SILENCE = "gap", "subscription-error", "silence"
CALLS_FOR_SWEEP = ("empty", GAP, TROUBLE, SILENCE)
"""Shapes of hints that name no resource: the source is asked what changed."""


def warnings_of(conn: Connection, name: str, source: Source, status: Status) -> tuple[Hint, ...]:
    """A hint for each reason to doubt that all was told; remembers how far the events were told."""
    found = [Hint(shape=TROUBLE)] if status.state in TROUBLED else []
    if source.event_numbers == "subscription" and _leaves_out(conn, name, status):
        found.append(Hint(shape=GAP))
    if source.event_numbers == "bundle" and status.declared is not None and status.declared != len(status.numbers):
        found.append(Hint(shape=GAP))
    return tuple(found)


def _leaves_out(conn: Connection, source: str, status: Status) -> bool:
    if status.kind == "query-event":
        return False
    subscription = sha256(status.subscription.encode("utf-8", "replace")).hexdigest()[:16]
    before = heard.last(conn, source, subscription)
    told = max((*status.numbers, status.since_start or 0))
    begins = status.kind == "handshake" or (1 in status.numbers and before > told)
    heard.keep(conn, source, subscription, told if begins else max(before, told))
    if begins:
        return status.kind == "handshake" and told > before
    if status.numbers:
        return min(status.numbers) > before + 1 or not _consecutive(status.numbers)
    return status.kind == "heartbeat" and told > before


def _consecutive(numbers: tuple[int, ...]) -> bool:
    return max(numbers) - min(numbers) < len(set(numbers))
