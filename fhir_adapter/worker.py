"""The loop: claim patients that are behind, as many as there are free slots, and run one step for each.

There are three lanes, coding, sending and attesting, each with its own slots. A step ends its claim itself, in the
transaction that keeps its work. The loop renews leases of steps that take long, and says what follows when one fails:

    ClaimLost                       somebody else has the patient: thrown away (the store has counted it)
    EhrUnavailable, StoreError      not this patient's fault: tried again after a rest, the attempt is not counted
    anything else                   tried again, each time later; parked when the attempts are used up

On `stop` nothing new is claimed, running steps get `grace`, the others are let go for the next process. Should the
process die instead, its leases run out. Reports carry codes, never a patient.
"""

from __future__ import annotations

import asyncio
import re
import traceback
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Protocol

from fhir_adapter.errors import AdapterError, ClaimLost, EhrUnavailable, StoreBusy, StoreError, StoreFull
from fhir_adapter.store import Claim, Store, due
from fhir_adapter.store.due import Lane

Step = Callable[[Claim], Awaitable[None]]
STOPPING = "stopping"


class Report(Protocol):
    """Takes an event and its facts, as a structured logger does."""

    def __call__(self, event: str, /, **facts: object) -> object: ...


@dataclass(frozen=True, kw_only=True)
class Work:
    """What the loop needs. `steps` says which lanes it serves and what it does for a claim."""

    store: Store
    steps: Mapping[Lane, Step]
    report: Report
    slots: int = 4
    max_attempts: int = 8
    lease: timedelta = timedelta(seconds=60)
    poll: timedelta = timedelta(milliseconds=500)
    rest: timedelta = timedelta(seconds=10)
    longest_rest: timedelta = timedelta(minutes=10)
    grace: timedelta = timedelta(seconds=10)
    bells: dict[Lane, asyncio.Event] = field(default_factory=lambda: {lane: asyncio.Event() for lane in due.TABLES})

    def ring(self, lane: Lane) -> None:
        """Somebody may be due now: look before the next poll."""
        self.bells[lane].set()


async def run(work: Work, stop: asyncio.Event) -> None:
    """Serve every lane until `stop` is set and what runs has ended."""
    await asyncio.gather(*(_serve(work, lane, stop) for lane in work.steps))


async def _serve(work: Work, lane: Lane, stop: asyncio.Event) -> None:
    running: set[asyncio.Task[None]] = set()
    try:
        while not stop.is_set():
            for claim in await _claims(work, lane, work.slots - len(running)):
                running.add(asyncio.create_task(_one(work, claim)))
            running = await _next_occasion(work, lane, stop, running)
    finally:
        await _wind_down(running, work.grace if stop.is_set() else timedelta(0))


async def _wind_down(running: set[asyncio.Task[None]], grace: timedelta) -> None:
    if running:
        _, late = await asyncio.wait(running, timeout=grace.total_seconds())
        for task in late:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)


async def _claims(work: Work, lane: Lane, slots: int) -> tuple[Claim, ...]:
    if slots == 0:
        return ()
    try:
        return await work.store.write(
            lambda conn: due.claim(conn, lane=lane, slots=slots, lease=work.lease, max_attempts=work.max_attempts)
        )
    except StoreError as error:
        work.report("claim failed", lane=lane, code=_code(error))
        return ()


async def _next_occasion(
    work: Work, lane: Lane, stop: asyncio.Event, running: set[asyncio.Task[None]]
) -> set[asyncio.Task[None]]:
    """Wait until a slot is free, somebody rang, we are to stop, or it is time to look again. What still runs."""
    waits = {asyncio.ensure_future(event.wait()) for event in (work.bells[lane], stop)}
    await asyncio.wait(waits | running, timeout=work.poll.total_seconds(), return_when=asyncio.FIRST_COMPLETED)
    for wait in waits:
        wait.cancel()
    work.bells[lane].clear()
    for task in running:
        if task.done():
            task.result()
    return {task for task in running if not task.done()}


async def _one(work: Work, claim: Claim) -> None:
    """One step, and what follows from its end. Raises only what nobody foresaw about the loop itself."""
    try:
        await _held(work, claim)
    except ClaimLost:
        work.report("claim lost", lane=claim.lane, source=claim.source)
    except asyncio.CancelledError:
        await _let_go(work, claim, STOPPING, timedelta(0), counted=False)
    except (EhrUnavailable, StoreError) as error:
        await _let_go(work, claim, _code(error), _asked_rest(work, error), counted=False)
    except Exception as error:  # noqa: BLE001 - whatever a patient's chart does to a step, the others go on
        await _let_go(work, claim, _code(error), _later(work, claim.attempts), counted=True, **_where(error))
    else:
        work.ring("attest" if claim.lane == "send" else "send")


async def _held(work: Work, claim: Claim) -> None:
    """Run the step; meanwhile renew the lease. A lost claim ends the step."""
    step = asyncio.ensure_future(work.steps[claim.lane](claim))
    try:
        while not (await asyncio.wait({step}, timeout=work.lease.total_seconds() / 3))[0]:
            await _renew(work, claim)
        await step
    finally:
        if step.cancel():
            await asyncio.wait({step})


async def _renew(work: Work, claim: Claim) -> None:
    try:
        await work.store.write(lambda conn: due.renew(conn, claim, lease=work.lease))
    except (StoreBusy, StoreFull) as error:
        work.report("lease not renewed", lane=claim.lane, code=_code(error))


async def _let_go(work: Work, claim: Claim, code: str, wait: timedelta, *, counted: bool, **facts: object) -> None:
    """Write down why it did not end. Where even that fails, the lease runs out by itself."""
    limit = work.max_attempts if counted else None
    facts = {"lane": claim.lane, "source": claim.source, "code": code, "attempts": claim.attempts} | facts
    try:
        await work.store.write(lambda conn: due.postpone(conn, claim, code, wait=wait, max_attempts=limit))
    except StoreError as error:
        facts["unwritten"] = _code(error)
    work.report("step not done", **facts)


def _asked_rest(work: Work, error: AdapterError) -> timedelta:
    """What the server asked for, within reason."""
    asked = error.retry_after if isinstance(error, EhrUnavailable) else None
    return work.rest if asked is None else min(timedelta(seconds=asked), work.longest_rest)


def _later(work: Work, attempts: int) -> timedelta:
    """Twice as long each time."""
    return min(work.rest * (1 << min(attempts - 1, 16)), work.longest_rest)


def _code(error: Exception) -> str:
    """`EhrRefused` → `ehr-refused`: a word for people, and nothing of the message, which may quote a chart."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "-", type(error).__name__).lower()


def _where(error: Exception) -> dict[str, str]:
    """File and line where something unforeseen was raised; no text of it."""
    if isinstance(error, AdapterError):
        return {}
    last = traceback.extract_tb(error.__traceback__)[-1]
    return {"raised_at": f"{Path(last.filename).name}:{last.lineno}"}
