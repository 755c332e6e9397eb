"""One HCPCS drug code as the catalog knows it, the days on which it is in force, and the class of several (D28).

A code that CMS has ended is kept with its last day: old visits are coded again. A first day that no CMS file gives is
inferred (`dated_by` says from what); a code is never used before it.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Literal

import msgspec

from fhir_adapter.coding.model import Quantity
from fhir_adapter.vocabulary import DrugClass

Kind = Literal["chemo", "biologic", "hormonal", "therapeutic", "hydration", "other", ""]

_CLASSES: dict[Kind, DrugClass] = {
    "chemo": "chemotherapy",
    "biologic": "chemotherapy",
    "hormonal": "hormonal-antineoplastic",
    "therapeutic": "therapeutic",
    "hydration": "hydration",
    "other": "not-reported",
}


class Code(msgspec.Struct, frozen=True, kw_only=True):
    """A row of `data/codes.csv`."""

    code: str
    first: date | None
    dated_by: str
    """What `first` rests on where no CMS file gives it."""
    last: date | None
    unit: Quantity | None
    kind: Kind
    basis: str = ""
    """What the class rests on where it is not the catalog's own judgement."""
    payers_differ: bool = False
    """A biologic that some payers do not let be billed with chemotherapy administration."""
    routes: frozenset[str]
    """Empty: an injection whose route the source does not state."""
    marks: tuple[str, ...]
    """Why a name alone does not choose it: manufacturer, biosimilar, liposomal, albumin-bound, conjugate, verify."""
    rxcui: str
    ingredient: str
    precise_rxcui: str
    precise_name: str
    descriptor: str

    def in_force(self, on: date) -> bool:
        return (self.first is None or self.first <= on) and (self.last is None or on <= self.last)


def class_of(codes: Iterable[Code]) -> DrugClass | None:
    """The one class of these rows: `other` gives way to any other class; None: unknown, or they disagree."""
    classes = {_CLASSES[code.kind] for code in codes if code.kind}
    reported = classes - {"not-reported"} or classes
    return next(iter(reported)) if len(reported) == 1 else None
