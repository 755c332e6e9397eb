"""Reads the drug tables of `data/` (made by `tools/make_catalog.py`), once per process, and adds a site's own words.

Refuses a file without table, release, dates or source, a code without its column, a number that is none
(`RulebookError`): the files are part of the program, so a fault in one is a broken installation.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from decimal import Decimal
from functools import cache
from hashlib import sha256
from importlib.resources import files
from typing import get_args

import msgspec

from fhir_adapter.catalog.catalog import Book, Catalog, Product
from fhir_adapter.catalog.codes import Code, Kind
from fhir_adapter.catalog.crosswalk import CrosswalkRelease
from fhir_adapter.catalog.names import index_names
from fhir_adapter.catalog.site import SiteDrugs, site_drugs
from fhir_adapter.coding.model import Quantity
from fhir_adapter.coding.release_text import ReleaseText, read_release
from fhir_adapter.coding.tables import newest_first
from fhir_adapter.errors import RulebookError
from fhir_adapter.vocabulary import SourceWords


def load_catalog(words: SourceWords | None = None) -> Catalog:
    """The catalog, with a site's own class, code and container words if it has any."""
    site = site_drugs(words)
    return Catalog(shipped_book(), site, _hash(shipped_book().hash, site))


@cache
def shipped_book() -> Book:
    """The tables that ship, read once per process."""
    folder = files(__package__) / "data"
    return read_book({f.name: f.read_text("utf-8") for f in folder.iterdir() if f.name.endswith(".csv")})


def read_book(texts: Mapping[str, str]) -> Book:
    """The tables from their texts by file name."""
    try:
        files_read = {name: read_release(texts[name], name) for name in sorted(texts)}
        codes = {code.code: code for code in map(_code, files_read["codes.csv"].rows)}
        products = files_read["products.csv"]
        crosswalk = (_crosswalk(text) for name, text in files_read.items() if name.startswith("ndc-"))
        return Book(
            hash=_hash_of(texts),
            codes=codes,
            ingredients=_by_rxcui(codes.values()),
            products={row["rxcui"]: Product(tuple(row["codes"].split()), row["name"]) for row in products.rows},
            product_edition=products.edition,
            crosswalk=newest_first(crosswalk),
            names=index_names(code for code in codes.values() if code.kind),
            sources=tuple(f"{r.edition.table} {r.edition.name}: {r.source}" for r in files_read.values()),
        )
    except KeyError as fault:
        raise RulebookError(f"drug tables: file or column {fault} is missing") from None


def _by_rxcui(codes: Iterable[Code]) -> dict[str, tuple[Code, ...]]:
    found: dict[str, dict[str, Code]] = {}
    for code in codes:
        for rxcui in filter(None, (code.rxcui, code.precise_rxcui)):
            found.setdefault(rxcui, {})[code.code] = code
    return {rxcui: tuple(rows.values()) for rxcui, rows in found.items()}


def _code(row: dict[str, str]) -> Code:
    precise_rxcui, _, precise_name = row["precise"].partition(":")
    try:
        return Code(
            code=row["code"],
            first=_day(row["from"]),
            dated_by=row["dated_by"],
            last=_day(row["to"]),
            unit=Quantity(Decimal(row["amount"]), row["unit"]) if row["amount"] else None,
            kind=_kind(row["class"]),
            routes=frozenset(row["route"].split("/")) if row["route"] else frozenset(),
            marks=tuple(row["marks"].split()),
            rxcui=row["rxcui"],
            ingredient=row["ingredient"],
            precise_rxcui=precise_rxcui,
            precise_name=precise_name,
            descriptor=row["descriptor"],
        )
    except (ValueError, ArithmeticError):
        raise RulebookError(f"codes.csv: the row of {row['code']} has a date, number or class that is none") from None


def _day(text: str) -> date | None:
    return date.fromisoformat(text) if text else None


_KINDS: dict[str, Kind] = {kind: kind for kind in get_args(Kind)}


def _kind(text: str) -> Kind:
    if text not in _KINDS:
        raise ValueError(text)
    return _KINDS[text]


def _crosswalk(text: ReleaseText) -> CrosswalkRelease:
    covers = tuple((first, last) for first, _, last in (line.partition("-") for line in text.covers))
    codes = {row["ndc"]: tuple(row["codes"].split()) for row in text.rows}
    return CrosswalkRelease(text.edition, covers, codes, {row["ndc"]: row["name"] for row in text.rows})


def _hash_of(texts: Mapping[str, str]) -> str:
    digest = sha256()
    for name in sorted(texts):
        digest.update(f"{name}\n{texts[name]}".encode())
    return f"sha256:{digest.hexdigest()}"


def _hash(book: str, site: SiteDrugs) -> str:
    """The book's hash; with a site's own words, over both."""
    if site.is_silent:
        return book
    words = msgspec.json.encode([book, site], order="deterministic")
    return f"sha256:{sha256(words).hexdigest()}"
