"""Into which line each administration went: encounters and sites (D13, D15).

The problem: an encounter has one initial service, and a second one only where a second vascular access was documented
as medically necessary; charts label lines freely.

Worked examples. Labels `port` and `arm`, neither required: one site, and `sites-as-one` says so. `arm` required beside
`port`: two sites, two initial services, the lower one with a modifier. `arm` required and alone: the usual site.

Decided: labels stand as written; an administration without a label went into the usual site. Left out: lumens.
"""

from __future__ import annotations

from fhir_adapter.coding.given import Given
from fhir_adapter.coding.model import Finding
from fhir_adapter.coding.rulebook import Reading


def encounters_of(givens: list[Given]) -> list[list[Given]]:
    """The administrations of each encounter, earlier encounters first."""
    encounters: dict[str | None, list[Given]] = {}
    for given in sorted(givens, key=lambda given: (given.start, given.place)):
        encounters.setdefault(given.encounter, []).append(given)
    return list(encounters.values())


def sites_of(givens: list[Given], reading: Reading) -> tuple[list[list[Given]], list[Finding]]:
    """One encounter's administrations by site, the usual site first; empty sites are left out."""
    if reading.policies.required_second_site == "same-site" or len({_label(given) for given in givens}) == 1:
        return [givens], []
    required = sorted({label for given in givens if _required(given) and (label := _label(given)) is not None})
    usual = [given for given in givens if _label(given) not in required]
    own = [[given for given in givens if _label(given) == label] for label in required]
    labels = {label for given in usual if (label := _label(given)) is not None}
    findings = [_as_one(usual, len(labels))] if len(labels) > 1 else []
    return [site for site in (usual, *own) if site], findings


def _label(given: Given) -> str | None:
    return given.members[0].site


def _required(given: Given) -> bool:
    return any(member.site_required for member in given.members)


def _as_one(usual: list[Given], labels: int) -> Finding:
    return Finding(
        id="sites-as-one",
        administrations=tuple(id_ for given in usual for id_ in given.ids),
        message=f"{labels} labelled lines are coded as one site: none of them is documented as medically necessary.",
        fix="If a second vascular access was medically necessary, document it (site_required).",
    )
