"""The other doors of the adapter, each used once, so that every point behind one of them is passed: readiness, the desk
with a look, a decision and its undoing, a notification read again, a pause. Nothing of it is a fact about the patient
of the proof. What does not answer, because it is being killed, does not matter."""

import asyncio
import contextlib

import httpx

from fhir_adapter.app import clock
from fhir_adapter.errors import AdapterError
from fhir_adapter.store.control import Pause, Resume, carry_out

HOLD = {"kind": "hold", "why": "proof"}


def use_every_door(adapter, stage):
    hooks, desk = adapter.address("hooks"), adapter.address("desk")
    here = desk.partition("/login")[0]
    with contextlib.suppress(httpx.HTTPError, AdapterError, TimeoutError), httpx.Client(timeout=5) as client:
        client.get(f"{hooks}/readyz")
        client.get(desk, follow_redirects=True)
        client.post(f"{here}/api/inbox/1/replay", json={})
        made = client.post(f"{here}/api/visits/1/decisions", json=HOLD)
        if made.is_success:
            client.post(f"{here}/api/decisions/{made.json()['decision']}/undo", json={"why": "proof"})
        asyncio.run(asyncio.wait_for(_pause_and_resume(stage), 5))


async def _pause_and_resume(stage):
    pause = Pause(source="main", why="proof", who="driver")
    await carry_out(stage.database, stage.folder / "data", clock, pause)
    await _resume(stage)


def resume(stage):
    """Whoever was killed after a pause left it standing, as it must."""
    asyncio.run(_resume(stage))


async def _resume(stage):
    await carry_out(stage.database, stage.folder / "data", clock, Resume(source="main", who="driver"))
