"""The REST door. Pages are cut from what is there when they are asked for; `total` stands where one page is all."""

from collections.abc import Sequence
from datetime import UTC, datetime
from urllib.parse import parse_qsl

import httpx
import msgspec
from fastapi import FastAPI, Request, Response
from starlette.middleware.trustedhost import TrustedHostMiddleware

from fhir_adapter.sandbox.answers import CAPABILITY, Json, Refusal, decode, fhir
from fhir_adapter.sandbox.memory import Memory, Version
from fhir_adapter.sandbox.resthooks import RestHooks, criteria_of
from fhir_adapter.sandbox.search import clauses
from fhir_adapter.vocabulary import Clock

PAGE_WORDS = {"_count", "_offset", "_sort", "_format"}


def build(
    clock: Clock = lambda: datetime.now(UTC),  # noqa: TID251 - a program of its own, which makes its own clock
    hooks: httpx.AsyncBaseTransport | None = None,
    pauses: Sequence[float] = (0.5, 1, 2, 4, 8, 16),
) -> FastAPI:
    """`hooks` is the way that rest-hooks take (a seam), `pauses` lie between their tries."""
    server = Server(Memory(clock))
    app = FastAPI(openapi_url=None, lifespan=RestHooks(server.memory, hooks, pauses).lifespan)
    app.add_middleware(TrustedHostMiddleware, allowed_hosts=["127.0.0.1", "localhost"])
    app.add_exception_handler(Refusal, lambda _, refusal: refusal.answer)
    app.add_api_route("/fhir/metadata", server.metadata)
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
    def __init__(self, memory: Memory) -> None:
        self.memory = memory

    async def metadata(self) -> Response:
        return fhir(CAPABILITY)

    async def read(self, request: Request, kind: str, identity: str, number: int | None = None) -> Response:
        return _written(request, self._known(kind, identity, number)[-1])

    async def history(self, request: Request, kind: str, identity: str | None = None) -> Response:
        known = self._known(kind, identity) if identity else [one for one in self.memory.log if one.kind == kind]
        return _page(request, "history", known[::-1])

    async def search(self, request: Request, kind: str) -> Response:
        pairs = [pair for pair in request.query_params.multi_items() if pair[0] not in PAGE_WORDS]
        found, sort = self.memory.search(kind, clauses(kind, pairs)), request.query_params.get("_sort", "")
        if sort.lstrip("-") not in ("", "_lastUpdated"):
            raise Refusal(400, "this server sorts by _lastUpdated only")
        if sort:
            found.sort(key=lambda one: one.at, reverse=sort.startswith("-"))
        return _page(request, "searchset", found)

    async def create(self, request: Request, kind: str) -> Response:
        resource, condition = await _resource(request, kind), request.headers.get("if-none-exist", "")
        found = self.memory.search(kind, clauses(kind, parse_qsl(condition.lstrip("?")))) if condition else []
        if len(found) > 1:
            raise Refusal(412, f"{len(found)} resources match If-None-Exist", "multiple-matches")
        identity = str(len(self.memory.log) + 1)
        made = found[0] if found else self.memory.write("POST", kind, identity, resource)
        return _written(request, made, 200 if found else 201)

    async def update(self, request: Request, kind: str, identity: str) -> Response:
        resource, expected = await _resource(request, kind), request.headers.get("if-match")
        before = self.memory.versions(kind, identity)[-1:]
        if resource.get("id") != identity or (identity.isdigit() and not before):
            raise Refusal(400, "the body must have the id of the address, and a client's new id a letter")
        if expected and expected.removeprefix("W/") != f'"{before[0].number if before else 0}"':
            raise Refusal(409, f"If-Match {expected} is not the current version", "conflict")
        status = 200 if before and before[0].body else 201
        return _written(request, self.memory.write("PUT", kind, identity, resource), status)

    async def delete(self, kind: str, identity: str) -> Response:
        if self._known(kind, identity)[-1].body:
            self.memory.write("DELETE", kind, identity, {})
        return Refusal(200, f"{kind}/{identity} is deleted", "informational").answer

    def _known(self, kind: str, identity: str, number: int | None = None) -> list[Version]:
        found = [one for one in self.memory.versions(kind, identity) if number in (None, one.number)]
        if not found:
            raise Refusal(404, f"{kind}/{identity} is not known, or not that version of it", "not-found")
        return found


async def _resource(request: Request, kind: str) -> Json:
    clauses(kind, [])  # refuses an unknown kind
    try:
        resource = decode(await request.body())
    except ValueError:
        resource = None
    if not isinstance(resource, dict) or resource.get("resourceType") != kind:
        raise Refusal(400, f"the body is not a {kind} in JSON", "structure")
    if kind == "Subscription":
        criteria_of(resource)
    return resource


def _written(request: Request, version: Version, status: int = 200) -> Response:
    place = f"{request.base_url}fhir/{version.kind}/{version.id}/_history/{version.number}"
    if not version.body:
        raise Refusal(410, f"{version.kind}/{version.id} is deleted", "deleted", Location=place)
    located = {"Location": place} if request.method == "POST" else {}
    return fhir(version.body, status, {"ETag": f'W/"{version.number}"', "Content-Location": place, **located})


def _page(request: Request, kind: str, found: list[Version]) -> Response:
    query = request.query_params
    start, count = int(query.get("_offset", "0")), int(query.get("_count", "10"))
    links = [{"relation": "self", "url": str(request.url)}]
    if start + count < len(found):
        links += [{"relation": "next", "url": str(request.url.include_query_params(_offset=start + count))}]
    total = {"total": len(found)} if len(found) <= count else {}
    entries = []
    for one in found[start : start + count]:
        place, content = f"{one.kind}/{one.id}", {"resource": msgspec.Raw(one.body)} if one.body else {}
        how = (
            {"search": {"mode": "match"}} if kind == "searchset" else {"request": {"method": one.method, "url": place}}
        )
        entries.append({"fullUrl": f"{request.base_url}fhir/{place}", **content, **how})
    return fhir({"resourceType": "Bundle", "type": kind, **total, "link": links, "entry": entries})
