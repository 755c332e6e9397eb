"""What a person decides about a visit, as JSON: deciding, taking back, the list. `forms` does the same for the page.

A session's cookie is sent from this site alone (SameSite), and a body must say that it is JSON, which a foreign form
cannot do. Refused with 400 naming the field: what `pipeline.deciding` refuses.
"""

from __future__ import annotations

from typing import TypeVar

import msgspec
from fastapi import APIRouter, HTTPException, Request, Response

from fhir_adapter.errors import Fault, InputFaults
from fhir_adapter.pipeline.deciding import Said, wish_of
from fhir_adapter.store import decisions, visits
from fhir_adapter.web.viewing import LoggedIn, RowNumber, Viewer

T = TypeVar("T")
router = APIRouter()
LONGEST = 64 * 1024


class SaidByName(Said, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`name` is who decides; the session is noted beside it, or alone."""

    name: str = ""


class TakenBack(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    why: str
    name: str = ""


@router.get("/api/decisions")
async def listed(viewer: LoggedIn) -> Response:
    found = await viewer.look("decisions", decisions.listed)
    return Response(msgspec.json.encode(found), media_type="application/json")


@router.post("/api/visits/{number}/decisions")
async def decide(number: RowNumber, request: Request, viewer: LoggedIn) -> Response:
    said = await _body(request, SaidByName)
    try:
        made = await decided(viewer, number, said)
    except InputFaults as faults:
        raise HTTPException(400, str(faults)) from None
    return Response(msgspec.json.encode({"decision": made}), 201, media_type="application/json")


@router.post("/api/decisions/{number}/undo")
async def undo(number: RowNumber, request: Request, viewer: LoggedIn) -> Response:
    said = await _body(request, TakenBack)
    try:
        await taken_back(viewer, number, said)
    except InputFaults as faults:
        raise HTTPException(400, str(faults)) from None
    return Response(status_code=204)


async def decided(viewer: Viewer, number: int, said: SaidByName) -> int:
    """The number of the decision. `InputFaults` for what is none."""
    kept = await viewer.look(f"visit {number} to decide", lambda conn: visits.get(conn, number))
    if kept is None:
        raise HTTPException(404, "there is no such visit")
    plain = Said(kind=said.kind, why=said.why, administration=said.administration, value=said.value)
    wish = wish_of(kept, plain, _who(viewer, said.name))
    return await viewer.store.write(lambda conn: decisions.decide(conn, wish))


async def taken_back(viewer: Viewer, number: int, said: TakenBack) -> None:
    why, who = said.why.strip(), _who(viewer, said.name)
    if not why:
        raise InputFaults((Fault("why", "a reason is needed"),))
    await viewer.look(f"decision {number} to take back", lambda conn: None)
    if not await viewer.store.write(lambda conn: decisions.undo(conn, number, who=who, why=why)):
        raise HTTPException(404, "there is no such decision, or it was taken back before")


def _who(viewer: Viewer, name: str) -> str:
    return f"{name.strip()} ({viewer.who})" if name.strip() else viewer.who


async def _body(request: Request, kind: type[T]) -> T:
    if request.headers.get("content-type", "").partition(";")[0] != "application/json":
        raise HTTPException(415, "the body must be application/json")
    body = await request.body()
    if len(body) > LONGEST:
        raise HTTPException(413, "the body is too long")
    try:
        return msgspec.json.decode(body, type=kind)
    except msgspec.MsgspecError as error:
        raise HTTPException(400, str(error)) from None
