"""What the hooks listener answers, for an integrator to read: `/openapi.json`, and the same as a page at `/docs`.

Open, as `/fhir/metadata` is: it tells what the program can do and nothing of the site, no source, no token, no patient.
The page is made here, of the document: no script, nothing from elsewhere. Left out of the document: answer 422, which
the framework writes beside every parameter and which no route gives. Source: OpenAPI 3.1.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Iterator
from html import escape
from typing import Any

from fastapi import FastAPI, Response
from fastapi.openapi.utils import get_openapi

Json = dict[str, Any]
ABOUT = (
    "Two doors: notifications of an EHR at /hooks, each answered once it is on disk; and, for an integration engine, "
    "a chart in and its charges out at /fhir/$derive-charges, where nothing is kept."
)
STYLE = (
    "body{font:16px/1.5 system-ui,sans-serif;max-width:56rem;margin:2rem auto;padding:0 1rem;color:#1a1a1a}"
    "h2{font:600 1.05rem ui-monospace,monospace;border-top:1px solid #ccc;padding-top:1rem;margin-top:2rem}"
    "table{border-collapse:collapse}td{padding:.15rem 1.5rem .15rem 0;vertical-align:top}"
    "pre{background:#f4f4f4;padding:1rem;overflow:auto}"
)
_HASH = base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()
SAFE = {
    "content-security-policy": f"default-src 'none'; style-src 'sha256-{_HASH}'; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'none'",
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
}


def describe(app: FastAPI) -> None:
    """Adds both addresses to a finished application."""
    about = document(app)
    written, shown = json.dumps(about, ensure_ascii=False).encode(), page(about).encode()

    async def openapi() -> Response:
        return Response(written, media_type="application/json", headers=SAFE)

    async def docs() -> Response:
        return Response(shown, media_type="text/html; charset=utf-8", headers=SAFE)

    app.add_api_route("/openapi.json", openapi, include_in_schema=False)
    app.add_api_route("/docs", docs, include_in_schema=False)


def document(app: FastAPI) -> Json:
    found = get_openapi(title=app.title, version=app.version, description=ABOUT, routes=app.routes)
    for methods in found["paths"].values():
        for one in methods.values():
            one["responses"].pop("422", None)
    schemas = found.get("components", {}).get("schemas", {})
    for name in ("HTTPValidationError", "ValidationError"):
        schemas.pop(name, None)
    return found


def page(about: Json) -> str:
    told = "\n".join(part for path, methods in about["paths"].items() for part in _path(path, methods))
    title = escape(about["info"]["title"])
    return (
        f'<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><title>{title}</title><style>{STYLE}</style>'
        f"</head><body><h1>{title} {escape(about['info']['version'])}</h1><p>{escape(about['info']['description'])}</p>"
        f'<p>The same for machines: <a href="/openapi.json">/openapi.json</a>.</p>\n{told}\n</body></html>\n'
    )


def _path(path: str, methods: Json) -> Iterator[str]:
    for method, one in methods.items():
        yield f"<h2>{method.upper()} {escape(path)}</h2>"
        yield f"<p>{escape(one.get('description') or one['summary'])}</p>"
        if one.get("security"):
            yield "<p>Header <code>Authorization: Bearer TOKEN</code>, where the source has a token.</p>"
        yield _table("asked with", [(part["name"], _said(part)) for part in one.get("parameters", ())])
        yield from _example(one.get("requestBody", {}))
        yield _table("answered with", [(code, part["description"]) for code, part in one["responses"].items()])


def _said(parameter: Json) -> str:
    need = "required" if parameter.get("required") else "optional"
    return f"{parameter['in']}, {need}. {parameter.get('description', '')}".strip()


def _table(title: str, rows: list[tuple[str, str]]) -> str:
    cells = "".join(f"<tr><td><code>{escape(name)}</code></td><td>{escape(text)}</td></tr>" for name, text in rows)
    return f"<h3>{title}</h3><table>{cells}</table>" if rows else ""


def _example(body: Json) -> Iterator[str]:
    for kind, content in body.get("content", {}).items():
        if "example" in content:
            shown = escape(json.dumps(content["example"], indent=2))
            yield f"<h3>body, {escape(kind)}</h3><pre>{shown}</pre>"
