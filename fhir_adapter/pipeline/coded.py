"""A visit of the chart with what was made of it. Pure: no IO, no clock.

The findings of reconciliation join those of chart and coding in the result that is kept: whoever opens the visit sees
one list. An error among them holds the visit, and so does a drug chosen by name where the source requires the product.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec

from fhir_adapter.coding.drugs import DrugTables
from fhir_adapter.coding.model import Finding, VisitResult
from fhir_adapter.coding.rulebook import Rulebook
from fhir_adapter.derive import SecondOpinion, derive, second_opinion
from fhir_adapter.normalize import ChartVisit
from fhir_adapter.reconcile import SeenItem, VisitCharges, VisitPlan, charges_of
from fhir_adapter.reconcile.shares import resources_of
from fhir_adapter.store.visits import CodedVisit
from fhir_adapter.vocabulary import Mode

BY_NAME = "drug-code-by-name"


class Coded(msgspec.Struct, frozen=True, kw_only=True):
    """`opinion` goes to people only."""

    charted: ChartVisit
    result: VisitResult
    opinion: SecondOpinion | None


def code(charted: ChartVisit, rulebook: Rulebook, second: Rulebook | None, drugs: DrugTables) -> Coded:
    result = derive(charted.visit, rulebook, drugs, findings=charted.findings)
    opinion = (
        second_opinion(result, charted.visit, rulebook, second, drugs, findings=charted.findings) if second else None
    )
    return Coded(charted=charted, result=result, opinion=opinion)


def to_reconcile(
    coded: Coded, source: str, *, needs_product: bool, is_previewed: bool = False, is_released: bool = False
) -> VisitCharges:
    charted, result = coded.charted, coded.result
    given = charted.visit.administrations
    named = [*(one.id for one in given), *(name for finding in charted.findings for name in finding.administrations)]
    reversed_ids = frozenset(charted.reversed_ids)
    return VisitCharges(
        visit=charted.key,
        charges=charges_of(result, charted.visit, charted.encounters, source),
        is_open=charted.is_open,
        held_by=_held_by(result.findings, needs_product=needs_product),
        administrations=frozenset(resources_of(named)) - reversed_ids,
        reversed_ids=reversed_ids,
        is_previewed=is_previewed,
        is_released=is_released,
        places=frozenset((charted.encounters[one.encounter or ""].id, one.service_date) for one in given),
    )


def to_keep(
    coded: Coded, plan: VisitPlan, mode: Mode, seen: Sequence[SeenItem] = (), *, needs_product: bool
) -> CodedVisit:
    """`seen` are the ChargeItems of the patient: which of them stood in its encounters is kept with the visit."""
    result = _with_findings(coded.result, plan.findings)
    return CodedVisit(
        key=coded.charted.key,
        rulebook=result.rulebook,
        rulebook_hash=result.rulebook_hash,
        data_hash=result.data_hash,
        engine=result.engine,
        disposition=result.disposition,
        state=_state(result, plan, mode),
        held_by=_held_by(result.findings, needs_product=needs_product),
        lines=len(result.lines),
        result=msgspec.json.encode(result),
        second_opinion=None if coded.opinion is None else msgspec.json.encode(coded.opinion),
        chart=msgspec.json.encode(_charted(coded.charted, seen)),
    )


def _held_by(findings: tuple[Finding, ...], *, needs_product: bool) -> tuple[str, ...]:
    holding = (
        finding.id
        for finding in findings
        if finding.about == "derived" and (finding.severity == "error" or (needs_product and finding.id == BY_NAME))
    )
    return tuple(dict.fromkeys(holding))


def _with_findings(result: VisitResult, findings: tuple[Finding, ...]) -> VisitResult:
    held = any(finding.severity == "error" for finding in findings)
    disposition = "held" if held else result.disposition
    return msgspec.structs.replace(result, findings=result.findings + findings, disposition=disposition)


def _state(result: VisitResult, plan: VisitPlan, mode: Mode) -> str:
    if plan.state != "settled":
        return plan.state
    if not result.lines:
        return "not-reported"
    return "billable" if mode == "post" else "shadow"


def _charted(charted: ChartVisit, seen: Sequence[SeenItem]) -> Mapping[str, object]:
    here = {encounter.id for encounter in charted.encounters.values()}
    return {
        "patient": charted.patient,
        "visit": charted.visit,
        "setting_known": charted.setting_known,
        "reversed": charted.reversed_ids,
        "joined": charted.joined,
        "charge_items": {name: sorted(item.id for item in seen if item.encounter == name) for name in sorted(here)},
    }
