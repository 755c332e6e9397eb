"""The decisions in their order: place, class, site, technique, merge, initial, overlap, time, modifiers, lines.

`code_visit` is the door of this room. What it cannot decide is a finding; it never raises for a visit that keeps the
contract.
"""

from __future__ import annotations

from functools import cache
from hashlib import sha256

import msgspec
from msgspec.structs import replace

import fhir_adapter
from fhir_adapter.coding.after import add_on_findings, flush_outcomes, with_injection_modifier
from fhir_adapter.coding.authorized import authorization_findings
from fhir_adapter.coding.bill import bill_of, compared
from fhir_adapter.coding.class_words import classes_named
from fhir_adapter.coding.classify import givens_of
from fhir_adapter.coding.denials import denial_findings
from fhir_adapter.coding.drug_units import drug_lines
from fhir_adapter.coding.drugs import DrugTables, Release, unknown_drugs
from fhir_adapter.coding.edits import edit_findings, out_of_date_findings
from fhir_adapter.coding.given import Charge, Given, Outcome
from fhir_adapter.coding.in_force import readings_of
from fhir_adapter.coding.lines import in_order, lines_of
from fhir_adapter.coding.model import Finding, Line, Visit, VisitResult
from fhir_adapter.coding.own_words import in_own_words
from fhir_adapter.coding.place import professional_findings
from fhir_adapter.coding.rulebook import Reading, Rulebook
from fhir_adapter.coding.seconds import as_displayed, seconds_findings
from fhir_adapter.coding.site import encounters_of
from fhir_adapter.coding.site_charges import encounter_outcomes


def code_visit(
    visit: Visit, rulebook: Rulebook, drugs: DrugTables = unknown_drugs, *, is_held: bool = False
) -> VisitResult:
    """The lines and findings of one visit. Pure: the same arguments give the same bytes. `is_held`: its chart holds it
    already, whatever is found here."""
    lines, findings = _decide(visit, rulebook, drugs)
    held = is_held or any(finding.severity == "error" for finding in findings)
    if held:  # what the record supports may still change
        findings = [replace(finding, appeal=None) for finding in findings]
    findings += _checked(visit, lines, rulebook, held)
    return VisitResult(
        id=visit.id,
        rulebook=rulebook.name,
        rulebook_hash=rulebook.hash,
        data_hash=_data_hash(rulebook.tables.hash, drugs.data_hash),
        engine=fhir_adapter.__version__,
        disposition="held" if held else ("billable" if lines else "not-reported"),
        lines=lines,
        findings=tuple(findings),
        comparison=msgspec.UNSET if visit.billed is None else compared(lines, visit.billed),
    )


def _checked(visit: Visit, lines: tuple[Line, ...], rulebook: Rulebook, held: bool) -> list[Finding]:
    """What was billed and what was authorized, beside the lines (section 6)."""
    dates = [given.service_date for given in visit.administrations] or [line.date for line in visit.billed or ()]
    reading = rulebook.reading(min(dates), visit.payer) if dates else None
    if reading is None or (visit.billed is None and visit.authorized is None):
        return []
    bill = bill_of(visit, lines, rulebook, reading.policies, held=held)
    return [*denial_findings(bill), *authorization_findings(bill)]


@cache
def _data_hash(tables: str, drugs: str) -> str:
    """One hash over the CMS tables and the drug tables."""
    return f"sha256:{sha256(f'{tables} {drugs}'.encode()).hexdigest()}"


def _decide(visit: Visit, rulebook: Rulebook, drugs: DrugTables) -> tuple[tuple[Line, ...], list[Finding]]:
    if visit.setting == "professional-in-facility":
        return (), professional_findings(visit)
    readings = readings_of(visit, rulebook)
    if isinstance(readings, Finding):
        return (), [readings]
    charges, findings = _charged(visit, readings, drugs)
    more, asked = add_on_findings(charges, rulebook, visit)
    findings += more
    displayed = as_displayed(visit)
    if displayed is not None:
        findings += seconds_findings(charges, _charged(displayed, readings, drugs)[0])
    lines = classes_named(lines_of(charges), visit, readings, drugs)
    return _with_drugs(visit, lines, findings, readings, rulebook, drugs, asked)


def _charged(
    visit: Visit, readings: dict[str | None, Reading], drugs: DrugTables
) -> tuple[list[Charge], list[Finding]]:
    """The administration charges, and what was found on the way."""
    givens, findings = givens_of(visit, readings, drugs)
    charges, more = _sorted_out(_outcomes(visit, givens, readings))
    findings += more
    charges = with_injection_modifier(charges, readings)
    flushes, more = _sorted_out(flush_outcomes(givens, charges, readings))
    findings += more
    charges += flushes
    return charges, findings


def _with_drugs(
    visit: Visit,
    administration_lines: tuple[Line, ...],
    findings: list[Finding],
    readings: dict[str | None, Reading],
    rulebook: Rulebook,
    drugs: DrugTables,
    asked: list[Release],
) -> tuple[tuple[Line, ...], list[Finding]]:
    """Adds the drug lines, and what the CMS tables say of all lines together."""
    if not visit.administrations:
        return administration_lines, findings
    given = drug_lines(visit, drugs, next(iter(readings.values())), rulebook.tables)
    lines = in_own_words(in_order((*administration_lines, *given.lines)), visit, readings)
    edits = edit_findings(lines, visit.setting, rulebook.tables)
    out_of_date = out_of_date_findings((*given.releases, *edits.releases, *asked))
    return lines, [*findings, *given.findings, *edits.findings, *out_of_date]


def _outcomes(visit: Visit, givens: list[Given], readings: dict[str | None, Reading]) -> list[Outcome]:
    outcomes: list[Outcome] = []
    initials: set[object] = set()
    for encounter in encounters_of(givens):
        made = encounter_outcomes(encounter, visit, readings[encounter[0].encounter], frozenset(initials))
        outcomes += made
        initials |= {outcome.date for outcome in made if isinstance(outcome, Charge) and outcome.initial}
    return outcomes


def _sorted_out(outcomes: list[Outcome]) -> tuple[list[Charge], list[Finding]]:
    charges = [outcome for outcome in outcomes if isinstance(outcome, Charge)]
    return charges, [outcome for outcome in outcomes if isinstance(outcome, Finding)]
