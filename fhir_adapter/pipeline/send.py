"""A claimed patient's orders: one after the other, or where the EHR takes transactions, all that may go together.

Before each request the claim is renewed and the source's pause is looked at: `outbox.take` does both for the first
request of what was taken, the guard for the others. An order is counted as tried before its first request, so that one
which died on the way is looked up before it is sent again. What became of it is kept in the transaction that takes the
next. An item that was left alone marks its patient: coding then finds why, where people look.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from datetime import timedelta

import msgspec
from msgspec.structs import replace
from sqlalchemy import Connection

from fhir_adapter.errors import EhrAmbiguous, EhrError, EhrRejected, SourcePaused
from fhir_adapter.pipeline.parts import Parts, SourceParts
from fhir_adapter.pipeline.sent import Done, keep
from fhir_adapter.post import (
    Driver,
    Guarded,
    LeftAlone,
    Outcome,
    Rest,
    SendOrder,
    settle,
    settle_together,
    together_first,
)
from fhir_adapter.reconcile import ChargeStatus
from fhir_adapter.store import Claim, due, ledger, outbox, pauses
from fhir_adapter.store.outbox import Entry

SHADOW = "source-in-shadow"
LATER = timedelta(hours=1)
IN_A_TRANSACTION = 50
"""Orders at most: what does not fit into the time of a claim is never answered."""


class _Asked(msgspec.Struct):
    """Of the body to send."""

    status: ChargeStatus


class Taken(msgspec.Struct, frozen=True, kw_only=True):
    """Counted as tried."""

    entry: Entry
    order: SendOrder


async def send(claim: Claim, parts: Parts) -> None:
    """Ends the claim when nothing is left, or the source is paused or no longer in post mode."""
    source = parts.source(claim.source)
    if source.mode != "post":
        await parts.store.write(lambda conn: due.postpone(conn, claim, SHADOW, wait=LATER, max_attempts=None))
        return
    taken = await parts.store.write(lambda conn: _take(conn, claim, parts))
    while taken:
        done = await _carried_out(claim, taken, source, parts)
        taken = await _recorded(claim, done, parts)


def _take(conn: Connection, claim: Claim, parts: Parts) -> tuple[Taken, ...]:
    most = IN_A_TRANSACTION if parts.source(claim.source).transactions else 1
    entries = outbox.take(conn, claim, lease=parts.lease, most=most)
    if not entries:
        return ()
    known = ledger.places(conn, claim.source, [entry.identifier for entry in entries])
    superseded = outbox.superseded(conn, entries)
    return tuple(Taken(entry=entry, order=_order(entry, known, superseded)) for entry in entries)


def _order(entry: Entry, known: Mapping[str, ledger.Place], superseded: Set[str]) -> SendOrder:
    item, version = known.get(entry.identifier, (None, None))
    return SendOrder(
        identifier=entry.identifier,
        status=msgspec.json.decode(entry.body, type=_Asked).status,
        body=entry.body,
        item=item,
        version=version,
        is_superseded=entry.identifier in superseded,
        may_have_been_sent=entry.attempts > 1 or entry.state == "ambiguous",
    )


async def _carried_out(claim: Claim, taken: Sequence[Taken], source: SourceParts, parts: Parts) -> Done:
    """What became of each. Where the EHR does not answer, what is known is kept, and the error goes on."""
    driver = Guarded(Rest(source.ehr, source.names.identifier_system), _Guard(claim, parts), parts.longest_request)
    done: Done = []
    asked: Sequence[Taken] = taken
    try:
        alone = await _together(taken, driver, done)
        for one in alone:
            asked = (one,)
            done.append((one.entry, await _alone(one.order, driver)))
    except SourcePaused:
        pass
    except EhrError as error:
        await _not_now(claim, done, [one.entry for one in asked], error, parts)
        raise
    return done


async def _together(taken: Sequence[Taken], driver: Driver, done: Done) -> list[Taken]:
    """Those that are still to be settled, each by itself, in their order."""
    fit = taken[: together_first([one.order for one in taken])]
    if len(fit) < 2:
        return list(taken)
    outcomes = await settle_together([one.order for one in fit], driver)
    settled = {one.entry.number: outcome for one, outcome in zip(fit, outcomes, strict=True) if outcome is not None}
    done += [(one.entry, settled[one.entry.number]) for one in fit if one.entry.number in settled]
    doubtful = {one.entry.number for one in fit}
    return [_in_doubt(one, doubtful) for one in taken if one.entry.number not in settled]


def _in_doubt(one: Taken, doubtful: set[int]) -> Taken:
    return replace(one, order=replace(one.order, may_have_been_sent=True)) if one.entry.number in doubtful else one


async def _alone(order: SendOrder, driver: Driver) -> Outcome:
    try:
        return await settle(order, driver)
    except EhrRejected:
        return LeftAlone(trouble="rejected")


class _Guard:
    """The first request follows `outbox.take` at once, which has just asked the same."""

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


async def _recorded(claim: Claim, done: Done, parts: Parts) -> tuple[Taken, ...]:
    """What became of what was taken is kept; the next."""

    def record(conn: Connection) -> tuple[Taken, ...]:
        keep(conn, claim, done, parts)
        return _take(conn, claim, parts)

    taken = await parts.store.write(record)
    _count(claim, done, parts)
    return taken


async def _not_now(claim: Claim, done: Done, asked: Sequence[Entry], error: EhrError, parts: Parts) -> None:
    state: outbox.State = "ambiguous" if isinstance(error, EhrAmbiguous) else "pending"

    def record(conn: Connection) -> None:
        keep(conn, claim, done, parts)
        outbox.settle(conn, claim, asked, state, type(error).__name__, lease=parts.lease)

    await parts.store.write(record)
    _count(claim, done, parts)
    for entry in asked:
        parts.metrics.sent.labels(claim.source, entry.action, state).inc()


def _count(claim: Claim, done: Done, parts: Parts) -> None:
    for entry, outcome in done:
        word = outcome.trouble if isinstance(outcome, LeftAlone) else "in-place"
        parts.metrics.sent.labels(claim.source, entry.action, word).inc()
