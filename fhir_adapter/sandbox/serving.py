"""Runs the sandbox on a loopback port; refuses every other address, because it has no login."""

import socket
from ipaddress import ip_address

import uvicorn

from fhir_adapter.errors import ConfigurationError
from fhir_adapter.sandbox.routes import build


def serve(host: str, port: int) -> None:
    """Prints the base address when it can be called, and serves until it is told to stop."""
    try:
        if not ip_address(host).is_loopback:
            raise ValueError
        listener = socket.create_server((host, port))
    except (ValueError, OSError) as error:
        raise ConfigurationError(
            f"sandbox: cannot listen on {host}:{port} ({error or 'not a loopback address'})"
        ) from None
    print(f"sandbox http://{host}:{listener.getsockname()[1]}/fhir", flush=True)  # noqa: T201 – its one line
    uvicorn.Server(uvicorn.Config(build(), log_level="warning", access_log=False)).run(sockets=[listener])
