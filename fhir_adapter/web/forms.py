"""The forms of the visit page: what a person decides there, and takes back, without a script.

A form carries the token of its session beside the session's cookie, which goes with requests of this site only; a name
and a reason are asked for. A stop time is typed as the local time of the source, and refused in an hour that the clocks
repeat or leave out. What is refused comes back on the page with the field and what is wrong with it; what was kept
leads to the visit again.
"""

from __future__ import annotations

import hmac
from datetime import datetime
from urllib.parse import parse_qsl
from zoneinfo import ZoneInfo

from fastapi import APIRouter, HTTPException, Request, Response
from fastapi.responses import RedirectResponse

from fhir_adapter.errors import Fault, InputFaults
from fhir_adapter.store import visits
from fhir_adapter.web.deciding import LONGEST, SaidByName, TakenBack, decided, taken_back
from fhir_adapter.web.viewing import LoggedIn, RowNumber, Viewer
from fhir_adapter.web.visit import shown

router = APIRouter()
Fields = dict[str, str]


@router.post("/visits/{number}/decisions")
async def decide(number: RowNumber, request: Request, viewer: LoggedIn) -> Response:
    fields = await _fields(request, viewer)
    try:
        said = SaidByName(
            kind=fields.get("kind", ""),
            administration=fields.get("administration") or None,
            value=await _value(viewer, number, fields),
            why=fields.get("why", ""),
            name=_name(fields),
        )
        await decided(viewer, number, said)
    except InputFaults as faults:
        return await shown(viewer, number, str(faults))
    return RedirectResponse(f"/visits/{number}#decisions", 303)


@router.post("/visits/{number}/decisions/{decision}/undo")
async def undo(number: RowNumber, decision: RowNumber, request: Request, viewer: LoggedIn) -> Response:
    fields = await _fields(request, viewer)
    try:
        await taken_back(viewer, decision, TakenBack(why=fields.get("why", ""), name=_name(fields)))
    except InputFaults as faults:
        return await shown(viewer, number, str(faults))
    return RedirectResponse(f"/visits/{number}#decisions", 303)


async def _fields(request: Request, viewer: Viewer) -> Fields:
    if request.headers.get("content-type", "").partition(";")[0] != "application/x-www-form-urlencoded":
        raise HTTPException(415, "the body must be a form")
    body = await request.body()
    if len(body) > LONGEST:
        raise HTTPException(413, "the form is too long")
    fields = dict(parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True))
    if not hmac.compare_digest(fields.get("token", "").encode(), viewer.form_token.encode()):
        raise HTTPException(403, "this form is not of your session: open the visit again")
    return fields


def _name(fields: Fields) -> str:
    if not fields.get("name", "").strip():
        raise InputFaults((Fault("name", "your name is needed"),))
    return fields["name"]


async def _value(viewer: Viewer, number: int, fields: Fields) -> str:
    """A local time gets the offset that the source's zone has then."""
    value = fields.get("value", "").strip()
    if fields.get("kind") != "stop-time":
        return value
    kept = await viewer.store.read(lambda conn: visits.get(conn, number))
    zone = viewer.desk.zones.get(kept.summary.source) if kept else None
    try:
        moment = datetime.fromisoformat(value)
    except ValueError:
        return value
    return value if moment.tzinfo or zone is None else _in(zone, moment).isoformat()


def _in(zone: ZoneInfo, moment: datetime) -> datetime:
    """Refused: an hour that the clocks repeat or leave out; which one was meant is not in a local time."""
    local = moment.replace(tzinfo=zone)
    if local.utcoffset() != local.replace(fold=1).utcoffset():
        said = "the clocks change in this hour: give the time with its offset, as in `fhir-adapter decide`"
        raise InputFaults((Fault("value", said),))
    return local
