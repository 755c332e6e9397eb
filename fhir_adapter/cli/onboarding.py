"""`source check URL`: what an EHR understands and what its charts look like; `source try URL`: visits on it."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from fhir_adapter.cli.group import sources
from fhir_adapter.errors import ConfigurationError, EhrError

if TYPE_CHECKING:
    from fhir_adapter.app.check import Row
    from fhir_adapter.onboarding.survey import Survey
    from fhir_adapter.settings import Source


def register(app: typer.Typer) -> None:
    group = sources(app)
    group.command("check")(check)
    group.command("try")(try_)


def check(
    url: Annotated[str, typer.Argument(help="The base address of a FHIR R4 server.")],
    time_zone: Annotated[str, typer.Option(help="Where the charts are written, such as America/Chicago.")],
    bearer: Annotated[str | None, typer.Option(help="A token as env:NAME or file:PATH.")] = None,
    setting: Annotated[
        str | None, typer.Option(help="facility or office, taken for every place of the sample.")
    ] = None,
    patients: Annotated[int, typer.Option(min=0, max=500, help="How many charts to look at.")] = 20,
    out: Annotated[Path | None, typer.Option(help="Write a configuration to start from.")] = None,
) -> None:
    """Ask an EHR what works, read a sample of its charts, and say what would not. Writes nothing to it."""
    from fhir_adapter.cli.serve import told
    from fhir_adapter.onboarding.telling import as_text, configuration

    if out is not None and out.exists():
        raise ConfigurationError(f"--out: {out} is there already; it is not overwritten")
    if out is not None and not out.parent.is_dir():
        raise ConfigurationError(f"--out: {out.parent} is no folder")
    rows, seen = asyncio.run(_asked(_source(url, time_zone, bearer, setting), patients))
    failed = told(rows)
    if seen is not None:
        print(f"\n{as_text(seen)}")
        if out is not None:
            made = configuration(url, "main", time_zone, seen, by_worklist=_cannot_sweep(rows))
            out.write_text(made, encoding="utf-8")
            print(f"\nwritten: {out}; look at its places, then: fhir-adapter serve --config {out}")
    raise typer.Exit(failed)


def try_(
    url: Annotated[str, typer.Argument(help="The base address of a FHIR R4 server that may be tried on.")],
    time_zone: Annotated[str, typer.Option(help="The zone of the synthetic visit.")] = "UTC",
    bearer: Annotated[str | None, typer.Option(help="A token as env:NAME or file:PATH.")] = None,
    clean: Annotated[Path | None, typer.Option(help="Make nothing; delete what this run file names.")] = None,
) -> None:
    """Make synthetic visits, code and post them, show them, and delete everything that was made; also after Ctrl-C."""
    source = _source(url, time_zone, bearer, "facility")
    gone = asyncio.run(_cleaned(source, clean) if clean else _tried(source))
    raise typer.Exit(0 if gone else 1)


def _cannot_sweep(rows: list[Row]) -> bool:
    """As an EHR whose administrations cannot be searched by when they were changed."""
    return any(row.state != "ok" for row in rows if row.asked == "search MedicationAdministration by _lastUpdated")


async def _tried(source: Source) -> bool:
    from fhir_adapter.app.trying import try_source

    return await try_source(source, Path.cwd(), _tell)


async def _cleaned(source: Source, file: Path) -> bool:
    from fhir_adapter.app.one_ehr import ehr_client
    from fhir_adapter.app.trying import clean_up
    from fhir_adapter.onboarding.made import RunFile

    async with ehr_client(source) as ehr:
        return await clean_up(ehr, RunFile(file), _tell)


def _tell(line: str) -> None:
    print(line, flush=True)


def _source(url: str, time_zone: str, bearer: str | None, setting: str | None) -> Source:
    from zoneinfo import available_timezones

    from fhir_adapter.cli.chart import words_of
    from fhir_adapter.settings import Source, secret_of

    if not url.startswith(("http://", "https://")):
        raise ConfigurationError("URL: it begins with http:// or https://")
    if time_zone not in available_timezones():
        raise ConfigurationError(f"--time-zone: {time_zone} is no zone such as America/Chicago")
    words = words_of(None, time_zone, setting)
    token = secret_of(bearer) if bearer else None
    return Source(base_url=url, mode="shadow", rulebook="cpt-2026", words=words, bearer=token)


async def _asked(source: Source, patients: int) -> tuple[list[Row], Survey | None]:
    from fhir_adapter.app.check import Row, check_source
    from fhir_adapter.app.one_ehr import ehr_client
    from fhir_adapter.catalog import load_catalog
    from fhir_adapter.onboarding.survey import survey
    from fhir_adapter.rulebooks import load_rulebook

    async with ehr_client(source) as ehr:
        rows = [row async for row in check_source("-", source, ehr)]
        book, drugs = load_rulebook(source.rulebook), load_catalog(source.words)
        try:
            return rows, await survey(ehr, source.words, book, drugs, patients=patients)
        except EhrError as error:
            return [*rows, Row("-", "a sample of administrations", "failed", str(error))], None
