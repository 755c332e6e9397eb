"""The hooks listener: the webhook, health, metrics, and what our extensions mean. Nothing of the desk is here.

`/metrics` has no patient in it, but it tells a stranger how much a hospital gives: it answers on a loopback listener,
elsewhere only with the configured token.
"""

from __future__ import annotations

import hmac
from collections import Counter
from functools import partial

import msgspec
from fastapi import FastAPI, Request, Response
from starlette.exceptions import HTTPException

from fhir_adapter.errors import StoreError
from fhir_adapter.post import definition
from fhir_adapter.receive.webhook import Webhook, routes
from fhir_adapter.settings import Settings
from fhir_adapter.store import Store, progress
from fhir_adapter.store.due import TABLES
from fhir_adapter.telemetry import Metrics


class Hooks(msgspec.Struct, frozen=True, kw_only=True):
    """What the listener needs."""

    settings: Settings
    store: Store
    metrics: Metrics
    webhook: Webhook

    async def healthz(self) -> Response:
        """The process answers."""
        return Response(status_code=200)

    async def readyz(self) -> Response:
        """A notification would be kept."""
        try:
            await self.store.write(lambda conn: None)
        except StoreError:
            return Response(status_code=503)
        return Response(status_code=200)

    async def metrics_text(self, request: Request) -> Response:
        if not self._may_measure(request.headers.get("authorization", "")):
            return Response(status_code=404)
        await self._count_behind()
        return Response(self.metrics.exposition(), media_type="text/plain; version=0.0.4; charset=utf-8")

    async def structure_definition(self, name: str) -> Response:
        base = self.settings.canonical_base
        found = definition(name, base) if base else None
        return Response(found, 200 if found else 404, media_type="application/fhir+json")

    def _may_measure(self, authorization: str) -> bool:
        token = self.settings.metrics_token
        if token is None:
            return self.settings.listen.hooks.is_loopback
        return hmac.compare_digest(authorization.encode(), f"Bearer {token.reveal()}".encode())

    async def _count_behind(self) -> None:
        self.metrics.behind.clear()
        for lane in TABLES:
            late = await self.store.read(partial(progress.behind, lane=lane))
            for state, count in Counter(one.state for one in late).items():
                self.metrics.behind.labels(lane, state).set(count)


def build(hooks: Hooks) -> FastAPI:
    app = FastAPI(title="fhir-adapter hooks", docs_url=None, redoc_url=None, openapi_url=None, redirect_slashes=False)
    app.include_router(routes(hooks.webhook))
    app.add_api_route("/healthz", hooks.healthz)
    app.add_api_route("/readyz", hooks.readyz)
    app.add_api_route("/metrics", hooks.metrics_text)
    app.add_api_route("/fhir/StructureDefinition/{name}", hooks.structure_definition)
    app.add_exception_handler(HTTPException, _without_a_body)
    return app


async def _without_a_body(request: Request, error: Exception) -> Response:
    """A stranger learns the status and nothing else."""
    status = error.status_code if isinstance(error, HTTPException) else 500
    return Response(status_code=status, headers=getattr(error, "headers", None))
