"""`serve`: two listeners, the worker, the open questions and the control socket in one process, until a signal.

    hooks http://127.0.0.1:8080
    desk http://127.0.0.1:8081/login?link=…
    ready

On SIGTERM or SIGINT nothing new is taken, what runs gets a few seconds, what does not end in time is let go for the
next process. A part that fails stops all of them: half a server is worse than a restart.
"""

from __future__ import annotations

import asyncio
import gc
import signal
import sys
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import AsyncExitStack, asynccontextmanager
from functools import partial
from socket import socket

import uvloop

from fhir_adapter import worker
from fhir_adapter.app.build import App, build
from fhir_adapter.app.clock import clock
from fhir_adapter.app.go_live import must_have_agreed
from fhir_adapter.app.listeners import bind, listen, url_of
from fhir_adapter.app.retention import retain
from fhir_adapter.app.tied import tie_out_daily
from fhir_adapter.errors import ConfigurationError
from fhir_adapter.receive.replay import replay
from fhir_adapter.settings import Settings, crash_point
from fhir_adapter.store.control import listening
from fhir_adapter.telemetry import Halt, Hasher, configure, log, passed, site_key

Announce = Callable[[str], None]


def on_the_loop(program: Coroutine[None, None, None]) -> None:
    """Run to its end on a loop that spends less of each request."""
    uvloop.run(program)


def built(settings: Settings, announce: Announce) -> App:
    """The parts, put where the collector of garbage does not look: with the catalog among them one look takes 100 ms,
    and every request of that moment waits for it."""
    point = crash_point()
    app = build(settings, reached=Halt(point, announce) if point else passed)
    gc.collect()
    gc.freeze()
    return app


async def serve(settings: Settings, announce: Announce) -> None:
    """Runs until it is told to stop; `announce` gets the lines for whoever started it."""
    configure(Hasher(site_key(settings)), sys.stderr)
    async with AsyncExitStack() as open_things:
        sockets = [
            open_things.enter_context(bind("listen.hooks", settings.listen.hooks)),
            open_things.enter_context(bind("listen.desk", settings.listen.desk)),
        ]
        app = built(settings, announce)
        open_things.push_async_callback(app.close)
        await must_have_agreed(settings, app.store)
        if settings.on_sqlite:
            again = partial(replay, sources=settings.sources)
            await open_things.enter_async_context(listening(app.store, settings.data, again))
        _warn(app)
        await _until_told(lambda stop: _parts(app, sockets, stop, announce))
    log("app").info("stopped")


async def work(settings: Settings, announce: Announce) -> None:
    """A worker beside `serve`, without listeners. On SQLite there is one writer, and that is `serve`."""
    if settings.on_sqlite:
        raise ConfigurationError("work: on SQLite `serve` is the one writer; set database to a PostgreSQL URL for more")
    configure(Hasher(site_key(settings)), sys.stderr)
    async with AsyncExitStack() as open_things:
        app = built(settings, announce)
        open_things.push_async_callback(app.close)
        await must_have_agreed(settings, app.store)
        _warn(app)
        announce("ready")
        await _until_told(lambda stop: [worker.run(app.work, stop)])
    log("app").info("stopped")


def _warn(app: App) -> None:
    for text in app.warnings.values():
        log("app").warning(text)
    for name, source in app.settings.sources.items():
        log("app").info("source", source=name, mode=source.mode, rulebook=source.rulebook)


def _parts(
    app: App, sockets: list[socket], stop: asyncio.Event, announce: Announce
) -> list[Coroutine[None, None, None]]:
    hooks, desk = asyncio.Event(), asyncio.Event()

    async def ready() -> None:
        await hooks.wait()
        await desk.wait()
        announce(f"hooks {url_of(sockets[0])}")
        announce(f"desk {url_of(sockets[1])}{app.logins.new_path()}")
        announce("ready")

    return [
        listen(app.hooks, sockets[0], stop, hooks),
        listen(app.desk, sockets[1], stop, desk),
        worker.run(app.work, stop),
        retain(app.store, app.settings.keep_raw_days, clock, stop),
        tie_out_daily(app.parts, stop),
        *(each.run(stop) for each in app.hints),
        *(each.run(stop) for each in app.backfills),
        *(each.run(stop) for each in app.watches),
        ready(),
    ]


async def _until_told(parts: Callable[[asyncio.Event], list[Coroutine[None, None, None]]]) -> None:
    """Run all parts until a signal. The first that fails ends the others; its error goes on."""
    async with _signalled() as stop:
        try:
            async with asyncio.TaskGroup() as group:
                for part in parts(stop):
                    group.create_task(part)
        except BaseExceptionGroup as failed:
            raise failed.exceptions[0] from None


@asynccontextmanager
async def _signalled() -> AsyncIterator[asyncio.Event]:
    stop, loop = asyncio.Event(), asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    try:
        yield stop
    finally:
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.remove_signal_handler(number)
