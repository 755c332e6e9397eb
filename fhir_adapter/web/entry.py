"""In and out: a one-time link opens a session, which may make further links for colleagues."""

from __future__ import annotations

from fastapi import APIRouter, HTTPException, Request, Response
from fastapi.responses import JSONResponse, RedirectResponse

from fhir_adapter.web.logins import SESSION, Logins
from fhir_adapter.web.viewing import LoggedIn

router = APIRouter()


def _logins(request: Request) -> Logins:
    logins: Logins = request.app.state.desk.logins
    return logins


@router.get("/login")
async def login(request: Request, link: str = "", visit: int | None = None) -> Response:
    logins = _logins(request)
    session = logins.enter(link)
    if session is None:
        raise HTTPException(401, "this link was used already or is too old: ask for a new one")
    answer = RedirectResponse("/" if visit is None else f"/visits/{visit}", 303)
    length = int(SESSION.total_seconds())
    answer.set_cookie(logins.cookie, session, max_age=length, httponly=True, samesite="strict")
    return answer


@router.post("/logout")
async def logout(request: Request) -> Response:
    logins = _logins(request)
    logins.leave(request.cookies.get(logins.cookie))
    answer = RedirectResponse("/", 303)
    answer.delete_cookie(logins.cookie, httponly=True, samesite="strict")
    return answer


@router.post("/api/login-links")
async def new_link(request: Request, viewer: LoggedIn, visit: int | None = None) -> Response:
    """A further one-time link; with `visit` it leads to that visit's page."""
    await viewer.look("new login link", lambda conn: None)
    place = "" if visit is None else f"&visit={visit}"
    return JSONResponse({"link": f"{str(request.base_url).rstrip('/')}{viewer.desk.logins.new_path()}{place}"}, 201)
