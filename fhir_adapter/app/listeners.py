"""Two HTTP listeners in one process, each on a socket of its own, bound before anything else starts.

An address that is taken or not ours is a configuration fault, told before any work is begun. Signals are the whole
process's affair, so the servers are kept from catching them.
"""

from __future__ import annotations

import asyncio
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn
from fastapi import FastAPI

from fhir_adapter.errors import ConfigurationError
from fhir_adapter.settings import Address

GRACE_SECONDS = 5
KEEP_ALIVE_SECONDS = 65
"""Longer than senders and proxies keep a connection, so that they are the ones to close it."""


def bind(key: str, address: Address) -> socket.socket:
    """A listening socket; `key` names the setting in the error."""
    family = socket.AF_INET6 if ":" in address.host else socket.AF_INET
    try:
        listener = socket.create_server((address.host, address.port), family=family, backlog=512)
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)  # inherited; asyncio sets it on its own only
        return listener
    except OSError as error:
        raise ConfigurationError(f"{key}: {address} cannot be listened on ({os.strerror(error.errno or 0)})") from None


def url_of(listener: socket.socket) -> str:
    """What a browser on this machine would call it."""
    host, port = listener.getsockname()[:2]
    reachable = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)
    return f"http://[{reachable}]:{port}" if ":" in reachable else f"http://{reachable}:{port}"


async def listen(app: FastAPI, listener: socket.socket, stop: asyncio.Event, started: asyncio.Event) -> None:
    """Serve until `stop`; requests that run then get a few seconds."""
    config = uvicorn.Config(
        app,
        access_log=False,
        lifespan="off",
        log_config=None,
        proxy_headers=False,
        server_header=False,
        timeout_graceful_shutdown=GRACE_SECONDS,
        timeout_keep_alive=KEEP_ALIVE_SECONDS,
    )
    server = _Server(config, started)
    serving = asyncio.create_task(server.serve(sockets=[listener]))
    stopping = asyncio.create_task(stop.wait())
    try:
        await asyncio.wait({serving, stopping}, return_when=asyncio.FIRST_COMPLETED)
    finally:
        server.should_exit = True
        stopping.cancel()
        await serving


class _Server(uvicorn.Server):
    """Says when it takes requests, and leaves signals to `serving`."""

    def __init__(self, config: uvicorn.Config, ready: asyncio.Event) -> None:
        super().__init__(config)
        self._ready = ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self._ready.set()

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield
