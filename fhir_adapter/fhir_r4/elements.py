"""The data types of FHIR R4 that the views are made of. Every element is optional: a chart is never refused.

Amounts are decimals, decoded from the digits of the JSON text and never by way of a binary float. A number that is
not finite, or whose exponent no dose ever has, is a fault: exact arithmetic on it would not end.
"""

from __future__ import annotations

import re
from decimal import Decimal
from functools import lru_cache

import msgspec

from fhir_adapter.fhir_r4.systems import canonical_system

_LARGEST_EXPONENT = 18
_ID = re.compile(r"[A-Za-z0-9\-.]{1,64}")


def well_formed_id(text: str | None) -> str | None:
    """An id as FHIR allows it, which versions are too; None for anything else."""
    return text if text and _ID.fullmatch(text) else None


class Element(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """What all views share: frozen, by name only, `effective_period` for `effectivePeriod`."""


class Coding(Element, frozen=True, cache_hash=True):
    system: str | None = None
    code: str | None = None
    display: str | None = None


class CodeableConcept(Element, frozen=True, cache_hash=True):
    coding: tuple[Coding, ...] = ()
    text: str | None = None

    def codes(self, system: str) -> tuple[str, ...]:
        """The codes of one system, whatever its spelling, in their order."""
        return tuple(each.code.strip() for each in self.coding if each.code and canonical_system(each.system) == system)

    @property
    def name(self) -> str | None:
        """What a person reads: the text, else the first display, else the first code."""
        shown = [self.text, *(each.display for each in self.coding), *(each.code for each in self.coding)]
        return next((each.strip() for each in shown if each and each.strip()), None)

    @property
    def words(self) -> tuple[str, ...]:
        """Every way in which it may be looked up in a table, the text first, in lower case."""
        return _words(self)


@lru_cache(maxsize=4096)
def _words(concept: CodeableConcept) -> tuple[str, ...]:
    """A site says the same few concepts all day."""
    said = [concept.text, *(word for each in concept.coding for word in (each.display, each.code))]
    return tuple(word.strip().lower() for word in said if word and word.strip())


class Identifier(Element, frozen=True):
    system: str | None = None
    value: str | None = None


class Reference(Element, frozen=True):
    reference: str | None = None
    display: str | None = None
    identifier: Identifier | None = None


class Period(Element, frozen=True):
    start: str | None = None
    end: str | None = None


class Quantity(Element, frozen=True):
    value: Decimal | None = None
    comparator: str | None = None
    unit: str | None = None
    system: str | None = None
    code: str | None = None

    def __post_init__(self) -> None:
        if self.value is not None and not (self.value.is_finite() and abs(self.value.adjusted()) <= _LARGEST_EXPONENT):
            raise ValueError("the number is out of any range that a dose has")


class Ratio(Element, frozen=True):
    numerator: Quantity | None = None
    denominator: Quantity | None = None


class Extension(Element, frozen=True):
    """A vendor's own element; of its value[x] those are read that a source's configuration may point to."""

    url: str | None = None
    extension: tuple[Extension, ...] = ()
    value_string: str | None = None
    value_code: str | None = None
    value_boolean: bool | None = None
    value_integer: int | None = None
    value_quantity: Quantity | None = None
    value_duration: Quantity | None = None
    value_coding: Coding | None = None
    value_codeable_concept: CodeableConcept | None = None
    value_reference: Reference | None = None

    @property
    def text(self) -> str | None:
        """The value as a word: of a string, code, coding, concept or reference."""
        coded = CodeableConcept(coding=(self.value_coding,)) if self.value_coding else self.value_codeable_concept
        pointed = self.value_reference.display or self.value_reference.reference if self.value_reference else None
        return self.value_string or self.value_code or (coded.name if coded else None) or pointed
