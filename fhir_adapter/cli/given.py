"""The visits that `explain` and `check` are given: visit files, a Bundle, or the number of a stored visit.

A stored visit brings its own rulebook, with the policies that its source has now; files and Bundles are told one.
"""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
from msgspec.structs import replace

from fhir_adapter.cli.looking import look
from fhir_adapter.errors import ConfigurationError

if TYPE_CHECKING:
    from fhir_adapter.coding import DrugTables, Finding, Rulebook, Visit
    from fhir_adapter.store.visits import Kept

CONFIG = Path("fhir-adapter.toml")


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """How the visits were named on the command line."""

    files: tuple[str, ...] = ()
    fhir: Path | None = None
    words: Path | None = None
    time_zone: str | None = None
    setting: str | None = None
    rulebook: str | None = None
    policies: tuple[str, ...] = ()
    config: Path = CONFIG


class Given(msgspec.Struct, frozen=True):
    """Visits with the findings of their charts, and what codes them."""

    visits: tuple[tuple[Visit, tuple[Finding, ...]], ...]
    rulebook: Rulebook
    drugs: DrugTables


def given(asked: Asked) -> Given:
    if bool(asked.files) == bool(asked.fhir):
        raise ConfigurationError("give visit files or the number of a stored visit, or one Bundle with --fhir")
    if len(asked.files) == 1 and asked.files[0].isdigit():
        return _stored(asked, int(asked.files[0]))
    if asked.rulebook is None:
        raise ConfigurationError("--rulebook is missing: name a rulebook or the path of a file; there is no default")
    return _of_bundle(asked) if asked.fhir else _of_files(asked)


def _book(asked: Asked, name: str) -> Rulebook:
    from fhir_adapter.cli.code import policy_of
    from fhir_adapter.rulebooks import load_rulebook

    return load_rulebook(name, dict(policy_of(one) for one in asked.policies))


def _of_files(asked: Asked) -> Given:
    from fhir_adapter.catalog import load_catalog
    from fhir_adapter.cli.code import bytes_of
    from fhir_adapter.coding.contract import read_visits

    visits = [visit for file in asked.files for visit in read_visits(bytes_of(file))[0]]
    return Given(tuple((visit, ()) for visit in visits), _book(asked, asked.rulebook or ""), load_catalog())


def _of_bundle(asked: Asked) -> Given:
    from fhir_adapter.catalog import load_catalog
    from fhir_adapter.cli.chart import visits_in, words_of
    from fhir_adapter.cli.code import bytes_of

    said = words_of(asked.words, asked.time_zone, asked.setting)
    visits = visits_in(bytes_of(str(asked.fhir)), said)
    return Given(
        tuple((one.visit, one.findings) for one in visits), _book(asked, asked.rulebook or ""), load_catalog(said)
    )


def _stored(asked: Asked, number: int) -> Given:
    from fhir_adapter.catalog import load_catalog
    from fhir_adapter.coding import Finding, Visit
    from fhir_adapter.settings import load
    from fhir_adapter.updates import Folder, installed, over

    settings = load(asked.config)
    kept = asyncio.run(_kept(asked.config, number))
    if kept is None:
        raise ConfigurationError(f"VISIT: nothing was coded under the number {number}")
    source = settings.sources.get(kept.summary.source)
    own = source.rulebook if source else kept.visit.rulebook
    policies = tuple(f"{name}={value}" for name, value in (source.policies if source else {}).items())
    plain = asked.rulebook is None and not asked.policies
    book = _book(replace(asked, policies=policies) if plain else asked, asked.rulebook or own)
    tables = installed(Folder(settings.data))
    charted = msgspec.json.decode(kept.visit.chart, type=dict[str, msgspec.Raw])
    visit = msgspec.json.decode(charted["visit"], type=Visit)
    findings = msgspec.json.decode(charted.get("findings", b"[]"), type=tuple[Finding, ...])
    drugs = load_catalog(source.words if source else None, tables.drugs)
    return Given(((visit, findings),), over(book, tables), drugs)


async def _kept(config: Path, number: int) -> Kept | None:
    from fhir_adapter.settings import load
    from fhir_adapter.store import visits

    return await look(load(config), lambda conn: visits.get(conn, number))
