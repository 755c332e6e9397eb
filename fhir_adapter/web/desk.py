"""The desk as an application: guards around it, routes in it."""

from __future__ import annotations

from pathlib import Path

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import HTMLResponse, JSONResponse
from fastapi.staticfiles import StaticFiles
from starlette.exceptions import HTTPException
from starlette.middleware.trustedhost import TrustedHostMiddleware

from fhir_adapter.errors import StoreError
from fhir_adapter.store import Store
from fhir_adapter.web import deciding, entry, forms, inbox, listing, visit
from fhir_adapter.web.headers import SafeHeaders
from fhir_adapter.web.viewing import Desk, Pages

LOOPBACK = ("127.0.0.1", "localhost", "::1", "[::1]")
STATIC = Path(__file__).parent / "static"


def build(store: Store, desk: Desk) -> FastAPI:
    app = FastAPI(title="fhir-adapter desk", docs_url=None, redoc_url=None, openapi_url=None)
    app.mount("/static", StaticFiles(directory=STATIC))
    for room in (deciding, entry, forms, inbox, listing, visit):
        app.include_router(room.router)
    app.state.store, app.state.desk, app.state.pages = store, desk, Pages()

    app.add_exception_handler(HTTPException, _told)
    app.add_exception_handler(StoreError, _told)
    app.add_exception_handler(RequestValidationError, _told)
    app.add_middleware(TrustedHostMiddleware, allowed_hosts=[*LOOPBACK, *desk.hosts], www_redirect=False)
    app.add_middleware(SafeHeaders)
    return app


async def _told(request: Request, error: Exception) -> Response:
    """The same words as a page for people and as JSON for programs; of a store's trouble no detail."""
    if isinstance(error, HTTPException):
        status, message = error.status_code, error.detail
    elif isinstance(error, RequestValidationError):
        status, message = 404, "there is no such page"
    else:
        status, message = 503, "the database does not answer; try again in a moment"
    if request.url.path.startswith("/api/"):
        return JSONResponse({"error": message}, status)
    return HTMLResponse(request.app.state.pages.render("refused.html", status=status, message=message), status)
