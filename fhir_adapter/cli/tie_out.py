"""`tie-out`: every charge of a service date in the ledger, beside what the EHR holds. Reads both, changes neither.

Exit status 1 where they differ.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from fhir_adapter.cli.looking import opened
from fhir_adapter.errors import ConfigurationError

if TYPE_CHECKING:
    from fhir_adapter.history.tie_out import TieOut

DEFAULT = Path("fhir-adapter.toml")


def register(app: typer.Typer) -> None:
    app.command("tie-out")(tie_out)


def tie_out(
    date: Annotated[datetime, typer.Option(formats=["%Y-%m-%d"], help="The service date.")],
    source: Annotated[str | None, typer.Option(help="Only this source.")] = None,
    format: Annotated[str, typer.Option(help="text or json.")] = "text",  # noqa: A002 - the option's name
    config: Annotated[Path, typer.Option("--config", help="The configuration file.")] = DEFAULT,
) -> None:
    """Prove that the charges of a date are what the EHR holds, or name each difference."""
    import msgspec

    if format not in ("text", "json"):
        raise ConfigurationError("--format: allowed are text, json")
    found = asyncio.run(_tied(config, date, source))
    if format == "json":
        print(msgspec.json.format(msgspec.json.encode(found)).decode())
    else:
        print("\n".join(line for one in found for line in _lines(one)))
    raise typer.Exit(0 if all(one.tied for one in found) else 1)


async def _tied(config: Path, on: datetime, named: str | None) -> list[TieOut]:
    from zoneinfo import ZoneInfo

    from fhir_adapter.app.one_ehr import ehr_client
    from fhir_adapter.history.morning import tie_out_on
    from fhir_adapter.post import Names
    from fhir_adapter.settings import load

    settings = load(config)
    if named is not None and named not in settings.sources:
        raise ConfigurationError(
            f"--source: the configuration has no such source; it has {', '.join(settings.sources)}"
        )
    found = []
    async with opened(settings) as store:
        for name, source in settings.sources.items():
            if named in (None, name):
                system = Names(base=settings.canonical_base or "", source=name).identifier_system
                zone = ZoneInfo(source.words.time_zone)
                async with ehr_client(source) as ehr:
                    found.append(await tie_out_on(store, ehr, name, on.date(), our_system=system, zone=zone))
    return found


def _lines(tied: TieOut) -> Sequence[str]:
    head = f"{tied.source}, {tied.date}: {tied.ledger} charges in the ledger, {tied.ehr} on the EHR"
    waiting = [f"  on its way  {name}" for name in tied.on_its_way]
    named = [
        f"  {one.kind:<10}  {one.identifier}  ledger: {one.ledger}; EHR: {one.ehr} ({one.words})"
        for one in tied.differences
    ]
    return [head, *waiting, *named, "  no difference" if tied.tied else f"  {len(tied.differences)} differences"]
