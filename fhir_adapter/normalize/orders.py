"""Of which order and which drug an administration is: what ties one to another.

One drug is met under several names: the same RxCUI, NDC, HCPCS, Medication or text makes two the same.
"""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from fhir_adapter.fhir_r4 import Chart
from fhir_adapter.normalize.extensions import order_of
from fhir_adapter.normalize.lexicon import Lexicon
from fhir_adapter.normalize.medication import drugs_of
from fhir_adapter.normalize.notes import silent
from fhir_adapter.normalize.placed import Placed


class Ordered(msgspec.Struct, frozen=True):
    """An administration that has an order; `drug` are all the names by which it calls its drug."""

    placed: Placed
    order: str
    drug: frozenset[tuple[str, str]]

    def is_of(self, other: Ordered) -> bool:
        same = (self.placed.patient, self.order) == (other.placed.patient, other.order)
        return same and bool(self.drug & other.drug)


def ordered(placed: Placed, chart: Chart, lexicon: Lexicon) -> Ordered | None:
    order = order_of(placed.given, chart.key(placed.given.request), lexicon, silent())
    return Ordered(placed, order, frozenset(_drug_keys(placed, chart))) if order else None


def _drug_keys(placed: Placed, chart: Chart) -> Iterator[tuple[str, str]]:
    reference = chart.key(placed.given.medication_reference)
    if reference and not reference.startswith("#"):
        yield "reference", reference
    for drug in drugs_of(placed.given, chart, silent()):
        yield from (("code", key) for key in drug.keys)
        if drug.name:
            yield "name", drug.name.lower()
