"""A small FHIR R4 server in memory: the EHR of the demo and of tests. Loopback only, never a place for a real chart.

It answers as HAPI 8.8 was seen to answer where a client could trip: a stale If-Match is 409 (the specification says
412, a client must take both), an update without a change makes no version, an unknown search parameter is 400. Left
out: validation beyond JSON and resourceType, referential integrity, chained parameters and `_include`, conditional
update and delete, transactions, notifications without payload. `/metadata` says what there is.
"""

import socket
from ipaddress import ip_address

import uvicorn

from fhir_adapter.errors import ConfigurationError
from fhir_adapter.sandbox.server import build

__all__ = ["build", "serve"]


def serve(host: str, port: int) -> None:
    """Prints the base address when it can be called, and serves until it is told to stop."""
    try:
        if not ip_address(host).is_loopback:
            raise ValueError("not a loopback address")
        listener = socket.create_server((host, port))
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)  # inherited; asyncio sets it on its own only
    except (ValueError, OSError) as error:
        raise ConfigurationError(f"sandbox: cannot listen on {host}:{port} ({error})") from None
    print(f"sandbox http://{host}:{listener.getsockname()[1]}/fhir", flush=True)  # noqa: T201 - its one line
    uvicorn.Server(uvicorn.Config(build(), log_level="warning", access_log=False)).run(sockets=[listener])
