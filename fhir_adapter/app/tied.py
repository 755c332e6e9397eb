"""Every morning's proof while `serve` runs: yesterday's charges tied out against the EHR, and nothing lost of what was
told and given, as metrics and in the log.

Only where a source posts. An EHR that does not answer is asked again the next hour; the metric keeps its last figure.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from contextlib import suppress
from datetime import date, timedelta
from zoneinfo import ZoneInfo

from fhir_adapter.errors import EhrError, StoreError
from fhir_adapter.history.conservation import accounts
from fhir_adapter.history.morning import tie_out_on
from fhir_adapter.pipeline import Parts, SourceParts
from fhir_adapter.telemetry import log

EVERY = timedelta(hours=1)


async def tie_out_daily(parts: Parts, stop: asyncio.Event, *, every: timedelta = EVERY) -> None:
    """Until `stop`; each source and day once."""
    done: dict[str, date] = {}
    while not stop.is_set():
        for name, source in parts.sources.items():
            yesterday = _today(parts, source) - timedelta(days=1)
            if source.mode == "post" and done.get(name) != yesterday and await _tied(parts, name, source, yesterday):
                done[name] = yesterday
        with suppress(TimeoutError):
            await asyncio.wait_for(stop.wait(), every.total_seconds())


def _today(parts: Parts, source: SourceParts) -> date:
    return parts.clock().astimezone(ZoneInfo(source.words.time_zone)).date()


async def _tied(parts: Parts, name: str, source: SourceParts, on: date) -> bool:
    zone = ZoneInfo(source.words.time_zone)
    try:
        found = await tie_out_on(
            parts.store, source.ehr, name, on, our_system=source.names.identifier_system, zone=zone
        )
        kept = await parts.store.read(lambda conn: accounts(conn, name))
    except (EhrError, StoreError) as error:
        log("app").warning("not tied out", source=name, exc_info=error)
        return False
    for account in kept:
        parts.metrics.unaccounted.labels(name, account.what).set(len(account.missing))
    parts.metrics.untied.labels(name).set(len(found.differences))
    figures: Mapping[str, int] = {"ledger": found.ledger, "ehr": found.ehr, "differences": len(found.differences)}
    log("app").info("tied out", source=name, **figures)
    return True
