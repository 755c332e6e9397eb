"""One coded visit: as a page, as JSON. The page has the forms that `forms` takes."""

from __future__ import annotations

from typing import get_args

from fastapi import APIRouter, HTTPException, Response

from fhir_adapter.vocabulary import DrugClass
from fhir_adapter.web.rows import row_of
from fhir_adapter.web.sheet import Sheet, as_json, sheet_of
from fhir_adapter.web.viewing import LoggedIn, RowNumber, Viewer

router = APIRouter()


@router.get("/visits/{number}")
async def page(number: RowNumber, viewer: LoggedIn) -> Response:
    return await shown(viewer, number)


async def shown(viewer: Viewer, number: int, refused: str | None = None) -> Response:
    """`refused` says what was wrong with a form that came from the page."""
    sheet, desk = await _looked_up(viewer, number, "as page"), viewer.desk
    answer = viewer.page(
        "visit.html",
        sheet=sheet,
        refused=refused,
        token=viewer.form_token,
        classes=get_args(DrugClass),
        row=row_of(sheet.summary, desk.clock(), desk.hashed),
        warning=desk.warnings.get(sheet.summary.rulebook),
        mode=desk.modes.get(sheet.summary.source),
        worths=sheet.worths(desk.rates()),
    )
    answer.status_code = 400 if refused else 200
    return answer


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
