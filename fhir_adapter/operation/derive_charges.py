"""One Bundle of a chart → a Bundle of ChargeItems and one OperationOutcome. Pure.

A visit that is open or held has no ChargeItem in the answer, as it would have none in an EHR; the OperationOutcome says
why, with one issue per finding: its id in `details.coding`, its words in `diagnostics`, the administrations that it is
about in `expression`. Refused (`InputFaults`): what is no Bundle of a chart. Source: HL7 FHIR R4, Bundle,
OperationOutcome.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

import msgspec

from fhir_adapter.coding.drugs import DrugTables
from fhir_adapter.coding.model import Finding, VisitResult
from fhir_adapter.coding.rulebook import Rulebook
from fhir_adapter.derive import derive
from fhir_adapter.errors import Fault, InputFaults
from fhir_adapter.fhir_r4 import Chart, chart_of_bundle
from fhir_adapter.normalize import ChartVisit, visits_of
from fhir_adapter.post import Names, charge_item
from fhir_adapter.reconcile import charges_of
from fhir_adapter.vocabulary import SourceWords

Json = dict[str, Any]
SEVERITY = {"error": "error", "warning": "warning", "info": "information"}


class Site(msgspec.Struct, frozen=True, kw_only=True):
    """How one source's charts are read, and under what they are coded."""

    names: Names
    words: SourceWords
    rulebook: Rulebook
    drugs: DrugTables
    needs_product: bool


def derive_charges(bundle: bytes, site: Site, now: datetime) -> Json:
    chart = chart_of_bundle(bundle)
    visits = visits_of(chart, site.words)
    if not visits:
        raise InputFaults((Fault("$.entry", "has no MedicationAdministration to make a visit of"), *_unread(chart)))
    derived = [(visit, derive(visit.visit, site.rulebook, site.drugs, findings=visit.findings)) for visit in visits]
    items = [item for visit, result in derived for item in _items(visit, result, site, now)]
    issues = [issue for visit, result in derived for issue in _issues(visit, result)]
    outcome = {"resourceType": "OperationOutcome", "issue": issues or [_all_well(len(items))]}
    return {
        "resourceType": "Bundle",
        "type": "collection",
        "timestamp": now.isoformat(timespec="milliseconds"),
        "entry": [{"resource": resource} for resource in (*items, outcome)],
    }


def refusal(faults: InputFaults) -> Json:
    """What is wrong with a Bundle, fault by fault."""
    issues = [
        {"severity": "error", "code": "invalid", "diagnostics": fault.message, "expression": [fault.path]}
        for fault in faults.faults
    ]
    return {"resourceType": "OperationOutcome", "issue": issues}


def _unread(chart: Chart) -> tuple[Fault, ...]:
    return tuple(Fault(f"{fault.resource} {fault.path}", fault.message) for fault in chart.faults)


def _items(visit: ChartVisit, result: VisitResult, site: Site, now: datetime) -> Iterator[Json]:
    by_name = site.needs_product and any(finding.id == "drug-code-by-name" for finding in result.findings)
    if visit.is_open or by_name or result.disposition != "billable":
        return
    for charge in charges_of(result, visit.visit, visit.encounters, site.names.source):
        yield msgspec.json.decode(charge_item(charge, "billable", site.names, now))


def _issues(visit: ChartVisit, result: VisitResult) -> Iterator[Json]:
    if visit.is_open:
        yield {
            "severity": "warning",
            "code": "incomplete",
            "diagnostics": f"The visit {visit.key} is open: something still runs, or its encounter is not finished.",
        }
    yield from map(_issue, result.findings)


def _issue(finding: Finding) -> Json:
    issue: Json = {
        "severity": SEVERITY[finding.severity],
        "code": "informational" if finding.severity == "info" else "business-rule",
        "details": {"coding": [{"code": finding.id}], "text": finding.id.replace("-", " ")},
        "diagnostics": " ".join(filter(None, (finding.message, finding.fix))),
    }
    if finding.administrations:
        issue["expression"] = [f"MedicationAdministration/{name}" for name in finding.administrations]
    return issue


def _all_well(items: int) -> Json:
    return {"severity": "information", "code": "informational", "diagnostics": f"{items} charges, nothing to note."}
