"""The visits that `code`, `explain` and `check` are given: visit files, a Bundle, or the number of a stored visit.

A stored visit brings its own rulebook, with the policies that its source has now; files and Bundles are told one.
Tables are those that ship; with `--config` or `--data`, those that the site has installed, over them.
"""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import msgspec
import typer

from fhir_adapter.cli.looking import look
from fhir_adapter.errors import ConfigurationError, Fault, InputFaults

if TYPE_CHECKING:
    from fhir_adapter.coding import DrugTables, Finding, Rulebook, Visit
    from fhir_adapter.normalize import ChartVisit
    from fhir_adapter.settings import Settings
    from fhir_adapter.store.visits import Kept
    from fhir_adapter.updates import Installed
    from fhir_adapter.vocabulary import SourceWords

CONFIG = Path("fhir-adapter.toml")
Files = Annotated[list[str] | None, typer.Argument(help="Visit files, - , or a stored visit's number.")]
Book = Annotated[str | None, typer.Option("--rulebook", help="A rulebook's name, or the path of a file.")]
Policies = Annotated[list[str] | None, typer.Option("--policy", help="NAME=VALUE: one policy for this run.")]
Fhir = Annotated[Path | None, typer.Option(help="A FHIR Bundle of one patient, instead of visit files; - .")]
Words = Annotated[Path | None, typer.Option(help="TOML: what the site says differently (--fhir).")]
TimeZone = Annotated[str | None, typer.Option(help="Where the Bundle was written (--fhir).")]
Place = Annotated[str | None, typer.Option("--setting", help="facility or office (--fhir).")]
Format = Annotated[str, typer.Option("--format", help="text or json.")]
Config = Annotated[Path | None, typer.Option("--config", help="The configuration, for its tables and stored visits.")]
Data = Annotated[Path | None, typer.Option("--data", help="A data folder, for the tables installed there.")]


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """How the visits were named on the command line."""

    files: tuple[str, ...] = ()
    fhir: Path | None = None
    words: Path | None = None
    time_zone: str | None = None
    setting: str | None = None
    rulebook: str | None = None
    policies: tuple[str, ...] = ()
    config: Path | None = None
    data: Path | None = None
    traced: bool = False


class Given(msgspec.Struct, frozen=True, kw_only=True):
    """Visits with the findings of their charts, and what codes them."""

    visits: tuple[tuple[Visit, tuple[Finding, ...]], ...]
    many: bool
    """Whether they came as a list, or as several files."""
    rulebook: Rulebook
    drugs: DrugTables
    tables: Installed
    charted: tuple[ChartVisit, ...] = ()
    """The visits of a Bundle, which say where facts stand."""
    bundle: bytes = b""
    time_zone: str = "UTC"
    """Where it was written."""


def given(asked: Asked) -> Given:
    if bool(asked.files) == bool(asked.fhir):
        raise ConfigurationError("give visit files or the number of a stored visit, or one Bundle with --fhir")
    if (number := _number(asked.files)) is not None:
        return _stored(asked, number)
    if asked.rulebook is None:
        raise ConfigurationError("--rulebook is missing: name a rulebook or the path of a file; there is no default")
    return _of_bundle(asked, asked.fhir) if asked.fhir else _of_files(asked)


def _number(files: tuple[str, ...]) -> int | None:
    stored = len(files) == 1 and files[0].isdecimal() and not Path(files[0]).exists()
    return int(files[0]) if stored else None


def _of_files(asked: Asked) -> Given:
    from fhir_adapter.catalog import load_catalog

    visits, many = visits_of(asked.files)
    tables = _tables(asked)
    return Given(
        visits=tuple((visit, ()) for visit in visits),
        many=many,
        rulebook=_book(asked, asked.rulebook, asked.policies, tables),
        drugs=load_catalog(None, tables.drugs),
        tables=tables,
    )


def visits_of(files: tuple[str, ...]) -> tuple[tuple[Visit, ...], bool]:
    """The visits of all files, and whether they are a list. InputFaults has the faults of all of them."""
    from fhir_adapter.coding.contract import read_visits

    read, faults = [], []
    for file in files:
        try:
            read.append(read_visits(bytes_of(file)))
        except InputFaults as refused:
            named = f"{'standard input' if file == '-' else file}: " if len(files) > 1 else ""
            faults += [Fault(f"{named}{fault.path}", fault.message) for fault in refused.faults]
    if faults:
        raise InputFaults(tuple(faults))
    return tuple(visit for visits, _ in read for visit in visits), len(read) > 1 or read[0][1]


def _of_bundle(asked: Asked, bundle: Path) -> Given:
    from fhir_adapter.catalog import load_catalog
    from fhir_adapter.cli.chart import visits_in, words_of

    said = words_of(asked.words, asked.time_zone, asked.setting)
    body = bytes_of(str(bundle))
    charted = visits_in(body, said, traced=asked.traced)
    tables = _tables(asked)
    return Given(
        visits=tuple((one.visit, one.findings) for one in charted),
        many=True,
        rulebook=_book(asked, asked.rulebook, asked.policies, tables),
        drugs=load_catalog(said, tables.drugs),
        tables=tables,
        charted=charted,
        bundle=body,
        time_zone=said.time_zone,
    )


def _tables(asked: Asked) -> Installed:
    from fhir_adapter.cli.tables_at import installed_at
    from fhir_adapter.updates import NOTHING

    return installed_at(asked.config or CONFIG, asked.data) if asked.config or asked.data else NOTHING


def _book(asked: Asked, name: str | None, policies: tuple[str, ...], tables: Installed) -> Rulebook:
    from fhir_adapter.rulebooks import load_rulebook
    from fhir_adapter.updates import over

    return over(load_rulebook(asked.rulebook or name or "", dict(policy_of(one) for one in policies)), tables)


def policy_of(text: str) -> tuple[str, str]:
    """NAME=VALUE, taken apart."""
    name, equals, value = text.partition("=")
    if not equals:
        raise ConfigurationError(f"--policy {text}: write NAME=VALUE")
    return name, value


def _stored(asked: Asked, number: int) -> Given:
    from fhir_adapter.catalog import load_catalog
    from fhir_adapter.coding import Finding, Visit
    from fhir_adapter.settings import load
    from fhir_adapter.updates import Folder, installed

    settings = load(asked.config or CONFIG)
    kept = asyncio.run(_kept(settings, number))
    if kept is None:
        raise ConfigurationError(f"VISIT: nothing was coded under the number {number}")
    source = settings.sources.get(kept.summary.source)
    said: SourceWords | None = source.words if source else None
    own = tuple(f"{name}={value}" for name, value in (source.policies if source else {}).items())
    plain = asked.rulebook is None and not asked.policies
    tables = installed(Folder(asked.data or settings.data))
    charted = msgspec.json.decode(kept.visit.chart, type=dict[str, msgspec.Raw])
    visit = msgspec.json.decode(charted["visit"], type=Visit)
    findings = msgspec.json.decode(charted.get("findings", b"[]"), type=tuple[Finding, ...])
    return Given(
        visits=((visit, findings),),
        many=False,
        rulebook=_book(
            asked, source.rulebook if source else kept.visit.rulebook, own if plain else asked.policies, tables
        ),
        drugs=load_catalog(said, tables.drugs),
        tables=tables,
    )


async def _kept(settings: Settings, number: int) -> Kept | None:
    from fhir_adapter.store import visits

    return await look(settings, lambda conn: visits.get(conn, number))


def bytes_of(file: str) -> bytes:
    """A file's bytes; - is standard input."""
    if file == "-":
        return sys.stdin.buffer.read()
    try:
        return Path(file).read_bytes()
    except OSError as error:
        raise ConfigurationError(f"{file}: {error.strerror}") from None


def allowed(value: str, values: tuple[str, ...], option: str) -> None:
    """Refuses a value that an option does not have."""
    if value not in values:
        raise ConfigurationError(f"{option}: allowed are {', '.join(values)}")
