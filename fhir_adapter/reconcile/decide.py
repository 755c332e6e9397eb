"""The decision about every charge key of one patient: the ledger before, what the EHR shows, and the charges now.

                    settled visit, line new, nobody else has it
        (nothing) ────────────────────────────────────────────→ billable ──┐ line changed: Amend
                                                                  │   ↑    └─┘ unchanged: Keep
              line gone, visit settled; or its administrations    │   │
              were entered in error, even while the visit is held │   │ line comes back: Amend of the same item
                                                                  ↓   │
                                                          entered-in-error

    with previews: an open visit's line is `planned` first; the same item becomes billable, or is entered in error

Worked example: R-CHOP stands with 96413 ×1, 96415 ×3, J9312 ×68. The rituximab's stop is corrected from 13:00 to 11:00:
96415 becomes ×1 and is amended, 96413 says other minutes and is amended, J9312 is amended where its times changed. The
rituximab is then entered in error: all three lines are gone and are reversed; had another administration of the visit
lost its stop meanwhile, the visit would be held, and still these three would be reversed and nothing else touched.

Decided: an open or held visit posts nothing new and touches nothing (`posted-but-held`), save that one reversal. An
entry that no visit explains (moved, deleted, encounter cancelled) is reversed, unless the visit that now has one of
its administrations, or its encounter and date, is not settled. What the biller took, somebody else edited or deleted,
or what is there twice is left alone. A charge that would be new in a visit of which something was billed is late: it
holds the visit until a person releases it. Left out: any repair of another person's item.
"""

from __future__ import annotations

from collections.abc import Sequence

from fhir_adapter.reconcile.charge import Charge
from fhir_adapter.reconcile.ledger import LedgerEntry, SeenItem
from fhir_adapter.reconcile.plan import Amend, Keep, Plan, Post, Step, Unsettled, VisitCharges, VisitPlan, Void
from fhir_adapter.reconcile.trouble import (
    Ledger,
    already_charged,
    late_charges,
    posted_but_held,
    trouble_findings,
    with_trouble,
)


def reconcile(visits: Sequence[VisitCharges], ledger: Sequence[LedgerEntry], seen: Sequence[SeenItem]) -> Plan:
    """`ledger` is all of the patient's at the source; `seen` the ChargeItems of the encounters, ours and not."""
    entries = {entry.charge.key: with_trouble(entry, seen) for entry in ledger}
    owners = {key: _owner(entry, visits) for key, entry in entries.items()}
    known = frozenset(key.identifier for key in entries)
    plans = tuple(
        _visit_plan(visit, {key: entries[key] for key, owner in owners.items() if owner is visit}, seen, known)
        for visit in visits
    )
    strays = tuple(_gone(entries[key]) for key, owner in owners.items() if owner is None and _may_stand(entries[key]))
    return Plan(visits=plans, strays=strays)


def _owner(entry: LedgerEntry, visits: Sequence[VisitCharges]) -> VisitCharges | None:
    """The visit that answers for an entry: it has the charge, else one of its administrations, else its place."""
    key, rests_on = entry.charge.key, set(entry.charge.administrations)
    for answers in (
        lambda visit: any(charge.key == key for charge in visit.charges),
        lambda visit: not visit.is_settled and rests_on & visit.administrations,
        lambda visit: rests_on & (visit.administrations | visit.reversed_ids),
        lambda visit: (key.encounter, key.date) in visit.places,
    ):
        for visit in visits:
            if answers(visit):
                return visit
    return None


def _visit_plan(visit: VisitCharges, entries: Ledger, seen: Sequence[SeenItem], known: frozenset[str]) -> VisitPlan:
    new = _to_be_new(visit, entries)
    findings = trouble_findings(visit, entries, bool(new)) + already_charged(new, seen, known)
    findings += late_charges(visit, new, entries)
    if visit.is_settled and not any(finding.severity == "error" for finding in findings):
        return VisitPlan(visit=visit.visit, state="settled", steps=_settled(visit, entries), findings=findings)
    steps = _unsettled(visit, entries)
    if visit.is_previewed and visit.is_open and not visit.held_by and not findings:
        steps += _previews(visit, entries)
    state: Unsettled = "open" if visit.is_open else "held"
    findings += posted_but_held(steps, state)
    return VisitPlan(visit=visit.visit, state=state, steps=steps, findings=findings)


def _to_be_new(visit: VisitCharges, entries: Ledger) -> tuple[Charge, ...]:
    """The charges that would begin to stand: never written, or reversed before."""
    return tuple(charge for charge in visit.charges if charge.key not in entries or not entries[charge.key].stands)


def _settled(visit: VisitCharges, entries: Ledger) -> tuple[Step, ...]:
    """Reversals first: between the two writes a charge may be missing, never there twice."""
    wanted = {charge.key for charge in visit.charges}
    gone = tuple(_gone(entry) for key, entry in entries.items() if key not in wanted and _may_stand(entry))
    return gone + tuple(_there(charge, entries.get(charge.key)) for charge in visit.charges)


def _may_stand(entry: LedgerEntry) -> bool:
    """It stands or is a preview, or a reversal was refused."""
    return entry.status != "entered-in-error" or entry.refused


def _there(charge: Charge, entry: LedgerEntry | None) -> Step:
    if entry is None:
        return Post(charge)
    same = entry.stands and charge.says_the_same(entry.charge)
    if entry.trouble and not (entry.trouble == "rejected" and not same):
        return Keep(entry.charge, entry, "untouchable")
    return Keep(entry.charge, entry, "unchanged") if same and not entry.refused else Amend(charge, entry)


def _gone(entry: LedgerEntry) -> Step:
    return Keep(entry.charge, entry, "untouchable") if entry.trouble else Void(entry.charge, entry)


def _unsettled(visit: VisitCharges, entries: Ledger) -> tuple[Step, ...]:
    """What has no item yet (its order waits, because the source is paused, say) is taken back rather than sent."""
    wanted = {charge.key for charge in visit.charges}
    return tuple(
        _gone(entry)
        if entry.item is None or (key not in wanted and _entered_in_error(entry, visit))
        else Keep(entry.charge, entry, "unsettled")
        for key, entry in entries.items()
        if entry.stands
    )


def _previews(visit: VisitCharges, entries: Ledger) -> tuple[Step, ...]:
    """What would be charged if the visit ended now. Each becomes billable, or is reversed, as the same item."""
    wanted = {charge.key for charge in visit.charges}
    gone = tuple(_gone(entry) for key, entry in entries.items() if entry.status == "planned" and key not in wanted)
    return gone + tuple(_preview(charge, entries.get(charge.key)) for charge in _to_be_new(visit, entries))


def _preview(charge: Charge, entry: LedgerEntry | None) -> Step:
    if entry is None:
        return Post(charge, status="planned")
    if entry.trouble:
        return Keep(entry.charge, entry, "untouchable")
    if entry.status == "planned" and charge.says_the_same(entry.charge) and not entry.refused:
        return Keep(entry.charge, entry, "unchanged")
    return Amend(charge, entry, status="planned")


def _entered_in_error(entry: LedgerEntry, visit: VisitCharges) -> bool:
    return bool(entry.charge.administrations) and visit.reversed_ids.issuperset(entry.charge.administrations)
