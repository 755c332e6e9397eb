"""Why a service that might have been the initial one is not: the first reason of its rank that decides (see `initial`).

Worked example. Oxaliplatin infused and an antibiotic infused before it: "cefazolin is not the initial service:
oxaliplatin is chemotherapy by infusion, which comes before therapeutic by infusion."
"""

from __future__ import annotations

from collections.abc import Iterator

from fhir_adapter.coding.given import ids_of
from fhir_adapter.coding.initial import Candidate, candidates
from fhir_adapter.coding.model import Visit
from fhir_adapter.coding.notes import BY_VEIN, HOURS, Note
from fhir_adapter.coding.site_charges import Site


def not_initial(site: Site, visit: Visit) -> Iterator[Note]:
    """Why each service that might have been the initial one is not."""
    initial = site.context.initial
    if initial is None:
        return
    for other in candidates(site.infused, site.pushed, site.water):
        if other.service is initial.service:
            continue
        text = f"{_name(other)} is not the initial service: {_why_not(other, initial, site, visit)}."
        givens = other.service.givens if other.service else tuple(site.water.by_place.values())
        yield Note(frozenset(ids_of(givens)), BY_VEIN - HOURS, text)


def _why_not(other: Candidate, initial: Candidate, site: Site, visit: Visit) -> str:
    best = _name(initial)
    if site.context.reading.policies.initial_chemo == "first-given" and initial.family == "chemotherapy":
        return f"{best} is the first chemotherapy given"
    ours, theirs = initial.rank(visit), other.rank(visit)
    reasons = (
        f"the reason of the visit is {visit.primary_reason}, and {best} is of it",
        f"{best} is {_kind(initial)}, which comes before {_kind(other)}",
        f"{best} was given on an earlier date",
        f"{best} ran longer, {initial.minutes} minutes against {other.minutes}",
        f"{best} began earlier",
        f"{best} stands first in the chart",
    )
    return next(reason for reason, own, its in zip(reasons, ours, theirs, strict=True) if own != its)


def _kind(candidate: Candidate) -> str:
    if candidate.family == "hydration":
        return "hydration"
    return f"{candidate.family} by {'push' if candidate.pushed else 'infusion'}"


def _name(candidate: Candidate) -> str:
    return candidate.service.name if candidate.service else "the fluid"
