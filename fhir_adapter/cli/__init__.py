"""The command line: thin, one file per group of commands, every import of a room inside the command that needs it.

Exit status: 0 done; 1 only where a command says so; 2 a wrong call, configuration or input, told in clear lines.
"""

from __future__ import annotations

import sys
from importlib import import_module

import typer

from fhir_adapter.errors import AdapterError

GROUPS = (
    "check",
    "code",
    "conservation",
    "data",
    "db",
    "definitions",
    "decide",
    "demo",
    "drug",
    "evidence",
    "explain",
    "inbox",
    "onboarding",
    "rulebook",
    "serve",
    "shadow",
    "source",
    "tie_out",
    "backfill",
)
"""Modules of this package; each has `register(app)`."""


def build() -> typer.Typer:
    app = typer.Typer(name="fhir-adapter", no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)
    for group in GROUPS:
        import_module(f"fhir_adapter.cli.{group}").register(app)
    return app


def main() -> None:
    try:
        build()()
    except AdapterError as error:
        print(error, file=sys.stderr)
        sys.exit(2)
