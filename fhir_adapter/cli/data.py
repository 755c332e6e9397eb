"""`data update | status | rollback | diff | gaps`: the official files of CMS, FDA and NLM, without us.

Exit status: 0 done; 2 a file was refused, and then nothing has changed.
"""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from fhir_adapter.cli.looking import opened
from fhir_adapter.cli.tables_at import CONFIG, Config, Data
from fhir_adapter.errors import ConfigurationError

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from fhir_adapter.coding.model import Administration, Finding
    from fhir_adapter.store.visits import CodedVisit
    from fhir_adapter.updates import About, Imported
    from fhir_adapter.updates.diff import Change

_MOST_SHOWN = 40


def register(app: typer.Typer) -> None:
    data = typer.Typer(name="data", no_args_is_help=True, help="Drug, price and edit tables: official files in.")
    for command in (update, status, rollback, diff, gaps):
        data.command()(command)
    app.add_typer(data)


def update(
    files: Annotated[list[Path], typer.Argument(help="Files as published: .zip, .txt, .csv, .RRF, .xlsx.")],
    release: Annotated[str | None, typer.Option(help="The quarter, 2026Q3, where the file does not say it.")] = None,
    covers: Annotated[list[str] | None, typer.Option(help="The file is a part: J9000-J9601. Repeat for more.")] = None,
    setting: Annotated[str | None, typer.Option(help="facility or office, where a PTP file does not say it.")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Read and judge, change nothing.")] = False,
    config: Config = CONFIG,
    data: Data = None,
) -> None:
    """Import official files as new releases. A file in doubt is refused, and nothing changes."""
    from fhir_adapter.app import clock
    from fhir_adapter.catalog import load_catalog
    from fhir_adapter.cli.tables_at import folder_of
    from fhir_adapter.settings.folder import private_folder
    from fhir_adapter.updates import Said, imports, installed, opened

    folder = folder_of(config, data)
    known = load_catalog(releases=installed(folder).drugs).book.ndcs
    said = Said(release=release, covers=_ranges(covers or []), setting=_setting(setting), ndcs=known)
    made = imports(opened(files), said)
    for one in made:
        _print_import(one)
    if dry_run:
        print("nothing was changed (--dry-run)")
        return
    private_folder(folder.path.parent)
    for about in folder.install(made, clock()):
        print(f"counts now: {about.means} {about.release} ({about.hash.removeprefix('sha256:')[:12]})")
    print("a running serve or work codes by it from its next visit on")


def _print_import(one: Imported) -> None:
    whole = f", covers {', '.join(one.covers)}" if one.covers else ""
    print(f"{', '.join(name for name, _ in one.files)}: {one.means} {one.release}{whole}")
    print(f"  {one.rows_in} rows in = {one.rows_kept} kept + {one.rows_rejected} rejected")
    for reject in one.rejects[:_MOST_SHOWN]:
        lines = f"line {reject.first}" if reject.first == reject.last else f"lines {reject.first}-{reject.last}"
        print(f"    {reject.file}, {lines}: {reject.rows} rejected: {reject.reason}")
    if len(one.rejects) > _MOST_SHOWN:
        print(f"    and {len(one.rejects) - _MOST_SHOWN} more places, all in rejects.csv of the release")


def status(
    config: Config = CONFIG,
    data: Data = None,
    format: Annotated[str, typer.Option(help="text or json.")] = "text",  # noqa: A002 - the option's name
) -> None:
    """What counts now: tables that ship, and the releases laid over them, with their rows and rejects."""
    import msgspec

    from fhir_adapter.catalog import load_catalog
    from fhir_adapter.catalog.prices import shipped_rates
    from fhir_adapter.cli.tables_at import folder_of
    from fhir_adapter.rulebooks.tables import load_tables

    folder = folder_of(config, data)
    abouts = [folder.about(one) for one in folder.current()]
    if format == "json":
        print(msgspec.json.format(msgspec.json.encode(abouts)).decode())
        return
    for source in (*load_catalog().book.sources, *load_tables().sources, *shipped_rates()):
        print(f"ships      {source}")
    for about in abouts:
        print(f"installed  {_told(about)}")
    for state in folder.states():
        print(f"{state.at:%Y-%m-%d %H:%M} {state.because}")


def _told(about: About) -> str:
    rows = f"{about.rows_in} rows = {about.rows_kept} kept + {about.rows_rejected} rejected"
    part = f", covers {', '.join(about.covers)}" if about.covers else ""
    return f"{about.means} {about.release} ({about.days}{part}): {rows}; {about.hash.removeprefix('sha256:')[:12]}"


def rollback(config: Config = CONFIG, data: Data = None) -> None:
    """Take the last update back. Its release stays in the folder, for the visits that name it."""
    from fhir_adapter.app import clock
    from fhir_adapter.cli.tables_at import folder_of

    print(folder_of(config, data).roll_back(clock()).because)


def diff(
    config: Config = CONFIG,
    data: Data = None,
    most: Annotated[int, typer.Option(help="How many changes of each kind to print.")] = _MOST_SHOWN,
) -> None:
    """What the releases in force change against the state before: codes, units, ended codes, NDCs that moved."""
    from fhir_adapter.cli.tables_at import folder_of
    from fhir_adapter.updates.diff import latest_changes

    found = list(latest_changes(folder_of(config, data)))
    if not found:
        print("nothing is different")
    kinds = dict.fromkeys(change.kind for change in found)
    for kind in kinds:
        of_kind = [change for change in found if change.kind == kind]
        print(f"{kind}: {len(of_kind)}")
        for change in of_kind[:most]:
            print(f"  {_changed(change)}")


def _changed(change: Change) -> str:
    if not change.before:
        return f"{change.key}: new, {change.after}"
    return (
        f"{change.key}: {change.before} -> {change.after}" if change.after else f"{change.key}: gone ({change.before})"
    )


def gaps(
    config: Config = CONFIG,
    format: Annotated[str, typer.Option(help="text or json.")] = "text",  # noqa: A002 - the option's name
) -> None:
    """What the site has to map: drugs of its coded visits that the tables could not place, by frequency."""
    import asyncio

    import msgspec

    from fhir_adapter.catalog.gaps import gaps as gaps_of

    found = gaps_of(asyncio.run(_coded(config)))
    if format == "json":
        print(msgspec.json.format(msgspec.json.encode(found)).decode())
        return
    for gap in found:
        keys = ", ".join(filter(None, (gap.drug, gap.ndc and f"NDC {gap.ndc}", gap.rxcui and f"RxCUI {gap.rxcui}")))
        print(f"{gap.administrations:>6} administrations, {gap.visits} visits: {keys}: {gap.finding}")
        print(f"{'':6} give it in the source's words: {gap.fix}")
    if not found:
        print("every drug of the coded visits was placed")


async def _coded(config: Path) -> list[tuple[tuple[Administration, ...], tuple[Finding, ...]]]:
    """The latest of every coded visit: what was given and what was found."""
    from fhir_adapter.settings import load
    from fhir_adapter.store import visits

    async with opened(load(config)) as store:
        numbers = [one.number for one in await store.read(visits.listed)]
        return [_opened(await store.read(partial(_kept, number=number))) for number in numbers]


def _kept(conn: Connection, number: int) -> CodedVisit:
    from fhir_adapter.store import visits

    kept = visits.get(conn, number)
    if kept is None:
        raise ConfigurationError(f"visit {number} is gone")
    return kept.visit


def _opened(visit: CodedVisit) -> tuple[tuple[Administration, ...], tuple[Finding, ...]]:
    import msgspec

    from fhir_adapter.coding import Visit, VisitResult

    chart = msgspec.json.decode(visit.chart, type=dict[str, msgspec.Raw])
    given = msgspec.json.decode(chart["visit"], type=Visit).administrations
    return given, msgspec.json.decode(visit.result, type=VisitResult).findings


def _ranges(covers: list[str]) -> tuple[str, ...]:
    for one in covers:
        first, hyphen, last = one.partition("-")
        if hyphen and not (len(first) == len(last) == 5 and first <= last):
            raise ConfigurationError(f"--covers {one}: write a range of codes, J9000-J9601")
    return tuple(one.upper() for one in covers)


def _setting(text: str | None) -> Literal["facility", "office"] | None:
    if text is None:
        return None
    if text == "facility":
        return "facility"
    if text == "office":
        return "office"
    raise ConfigurationError("--setting: allowed are facility, office")
