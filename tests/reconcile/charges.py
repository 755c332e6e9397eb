"""Charges, entries and items as the tests of reconciliation speak of them."""

from datetime import UTC, date, datetime

import msgspec

from fhir_adapter.reconcile import (
    Amend,
    Charge,
    ChargeKey,
    Keep,
    LedgerEntry,
    Place,
    Post,
    Provenance,
    SeenItem,
    VisitCharges,
    Void,
)

DAY = date(2026, 5, 4)
START = datetime(2026, 5, 4, 14, 0, tzinfo=UTC)
PROVENANCE = Provenance(rulebook_hash="sha256:0123456789abcdef", data_hash="sha256:d", engine="0.1.0")


def charge(code="96413", units=1, rests_on=("a1",), *, encounter="e1", day=DAY, modifiers=(), **changes):
    fields = {
        "key": ChargeKey(source="main", encounter=encounter, date=day, code=code, modifiers=modifiers),
        "system": "CPT" if code.isdigit() else "HCPCS",
        "units": units,
        "administrations": rests_on,
        "start": START,
        "because": "it ran for an hour",
        "citations": ("R2.2",),
        "rulebook": "cpt-2026",
        "provenance": PROVENANCE,
        "place": Place(subject="Patient/1"),
    }
    return Charge(**(fields | changes))


def entry(of, **changes):
    """An entry whose item was written: `ci-CODE`, version 1."""
    written = {"item": f"ci-{of.key.code}", "version": "1"}
    return LedgerEntry(patient="Patient/1", charge=of, **({"status": "billable"} | written | changes))


def ours(of, **changes):
    """The item of an entry, as the EHR shows it when nobody else touched it."""
    fields = {
        "id": f"ci-{of.key.code}",
        "version": "1",
        "status": "billable",
        "encounter": of.key.encounter,
        "codes": (of.key.code,),
        "date": of.key.date,
        "identifier": of.key.identifier,
    }
    return SeenItem(**(fields | changes))


def theirs(code="96413", **changes):
    fields = {"version": "4", "status": "billable", "encounter": "e1", "codes": (code,), "date": DAY, "units": "1"}
    return SeenItem(id="other-1", **(fields | changes))


def visit(
    *charges,
    name="e1/2026-05-04",
    is_open=False,
    held_by=(),
    given=("a1", "a2"),
    gone=(),
    is_previewed=False,
    is_released=False,
):
    return VisitCharges(
        visit=name,
        charges=charges,
        is_open=is_open,
        held_by=held_by,
        administrations=frozenset(given) - frozenset(gone),
        reversed_ids=frozenset(gone),
        places=frozenset({("e1", DAY)}),
        is_previewed=is_previewed,
        is_released=is_released,
    )


def said(plan):
    """The plan in words: (verb, code, units or why) per step."""
    verbs = {Post: "post", Amend: "amend", Void: "void"}
    return [
        ("keep", step.charge.key.code, step.why)
        if isinstance(step, Keep)
        else (verbs[type(step)], step.charge.key.code, step.charge.units)
        for step in plan.steps
    ]


def found(plan):
    return [(finding.id, finding.severity) for each in plan.visits for finding in each.findings]


def engine(of, version):
    return msgspec.structs.replace(of, provenance=msgspec.structs.replace(of.provenance, engine=version))
