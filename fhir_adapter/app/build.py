"""Settings in, the running parts out: every collaborator is constructed here, once, and handed to whoever needs it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from zoneinfo import ZoneInfo

import httpx
from fastapi import FastAPI

from fhir_adapter import web
from fhir_adapter.app.clock import clock
from fhir_adapter.app.divergence import AUTHORITY, divergences, warning
from fhir_adapter.app.hooks import Hooks
from fhir_adapter.app.hooks import build as build_hooks
from fhir_adapter.app.live import LiveTables, Renewed, over_tables
from fhir_adapter.app.one_ehr import ehr_client, identities_of, signing_keys, subscriptions_of
from fhir_adapter.catalog import load_catalog
from fhir_adapter.ehr import EhrClient, jwks
from fhir_adapter.operation import Operation, Site
from fhir_adapter.pipeline import Attest, Parts, SourceParts, code_patient, send
from fhir_adapter.post import Names
from fhir_adapter.receive.arming import Watch
from fhir_adapter.receive.exports import Backfill
from fhir_adapter.receive.hints import Hints
from fhir_adapter.receive.keep import pace_of
from fhir_adapter.receive.replay import replay
from fhir_adapter.receive.webhook import Webhook
from fhir_adapter.rulebooks import load_rulebook
from fhir_adapter.settings import Settings, Source
from fhir_adapter.store import Claim, Store, open_store
from fhir_adapter.store.due import Lane
from fhir_adapter.telemetry import Hasher, Metrics, Reached, log, passed, site_key
from fhir_adapter.updates import Folder, installed, over
from fhir_adapter.worker import Step, Work

NOWHERE = "urn:fhir-adapter:no-canonical-base"
"""Stands in names where a source in shadow mode has none: nothing is sent under it."""


@dataclass(frozen=True, kw_only=True)
class App:
    """The parts of one process. `close` ends what `build` opened, in the right order."""

    settings: Settings
    store: Store
    parts: Parts
    work: Work
    hints: tuple[Hints, ...]
    backfills: tuple[Backfill, ...]
    watches: tuple[Watch, ...]
    hooks: FastAPI
    desk: FastAPI
    logins: web.Logins
    warnings: Mapping[str, str]
    """Rulebook → what CMS would call false under it."""
    clients: tuple[EhrClient, ...]

    async def close(self) -> None:
        for client in self.clients:
            await client.close()
        self.store.close()


def build(settings: Settings, *, transport: httpx.AsyncBaseTransport | None = None, reached: Reached = passed) -> App:
    """Everything for `serve`. Refuses what cannot work: an unknown rulebook, a store that another process writes."""
    tables = LiveTables(Folder(settings.data))
    made = {name: source_parts(name, source, settings, transport, reached) for name, source in settings.sources.items()}
    sources = Renewed(tables, made, lambda name, one, now: over_tables(one, settings.sources[name], now))
    warnings = warnings_of(sources)
    metrics = Metrics()
    store = open_store(settings.database.reveal(), settings.data, clock, failed=metrics.write_failed, reached=reached)
    lease = timedelta(seconds=settings.lease)
    parts = Parts(store=store, sources=sources, clock=clock, metrics=metrics, lease=lease)
    work = work_of(parts)
    hints = tuple(_hints(name, settings.sources[name], parts, work) for name in sources)
    logins = web.Logins(clock)
    return App(
        settings=settings,
        store=store,
        parts=parts,
        work=work,
        hints=hints,
        backfills=tuple(_backfill(name, settings.sources[name], parts, work) for name in sources),
        watches=tuple(_watches(settings, parts, hints)),
        hooks=_hooks(settings, parts, work, hints, tables),
        desk=_desk(settings, store, logins, warnings, tables),
        logins=logins,
        warnings=warnings,
        clients=tuple(source.ehr for source in sources.values()),
    )


def source_parts(
    name: str,
    source: Source,
    settings: Settings,
    transport: httpx.AsyncBaseTransport | None = None,
    reached: Reached = passed,
) -> SourceParts:
    tables = installed(Folder(settings.data))
    return SourceParts(
        ehr=ehr_client(source, transport, at=f"sources.{name}", reached=reached),
        mode=source.mode,
        words=source.words,
        first_day=source.first_day,
        rulebook=over(load_rulebook(source.rulebook, source.policies, source.words.payer_classes), tables),
        second=over(load_rulebook(source.second_opinion, site=source.words.payer_classes), tables)
        if source.second_opinion
        else None,
        drugs=load_catalog(source.words, tables.drugs),
        names=Names(
            base=settings.canonical_base or NOWHERE,
            source=name,
            enterer=source.enterer,
            run=source.tag,
            hcpcs=source.hcpcs_system,
        ),
        needs_product=source.needs_product,
        post_when=source.post_when,
        transactions=source.transactions,
        provenance=source.provenance,
        audit_event=source.audit_event,
    )


def warnings_of(sources: Mapping[str, SourceParts]) -> dict[str, str]:
    authority, today = load_rulebook(AUTHORITY), clock().date()
    found = {
        source.rulebook.name: warning(source.rulebook, divergences(source.rulebook, authority, today))
        for source in sources.values()
    }
    return {name: text for name, text in found.items() if text}


def work_of(parts: Parts) -> Work:
    async def code(claim: Claim) -> None:
        await code_patient(claim, parts)

    async def tell(claim: Claim) -> None:
        await send(claim, parts)

    steps: dict[Lane, Step] = {"code": code, "send": tell, "attest": Attest(parts)}
    return Work(store=parts.store, steps=steps, report=log("worker").info, lease=parts.lease)


def _hints(name: str, source: Source, parts: Parts, work: Work) -> Hints:
    every, heartbeat = source.sweep_every, source.heartbeat_every
    return Hints(
        source=name,
        ehr=parts.sources[name].ehr,
        store=parts.store,
        pace=pace_of(source),
        clock=clock,
        metrics=parts.metrics,
        ring=partial(work.ring, "code"),
        sweep_every=None if every is None else timedelta(seconds=every),
        sweep_by=source.sweep_by,
        heartbeat_every=None if heartbeat is None else timedelta(seconds=heartbeat),
    )


def _backfill(name: str, source: Source, parts: Parts, work: Work) -> Backfill:
    return Backfill(
        source=name,
        ehr=parts.sources[name].ehr,
        store=parts.store,
        pace=pace_of(source),
        clock=clock,
        ring=partial(work.ring, "code"),
    )


def _watches(settings: Settings, parts: Parts, hints: tuple[Hints, ...]) -> Iterator[Watch]:
    for each in hints:
        source = settings.sources[each.source]
        ours = subscriptions_of(each.source, source, each.ehr)
        if ours is not None:
            yield Watch(
                source=each.source,
                subscriptions=ours,
                store=parts.store,
                pace=each.pace,
                metrics=parts.metrics,
                wake=each.rang.set,
            )


def _hooks(settings: Settings, parts: Parts, work: Work, hints: tuple[Hints, ...], tables: LiveTables) -> FastAPI:
    def ring() -> None:
        work.ring("code")
        for each in hints:
            each.rang.set()

    webhook = Webhook(
        sources=settings.sources,
        store=parts.store,
        metrics=parts.metrics,
        ring=ring,
        limit=settings.webhook_limit,
        identities=identities_of(settings.sources),
    )
    keys = jwks(key for name, source in settings.sources.items() for key in signing_keys(source, f"sources.{name}"))
    return build_hooks(
        Hooks(
            settings=settings,
            store=parts.store,
            metrics=parts.metrics,
            webhook=webhook,
            operation=_operation(settings, parts, tables),
            jwks=keys,
        )
    )


def _operation(settings: Settings, parts: Parts, tables: LiveTables) -> Operation:
    """For sources whose senders bear a token; without one only on loopback."""
    tokens = {name: source.hook_token.reveal() for name, source in settings.sources.items() if source.hook_token}
    sites = {
        name: _site(source)
        for name, source in parts.sources.items()
        if name in tokens or settings.listen.hooks.is_loopback
    }
    renewed = Renewed(tables, sites, lambda name, _site_before, _now: _site(parts.sources[name]))
    return Operation(sites=renewed, tokens=tokens, clock=clock, limit=settings.webhook_limit)


def _site(source: SourceParts) -> Site:
    return Site(
        names=source.names,
        words=source.words,
        rulebook=source.rulebook,
        drugs=source.drugs,
        needs_product=source.needs_product,
    )


def _desk(
    settings: Settings, store: Store, logins: web.Logins, warnings: Mapping[str, str], tables: LiveTables
) -> FastAPI:
    desk = web.Desk(
        clock=clock,
        logins=logins,
        hashed=Hasher(site_key(settings)),
        modes={name: source.mode for name, source in settings.sources.items()},
        warnings=warnings,
        read_again=partial(replay, sources=settings.sources),
        zones={name: ZoneInfo(source.words.time_zone) for name, source in settings.sources.items()},
        hosts=settings.listen.desk_hosts,
        rates=tables.rates,
    )
    return web.build(store, desk)
