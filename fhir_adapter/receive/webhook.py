"""The public door: POST, PUT and DELETE /hooks/{source}[/{type}/{id}]. It answers when the notification is on disk.

    204   kept, whatever is wrong with it: the inbox names the faulty field (a Backport handshake gets its 200)
    404   no such source; 401 a wrong token or signature: both without a body, and nothing is kept
    413   longer than the limit; 503 with Retry-After: queue or disk is full, or the keys that a sender signs with
          cannot be had just now: send it again

An address, header or body is never logged; hashed ids are. What a sender says of its subscription may raise a doubt
that all was told (gaps.py): the doubt stands in the inbox beside what was told, and has the source swept.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

import msgspec
from fastapi import APIRouter, Request, Response
from sqlalchemy import Connection

from fhir_adapter.errors import EhrUnavailable, StoreError
from fhir_adapter.receive.bundles import read_bundle
from fhir_adapter.receive.gaps import warnings_of
from fhir_adapter.receive.identity import Identity
from fhir_adapter.receive.keep import keep, pace_of
from fhir_adapter.receive.redaction import redacted
from fhir_adapter.receive.senders import bears_token, is_signed
from fhir_adapter.receive.shapes import read_single
from fhir_adapter.receive.telling import Hint, Reading, Told
from fhir_adapter.settings import Source
from fhir_adapter.store import Store
from fhir_adapter.telemetry import Metrics, log

RETRY_AFTER = "5"
ASKED = {"WWW-Authenticate": "Bearer"}
METHODS = ("POST", "PUT", "DELETE")
_HOST = re.compile(r"[A-Za-z0-9.\-]{1,253}(?::\d{1,5})?")
HEADERS = frozenset({"if-match", "x-medplum-deleted-resource"})


class TooLong(Exception):
    """The body goes over the limit; the rest of it is not read."""


class Webhook(msgspec.Struct, frozen=True, kw_only=True):
    """What the door needs. `ring` is told of every kept request: somebody may be due at once."""

    sources: Mapping[str, Source]
    store: Store
    metrics: Metrics
    ring: Callable[[], None]
    limit: int
    identities: Mapping[str, Identity] = {}
    """Of each source that has `hook_jwt`."""

    async def take(self, request: Request, source: str, address: str) -> Response:
        configured = self.sources.get(source)
        if configured is None:
            return self._refuse(404)
        if not bears_token(configured, request.headers):
            return self._refuse(401, ASKED)
        try:
            if configured.hook_jwt is not None and not await self.identities[source].is_proved(request.headers):
                return self._refuse(401, ASKED)
            body = await _body(request, self.limit)
        except TooLong:
            return self._refuse(413)
        except EhrUnavailable:
            return self._refuse(503, {"Retry-After": RETRY_AFTER})
        if not is_signed(configured, request.headers, body):
            return self._refuse(401, ASKED)
        reading = understood(request.method, address, request.headers, body, configured.base_url)
        try:
            await self._keep(source, configured, request.method, reading)
        except StoreError as error:
            log("receive").error("notification not kept", source=source, exc_info=error)
            return self._refuse(503, {"Retry-After": RETRY_AFTER})
        return Response(reading.body, reading.status, media_type="application/json" if reading.body else None)

    async def may_send(self, request: Request, source: str) -> Response:
        """The question of CloudEvents before the first event. Yes to any host: each event proves itself anyway."""
        if source not in self.sources:
            return self._refuse(404)
        origin = request.headers.get("webhook-request-origin", "")
        if not _HOST.fullmatch(origin):
            return self._refuse(405, {"Allow": ", ".join(METHODS)})
        return Response(status_code=200, headers={"WebHook-Allowed-Origin": origin, "WebHook-Allowed-Rate": "*"})

    async def _keep(self, name: str, source: Source, method: str, reading: Reading) -> None:
        pace = pace_of(source)

        def work(conn: Connection) -> tuple[Hint, ...]:
            doubts = warnings_of(conn, name, source, reading.topic) if reading.topic else ()
            keep(conn, name, method, (*reading.hints, *doubts), pace)
            return (*reading.hints, *doubts)

        kept = await self.store.write(work)
        self.ring()
        for hint in kept:
            outcome = outcome_of(hint)
            self.metrics.notifications.labels(name, hint.shape, outcome).inc()
            log("receive").info(
                "notification kept",
                source=name,
                method=method,
                shape=hint.shape,
                type=hint.type,
                resource=hint.id,
                patient=hint.patient,
                state=outcome,
            )

    def _refuse(self, status: int, headers: Mapping[str, str] | None = None) -> Response:
        self.metrics.refused.labels(str(status)).inc()
        log("receive").warning("request refused", status=status)
        return Response(status_code=status, headers=headers)


def routes(webhook: Webhook) -> APIRouter:
    router = APIRouter()

    async def about_the_source(request: Request, source: str) -> Response:
        """A notification in any shape of R4, R4B or R5 topics, of Medplum, HAPI, Event Grid or Pub/Sub."""
        return await webhook.take(request, source, "")

    async def about_a_resource(request: Request, source: str, address: str) -> Response:
        """A notification that names its resource in the address, as a rest-hook with payload does: TYPE/ID."""
        return await webhook.take(request, source, address.rstrip("/"))

    router.add_api_route("/hooks/{source}", webhook.may_send, methods=["OPTIONS"])
    for method in METHODS:
        router.add_api_route("/hooks/{source}", about_the_source, methods=[method])
        router.add_api_route("/hooks/{source}/{address:path}", about_a_resource, methods=[method])
    return router


def understood(method: str, address: str, headers: Mapping[str, str], body: bytes, base: str) -> Reading:
    """The hints of one request. Pure."""
    spoken = {name: headers[name] for name in HEADERS if name in headers}
    told = Told(method=method, address=address, headers=spoken, body=body, base=base)
    reading = read_single(told) or read_bundle(told)
    hints = tuple(msgspec.structs.replace(hint, body=redacted(hint.body)) for hint in reading.hints)
    return msgspec.structs.replace(reading, hints=hints)


def outcome_of(hint: Hint) -> str:
    if hint.fault:
        return "faulty"
    return "ignored" if hint.ignored else "marked" if hint.patient else "received"


async def _body(request: Request, limit: int) -> bytes:
    """The whole body, counted as it comes: Content-Length may be absent or a lie."""
    length = request.headers.get("content-length", "")
    if length.isdigit() and int(length) > limit:
        raise TooLong
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > limit:
            raise TooLong
    return bytes(body)
