"""A claimed patient's orders, one after the other.

Before each request the claim is renewed and the source's pause is looked at: `outbox.take` does both for the first
request of an order, the guard for the others. An order is counted as tried before its first request, so that one which
died on the way is looked up before it is sent again. An item that was left alone marks its patient: coding then finds
why, where people look.
"""

from __future__ import annotations

from datetime import timedelta
from hashlib import sha256

import msgspec
from sqlalchemy import Connection

from fhir_adapter.errors import EhrAmbiguous, EhrError, EhrRejected, SourcePaused
from fhir_adapter.pipeline.parts import Parts, SourceParts
from fhir_adapter.post import Guarded, InPlace, LeftAlone, Nothing, Outcome, Rest, SendOrder, settle
from fhir_adapter.reconcile import ChargeStatus
from fhir_adapter.store import Claim, attesting, due, ledger, outbox, pauses
from fhir_adapter.store.outbox import Entry

SHADOW = "source-in-shadow"
LATER = timedelta(hours=1)
AT_ONCE = timedelta(0)


class _Asked(msgspec.Struct):
    """Of the body to send."""

    status: ChargeStatus


async def send(claim: Claim, parts: Parts) -> None:
    """Ends the claim when nothing is left, or the source is paused or no longer in post mode."""
    source = parts.source(claim.source)
    if source.mode != "post":
        await parts.store.write(lambda conn: due.postpone(conn, claim, SHADOW, wait=LATER, max_attempts=None))
        return
    while entry := await parts.store.write(lambda conn: outbox.take(conn, claim, lease=parts.lease)):
        await _one(claim, entry, source, parts)


async def _one(claim: Claim, entry: Entry, source: SourceParts, parts: Parts) -> None:
    driver = Guarded(Rest(source.ehr, source.names.identifier_system), _Guard(claim, parts), parts.longest_request)
    try:
        outcome = await settle(await _order(entry, parts), driver)
    except SourcePaused:
        return
    except EhrRejected:
        outcome = LeftAlone(trouble="rejected")
    except EhrError as error:
        await _not_now(claim, entry, error, parts)
        raise
    await parts.store.write(lambda conn: _record(conn, claim, entry, outcome, parts))
    word = outcome.trouble if isinstance(outcome, LeftAlone) else "in-place"
    parts.metrics.sent.labels(claim.source, entry.action, word).inc()


class _Guard:
    """The first request of an order follows `outbox.take` at once, which has just asked the same."""

    def __init__(self, claim: Claim, parts: Parts) -> None:
        self._claim, self._parts, self._asked = claim, parts, True

    async def __call__(self) -> None:
        if not self._asked:
            await self._parts.store.write(self._may_send)
        self._asked = False

    def _may_send(self, conn: Connection) -> None:
        due.renew(conn, self._claim, lease=self._parts.lease)
        if pauses.paused(conn, self._claim.source):
            raise SourcePaused("posting at this source was stopped")


async def _order(entry: Entry, parts: Parts) -> SendOrder:
    known = await parts.store.read(lambda conn: ledger.get(conn, entry.source, entry.identifier))
    superseded = await parts.store.read(lambda conn: outbox.is_superseded(conn, entry))
    return SendOrder(
        identifier=entry.identifier,
        status=msgspec.json.decode(entry.body, type=_Asked).status,
        body=entry.body,
        item=known.entry.item if known else None,
        version=known.entry.version if known else None,
        is_superseded=superseded,
        may_have_been_sent=entry.attempts > 1 or entry.state == "ambiguous",
    )


async def _not_now(claim: Claim, entry: Entry, error: EhrError, parts: Parts) -> None:
    state: outbox.State = "ambiguous" if isinstance(error, EhrAmbiguous) else "pending"
    word = type(error).__name__
    await parts.store.write(lambda conn: outbox.settle(conn, claim, entry, state, word, lease=parts.lease))
    parts.metrics.sent.labels(claim.source, entry.action, state).inc()


def _record(conn: Connection, claim: Claim, entry: Entry, outcome: Outcome, parts: Parts) -> None:
    source, identifier, lease = claim.source, entry.identifier, parts.lease
    if isinstance(outcome, LeftAlone):
        ledger.leave_alone(conn, source, identifier, outcome.trouble)
        outbox.settle(conn, claim, entry, "parked", outcome.trouble, lease=lease)
        due.mark(conn, source, claim.patient, settle=AT_ONCE, max_wait=AT_ONCE)
        return
    if isinstance(outcome, InPlace):
        digest = f"sha256:{sha256(entry.body).hexdigest()}"
        ledger.written(conn, source, identifier, item=outcome.item, version=outcome.version, body_hash=digest)
        if parts.source(source).attests:
            attesting.owe(conn, claim, entry.number, item=outcome.item, version=outcome.version)
    never_was = isinstance(outcome, Nothing) and entry.action == "create"
    outbox.settle(conn, claim, entry, "replaced" if never_was else "sent", None, lease=lease)
