"""Reads the CMS table files of this folder into `coding.tables.Tables`: one file per table and release.

Refuses a file without table, release, dates or source, and a row whose number is none (`RulebookError`).
Made by `tools/make_tables.py`; the form is `coding.release_text`'s.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache, lru_cache
from hashlib import sha256
from importlib.resources import files

from fhir_adapter.coding.release_text import Edition, ReleaseText, read_release
from fhir_adapter.coding.tables import (
    AddOn,
    AddOnRelease,
    Mue,
    MueRelease,
    OppsRelease,
    PtpCover,
    PtpRelease,
    Tables,
    newest_first,
)
from fhir_adapter.errors import RulebookError


def load_tables(releases: Mapping[str, str] | None = None) -> Tables:
    """The tables that ship, with the releases that a site has installed (texts by file name) laid over them."""
    return _tables_over(tuple(sorted((releases or {}).items())))


@cache
def shipped_tables() -> Mapping[str, str]:
    """The texts of the tables that ship, by file name, read once per process."""
    folder = files(__package__)
    return {f.name: f.read_text("utf-8") for f in folder.iterdir() if f.name.endswith(".csv")}


@lru_cache(maxsize=4)
def _tables_over(releases: tuple[tuple[str, str], ...]) -> Tables:
    return read_tables({**shipped_tables(), **dict(releases)})


def read_tables(texts: Mapping[str, str]) -> Tables:
    """Tables from the texts of their files, by file name."""
    digest = sha256()
    for name in sorted(texts):
        digest.update(f"{name}\n{texts[name]}".encode())
    releases = {name: _checked(name, texts[name]) for name in sorted(texts)}
    return Tables(
        hash=f"sha256:{digest.hexdigest()}",
        add_ons=newest_first(r for r in releases.values() if isinstance(r, AddOnRelease)),
        mues=newest_first(r for r in releases.values() if isinstance(r, MueRelease)),
        ptps=newest_first(r for r in releases.values() if isinstance(r, PtpRelease)),
        opps=newest_first(r for r in releases.values() if isinstance(r, OppsRelease)),
        sources=tuple(_told(release.edition) for release in releases.values()),
    )


def _told(edition: Edition) -> str:
    return f"{edition.table} {edition.name}: {edition.first} to {edition.last}"


_Release = AddOnRelease | MueRelease | PtpRelease | OppsRelease


def _checked(name: str, text: str) -> _Release:
    release = read_release(text, name)
    if (reader := _READERS.get(release.edition.table)) is None:
        raise RulebookError(f"{name}: no table is called '{release.edition.table}'; known: {', '.join(_READERS)}")
    try:
        return reader(release)
    except KeyError as fault:
        raise RulebookError(f"{name}: column {fault} is missing") from None
    except ValueError as fault:
        raise RulebookError(f"{name}: {fault}") from None


def _add_ons(text: ReleaseText) -> AddOnRelease:
    add_ons = {
        row["add_on"]: AddOn(
            frozenset(row["parents"].split()),
            frozenset(row["practitioner_parents"].split()),
            row["facility_only"] == "yes",
        )
        for row in text.rows
    }
    return AddOnRelease(text.edition, add_ons, _ranges(text))


def _mues(text: ReleaseText) -> MueRelease:
    facility, practitioner = (
        {row["code"]: _mue(row[setting], row[f"{setting}_indicator"]) for row in text.rows if row[setting]}
        for setting in ("facility", "practitioner")
    )
    return MueRelease(text.edition, facility, practitioner)


def _mue(units: str, indicator: str) -> Mue:
    return Mue(int(units), int(indicator) if indicator else None)


def _ptps(text: ReleaseText) -> PtpRelease:
    pairs: dict[str, dict[str, dict[str, int]]] = {"facility": {}, "practitioner": {}}
    for row in text.rows:
        if row["setting"] not in pairs:
            raise ValueError(f"a setting is facility or practitioner, not '{row['setting']}'")
        pairs[row["setting"]].setdefault(row["column1"], {})[row["column2"]] = int(row["indicator"])
    covers = tuple(_cover(line) for line in text.covers)
    return PtpRelease(text.edition, covers, pairs["facility"], pairs["practitioner"])


def _cover(line: str) -> PtpCover:
    setting, _, codes = line.partition(" ")
    first, _, last = codes.partition("-")
    if setting not in ("facility", "practitioner") or not last:
        raise ValueError(f"'# covers: {line}' is not 'facility|practitioner CODE-CODE'")
    return PtpCover(setting == "facility", first, last)


def _opps(text: ReleaseText) -> OppsRelease:
    return OppsRelease(text.edition, {row["code"]: row["status"] for row in text.rows}, _ranges(text))


def _ranges(text: ReleaseText) -> tuple[tuple[str, str], ...]:
    """The codes that a partial release covers."""
    return tuple((first, last) for first, _, last in (line.partition("-") for line in text.covers))


_READERS: dict[str, Callable[[ReleaseText], _Release]] = {
    "add-on codes": _add_ons,
    "MUE": _mues,
    "PTP": _ptps,
    "OPPS status": _opps,
}
