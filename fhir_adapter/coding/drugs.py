"""What the coding room asks about a drug. The catalog answers; tests and embedders may answer with their own.

The room knows no file: whoever calls it hands in a `DrugTables`. `unknown_drugs` is one that knows nothing, enough
for visits whose administrations bring their own class.
"""

from __future__ import annotations

from datetime import date
from typing import Literal, Protocol

import msgspec

from fhir_adapter.coding.model import Quantity
from fhir_adapter.vocabulary import Container, DrugClass, Technique


class Release(msgspec.Struct, frozen=True, cache_hash=True):
    """The table release that a look-up used: `age_days` past its quarter on the service date, 0 when it is in date.

    Negative: the release begins so many days after the service date (nothing older was loaded).
    """

    table: str
    name: str
    age_days: int = 0


class DrugFacts(msgspec.Struct, frozen=True, kw_only=True):
    """What the tables say of one administration's drug on its service date."""

    drug_class: DrugClass | None = None
    """None: unknown, or the ingredient's rows disagree."""
    code: str | None = None
    """The one HCPCS code in force that date; None with `problem`, or when nothing is reported."""
    unit: Quantity | None = None
    """The billing unit of `code`, say 10 mg."""
    ndc: str | None = None
    """The NDC as 11 digits, if one was given and is well formed."""
    ndc_readings: tuple[str, ...] = ()
    """What an NDC of ten digits without hyphens may be, each with the codes that the tables have for it."""
    problem: Literal["drug-code-unknown", "drug-code-ambiguous"] | None = None
    candidates: tuple[str, ...] = ()
    """The codes among which an ambiguous drug may lie."""
    set_aside: tuple[str, ...] = ()
    """Codes left out of a choice by name that the chart does not exclude: `drug-code-by-name` names them."""
    container: Container | None = None
    shared_ingredient: bool = False
    """The rxcui is an ingredient with several formulations: it does not make two differently named drugs one."""
    releases: tuple[Release, ...] = ()


class DrugTables(Protocol):
    """A catalog, as far as coding is concerned."""

    @property
    def data_hash(self) -> str:
        """`sha256:…` over the releases it holds."""
        ...

    def look_up(
        self, *, ndc: str | None, rxcui: str | None, name: str | None, on: date, technique: Technique | None = None
    ) -> DrugFacts:
        """Class, code and billing unit of a drug on a service date. Never raises.

        `technique` tells the charted route, which leaves out codes of other routes when a name has several (D30).
        """
        ...


class _UnknownDrugs:
    data_hash = "sha256:none"

    def look_up(
        self, *, ndc: str | None, rxcui: str | None, name: str | None, on: date, technique: Technique | None = None
    ) -> DrugFacts:
        return DrugFacts(problem="drug-code-unknown")


unknown_drugs: DrugTables = _UnknownDrugs()
