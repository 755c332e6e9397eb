"""Our Subscriptions are watched while `serve` runs: a server switches one off without telling us.

    off, error    requested anew; a person is told in the log and in the inbox, and the source is swept
    missing       a person is told: it may have been deleted on purpose, so it is not made again
    active again  the source is swept once more: what changed after the first sweep was told to nobody

Anything else but `active`, such as `requested`, does not tell either, and a person hears of it. Told once for each
change, not at each look; what could not be kept is told at the next look. Only of sources with `hook_url`, whose
Subscriptions we make ourselves.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta

import msgspec

from fhir_adapter.errors import EhrError, StoreError
from fhir_adapter.receive.gaps import TROUBLE
from fhir_adapter.receive.keep import Pace, keep
from fhir_adapter.receive.subscriptions import HOPELESS, Subscriptions
from fhir_adapter.receive.telling import Hint
from fhir_adapter.store import Store
from fhir_adapter.telemetry import Metrics, log

EVERY = timedelta(minutes=5)


class Watch(msgspec.Struct, kw_only=True):
    """The Subscriptions of one source. `wake` has open questions answered at once."""

    source: str
    subscriptions: Subscriptions
    store: Store
    pace: Pace
    metrics: Metrics
    wake: Callable[[], None]
    every: timedelta = EVERY
    _told: tuple[tuple[str, str], ...] = ()
    """Criteria and state of what a person was told of last."""

    async def run(self, stop: asyncio.Event) -> None:
        while not stop.is_set():
            try:
                await self.look()
            except (EhrError, StoreError) as error:
                log("receive").warning("subscriptions not looked at", source=self.source, exc_info=error)
            with suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), self.every.total_seconds())

    async def look(self) -> None:
        broken = [one for one in await self.subscriptions.standing() if one.state != "active"]
        now = tuple((one.criteria, one.state) for one in broken)
        if now != self._told:
            await self._tell(len(broken))
            self._told = now
        if any(one.state in HOPELESS for one in broken):
            await self.subscriptions.rearm()
            log("receive").info("subscriptions requested anew", source=self.source, count=len(broken))

    async def _tell(self, count: int) -> None:
        """Kept either way: the channel has just broken off, or what it left out has to be asked for."""
        await self.store.write(lambda conn: keep(conn, self.source, "watch", [Hint(shape=TROUBLE)], self.pace))
        self.metrics.notifications.labels(self.source, TROUBLE, "received").inc()
        if count:
            log("receive").warning("subscriptions do not tell", source=self.source, count=count, shape=TROUBLE)
        else:
            log("receive").info("subscriptions are active again", source=self.source)
        self.wake()
