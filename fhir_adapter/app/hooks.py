"""The hooks listener: webhook, stateless operation, what describes both, health, metrics, public keys; no desk.

`/metrics` has no patient in it, but it tells a stranger how much a hospital gives: it answers on a loopback listener,
elsewhere only with the configured token.
"""

from __future__ import annotations

import asyncio
import hmac

import msgspec
from fastapi import FastAPI, Request, Response
from starlette.exceptions import HTTPException

from fhir_adapter import operation
from fhir_adapter.app.clock import clock
from fhir_adapter.errors import StoreError
from fhir_adapter.operation import Operation
from fhir_adapter.post import definition, rulebook_definition
from fhir_adapter.receive.webhook import Webhook, routes
from fhir_adapter.settings import Settings
from fhir_adapter.store import Store, condition, counters
from fhir_adapter.telemetry import Metrics

SOON = 3.0
"""Seconds."""
READY = "ready"
"""What is written to see whether the disk takes it."""


class Hooks(msgspec.Struct, frozen=True, kw_only=True):
    """What the listener needs."""

    settings: Settings
    store: Store
    metrics: Metrics
    webhook: Webhook
    operation: Operation
    jwks: bytes
    """The public halves of the keys that we sign with: token servers fetch them."""

    async def healthz(self) -> Response:
        """The process answers."""
        return Response(status_code=200)

    async def readyz(self) -> Response:
        """A notification would be kept, and soon: one that waits longer than a sender does is not kept for it."""
        try:
            async with asyncio.timeout(SOON):
                await self.store.write(lambda conn: counters.add(conn, READY))
        except (StoreError, TimeoutError):
            return Response(status_code=503)
        return Response(status_code=200)

    async def metrics_text(self, request: Request) -> Response:
        if not self._may_measure(request.headers.get("authorization", "")):
            return Response(status_code=404)
        await self._count()
        return Response(self.metrics.exposition(), media_type="text/plain; version=0.0.4; charset=utf-8")

    async def structure_definition(self, name: str) -> Response:
        base = self.settings.canonical_base
        found = definition(name, base) if base else None
        return Response(found, 200 if found else 404, media_type="application/fhir+json")

    async def charge_item_definition(self, rulebook: str) -> Response:
        base = self.settings.canonical_base
        book = next((site.rulebook for site in self.operation.sites.values() if site.rulebook.name == rulebook), None)
        if base is None or book is None:
            return Response(status_code=404)
        found = rulebook_definition(book.name, book.hash, book.title, base)
        return Response(found, media_type="application/fhir+json")

    async def public_keys(self) -> Response:
        return Response(self.jwks, media_type="application/jwk-set+json", headers={"Cache-Control": "max-age=300"})

    def _may_measure(self, authorization: str) -> bool:
        token = self.settings.metrics_token
        if token is None:
            return self.settings.listen.hooks.is_loopback
        return hmac.compare_digest(authorization.encode(), f"Bearer {token.reveal()}".encode())

    async def _count(self) -> None:
        """What the database says, so that every process of a site tells the same."""
        found = await self.store.read(lambda conn: condition.of(conn, clock()))
        measured = self.metrics
        for gauge in (measured.behind, measured.inbox, measured.outbox, measured.held, measured.events):
            gauge.clear()
        for lane, work in found.lanes.items():
            for state, count in work.states.items():
                measured.behind.labels(lane, state).set(count)
            measured.due.labels(lane).set(work.due)
            measured.lag.labels(lane).set(work.lag_seconds)
        by_word = ((measured.inbox, found.inbox), (measured.outbox, found.outbox), (measured.held, found.held))
        for gauge, counts in (*by_word, (measured.events, found.events)):
            for word, count in counts.items():
                gauge.labels(word).set(count)


def build(hooks: Hooks) -> FastAPI:
    app = FastAPI(title="fhir-adapter hooks", docs_url=None, redoc_url=None, openapi_url=None, redirect_slashes=False)
    app.include_router(routes(hooks.webhook))
    app.include_router(operation.routes(hooks.operation))
    app.add_api_route("/healthz", hooks.healthz)
    app.add_api_route("/readyz", hooks.readyz)
    app.add_api_route("/metrics", hooks.metrics_text)
    app.add_api_route("/.well-known/jwks.json", hooks.public_keys)
    app.add_api_route("/fhir/StructureDefinition/{name}", hooks.structure_definition)
    app.add_api_route("/fhir/ChargeItemDefinition/{rulebook}", hooks.charge_item_definition)
    operation.describe(app)
    app.add_exception_handler(HTTPException, _without_a_body)
    return app


async def _without_a_body(request: Request, error: Exception) -> Response:
    """A stranger learns the status and nothing else."""
    status = error.status_code if isinstance(error, HTTPException) else 500
    return Response(status_code=status, headers=getattr(error, "headers", None))
