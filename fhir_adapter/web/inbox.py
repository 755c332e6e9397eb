"""What we were told, as JSON: the list by state, one notification with its patient's work, and reading one again.

Patients stand here by the hash of their id, as on the page; bodies are never given out.
"""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec
from fastapi import APIRouter, HTTPException, Query, Request, Response
from sqlalchemy import Connection

from fhir_adapter.errors import StoreError
from fhir_adapter.store import condition, inbox
from fhir_adapter.store.inbox import Received, State
from fhir_adapter.store.progress import Progress
from fhir_adapter.web.viewing import LoggedIn, RowNumber, Viewer

router = APIRouter()
MOST = 500


@router.get("/api/inbox")
async def listed(
    viewer: LoggedIn,
    state: State | None = None,
    parked: bool = False,
    before: Annotated[int | None, Query(ge=1, le=2**63 - 1)] = None,
    limit: Annotated[int, Query(ge=1, le=MOST)] = 100,
) -> Response:
    """The newest first; `before` a number goes on from there."""

    def look(conn: Connection) -> tuple[Received, ...]:
        return inbox.listed(conn, state=state, parked=parked, before=before, limit=limit)

    found = await viewer.look("inbox", look)
    return _json([_shown(viewer, one) for one in found])


@router.get("/api/inbox/{number}")
async def one(number: RowNumber, viewer: LoggedIn) -> Response:
    found = await viewer.look(f"notification {number}", lambda conn: condition.notification(conn, number))
    if found is None:
        raise HTTPException(404, "there is no such notification")
    work = {
        lane: {"state": it.state, "attempts": it.attempts, "code": it.state_code} for lane, it in found.work.items()
    }
    body: dict[str, object] = {"bytes": found.body_bytes, "removed_at": found.removed_at}
    return _json(_shown(viewer, found.received) | {"body": body, "work": work})


@router.post("/api/inbox/{number}/replay")
async def replay(number: RowNumber, request: Request, viewer: LoggedIn) -> Response:
    """A foreign form cannot say that its body is JSON, and the cookie goes with requests of this site only."""
    if request.headers.get("content-type", "").partition(";")[0] != "application/json":
        raise HTTPException(415, "the body must be application/json")
    if await viewer.look(f"notification {number} to replay", lambda conn: inbox.get(conn, number)) is None:
        raise HTTPException(404, "there is no such notification")
    read_again = viewer.desk.read_again
    try:
        said = await viewer.store.write(lambda conn: read_again(conn, number))
    except StoreError as error:
        raise HTTPException(409, str(error)) from None
    return _json({"said": said})


def _work(progress: Progress) -> dict[str, object]:
    return {"state": progress.state, "attempts": progress.attempts, "code": progress.state_code}


def _shown(viewer: Viewer, received: Received) -> dict[str, object]:
    shown: dict[str, object] = msgspec.to_builtins(received)
    hidden: dict[Literal["id", "patient"], str | None] = {"id": received.id, "patient": received.patient}
    return shown | {name: value and viewer.desk.hashed(value) for name, value in hidden.items()}


def _json(found: object) -> Response:
    return Response(msgspec.json.encode(found), media_type="application/json")
