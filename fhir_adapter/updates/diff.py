"""What the last update changed, as coding would now read it: codes, units, ended codes, NDCs that moved, prices, edits.

    codes of an NDC: 00409473701: J9171 -> J9232
    days of a code:  J9070: from 1984-01-01 -> from 1984-01-01 to 2024-03-31

Two sets of releases are laid over the tables that ship and compared on the first day of the newest release. A partial
release takes nothing away from what lies outside of it, so only what differs on that day is told.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import date

import msgspec

from fhir_adapter.catalog.book import Book
from fhir_adapter.catalog.crosswalk import codes_of
from fhir_adapter.catalog.load import load_catalog, shipped_texts
from fhir_adapter.coding.release_text import read_release
from fhir_adapter.rulebooks.tables import shipped_tables
from fhir_adapter.updates.folder import Folder
from fhir_adapter.updates.installed import Installed, read


class Change(msgspec.Struct, frozen=True):
    """One thing that is not as it was. `before` and `after` are empty where there was, or is, nothing."""

    kind: str
    key: str
    before: str
    after: str


_TABLES: dict[str, tuple[str, tuple[str, ...], tuple[str, ...]]] = {
    "limits": ("payment limit", ("code",), ("limit",)),
    "opps": ("OPPS status and rate", ("code",), ("status", "rate")),
    "mue": ("most units (practitioner, facility)", ("code",), ("practitioner", "facility")),
    "ptp": ("PTP pair", ("setting", "column1", "column2"), ("indicator",)),
    "add-ons": ("primaries of an add-on code", ("add_on",), ("parents", "practitioner_parents")),
}


def latest_changes(folder: Folder) -> tuple[Change, ...]:
    """What the releases that count now change against the state before."""
    states = folder.states()
    after = read(folder, states[-1].releases if states else ())
    before = read(folder, states[-2].releases if len(states) > 1 else ())
    on = _newest_day(after)
    if on is None and (on := _newest_day(before)) is None:
        return ()
    old, new = load_catalog(releases=before.drugs).book, load_catalog(releases=after.drugs).book
    return (*_of_ndcs(old, new, on), *_of_codes(old, new, on), *_classes(new), *_of_tables(before, after))


def _newest_day(found: Installed) -> date | None:
    texts = {**found.drugs, **found.edits}
    return max((read_release(text, name).edition.first for name, text in texts.items()), default=None)


def _of_ndcs(old: Book, new: Book, on: date) -> Iterator[Change]:
    for ndc in sorted(old.ndcs | new.ndcs):
        was, now = (" ".join(codes_of(book.crosswalk, ndc, on).codes) for book in (old, new))
        if was != now:
            yield Change("codes of an NDC", ndc, was, now)
    for ndc in sorted(old.labels.keys() | new.labels.keys()):
        was, now = (_container(book, ndc) for book in (old, new))
        if was != now:
            yield Change("container of an NDC", ndc, was, now)


def _container(book: Book, ndc: str) -> str:
    label = book.labels.get(ndc)
    return (label.container or "") if label else ""


def _of_codes(old: Book, new: Book, on: date) -> Iterator[Change]:
    for code in sorted(old.codes.keys() | new.codes.keys()):
        for kind, said in (("days of a code", _days), ("billing unit of a code", _unit), ("class of a code", _class)):
            was, now = (said(book, code, on) if code in book.codes else "" for book in (old, new))
            if was != now:
                yield Change(kind, code, was, now)


def _days(book: Book, code: str, _on: date) -> str:
    return "; ".join(
        f"from {row.first or 'an unknown day'}" + (f" to {row.last}" if row.last else "") for row in book.meanings(code)
    )


def _unit(book: Book, code: str, on: date) -> str:
    unit = book.unit(book.codes[code], on)
    return f"{unit.value.normalize():f} {unit.unit}" if unit else ""


def _class(book: Book, code: str, _on: date) -> str:
    return book.codes[code].kind


def _classes(new: Book) -> Iterator[Change]:
    """Where the registry and the catalog disagree; the catalog's class stays."""
    for code, registry in sorted(new.registry.items()):
        ours = new.codes[code].kind if code in new.codes else ""
        if ours and registry and ours != registry:
            yield Change("class here and in CanMED (ours counts)", code, ours, registry)


def _of_tables(before: Installed, after: Installed) -> Iterator[Change]:
    shipped = {**shipped_texts(), **shipped_tables()}
    for kind, (means, key, values) in _TABLES.items():
        old, new = (_rows({**shipped, **one.drugs, **one.edits}, kind, key, values) for one in (before, after))
        for name in sorted(old.keys() | new.keys()):
            was, now = old.get(name, ""), new.get(name, "")
            if was != now:
                yield Change(means, name, was, now)


def _rows(texts: Mapping[str, str], kind: str, key: Iterable[str], values: Iterable[str]) -> dict[str, str]:
    """Of each key what the newest release that has it says."""
    key, values = tuple(key), tuple(values)
    releases = [read_release(text, name) for name, text in texts.items() if name.startswith((f"{kind}-", f"{kind}."))]
    found: dict[str, dict[str, str]] = {}
    for release in sorted(releases, key=lambda one: one.edition.first):
        for row in release.rows:
            said = {one: row[one] for one in values if row.get(one)}
            found.setdefault(" ".join(row[one] for one in key), {}).update(said)
    return {name: " ".join(f"{one} {value}" for one, value in said.items()) for name, said in found.items()}
