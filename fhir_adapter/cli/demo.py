"""`demo` and `sandbox`: the product at work on a bare machine, and the EHR that stands in for a real one."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def register(app: typer.Typer) -> None:
    app.command()(demo)
    app.command()(sandbox)


def demo(
    once: Annotated[bool, typer.Option("--once", help="End after the last visit.")] = False,
    visits: Annotated[Path | None, typer.Option(help="A folder of visit files to play instead.")] = None,
) -> None:
    """Play three visits: a sandbox EHR and the adapter, from the chart to the charges."""
    from fhir_adapter.demo import play

    play(once=once, visits=visits)


def sandbox(
    port: Annotated[int, typer.Option(help="0 takes a free one.", min=0, max=65535)] = 8090,
    host: Annotated[str, typer.Option(help="A loopback address; every other is refused.")] = "127.0.0.1",
) -> None:
    """Serve a small FHIR R4 server in memory, for trying things out. Loopback only."""
    from fhir_adapter.sandbox import serve

    serve(host, port)
