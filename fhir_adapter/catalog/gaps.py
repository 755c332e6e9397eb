"""What a site has to map: drugs of its coded visits that the tables could not place, the most frequent first.

    312 administrations, 280 visits: drug-class-unknown: Compounded TPN → a class: [sources.main.words.drug_class]

Counted from what coding found, so that the list is what costs the site lines and holds its visits. Pure.
"""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from fhir_adapter.coding.model import Administration, Finding

FIXES = {
    "drug-class-unknown": "drug_class (RxCUI, NDC or HCPCS = class), or drugs (the site's code or name = NDC)",
    "drug-code-unknown": "drugs (the site's code or name = NDC), or drug_code (RxCUI or NDC = HCPCS)",
    "drug-code-ambiguous": "drugs (the site's code or name = NDC of what the pharmacy stocks)",
    "drug-code-by-name": "drugs (the site's code or name = NDC of what the pharmacy stocks)",
    "dose-unit-mismatch": "the unit in which the dose is charted",
    "container-missing": "containers (NDC or RxCUI = single-dose or multi-dose), or import the FDA NDC directory",
}


class Gap(msgspec.Struct, frozen=True, kw_only=True):
    """One drug as the chart names it, one finding; `keys` is what the chart gave."""

    finding: str
    drug: str
    ndc: str | None
    rxcui: str | None
    administrations: int
    visits: int
    fix: str


def gaps(coded: Iterable[tuple[tuple[Administration, ...], tuple[Finding, ...]]]) -> tuple[Gap, ...]:
    """Over visits: what was given, and what coding found."""
    administrations: dict[tuple[str, str, str | None, str | None], int] = {}
    visits: dict[tuple[str, str, str | None, str | None], set[int]] = {}
    for number, (given, findings) in enumerate(coded):
        by_id = {one.id: one for one in given}
        for finding in (one for one in findings if one.id in FIXES):
            for one in (by_id[id_] for id_ in finding.administrations if id_ in by_id):
                key = finding.id, one.drug or "", one.ndc, one.rxcui
                administrations[key] = administrations.get(key, 0) + 1
                visits.setdefault(key, set()).add(number)
    found = (_gap(key, count, len(visits[key])) for key, count in administrations.items())
    return tuple(sorted(found, key=lambda gap: (-gap.administrations, gap.finding, gap.drug, gap.ndc or "")))


def _gap(key: tuple[str, str, str | None, str | None], count: int, visits: int) -> Gap:
    finding, drug, ndc, rxcui = key
    return Gap(
        finding=finding, drug=drug, ndc=ndc, rxcui=rxcui, administrations=count, visits=visits, fix=FIXES[finding]
    )
