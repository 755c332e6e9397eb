"""What a person decides about a visit, as JSON: deciding, taking back, and the list. The page only shows them.

A session's cookie is sent from this site alone (SameSite), and a body must say that it is JSON, which a foreign form
cannot do. Refused with 400 naming the field: what `pipeline.deciding` refuses.
"""

from __future__ import annotations

from typing import TypeVar

import msgspec
from fastapi import APIRouter, HTTPException, Request, Response

from fhir_adapter.errors import InputFaults
from fhir_adapter.pipeline.deciding import Said, wish_of
from fhir_adapter.store import decisions, visits
from fhir_adapter.web.viewing import LoggedIn, RowNumber, Viewer

T = TypeVar("T")
router = APIRouter()
LONGEST = 64 * 1024


class TakenBack(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    why: str


@router.get("/api/decisions")
async def listed(viewer: LoggedIn) -> Response:
    found = await viewer.look("decisions", decisions.listed)
    return Response(msgspec.json.encode(found), media_type="application/json")


@router.post("/api/visits/{number}/decisions")
async def decide(number: RowNumber, request: Request, viewer: LoggedIn) -> Response:
    said = await _body(request, Said)
    kept = await viewer.look(f"visit {number} to decide", lambda conn: visits.get(conn, number))
    if kept is None:
        raise HTTPException(404, "there is no such visit")
    try:
        wish = wish_of(kept, said, viewer.who)
    except InputFaults as faults:
        raise HTTPException(400, str(faults)) from None
    made = await viewer.store.write(lambda conn: decisions.decide(conn, wish))
    return Response(msgspec.json.encode({"decision": made}), 201, media_type="application/json")


@router.post("/api/decisions/{number}/undo")
async def undo(number: RowNumber, request: Request, viewer: LoggedIn) -> Response:
    why = (await _body(request, TakenBack)).why.strip()
    if not why:
        raise HTTPException(400, "why: a reason is needed")
    if not await _taken_back(viewer, number, why):
        raise HTTPException(404, "there is no such decision, or it was taken back before")
    return Response(status_code=204)


async def _taken_back(viewer: Viewer, number: int, why: str) -> bool:
    await viewer.look(f"decision {number} to take back", lambda conn: None)
    return await viewer.store.write(lambda conn: decisions.undo(conn, number, who=viewer.who, why=why))


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
