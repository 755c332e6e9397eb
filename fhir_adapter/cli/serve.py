"""`serve` runs the adapter, `serve --check` asks whether it would work, `work` is a further worker on PostgreSQL."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from fhir_adapter.app.check import Row
    from fhir_adapter.settings import Settings

Config = Annotated[Path, typer.Option("--config", help="The configuration file.")]
DEFAULT = Path("fhir-adapter.toml")


def register(app: typer.Typer) -> None:
    app.command()(serve)
    app.command()(work)


def serve(
    config: Config = DEFAULT,
    check: Annotated[
        bool, typer.Option("--check", help="Test configuration, rulebooks, searches and rights; write nothing.")
    ] = False,
) -> None:
    """Listen to the EHRs of a configuration, derive charges, post them where the mode says so."""
    from fhir_adapter.settings import load

    settings = load(config)
    if check:
        raise typer.Exit(told(asyncio.run(_rows(settings))))
    from fhir_adapter.app.serving import on_the_loop
    from fhir_adapter.app.serving import serve as run

    on_the_loop(run(settings, _announce))


def work(config: Config = DEFAULT) -> None:
    """Work beside a `serve` on the same PostgreSQL database."""
    from fhir_adapter.app.serving import on_the_loop
    from fhir_adapter.app.serving import work as run
    from fhir_adapter.settings import load

    on_the_loop(run(load(config), _announce))


def _announce(line: str) -> None:
    """Line and end in one write: another thread may be saying something."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


async def _rows(settings: Settings) -> list[Row]:
    from fhir_adapter.app.check import check_settings

    return [row async for row in check_settings(settings)]


def told(rows: list[Row]) -> int:
    """The table, and the exit status."""
    widths = [max(len(cell) for cell in column) for column in zip(*map(_cells, rows), strict=True)]
    for row in rows:
        print("  ".join(cell.ljust(width) for cell, width in zip(_cells(row), widths, strict=True)).rstrip())
    failed = sum(row.state == "failed" for row in rows)
    print(f"\n{failed} of {len(rows)} failed" if failed else f"\nall of {len(rows)} are well")
    return 2 if failed else 0


def _cells(row: Row) -> tuple[str, ...]:
    return row.state, row.source, row.asked, row.answer
