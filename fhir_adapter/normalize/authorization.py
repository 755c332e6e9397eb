"""What a prior authorization expects: the items of the request that a preauthorization of the patient answers.

A ClaimResponse says that something was authorized, the Claim that it answers says what. It counts where the source
names the system of its identifier, and it is active, complete, of this patient and in force on a day of the visit. The
first day decides nothing else: an authorization of last month is of last month. Several of them are one list.

    ClaimResponse{identifier: urn:auth|77, outcome: complete, request: Claim/c} → Claim/c: 96413 ×1, J9312 ×68

Left out: what was adjudicated item by item, and authorizations that are a number and nothing more.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import date

from fhir_adapter.coding.model import AuthorizedLine
from fhir_adapter.fhir_r4 import Chart, Claim, ClaimResponse
from fhir_adapter.normalize.lexicon import Lexicon
from fhir_adapter.normalize.notes import Notes
from fhir_adapter.normalize.timing import in_force
from fhir_adapter.vocabulary import CPT, HCPCS


def authorized_of(
    patient: str, days: frozenset[date], chart: Chart, lexicon: Lexicon, notes: Notes
) -> tuple[AuthorizedLine, ...] | None:
    """None where nothing was authorized, or the source names no preauthorizations."""
    system = lexicon.words.preauthorization_system
    if system is None:
        return None
    named = [each for each in chart.preauthorizations if _is_of(each, system, patient, days, chart, lexicon)]
    claims = {key: chart.claims[key] for each in named if (key := chart.key(each.request)) in chart.claims}
    units: Counter[str] = Counter()
    for claim in claims.values():
        units.update(dict(_items(claim)))
    notes.read("authorized", dict(units) or None, ", ".join(f"{key}.item" for key in claims) or None)
    return tuple(AuthorizedLine(code=code, units=count) for code, count in sorted(units.items())) or None


def _is_of(
    answer: ClaimResponse, system: str, patient: str, days: frozenset[date], chart: Chart, lexicon: Lexicon
) -> bool:
    is_named = any(each.system == system for each in answer.identifier)
    is_granted = (answer.status, answer.use, answer.outcome) == ("active", "preauthorization", "complete")
    is_then = any(in_force(answer.pre_auth_period, day, lexicon.zone) for day in days)
    return is_named and is_granted and is_then and chart.key(answer.patient) == patient


def _items(claim: Claim) -> Iterator[tuple[str, int]]:
    units: Counter[str] = Counter()
    for item in claim.item:
        concept = item.product_or_service
        codes = (*concept.codes(CPT), *concept.codes(HCPCS)) if concept else ()
        value = item.quantity.value if item.quantity and item.quantity.value is not None else 1
        if codes and value == int(value):
            units[codes[0]] += int(value)
    yield from units.items()
