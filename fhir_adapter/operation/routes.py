"""The operation over HTTP: `POST /fhir/$derive-charges?source=NAME`, `/fhir/metadata`, the OperationDefinition.

    200   a Bundle; held visits too, with the reason
    400   an OperationOutcome: no Bundle, no chart in it, no such source; 401 a wrong token; 413 too long; 415 not JSON

The token is the one that the source's notifications bear. The FHIR base is the address that the client used.
"""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any

import msgspec
from anyio.to_thread import run_sync
from fastapi import APIRouter, Query, Request, Response, Security
from fastapi.security import HTTPBearer

from fhir_adapter.errors import Fault, InputFaults
from fhir_adapter.operation.derive_charges import Site, derive_charges, refusal
from fhir_adapter.operation.example import CHART
from fhir_adapter.operation.statements import NAME, capability, operation
from fhir_adapter.vocabulary import Clock

FHIR_JSON = "application/fhir+json"
JSON = ("application/fhir+json", "application/json")
Json = dict[str, Any]
SourceName = Annotated[str | None, Query(description="A source of the configuration; needed where there are several.")]
TOKEN = HTTPBearer(scheme_name="token", description="The source's hook_token, where it has one.", auto_error=False)
"""For the description only: each source has its own, and is compared in constant time."""
_RESOURCE = {"type": "object", "required": ["resourceType"], "properties": {"resourceType": {"type": "string"}}}
_ANSWERS: dict[int | str, dict[str, Any]] = {
    status: {"description": said, "content": {FHIR_JSON: {"schema": _RESOURCE}}}
    for status, said in (
        (200, "A Bundle: the ChargeItems of finished visits that nothing holds, and one OperationOutcome."),
        (400, "An OperationOutcome that names the field: no Bundle of a chart, or no such source."),
        (401, "An OperationOutcome: a token is needed, or another one."),
        (413, "An OperationOutcome: the body is too long."),
        (415, "An OperationOutcome: the body is not JSON."),
    )
}
_ASKED: dict[str, Any] = {
    "requestBody": {"required": True, "content": {FHIR_JSON: {"schema": _RESOURCE, "example": CHART}}}
}


@dataclass(frozen=True, kw_only=True)
class Operation:
    """What the routes need. `tokens` has the sources that ask for one."""

    sites: Mapping[str, Site]
    tokens: Mapping[str, str]
    clock: Clock
    limit: int

    async def derive(self, request: Request, source: SourceName = None) -> Response:
        """A Bundle of a chart in; its ChargeItems and what was found out. Nothing is kept or posted."""
        try:
            name = self._site(source)
            if not self._may(name, request.headers.get("authorization", "")):
                return _answer(_said("security", "a token is needed, or another one"), 401)
            if request.headers.get("content-type", "").partition(";")[0].strip() not in JSON:
                return _answer(_said("not-supported", "the body must be application/fhir+json"), 415)
            body = await self._body(request)
            if body is None:
                return _answer(_said("too-long", f"the body is longer than {self.limit} bytes"), 413)
            found = await run_sync(derive_charges, body, self.sites[name], self.clock())
        except InputFaults as faults:
            return _answer(refusal(faults), 400)
        return _answer(found)

    def _site(self, source: str | None) -> str:
        if source in self.sites:
            return str(source)
        if source is None and len(self.sites) == 1:
            return next(iter(self.sites))
        raise InputFaults((Fault("source", "name a source of the configuration in the query"),))

    def _may(self, name: str, authorization: str) -> bool:
        token = self.tokens.get(name)
        return token is None or hmac.compare_digest(authorization.encode(), f"Bearer {token}".encode())

    async def _body(self, request: Request) -> bytes | None:
        body = bytearray()
        async for chunk in request.stream():
            body += chunk
            if len(body) > self.limit:
                return None
        return bytes(body)


def routes(door: Operation) -> APIRouter:
    router = APIRouter(prefix="/fhir")

    async def metadata(request: Request) -> Response:
        """What this server can do."""
        return _answer(capability(_base(request)))

    async def definition(request: Request) -> Response:
        """What the operation takes and gives."""
        return _answer(operation(_base(request)))

    router.add_api_route(
        f"/${NAME}",
        door.derive,
        methods=["POST"],
        responses=_ANSWERS,
        openapi_extra=_ASKED,
        dependencies=[Security(TOKEN)],
    )
    for path, answer, said in (
        ("/metadata", metadata, "A CapabilityStatement."),
        (f"/OperationDefinition/{NAME}", definition, "An OperationDefinition."),
    ):
        told: dict[str, Any] = {"description": said, "content": {FHIR_JSON: {"schema": _RESOURCE}}}
        router.add_api_route(path, answer, responses={200: told})
    return router


def _base(request: Request) -> str:
    return f"{str(request.base_url).rstrip('/')}/fhir"


def _said(code: str, text: str) -> Json:
    issue = {"severity": "error", "code": code, "diagnostics": text}
    return {"resourceType": "OperationOutcome", "issue": [issue]}


def _answer(resource: Json, status: int = 200) -> Response:
    return Response(msgspec.json.encode(resource), status, media_type=FHIR_JSON)
