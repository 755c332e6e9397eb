"""Which drug is it: NDC, RxNorm product, RxNorm ingredient or name → class, HCPCS code, billing unit, by date.

The problem: class and code are asked of different things. The code must be the product's: an NDC decides alone, and
a product RxCUI with one code decides (D30). The class is the drug's: where the NDC says nothing, RxCUI and name do
(D28). The site's own word goes before the catalog in both.

Worked examples. NDC 50242-0061-01 on 2026-05-04: J9035, 10 mg, chemotherapy. Name "trastuzumab": J9355, with the
biosimilars, Kadcyla and Enhertu set aside. RxCUI 224905 with two different names: not the same drug for that alone.

Decided: a malformed or unknown NDC has no code even if the name would have one. A product RxCUI none of whose codes is
in force has none: its ingredient's code may be of another form. Left out: prices. Pure: `load` reads the files.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from functools import lru_cache

import msgspec

from fhir_adapter.catalog.choice import Choice, choose, has_several_formulations
from fhir_adapter.catalog.codes import Code, class_of
from fhir_adapter.catalog.crosswalk import CrosswalkAnswer, CrosswalkRelease, codes_of
from fhir_adapter.catalog.names import Names
from fhir_adapter.catalog.ndc import ndc11
from fhir_adapter.catalog.site import SiteDrugs, said_of
from fhir_adapter.coding.drugs import DrugFacts, Release
from fhir_adapter.coding.release_text import Edition
from fhir_adapter.vocabulary import DrugClass, Technique


class Product(msgspec.Struct, frozen=True):
    """An RxNorm product (SCD, SBD or pack)."""

    codes: tuple[str, ...]
    name: str


class Book(msgspec.Struct, frozen=True, kw_only=True):
    """The tables that ship, indexed. One per process."""

    hash: str
    codes: Mapping[str, Code]
    ingredients: Mapping[str, tuple[Code, ...]]
    products: Mapping[str, Product]
    product_edition: Edition
    crosswalk: tuple[CrosswalkRelease, ...]
    names: Names
    sources: tuple[str, ...]
    """What was read, release by release, and where it came from."""

    def rows(self, codes: tuple[str, ...]) -> tuple[Code, ...]:
        return tuple(self.codes[code] for code in codes if code in self.codes)


class Catalog:
    """Implements `coding.drugs.DrugTables`. Answers are kept: a hospital gives the same drugs all day."""

    def __init__(self, book: Book, site: SiteDrugs, data_hash: str) -> None:
        self.book = book
        self.site = site
        self.data_hash = data_hash
        self._answers = lru_cache(maxsize=16_384)(self._answer)

    def look_up(
        self, *, ndc: str | None, rxcui: str | None, name: str | None, on: date, technique: Technique | None = None
    ) -> DrugFacts:
        return self._answers(ndc, rxcui, name, on, technique)

    def _answer(
        self, ndc: str | None, rxcui: str | None, name: str | None, on: date, technique: Technique | None
    ) -> DrugFacts:
        digits = ndc11(ndc) if ndc else None
        answer = codes_of(self.book.crosswalk, digits, on) if digits else None
        rows = _Rows(self.book, answer, rxcui, name)
        choice, releases = self._choice(ndc, digits, answer, rxcui, rows, on, technique)
        chosen = choice.code
        return DrugFacts(
            drug_class=said_of(self.site.classes, digits, rxcui, chosen.code if chosen else None) or rows.drug_class(),
            code=chosen.code if chosen else None,
            unit=chosen.unit if chosen else None,
            ndc=digits,
            problem=choice.problem,
            candidates=tuple(code.code for code in choice.candidates),
            set_aside=tuple(code.code for code in choice.set_aside),
            container=said_of(self.site.containers, digits, rxcui),
            shared_ingredient=rxcui is not None and has_several_formulations(self.book.ingredients.get(rxcui, ()), on),
            releases=releases,
        )

    def _choice(
        self, ndc: str | None, digits: str | None, answer: CrosswalkAnswer | None, rxcui: str | None,
        rows: _Rows, on: date, technique: Technique | None,
    ) -> tuple[Choice, tuple[Release, ...]]:  # fmt: skip
        if own := said_of(self.site.codes, digits, rxcui):
            return _one_of([code for code in self.book.rows((own,)) if code.in_force(on)]), ()
        if ndc:
            codes = self.book.rows(answer.codes) if answer else ()
            released = (answer.release,) if answer and answer.release else ()
            return _one_of([code for code in codes if code.in_force(on)]), released
        if rxcui in self.book.products:
            codes = tuple(code for code in rows.of_product() if code.in_force(on))
            choice = _one_of(codes) if len(codes) == 1 else choose(codes, on, technique)
            return choice, (self.book.product_edition.used_on(on),)
        return choose(rows.of_ingredient() or rows.of_name(), on, technique), ()

    def rows_about(self, *, ndc: str | None, rxcui: str | None, name: str | None, on: date) -> tuple[Code, ...]:
        """The rows that a look-up considers, for a person to see."""
        digits = ndc11(ndc) if ndc else None
        answer = codes_of(self.book.crosswalk, digits, on) if digits else None
        rows = _Rows(self.book, answer, rxcui, name)
        return rows.of_ndc() or rows.of_product() or rows.of_ingredient() or rows.of_name()

    def product_name(self, *, ndc: str | None, rxcui: str | None, on: date) -> str:
        """What CMS or RxNorm calls the product; empty: it is in neither table."""
        if digits := ndc11(ndc) if ndc else None:
            return codes_of(self.book.crosswalk, digits, on).name
        product = self.book.products.get(rxcui or "")
        return product.name if product else ""


class _Rows(msgspec.Struct, frozen=True):
    """The catalog's rows of one drug, by each of the keys that the chart gave."""

    book: Book
    answer: CrosswalkAnswer | None
    rxcui: str | None
    name: str | None

    def of_ndc(self) -> tuple[Code, ...]:
        return self.book.rows(self.answer.codes) if self.answer else ()

    def of_product(self) -> tuple[Code, ...]:
        product = self.book.products.get(self.rxcui or "")
        return self.book.rows(product.codes) if product else ()

    def of_ingredient(self) -> tuple[Code, ...]:
        return self.book.ingredients.get(self.rxcui or "", ())

    def of_name(self) -> tuple[Code, ...]:
        return self.book.names.find(self.name) if self.name else ()

    def drug_class(self) -> DrugClass | None:
        """The class of the first key that the catalog knows."""
        return class_of(self.of_ndc() or self.of_product() or self.of_ingredient() or self.of_name())


def _one_of(codes: list[Code] | tuple[Code, ...]) -> Choice:
    if len(codes) == 1:
        return Choice(codes[0], None)
    return Choice(None, "drug-code-ambiguous" if codes else "drug-code-unknown", tuple(codes))
