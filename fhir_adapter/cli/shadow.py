"""`shadow report` and `second-opinion`: derived lines beside people's, and beside another rulebook's; posts nothing.

People's charges are the other ChargeItems that were read from the EHR, or a CSV file (docs/shadow.md).
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from fhir_adapter.cli.looking import look
from fhir_adapter.errors import ConfigurationError

if TYPE_CHECKING:
    from fhir_adapter.history.opinions import Opinions
    from fhir_adapter.history.report import Report

DEFAULT = Path("fhir-adapter.toml")
FORMATS = ("text", "csv", "html")


def register(app: typer.Typer) -> None:
    group = typer.Typer(help="Shadow mode: how far derived and charged lines agree.", no_args_is_help=True)
    group.command("report")(report)
    app.add_typer(group, name="shadow")
    app.command("second-opinion")(second_opinion)


def report(
    days: Annotated[int, typer.Option(min=1, help="Service dates of so many days, today the last.")] = 30,
    source: Annotated[str | None, typer.Option(help="A source; needed where the configuration has several.")] = None,
    charges: Annotated[Path | None, typer.Option(help="People's charges as CSV, instead of the EHR's.")] = None,
    format: Annotated[str, typer.Option(help="text, csv or html.")] = "text",  # noqa: A002 - the option's name
    out: Annotated[Path | None, typer.Option(help="Write there instead of to the terminal.")] = None,
    config: Annotated[Path, typer.Option("--config", help="The configuration file.")] = DEFAULT,
) -> None:
    """Compare derived lines with what people charged: agreement, causes, money both ways."""
    if format not in FORMATS:
        raise ConfigurationError(f"--format: allowed are {', '.join(FORMATS)}")
    text = _written(asyncio.run(_report(config, source, days, charges)), format)
    if out is None:
        print(text)
        return
    out.write_text(text, encoding="utf-8")
    print(f"written: {out}")


def second_opinion(
    days: Annotated[int, typer.Option(min=1, help="Service dates of so many days, today the last.")] = 30,
    source: Annotated[str | None, typer.Option(help="A source; needed where the configuration has several.")] = None,
    config: Annotated[Path, typer.Option("--config", help="The configuration file.")] = DEFAULT,
) -> None:
    """Count where the two rulebooks differ over the visits that were coded, by cause and money."""
    from fhir_adapter.history.opinions import as_text

    print(as_text(asyncio.run(_opinions(config, source, days))))


async def _opinions(config: Path, named: str | None, days: int) -> Opinions:
    from zoneinfo import ZoneInfo

    from fhir_adapter.app import clock
    from fhir_adapter.catalog.prices import load_rates
    from fhir_adapter.history import kept
    from fhir_adapter.history.opinions import opinions
    from fhir_adapter.settings import load
    from fhir_adapter.updates import Folder, installed

    settings = load(config)
    name = the_source(settings.sources, named)
    found = await look(settings, lambda conn: kept.opinions(conn, name))
    today = clock().astimezone(ZoneInfo(settings.sources[name].words.time_zone)).date()
    return opinions(
        name, found, load_rates(installed(Folder(settings.data)).drugs), today - timedelta(days=days - 1), today
    )


async def _report(config: Path, named: str | None, days: int, charges: Path | None) -> Report:
    from zoneinfo import ZoneInfo

    from fhir_adapter.app import clock
    from fhir_adapter.catalog.prices import load_rates
    from fhir_adapter.history import kept
    from fhir_adapter.history.report import report
    from fhir_adapter.history.spreadsheet import read_charges
    from fhir_adapter.post import Names
    from fhir_adapter.settings import load
    from fhir_adapter.updates import Folder, installed

    settings = load(config)
    name = the_source(settings.sources, named)
    zone = ZoneInfo(settings.sources[name].words.time_zone)
    from_file = None if charges is None else read_charges(charges)
    system = Names(base=settings.canonical_base or "", source=name).identifier_system
    visits = await look(settings, lambda conn: kept.coded_visits(conn, name))
    people = await look(
        settings, lambda conn: kept.people_on_the_server(conn, name, visits, our_system=system, zone=zone)
    )
    today = clock().astimezone(zone).date()
    theirs = people.charges if from_file is None else from_file
    return report(
        name,
        visits,
        theirs,
        load_rates(installed(Folder(settings.data)).drugs),
        today - timedelta(days=days - 1),
        today,
    )


def the_source(sources: Mapping[str, object], named: str | None) -> str:
    if named in sources:
        return str(named)
    if named is None and len(sources) == 1:
        return next(iter(sources))
    what = "which one is meant?" if named is None else "the configuration has no such source;"
    raise ConfigurationError(f"--source: {what} it has {', '.join(sources)}")


def _written(made: Report, form: str) -> str:
    if form == "html":
        from fhir_adapter.history.page import as_page

        return as_page(made)
    from fhir_adapter.history.text import as_csv, as_text

    return as_csv(made) if form == "csv" else as_text(made)
