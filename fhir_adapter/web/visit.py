"""One coded visit: as a page, as JSON. Read-only."""

from __future__ import annotations

from fastapi import APIRouter, HTTPException, Response

from fhir_adapter.web.rows import row_of
from fhir_adapter.web.sheet import Sheet, as_json, sheet_of
from fhir_adapter.web.viewing import LoggedIn, RowNumber, Viewer

router = APIRouter()


@router.get("/visits/{number}")
async def page(number: RowNumber, viewer: LoggedIn) -> Response:
    sheet, desk = await _looked_up(viewer, number, "as page"), viewer.desk
    return viewer.page(
        "visit.html",
        sheet=sheet,
        row=row_of(sheet.summary, desk.clock(), desk.hashed),
        warning=desk.warnings.get(sheet.summary.rulebook),
        mode=desk.modes.get(sheet.summary.source),
        worths=sheet.worths(desk.rates()),
    )


@router.get("/api/visits/{number}")
async def api(number: RowNumber, viewer: LoggedIn) -> Response:
    sheet, desk = await _looked_up(viewer, number, "as JSON"), viewer.desk
    body = as_json(sheet, desk.clock(), desk.hashed, desk.rates())
    return Response(body, media_type="application/json")


async def _looked_up(viewer: Viewer, number: int, how: str) -> Sheet:
    sheet = await viewer.look(f"visit {number} {how}", lambda conn: sheet_of(conn, number))
    if sheet is None:
        raise HTTPException(404, "there is no such visit")
    return sheet
