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

from datetime import date
from functools import lru_cache

import msgspec

from fhir_adapter.catalog.book import Book, Label, Product
from fhir_adapter.catalog.choice import Choice, choose, has_several_formulations
from fhir_adapter.catalog.codes import Code, class_of
from fhir_adapter.catalog.crosswalk import CrosswalkAnswer, codes_of
from fhir_adapter.catalog.ndc import ndc11, readings
from fhir_adapter.catalog.site import SiteDrugs, said_of
from fhir_adapter.coding.drugs import DrugFacts, Release
from fhir_adapter.vocabulary import Container, DrugClass, Technique


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
        rows = _Rows(self.book, answer, rxcui, name, on)
        choice, releases = self._choice(ndc, digits, answer, rxcui, rows, on, technique)
        chosen = choice.code
        return DrugFacts(
            drug_class=said_of(self.site.classes, digits, rxcui, chosen.code if chosen else None) or rows.drug_class(),
            code=chosen.code if chosen else None,
            unit=self.book.unit(chosen, on) if chosen else None,
            ndc=digits,
            ndc_readings=tuple(self._reading(each, on) for each in readings(ndc or "")),
            problem=choice.problem,
            candidates=tuple(code.code for code in choice.candidates),
            set_aside=tuple(code.code for code in choice.set_aside),
            container=said_of(self.site.containers, digits, rxcui) or self._labelled(digits),
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
        if rxcui is not None and rxcui in self.book.products:
            codes = tuple(code for code in rows.of_product() if code.in_force(on))
            choice = _one_of(codes) if len(codes) == 1 else choose(codes, on, technique)
            return choice, (self.book.products[rxcui].edition.used_on(on),)
        return choose(rows.of_ingredient() or rows.of_name(), on, technique), ()

    def rows_about(self, *, ndc: str | None, rxcui: str | None, name: str | None, on: date) -> tuple[Code, ...]:
        """The rows that a look-up considers, for a person to see."""
        digits = ndc11(ndc) if ndc else None
        answer = codes_of(self.book.crosswalk, digits, on) if digits else None
        rows = _Rows(self.book, answer, rxcui, name, on)
        return rows.of_ndc() or rows.of_product() or rows.of_ingredient() or rows.of_name()

    def label(self, ndc: str | None) -> Label | None:
        """What the FDA's directory says of a package, if the site has imported it."""
        digits = ndc11(ndc) if ndc else None
        return self.book.labels.get(digits) if digits else None

    def _reading(self, digits: str, on: date) -> str:
        """For a person to choose: which of them the tables know."""
        codes = codes_of(self.book.crosswalk, digits, on).codes
        label = self.book.labels.get(digits)
        known = " ".join(codes) or ("a labelled package" if label else "")
        return f"{digits} ({known})" if known else digits

    def _labelled(self, digits: str | None) -> Container | None:
        label = self.book.labels.get(digits) if digits else None
        return label.container if label else None

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
    on: date

    def of_ndc(self) -> tuple[Code, ...]:
        return self.book.rows(self.answer.codes) if self.answer else ()

    def of_product(self) -> tuple[Code, ...]:
        product = self.book.products.get(self.rxcui or "")
        return self.book.rows(_codes_of_product(self.book, product, self.on)) if product else ()

    def of_ingredient(self) -> tuple[Code, ...]:
        return self.book.ingredients.get(self.rxcui or "", ())

    def of_name(self) -> tuple[Code, ...]:
        return self.book.names.find(self.name) if self.name else ()

    def drug_class(self) -> DrugClass | None:
        """The class of the first key that the catalog knows; of a re-used code, that of the day's meaning."""
        rows = self.of_ndc() or self.of_product() or self.of_ingredient() or self.of_name()
        return class_of([row for row in rows if row.code not in self.book.former or row.in_force(self.on)])


def _codes_of_product(book: Book, product: Product, on: date) -> tuple[str, ...]:
    """Those of the table that ships, or those that its NDCs have on that day."""
    if product.codes:
        return product.codes
    return tuple(sorted({code for ndc in product.ndcs for code in codes_of(book.crosswalk, ndc, on).codes}))


def _one_of(codes: list[Code] | tuple[Code, ...]) -> Choice:
    if len(codes) == 1:
        return Choice(codes[0], None)
    return Choice(None, "drug-code-ambiguous" if codes else "drug-code-unknown", tuple(codes))
