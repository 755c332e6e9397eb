"""The part of `serve` that lets raw bodies go, where `keep_raw_days` is configured: once an hour, a few at a time."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from datetime import datetime, timedelta

from fhir_adapter.errors import StoreError
from fhir_adapter.store import Store
from fhir_adapter.store.retention import Removed, remove
from fhir_adapter.telemetry import log
from fhir_adapter.vocabulary import Clock

EVERY = timedelta(hours=1)


async def retain(
    store: Store, days: int | None, clock: Clock, stop: asyncio.Event, *, every: timedelta = EVERY
) -> None:
    """Until `stop`; without `days` there is nothing to do. Trouble of the store waits for the next hour."""
    while days is not None and not stop.is_set():
        try:
            await _once(store, timedelta(days=days), clock)
        except StoreError as error:
            log("app").warning("raw bodies not removed", exc_info=error)
        with suppress(TimeoutError):
            await asyncio.wait_for(stop.wait(), every.total_seconds())


async def _once(store: Store, age: timedelta, clock: Clock) -> None:
    before, bodies = clock() - age, 0
    after: tuple[str, str] | None = ("", "")
    while after is not None:
        found = await _look(store, before, after)
        bodies, after = bodies + found.bodies, found.last
    log("app").info("raw bodies removed", count=bodies)


async def _look(store: Store, before: datetime, after: tuple[str, str]) -> Removed:
    return await store.write(lambda conn: remove(conn, before=before, after=after))
