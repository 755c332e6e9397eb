"""The drug tables, indexed: what ships and what a site has installed over it. One per process and set of releases."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

import msgspec

from fhir_adapter.catalog.codes import Code
from fhir_adapter.catalog.crosswalk import CrosswalkRelease
from fhir_adapter.catalog.names import Names
from fhir_adapter.coding.model import Quantity
from fhir_adapter.coding.release_text import Edition
from fhir_adapter.vocabulary import Container


class Product(msgspec.Struct, frozen=True):
    """An RxNorm product (SCD, SBD or pack): codes that were joined beforehand, or the NDCs that have them."""

    codes: tuple[str, ...]
    name: str
    edition: Edition
    ndcs: tuple[str, ...] = ()


class Label(msgspec.Struct, frozen=True):
    """What the FDA's directory says of a package."""

    brand: str
    generic: str
    form: str
    route: str
    container: Container | None
    ends: date | None
    source: str


class Units(msgspec.Struct, frozen=True):
    """The billing units of a release of the crosswalk or of the payment limits: where they are one quantity."""

    edition: Edition
    of_code: Mapping[str, Quantity]


class Book(msgspec.Struct, frozen=True, kw_only=True):
    """`codes` has the newest meaning of each code; `former` those that it had before."""

    hash: str
    codes: Mapping[str, Code]
    former: Mapping[str, tuple[Code, ...]] = {}
    ingredients: Mapping[str, tuple[Code, ...]]
    products: Mapping[str, Product]
    crosswalk: tuple[CrosswalkRelease, ...]
    units: tuple[Units, ...] = ()
    labels: Mapping[str, Label] = {}
    registry: Mapping[str, str] = {}
    """HCPCS → the kind that the cancer registry (CanMED) gives it; blank where it gives none of ours."""
    names: Names
    sources: tuple[str, ...]
    """What was read, release by release, and where it came from."""

    def rows(self, codes: tuple[str, ...]) -> tuple[Code, ...]:
        """Every meaning of these codes; a date leaves one."""
        return tuple(row for code in codes if code in self.codes for row in self.meanings(code))

    def meanings(self, code: str) -> tuple[Code, ...]:
        return (self.codes[code], *self.former.get(code, ())) if self.former else (self.codes[code],)

    def unit(self, code: Code, on: date) -> Quantity | None:
        """The billing unit on a day: that of the newest release until then, else the catalog's own."""
        for release in self.units:
            if release.edition.first <= on and (found := release.of_code.get(code.code)) is not None:
                return found
        return code.unit

    @property
    def ndcs(self) -> frozenset[str]:
        """Every NDC that some release of the crosswalk lists."""
        return frozenset(ndc for release in self.crosswalk for ndc in release.codes)
