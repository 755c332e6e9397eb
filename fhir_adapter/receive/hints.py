"""Whose is it? Notifications that name a resource and no patient, or only say that something changed.

    a deletion, a name     the charts it was read in before (kept versions), else the EHR's resource itself
    nothing at all, a gap,
    a switched-off channel a sweep of the source; so has a source that promised heartbeats and is silent

What cannot be answered stays `received` and is asked again, each time later: the EHR may be down, and a resource may be
deleted while its chart is being read. After `PATIENCE` a resource that the EHR does not have and nobody ever read is
put aside: nothing was charged for it. Where the EHR cannot answer at all there is no such end.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection
from datetime import datetime, timedelta
from functools import partial

import msgspec
from sqlalchemy import Connection

from fhir_adapter.ehr import EhrClient, Resource
from fhir_adapter.errors import EhrError, EhrNotFound, EhrRejected, Fault, StoreError
from fhir_adapter.receive.gaps import CALLS_FOR_SWEEP, SILENCE
from fhir_adapter.receive.keep import Pace, keep, mark_former
from fhir_adapter.receive.shapes import head_of
from fhir_adapter.receive.subject import PATIENT_TYPES, patient_of
from fhir_adapter.receive.sweep import sweep
from fhir_adapter.receive.telling import Hint
from fhir_adapter.receive.waiting import look_again
from fhir_adapter.store import Store, inbox, versions
from fhir_adapter.store.inbox import Received
from fhir_adapter.telemetry import Metrics, log
from fhir_adapter.vocabulary import Clock, SweepBy

LIMIT = 500
PATIENCE = timedelta(minutes=15)
SOONEST, LATEST = timedelta(seconds=1), timedelta(minutes=1)
LONGEST = timedelta(hours=1)
"""More than this is not waited, whatever Retry-After says."""
LOOKS = timedelta(minutes=10)
"""How often open visits are looked for that were not read for long."""
HEARTBEATS = 1.5
"""Silence for so many periods is a missed heartbeat."""
GONE = "the EHR does not have this resource, and it was never read before"


class Hints(msgspec.Struct, kw_only=True):
    """Answers the open questions of one source. `rang` is set by the webhook, `ring` wakes the worker."""

    source: str
    ehr: EhrClient
    store: Store
    pace: Pace
    clock: Clock
    metrics: Metrics
    ring: Callable[[], None]
    sweep_every: timedelta | None = None
    sweep_by: SweepBy = "last-updated"
    heartbeat_every: timedelta | None = None
    rang: asyncio.Event = msgspec.field(default_factory=asyncio.Event)
    _listen_again: datetime | None = None
    _again: dict[int, tuple[datetime, timedelta]] = {}
    """Number in the inbox → not before, and the wait that led there."""

    async def run(self, stop: asyncio.Event) -> None:
        """Until `stop`: answer what is open, and sweep when it is time (at once, where sweeps are configured)."""
        next_sweep = next_look = self.clock()
        while not stop.is_set():
            self.rang.clear()
            if self.sweep_every is not None and self.clock() >= next_sweep:
                next_sweep = self.clock() + self.sweep_every
                await self._guarded(self.sweep)
            if self.clock() >= next_look:
                next_look = self.clock() + LOOKS
                await self._guarded(self.look_again)
            await self._guarded(self.watch)
            await self._guarded(self.answer)
            await _first_of(self.rang, stop, timeout=SOONEST.total_seconds())

    async def answer(self) -> None:
        """Each open question that is not waiting, once."""
        sweeps = await self._due(shapes=CALLS_FOR_SWEEP)
        named = await self._due(but=CALLS_FOR_SWEEP)
        await self._answer_by_sweep(sweeps)
        for told in named:
            await self._answer_named(told)
        if sweeps or named:
            self.ring()

    async def _due(self, *, shapes: Collection[str] | None = None, but: Collection[str] = ()) -> list[Received]:
        """The first `LIMIT` that are not waiting, page by page: those that wait block nothing behind them."""
        found, after = list[Received](), 0
        while len(found) < LIMIT:
            asked = partial(inbox.unattributed, source=self.source, shapes=shapes, but=but, after=after, limit=LIMIT)
            page = await self.store.read(asked)
            found += [told for told in page if not self._is_early(told)]
            if len(page) < LIMIT:
                break
            after = page[-1].number
        return found

    async def sweep(self) -> None:
        found = await sweep(self.store, self.ehr, self.source, self.pace, self.clock, self.sweep_by)
        self.metrics.swept.labels(self.source).inc(found)
        log("receive").info("swept", source=self.source, count=found)
        self.ring()

    async def look_again(self) -> None:
        if await look_again(self.store, self.source, self.pace):
            self.ring()

    async def watch(self) -> None:
        """A source that promised to be heard and was not: that is kept as a hint of its own, once for each silence."""
        if self.heartbeat_every is None:
            return
        now, patience = self.clock(), self.heartbeat_every * HEARTBEATS
        self._listen_again = self._listen_again or now + patience
        if now < self._listen_again:
            return
        heard = await self.store.read(lambda conn: inbox.last_heard(conn, self.source))
        if heard is not None and now < heard + patience:
            self._listen_again = heard + patience
            return
        await self.store.write(lambda conn: keep(conn, self.source, "watch", [Hint(shape=SILENCE)], self.pace))
        self._listen_again = now + patience
        self.metrics.notifications.labels(self.source, SILENCE, "received").inc()
        log("receive").warning("no heartbeat", source=self.source, shape=SILENCE)

    async def _answer_by_sweep(self, told: list[Received]) -> None:
        """One sweep answers all of them."""
        if not told:
            return
        try:
            await self.sweep()
        except EhrError as error:
            self._ask_later(told, error)
        else:
            await self.store.write(lambda conn: _dismiss_all(conn, told))
            self._answered(told)

    async def _answer_named(self, told: Received) -> None:
        kind, name = told.type or "", told.id or ""
        if kind == "Patient":
            return await self._attribute(told, f"Patient/{name}")
        if kind not in PATIENT_TYPES:
            return await self._dismiss(told, None)
        known = await self.store.read(lambda conn: versions.patients(conn, self.source, kind, name))
        if told.shape == "deletion" and known:
            return await self._attribute(told, known[0])
        try:
            found = await self.ehr.read(kind, name)
        except (EhrNotFound, EhrRejected) as error:
            return await (self._attribute(told, known[0]) if known else self._not_there(told, error))
        except EhrError as error:
            return self._ask_later([told], error)
        return await self._about(told, found)

    async def _about(self, told: Received, found: Resource) -> None:
        """The EHR has it: whose it is, or what is wrong with it."""
        head = head_of(found.body)
        patient = head if isinstance(head, Fault) else patient_of(head, str(self.ehr.base))
        if isinstance(patient, Fault):
            return await self._put_aside(told, f"the EHR's resource: {patient}")
        return await self._attribute(told, patient)

    async def _put_aside(self, told: Received, fault: str) -> None:
        """It names nobody: whoever had it before may have lost it."""

        def work(conn: Connection) -> None:
            inbox.dismiss(conn, told.number, fault)
            mark_former(conn, self.source, told.type or "", told.id or "", None, self.pace)

        await self.store.write(work)
        self._answered([told])

    async def _attribute(self, told: Received, patient: str) -> None:
        pace = self.pace

        def work(conn: Connection) -> None:
            inbox.attribute(conn, told.number, patient, settle=pace.settle, max_wait=pace.max_wait)
            mark_former(conn, self.source, told.type or "", told.id or "", patient, pace)

        await self.store.write(work)
        self._answered([told])

    async def _not_there(self, told: Received, error: EhrError) -> None:
        if self.clock() - told.received_at < PATIENCE:
            if told.number not in self._again:
                log("receive").warning("the EHR does not have it, asked again", source=self.source)
            self._ask_later([told], error)
        else:
            await self._dismiss(told, None if told.shape == "deletion" else GONE)

    async def _dismiss(self, told: Received, fault: str | None) -> None:
        await self.store.write(lambda conn: inbox.dismiss(conn, told.number, fault))
        self._answered([told])

    def _answered(self, told: list[Received]) -> None:
        for one in told:
            self._again.pop(one.number, None)

    def _is_early(self, told: Received) -> bool:
        return told.number in self._again and self.clock() < self._again[told.number][0]

    def _ask_later(self, told: list[Received], error: EhrError) -> None:
        self.metrics.ehr_errors.labels(self.source, type(error).__name__).inc()
        for one in told:
            _, last = self._again.get(one.number, (None, SOONEST / 2))
            wait = min(last * 2, LATEST)
            asked = timedelta(seconds=min(error.retry_after or 0, LONGEST.total_seconds()))
            self._again[one.number] = (self.clock() + max(wait, asked), wait)

    async def _guarded(self, step: Callable[[], Awaitable[None]]) -> None:
        """Trouble of the EHR or the store ends one round, never the loop."""
        try:
            await step()
        except (EhrError, StoreError) as error:
            log("receive").warning("not done, asked again", source=self.source, exc_info=error)


def _dismiss_all(conn: Connection, told: list[Received]) -> None:
    for one in told:
        inbox.dismiss(conn, one.number)


async def _first_of(*events: asyncio.Event, timeout: float) -> None:
    waits = [asyncio.ensure_future(event.wait()) for event in events]
    await asyncio.wait(waits, timeout=timeout, return_when=asyncio.FIRST_COMPLETED)
    for wait in waits:
        wait.cancel()
