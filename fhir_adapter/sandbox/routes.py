"""The REST door at /fhir. Every refusal is an OperationOutcome; pages are snapshots, and their links are opaque."""

from collections.abc import Sequence
from datetime import UTC, datetime
from urllib.parse import parse_qsl
from uuid import uuid4

import httpx
import msgspec
from fastapi import APIRouter, FastAPI, Request, Response
from starlette.middleware.trustedhost import TrustedHostMiddleware

from fhir_adapter.sandbox.answers import Json, Refusal, capability, decode, fhir, outcome
from fhir_adapter.sandbox.memory import Memory, Version
from fhir_adapter.sandbox.resthooks import RestHooks, check
from fhir_adapter.sandbox.search import clauses, table_of
from fhir_adapter.vocabulary import Clock

router = APIRouter(prefix="/fhir")
KEPT_SNAPSHOTS = 1000
ANSWERED = {"_count", "_sort", "_total", "_since", "_format"}


def build(
    clock: Clock = lambda: datetime.now(UTC),  # noqa: TID251 – a program of its own, which makes its own clock
    hooks: httpx.AsyncBaseTransport | None = None,
    retry_after: Sequence[float] = (0.5, 1, 2, 4, 8, 16),
) -> FastAPI:
    """`hooks` is the way that rest-hooks take (a seam); `retry_after` are the pauses before each further try."""
    memory = Memory(clock)
    sender = RestHooks(memory, hooks, retry_after)
    app = FastAPI(title="sandbox", openapi_url=None, lifespan=sender.lifespan)
    app.state.memory, app.state.snapshots = memory, {}
    app.add_middleware(TrustedHostMiddleware, allowed_hosts=["127.0.0.1", "localhost"])
    app.add_exception_handler(Refusal, _refused)
    app.include_router(router)
    return app


async def _refused(request: Request, error: Exception) -> Response:
    assert isinstance(error, Refusal)
    return fhir(outcome(error.code, error.why), error.status, error.headers)


@router.get("/metadata")
async def metadata() -> Response:
    return fhir(capability())


@router.get("")
async def next_page(request: Request) -> Response:
    asked = request.query_params
    if asked.get("_getpages") not in request.app.state.snapshots:
        raise Refusal(410, "expired", "this page is no longer known: search again")
    return _page(request, asked["_getpages"], int(asked["_getpagesoffset"]), int(asked["_count"]))


@router.get("/{kind}")
async def search(request: Request, kind: str) -> Response:
    asked = [pair for pair in request.query_params.multi_items() if pair[0] not in ANSWERED]
    found = request.app.state.memory.search(kind, clauses(kind, asked))
    sort = request.query_params.get("_sort")
    if sort not in (None, "_lastUpdated", "-_lastUpdated"):
        raise Refusal(400, "invalid", "this server sorts by _lastUpdated only")
    if sort:
        found.sort(key=lambda version: version.at, reverse=sort.startswith("-"))
    return _pages(request, "searchset", found)


@router.get("/{kind}/_history")
async def type_history(request: Request, kind: str) -> Response:
    table_of(kind)
    return _pages(request, "history", [v for v in reversed(request.app.state.memory.log) if v.kind == kind])


@router.get("/{kind}/{identity}/_history")
async def history(request: Request, kind: str, identity: str) -> Response:
    _latest(request, kind, identity, deleted=True)
    return _pages(request, "history", request.app.state.memory.versions(kind, identity)[::-1])


@router.get("/{kind}/{identity}/_history/{number}")
async def vread(request: Request, kind: str, identity: str, number: int) -> Response:
    for version in request.app.state.memory.versions(kind, identity):
        if version.number == number and version.resource is not None:
            return _version(request, version)
    raise Refusal(404, "not-found", f"{kind}/{identity} has no version {number}")


@router.get("/{kind}/{identity}")
async def read(request: Request, kind: str, identity: str) -> Response:
    return _version(request, _latest(request, kind, identity))


@router.post("/{kind}")
async def create(request: Request, kind: str) -> Response:
    resource, memory = await _body(request, kind), request.app.state.memory
    condition = request.headers.get("if-none-exist")
    found = memory.search(kind, clauses(kind, parse_qsl(condition.lstrip("?")))) if condition else []
    if len(found) > 1:
        raise Refusal(412, "multiple-matches", f"{len(found)} resources match If-None-Exist")
    return _version(request, found[0] if found else memory.write(kind, None, resource, "POST"), 200 if found else 201)


@router.put("/{kind}/{identity}")
async def update(request: Request, kind: str, identity: str) -> Response:
    resource, memory = await _body(request, kind), request.app.state.memory
    before, expected = memory.versions(kind, identity)[-1:], request.headers.get("if-match")
    if resource.get("id") != identity or (not before and identity.isdigit()):
        raise Refusal(400, "invalid", "the body must have the id of the address; a client's new id has a letter")
    if expected and (not before or expected.removeprefix("W/").strip('"') != str(before[0].number)):
        raise Refusal(409, "conflict", f"If-Match {expected} is not the current version")
    known = before and before[0].resource is not None
    return _version(request, memory.write(kind, identity, resource, "PUT"), 200 if known else 201)


@router.delete("/{kind}/{identity}")
async def delete(request: Request, kind: str, identity: str) -> Response:
    if _latest(request, kind, identity, deleted=True).resource is not None:
        request.app.state.memory.write(kind, identity, None, "DELETE")
        return fhir(outcome("informational", "deleted", "information"))
    return fhir(outcome("deleted", "it was already deleted", "information"))


async def _body(request: Request, kind: str) -> Json:
    table_of(kind)
    try:
        resource = decode(await request.body())
    except ValueError:
        raise Refusal(400, "structure", "the body is not JSON") from None
    if not isinstance(resource, dict) or resource.get("resourceType") != kind:
        raise Refusal(400, "structure", f"the body's resourceType is not {kind}")
    if kind == "Subscription":
        check(resource)
    return resource


def _latest(request: Request, kind: str, identity: str, *, deleted: bool = False) -> Version:
    table_of(kind)
    memory: Memory = request.app.state.memory
    for version in memory.versions(kind, identity)[-1:]:
        if version.resource is None and not deleted:
            raise Refusal(410, "deleted", f"{kind}/{identity} is deleted", {"Location": _address(request, version)})
        return version
    raise Refusal(404, "not-found", f"{kind}/{identity} is not known")


def _address(request: Request, version: Version) -> str:
    return f"{request.base_url}fhir/{version.kind}/{version.id}/_history/{version.number}"


def _version(request: Request, version: Version, status: int = 200) -> Response:
    address = _address(request, version)
    headers = {"ETag": f'W/"{version.number}"', "Content-Location": address}
    if request.method == "POST":
        headers["Location"] = address
    minimal = request.headers.get("prefer") == "return=minimal" and request.method != "GET"
    return Response(None, status, headers) if minimal else fhir(version.body, status, headers)


def _pages(request: Request, kind: str, found: list[Version]) -> Response:
    """The first page of a snapshot; the oldest snapshots are forgotten."""
    if since := request.query_params.get("_since"):
        found = [version for version in found if version.at >= datetime.fromisoformat(since)]
    snapshots, key = request.app.state.snapshots, uuid4().hex
    snapshots[key] = (kind, found)
    while len(snapshots) > KEPT_SNAPSHOTS:
        del snapshots[next(iter(snapshots))]
    return _page(request, key, 0, int(request.query_params.get("_count", "10")))


def _page(request: Request, key: str, offset: int, count: int) -> Response:
    kind, found = request.app.state.snapshots[key]
    base, rest = f"{request.base_url}fhir", len(found) > offset + count
    links = [{"relation": "self", "url": str(request.url)}]
    if rest:
        following = f"_getpages={key}&_getpagesoffset={offset + count}&_count={count}"
        links.append({"relation": "next", "url": f"{base}?{following}"})
    whole = request.query_params.get("_total") == "accurate" or (offset == 0 and not rest)
    entries = [_entry(base, kind, version) for version in found[offset : offset + count]]
    total = {"total": len(found)} if whole else {}
    return fhir({"resourceType": "Bundle", "type": kind, **total, "link": links, "entry": entries})


def _entry(base: str, kind: str, version: Version) -> Json:
    content = {"resource": msgspec.Raw(version.body)} if version.body else {}
    place = f"{version.kind}/{version.id}"
    how = (
        {"search": {"mode": "match"}} if kind == "searchset" else {"request": {"method": version.method, "url": place}}
    )
    return {"fullUrl": f"{base}/{place}", **content, **how}
