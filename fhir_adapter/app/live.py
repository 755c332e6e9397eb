"""The tables that count, also after a `data update` or `data rollback` while we run.

The list of what counts is one small file (updates/folder.py). Before each visit, each stateless operation and each
page with prices its mark is looked at, and tables are read only where it has changed. A visit that was coded before
keeps its lines and its hashes until its patient is read again. Tables that cannot be read are told in the log, and
those before them go on: a damaged file stops nobody's charges.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Generic, TypeVar

from fhir_adapter.catalog import load_catalog
from fhir_adapter.catalog.prices import Rates, load_rates
from fhir_adapter.errors import RulebookError
from fhir_adapter.pipeline import SourceParts
from fhir_adapter.settings import Source
from fhir_adapter.telemetry import log
from fhir_adapter.updates import Folder, Installed, installed, over

_Made = TypeVar("_Made")


class LiveTables:
    """What counts now."""

    def __init__(self, folder: Folder) -> None:
        self._folder = folder
        self._mark = folder.mark()
        self._found = installed(folder)

    def now(self) -> Installed:
        mark = self._folder.mark()
        if mark != self._mark:
            self._mark = mark
            try:
                self._found = installed(self._folder)
                log("app").info("tables read anew", count=len(self._found.drugs) + len(self._found.edits))
            except RulebookError as error:
                log("app").error("tables not read anew, those before them go on", exc_info=error)
        return self._found

    def rates(self) -> Rates:
        return load_rates(self.now().drugs)


class Renewed(Mapping[str, _Made], Generic[_Made]):
    """Things by source that rest on tables; each is made anew where the tables have changed."""

    def __init__(
        self, tables: LiveTables, made: Mapping[str, _Made], renew: Callable[[str, _Made, Installed], _Made]
    ) -> None:
        self._tables = tables
        self._renew = renew
        self._made = {name: (tables.now(), one) for name, one in made.items()}

    def __getitem__(self, name: str) -> _Made:
        under, made = self._made[name]
        now = self._tables.now()
        if now is not under:
            made = self._renew(name, made, now)
            self._made[name] = now, made
        return made

    def __iter__(self) -> Iterator[str]:
        return iter(self._made)

    def __len__(self) -> int:
        return len(self._made)


def over_tables(parts: SourceParts, source: Source, tables: Installed) -> SourceParts:
    """The same source under these tables."""
    return replace(
        parts,
        rulebook=over(parts.rulebook, tables),
        second=over(parts.second, tables) if parts.second else None,
        drugs=load_catalog(source.words, tables.drugs),
    )
