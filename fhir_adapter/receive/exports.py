"""Backfill: a bulk export of the EHR, read into the inbox as if each resource had been told of.

A person asks (`fhir-adapter source backfill NAME`); `serve` does it, step by step, and each step is in the store
before the next: a process that dies goes on where it was, in the middle of a file if need be. What is kept is the hint,
not the body: the patient is read whole before anything is coded, like after any notification.

An EHR that is busy or away is asked again, when it says so; anything else it refuses ends the export as `failed`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta

import msgspec
from sqlalchemy import Connection

from fhir_adapter.ehr import EhrClient, bulk
from fhir_adapter.errors import EhrError, EhrUnavailable, StoreError
from fhir_adapter.receive.keep import Pace, keep
from fhir_adapter.receive.shapes import resource_hint
from fhir_adapter.receive.telling import Hint
from fhir_adapter.store import Store, exports
from fhir_adapter.store.exports import Export
from fhir_adapter.telemetry import log
from fhir_adapter.vocabulary import Clock

TYPES = ("MedicationAdministration", "Encounter")
BATCH = 200
LOOK = timedelta(seconds=2)
REST = timedelta(seconds=30)
LONGEST_REST = timedelta(minutes=10)


class Backfill(msgspec.Struct, kw_only=True):
    """The exports of one source."""

    source: str
    ehr: EhrClient
    store: Store
    pace: Pace
    clock: Clock
    ring: Callable[[], None]
    _not_before: datetime | None = None

    async def run(self, stop: asyncio.Event) -> None:
        while not stop.is_set():
            try:
                await self.step()
            except StoreError as error:
                log("receive").warning("export not kept, done again", source=self.source, exc_info=error)
            with suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), LOOK.total_seconds())

    async def step(self) -> None:
        """The next thing to do, if there is one and it is time."""
        found = await self.store.read(lambda conn: exports.of(conn, self.source))
        if found is None or found.is_over or (self._not_before is not None and self.clock() < self._not_before):
            return
        try:
            await self._next(found)
        except EhrUnavailable as error:
            asked = REST if error.retry_after is None else timedelta(seconds=error.retry_after)
            self._not_before = self.clock() + min(asked, LONGEST_REST)
        except EhrError as error:
            await self._now(state="failed", state_code=type(error).__name__)
            log("receive").warning("export failed", source=self.source, exc_info=error)

    async def _next(self, export: Export) -> None:
        if export.state == "asked":
            poll = await bulk.kick_off(self.ehr, TYPES, since=export.since, group=export.group_id)
            await self._now(state="running", poll=poll)
        elif export.state == "running":
            files = await bulk.files_of(self.ehr, export.poll or "")
            await self._now(state="reading", files=files)
        elif export.file < len(export.files):
            await self._read(export)
        else:
            await self._finish(export)

    async def _read(self, export: Export) -> None:
        """The rest of one file, in batches."""
        batch, line = list[Hint](), 0
        async for body in bulk.lines_of(self.ehr, export.files[export.file]):
            line += 1
            if line <= export.line:
                continue
            batch.append(msgspec.structs.replace(resource_hint(body, str(self.ehr.base)), body=b""))
            if len(batch) == BATCH:
                await self._keep(batch, line=line)
                batch = []
        await self._keep(batch, file=export.file + 1, line=0)
        self.ring()

    async def _keep(self, batch: list[Hint], **progress: int) -> None:
        def work(conn: Connection) -> None:
            keep(conn, self.source, "export", batch, self.pace)
            before = exports.of(conn, self.source)
            exports.change(conn, self.source, kept=(before.kept if before else 0) + len(batch), **progress)

        await self.store.write(work)

    async def _finish(self, export: Export) -> None:
        await self._now(state="done")
        log("receive").info("export kept", source=self.source, count=export.kept)
        with suppress(EhrError):
            await bulk.forget(self.ehr, export.poll or "")

    async def _now(self, **values: object) -> None:
        self._not_before = None
        await self.store.write(lambda conn: exports.change(conn, self.source, **values))
