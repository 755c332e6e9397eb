"""The REST door. Pages are cut from what is there when they are asked for; `total` stands where one page is all."""

from collections.abc import Mapping, Sequence
from urllib.parse import parse_qsl

import httpx
from fastapi import BackgroundTasks, FastAPI, HTTPException, Request, Response
from starlette.middleware.trustedhost import TrustedHostMiddleware

from fhir_adapter.sandbox.memory import CAPABILITY, FACTS, Json, Memory, Version, decode, encode, must_be_known
from fhir_adapter.sandbox.resthooks import RestHooks, criteria_of


def build(hooks: httpx.AsyncBaseTransport | None = None, pauses: Sequence[float] = (0.5, 1, 2, 4, 8, 16)) -> FastAPI:
    """`hooks` is the way that rest-hooks take (a seam), `pauses` lie between their tries."""
    app, server = FastAPI(openapi_url=None), Server(hooks, pauses)
    app.add_middleware(TrustedHostMiddleware, allowed_hosts=["127.0.0.1", "localhost"])
    app.add_exception_handler(HTTPException, lambda _, error: _outcome(error.status_code, error.detail, error.headers))
    app.add_exception_handler(ValueError, lambda _, error: _outcome(400, str(error)))
    app.add_api_route("/fhir/metadata", lambda: _fhir(CAPABILITY))
    app.add_api_route("/fhir/{kind}", server.search)
    app.add_api_route("/fhir/{kind}", server.create, methods=["POST"])
    app.add_api_route("/fhir/{kind}/_history", server.history)
    app.add_api_route("/fhir/{kind}/{identity}/_history", server.history)
    app.add_api_route("/fhir/{kind}/{identity}/_history/{number}", server.read)
    app.add_api_route("/fhir/{kind}/{identity}", server.read)
    app.add_api_route("/fhir/{kind}/{identity}", server.update, methods=["PUT"])
    app.add_api_route("/fhir/{kind}/{identity}", server.delete, methods=["DELETE"])
    return app


class Server:
    def __init__(self, hooks: httpx.AsyncBaseTransport | None, pauses: Sequence[float]) -> None:
        self._memory = Memory()
        self._hooks = RestHooks(self._memory, hooks, pauses)

    async def read(self, request: Request, kind: str, identity: str, number: int | None = None) -> Response:
        return _written(request, self._memory.history(kind, identity, number)[0])

    async def history(self, request: Request, kind: str, identity: str | None = None) -> Response:
        return _page(request, "history", self._memory.history(kind, identity))

    async def search(self, request: Request, kind: str) -> Response:
        if request.query_params.get("_sort", "_lastUpdated") != "_lastUpdated":
            raise ValueError("this server sorts by _lastUpdated only, the oldest first")
        base, asked = f"{request.base_url}fhir/", request.query_params.multi_items()
        query = [(name, text.removeprefix(base)) for name, text in asked if name not in FACTS["page_words"]]
        return _page(request, "searchset", self._memory.search(kind, query))

    async def create(self, request: Request, then: BackgroundTasks, kind: str) -> Response:
        resource, condition = await _resource(request, kind), request.headers.get("if-none-exist", "")
        found = self._memory.search(kind, parse_qsl(condition.lstrip("?"))) if condition else []
        if len(found) > 1:
            raise HTTPException(412, f"{len(found)} resources match If-None-Exist")
        made = found[0] if found else self._write(then, "POST", kind, str(len(self._memory.log) + 1), resource)
        return _written(request, made, 200 if found else 201)

    async def update(self, request: Request, then: BackgroundTasks, kind: str, identity: str) -> Response:
        resource, expected = await _resource(request, kind), request.headers.get("if-match")
        before = self._memory.latest.get((kind, identity))
        if resource.get("id") != identity or (identity.isdigit() and not before):
            raise ValueError("the body must have the id of the address, and a client's new id a letter")
        if expected and expected.removeprefix("W/") != f'"{before.number if before else 0}"':
            raise HTTPException(409, f"If-Match {expected} is not the current version")
        if before and {**before.resource, "meta": None} == {**resource, "meta": None}:
            return _written(request, before)
        status = 200 if before and before.resource else 201
        return _written(request, self._write(then, "PUT", kind, identity, resource), status)

    async def delete(self, then: BackgroundTasks, kind: str, identity: str) -> Response:
        if self._memory.history(kind, identity)[0].resource:
            self._write(then, "DELETE", kind, identity, {})
        return _outcome(200, f"{kind}/{identity} is deleted")

    def _write(self, then: BackgroundTasks, method: str, kind: str, identity: str, resource: Json) -> Version:
        version = self._memory.write(method, kind, identity, resource)
        then.add_task(self._hooks.tell, version)
        return version


async def _resource(request: Request, kind: str) -> Json:
    must_be_known(kind)
    resource = decode(await request.body())
    if not isinstance(resource, dict) or resource.get("resourceType") != kind:
        raise ValueError(f"the body is not a {kind} in JSON")
    if kind == "Subscription":
        criteria_of(resource)
    return resource


def _written(request: Request, version: Version, status: int = 200) -> Response:
    place = f"{request.base_url}fhir/{version.kind}/{version.id}/_history/{version.number}"
    if not version.resource:
        raise HTTPException(410, f"{version.kind}/{version.id} is deleted", {"Location": place})
    located = {"Location": place} if request.method == "POST" else {}
    return _fhir(version.resource, status, {"ETag": f'W/"{version.number}"', "Content-Location": place, **located})


def _page(request: Request, kind: str, found: list[Version]) -> Response:
    start, count = (int(request.query_params.get(name, usual)) for name, usual in (("_offset", 0), ("_count", 10)))
    links = [{"relation": "self", "url": str(request.url)}]
    if start + count < len(found):
        links += [{"relation": "next", "url": str(request.url.include_query_params(_offset=start + count))}]
    entries = [_entry(f"{request.base_url}fhir/", kind, one) for one in found[start : start + count]]
    total = {"total": len(found)} if len(found) <= count else {}
    return _fhir({"resourceType": "Bundle", "type": kind, **total, "link": links, "entry": entries})


def _entry(base: str, kind: str, one: Version) -> Json:
    place, content = f"{one.kind}/{one.id}", {"resource": one.resource} if one.resource else {}
    how = {"search": {"mode": "match"}} if kind == "searchset" else {"request": {"method": one.method, "url": place}}
    return {"fullUrl": base + place, **content, **how}


def _outcome(status: int, why: str, headers: Mapping[str, str] | None = None) -> Response:
    issue = {**FACTS["issues"][str(status)], "diagnostics": why}
    return _fhir({"resourceType": "OperationOutcome", "issue": [issue]}, status, headers)


def _fhir(body: Json, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    return Response(encode(body), status, headers, media_type="application/fhir+json; charset=UTF-8")
