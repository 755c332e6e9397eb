"""A small FHIR R4 server in memory, for the demo and for tests: loopback only. What it does: metadata.toml."""

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
