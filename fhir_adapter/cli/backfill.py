"""`source backfill` has an EHR write everything out (bulk export) and reads it; `serve` does it, also after a restart.

The command only asks, and says how far it is. Asking again while one is under way changes nothing.
"""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from fhir_adapter.cli.group import sources
from fhir_adapter.cli.looking import look
from fhir_adapter.errors import ConfigurationError

if TYPE_CHECKING:
    from fhir_adapter.settings import Settings
    from fhir_adapter.store.exports import Export

Config = Annotated[Path, typer.Option("--config", help="The configuration file.")]
DEFAULT = Path("fhir-adapter.toml")


def register(app: typer.Typer) -> None:
    sources(app).command("backfill")(backfill)


def backfill(
    source: Annotated[str, typer.Argument(help="A source of the configuration.")],
    since: Annotated[str | None, typer.Option(help="Only what changed since this day, such as 2026-06-01.")] = None,
    group: Annotated[str | None, typer.Option(help="Id of a Group, for EHRs that export groups only.")] = None,
    status: Annotated[bool, typer.Option("--status", help="Ask for nothing; say how far it is.")] = False,
    config: Config = DEFAULT,
) -> None:
    """Have the EHR export its administrations and encounters, and read them. `serve` has to run."""
    from fhir_adapter.settings import load

    settings = load(config)
    if source not in settings.sources:
        raise ConfigurationError(f"SOURCE: the configuration has no such source; it has {', '.join(settings.sources)}")
    if not status:
        print(asyncio.run(_ask(settings, source, _day(since), group)))
    print(_said(source, asyncio.run(_found(settings, source))))


def _day(text: str | None) -> datetime | None:
    try:
        return None if text is None else datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=UTC)
    except ValueError:
        raise ConfigurationError("--since: allowed: a day such as 2026-06-01") from None


async def _ask(settings: Settings, source: str, since: datetime | None, group: str | None) -> str:
    from fhir_adapter.app import clock
    from fhir_adapter.store import control

    command = control.Backfill(source=source, since=since, group=group)
    return await control.carry_out(settings.database.reveal(), settings.data, clock, command)


async def _found(settings: Settings, source: str) -> Export | None:
    from fhir_adapter import store

    return await look(settings, lambda conn: store.exports.of(conn, source))


def _said(source: str, export: Export | None) -> str:
    if export is None:
        return f"{source}: no backfill was ever asked for"
    files = f", file {min(export.file + 1, len(export.files))} of {len(export.files)}" if export.files else ""
    why = f" ({export.state_code})" if export.state_code else ""
    return f"{source}: {export.state}{why}, {export.kept} resources kept{files}"
