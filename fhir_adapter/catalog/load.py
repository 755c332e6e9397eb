"""Reads the drug tables, those of `data/` once per process, and lays a site's releases and words over them.

    load_catalog()                              the tables that ship (made by `tools/make_catalog.py`)
    load_catalog(words, releases=texts)         with a site's own words, and the releases that it installed

Files are known by how their names begin: codes, products, ndc, dates, dosage, rxnorm, labels, classes; others are not
for here. Refuses a file without table, release, dates or source, a code without its column, a number that is none
(`RulebookError`).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import cache, lru_cache
from hashlib import sha256
from importlib.resources import files

import msgspec

from fhir_adapter.catalog.book import Book
from fhir_adapter.catalog.catalog import Catalog
from fhir_adapter.catalog.codes import Code
from fhir_adapter.catalog.meanings import laid_over, seen_first
from fhir_adapter.catalog.names import index_names
from fhir_adapter.catalog.rows import code_of, crosswalk_of, dated_of, labels_of, products_of, units_of
from fhir_adapter.catalog.site import SiteDrugs, site_drugs
from fhir_adapter.coding.release_text import ReleaseText, read_release
from fhir_adapter.coding.tables import newest_first
from fhir_adapter.errors import RulebookError
from fhir_adapter.vocabulary import SourceWords

_KINDS = ("codes", "products", "ndc", "dates", "dosage", "rxnorm", "labels", "classes")
_JUDGED = "CanMED"


def load_catalog(words: SourceWords | None = None, releases: Mapping[str, str] | None = None) -> Catalog:
    """The catalog; `releases` are table texts by file name, `words` a site's own class, code and container."""
    book = _book_over(tuple(sorted((releases or {}).items())))
    site = site_drugs(words)
    return Catalog(book, site, _hash(book.hash, site))


def shipped_book() -> Book:
    """The tables that ship."""
    return _book_over(())


@cache
def shipped_texts() -> Mapping[str, str]:
    """Every text of `data/` by file name."""
    folder = files(__package__) / "data"
    return {f.name: f.read_text("utf-8") for f in folder.iterdir() if f.name.endswith(".csv")}


@lru_cache(maxsize=4)
def _book_over(releases: tuple[tuple[str, str], ...]) -> Book:
    return read_book({**shipped_texts(), **dict(releases)})


def read_book(texts: Mapping[str, str]) -> Book:
    """The tables from their texts by file name."""
    read = _Files({name: texts[name] for name in sorted(texts) if _kind(name) in _KINDS})
    try:
        return _book(read)
    except KeyError as fault:
        raise RulebookError(f"drug tables: file or column {fault} is missing") from None


class _Files:
    """Releases by kind, each kind oldest first."""

    def __init__(self, texts: Mapping[str, str]) -> None:
        self.hash = _hash_of(texts)
        self.read = {name: read_release(text, name) for name, text in texts.items()}

    def of(self, kind: str) -> Iterator[tuple[str, ReleaseText]]:
        found = [(name, text) for name, text in self.read.items() if _kind(name) == kind]
        return iter(sorted(found, key=lambda one: one[1].edition.first))

    @property
    def sources(self) -> tuple[str, ...]:
        return tuple(f"{r.edition.table} {r.edition.name}: {r.source}" for r in self.read.values())


def _book(read: _Files) -> Book:
    shipped = {code.code: code for code in map(code_of, read.read["codes.csv"].rows)}
    meanings = laid_over(shipped, (dated_of(name, text) for name, text in read.of("dates")))
    crosswalk = [crosswalk_of(name, text) for name, text in read.of("ndc")]
    codes = dict(meanings.codes)
    for release in crosswalk:
        listed = {code for codes_ in release.codes.values() for code in codes_}
        codes |= seen_first(codes, listed, release.edition.first, release.edition.name)
    for _, text in read.of("classes"):
        codes |= _classed(codes, text)
    every = [*codes.values(), *(row for rows in meanings.former.values() for row in rows)]
    products = products_of(read.read["products.csv"])
    for _, text in read.of("rxnorm"):
        products |= products_of(text)
    return Book(
        hash=read.hash,
        codes=codes,
        former=meanings.former,
        ingredients=_by_rxcui(every),
        products=products,
        crosswalk=newest_first(crosswalk),
        units=newest_first(units_of(name, text) for name, text in read.of("dosage")),
        registry={row["code"]: row["class"] for _, text in read.of("classes") for row in text.rows},
        labels={ndc: label for name, text in read.of("labels") for ndc, label in labels_of(name, text)},
        names=index_names(code for code in every if code.kind),
        sources=read.sources,
    )


def _classed(codes: Mapping[str, Code], text: ReleaseText) -> Iterator[tuple[str, Code]]:
    """Codes whose class the catalog does not know and this table does."""
    for row in text.rows:
        known = codes.get(row["code"])
        if known is not None and not known.kind and row["class"] in ("chemo", "hormonal", "therapeutic", "other"):
            basis = f"{_JUDGED} {text.edition.name}: {row['category']}"
            yield known.code, msgspec.structs.replace(known, kind=row["class"], basis=basis)


def _kind(name: str) -> str:
    return name.partition(".")[0].partition("-")[0]


def _by_rxcui(codes: Iterable[Code]) -> dict[str, tuple[Code, ...]]:
    found: dict[str, dict[tuple[object, ...], Code]] = {}
    for code in codes:
        for rxcui in filter(None, (code.rxcui, code.precise_rxcui)):
            found.setdefault(rxcui, {})[code.code, code.first] = code
    return {rxcui: tuple(rows.values()) for rxcui, rows in found.items()}


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
