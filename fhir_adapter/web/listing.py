"""The list of visits: as a page, as CSV, as JSON."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import msgspec
from fastapi import APIRouter, Response
from sqlalchemy import Connection

from fhir_adapter.store import counters, pauses, visits
from fhir_adapter.store.pauses import Pause
from fhir_adapter.store.visits import Summary
from fhir_adapter.web.rows import Row, as_csv, in_order, row_of
from fhir_adapter.web.viewing import Desk, LoggedIn

ON_A_PAGE = 500


router = APIRouter()


@router.get("/")
async def page(viewer: LoggedIn, state: str | None = None) -> Response:
    found, paused, untold = await viewer.look("list", _list)
    shown = _shown(viewer.desk, _rows(viewer.desk, found), paused, state)
    return viewer.page("list.html", untold=untold, **shown)


@router.get("/visits.csv")
async def csv(viewer: LoggedIn) -> Response:
    found = await viewer.look("list as CSV", visits.listed)
    attachment = {"content-disposition": 'attachment; filename="visits.csv"'}
    return Response(as_csv(_rows(viewer.desk, found)), media_type="text/csv", headers=attachment)


@router.get("/api/visits")
async def api(viewer: LoggedIn) -> Response:
    found = await viewer.look("list as JSON", visits.listed)
    return Response(msgspec.json.encode(_rows(viewer.desk, found)), media_type="application/json")


def _rows(desk: Desk, found: Sequence[Summary]) -> list[Row]:
    now = desk.clock()
    return in_order(row_of(summary, now, desk.hashed) for summary in found)


def _list(conn: Connection) -> tuple[tuple[Summary, ...], tuple[Pause, ...], dict[str, int]]:
    return visits.listed(conn), pauses.listed(conn), counters.untold(conn)


def _shown(desk: Desk, rows: list[Row], paused: Sequence[Pause], state: str | None) -> dict[str, object]:
    """What list.html names."""
    chosen = [row for row in rows if state in (None, row.state)]
    warned = desk.warnings.keys() & {row.rulebook for row in rows}
    return {
        "rows": chosen[:ON_A_PAGE],
        "more": max(0, len(chosen) - ON_A_PAGE),
        "total": len(rows),
        "states": sorted(Counter(row.state for row in rows).items()),
        "state": state,
        "paused": paused,
        "modes": dict(sorted(desk.modes.items())),
        "warnings": {name: desk.warnings[name] for name in sorted(warned)},
    }
