"""What reconciliation finds about charges, as findings: items that may not be touched, other people's charges for the
same service, and items that stand although their visit is held.

An item of ours is left alone for a reason seen at the last reading of the EHR or when a write was refused: `billed`
(the biller's word), `edited` (its version is not the one that we wrote), `missing` (deleted), `duplicated` and
`rejected` (the EHR never takes it as it is; another content is tried).
A billed item that would not change is no trouble to anybody and raises nothing. Where the line of such an item is gone
and other charges would be new, they might be the same service again: that holds the visit, as a duplicate does.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

import msgspec

from fhir_adapter.coding.model import Finding
from fhir_adapter.reconcile.charge import Charge, ChargeKey
from fhir_adapter.reconcile.ledger import LedgerEntry, SeenItem, Trouble
from fhir_adapter.reconcile.plan import Keep, Step, VisitCharges

Ledger = Mapping[ChargeKey, LedgerEntry]

_TOLD: dict[Trouble, tuple[str, str, str]] = {
    "billed": (
        "charge-item-billed",
        "has been billed and would now read otherwise; it was not touched",
        "correct the claim",
    ),
    "edited": (
        "charge-item-edited",
        "was changed by somebody else since it was written; it is not touched any more",
        "decide which of the two is right, then restore the item or enter it in error",
    ),
    "missing": (
        "charge-item-missing",
        "was deleted in the EHR; it is not written again",
        "find out who deleted the charge and why",
    ),
    "duplicated": (
        "charge-item-duplicated",
        "is there more than once under the same identifier; none of them is touched",
        "enter all but one of them in error",
    ),
    "rejected": (
        "charge-item-rejected",
        "was refused by the EHR as it is; it is not sent again until it changes",
        "ask what the EHR requires of a ChargeItem, or enter the charge by hand",
    ),
}

_NOT_REVERSED = (
    "charge-item-rejected",
    "should be in error, and the EHR refused to have it so",
    "enter the item in error by hand",
)


def with_trouble(entry: LedgerEntry, seen: Sequence[SeenItem]) -> LedgerEntry:
    """The entry with what the EHR shows about its item now. An order on its way may explain any difference: the sender
    judges that one. An item that is in error, as it should be, is no trouble, whoever entered it so. An item not among
    those shown keeps the trouble it had: the search may not reach it."""
    if entry.pending:
        return msgspec.structs.replace(entry, trouble=None)
    ours = [item for item in seen if item.identifier == entry.charge.key.identifier]
    if entry.status == "entered-in-error" and {item.status for item in ours} == {entry.status}:
        return msgspec.structs.replace(entry, trouble=None)
    refused = entry.trouble is not None
    trouble = _trouble(entry, ours) if ours else entry.trouble
    return msgspec.structs.replace(entry, trouble=trouble, refused=refused)


def _trouble(entry: LedgerEntry, ours: Sequence[SeenItem]) -> Trouble | None:
    charges = [item for item in ours if item.is_a_charge] or ours
    if len(charges) > 1:
        return "duplicated"
    item = charges[0]
    if item.status == "billed":
        return "billed"
    if (item.id, item.version) != (entry.item, entry.version):
        return "edited"
    return "rejected" if entry.trouble == "rejected" else None


def already_charged(new: Sequence[Charge], seen: Sequence[SeenItem], known: Collection[str]) -> tuple[Finding, ...]:
    """Other people's charges with the code, date and encounter of one that would be new of ours. An item under an
    identifier that the ledger does not have (`known`) is somebody's too, unless the new charge would be that item."""
    ours = {*known, *(charge.key.identifier for charge in new)}
    others = [item for item in seen if item.identifier not in ours and item.is_a_charge]
    return tuple(_beside(item, charge) for item in others for charge in new if _same_service(item, charge.key))


def _same_service(item: SeenItem, key: ChargeKey) -> bool:
    """An item without a date is of every date."""
    return item.encounter == key.encounter and key.code in item.codes and item.date in (None, key.date)


def late_charges(visit: VisitCharges, new: Sequence[Charge], entries: Ledger) -> tuple[Finding, ...]:
    """Charges that would be new in a visit of which something was billed: a claim has gone out without them."""
    if not new or visit.is_released or not any(entry.trouble == "billed" for entry in entries.values()):
        return ()
    codes = ", ".join(sorted(f"{charge.key.code} ×{charge.units}" for charge in new))
    return (
        Finding(
            id="late-charge",
            severity="error",
            administrations=tuple(dict.fromkeys(name for charge in new for name in charge.administrations)),
            message=f"the visit has been billed, and {codes} would be new",
            fix="decide with billing whether the claim is corrected, then release the visit",
        ),
    )


def _beside(item: SeenItem, charge: Charge) -> Finding:
    return Finding(
        id="already-charged",
        severity="error",
        administrations=charge.administrations,
        message=f"{charge.key.code} on {charge.key.date} would be ×{charge.units} of ours, and ChargeItem {item.id}"
        f" ({item.status}, ×{item.units or '?'}), which is not ours, has it; nothing of the visit is posted",
        fix="keep one of the two: enter the other item in error, or leave this visit unposted",
    )


def trouble_findings(visit: VisitCharges, entries: Ledger, has_new: bool) -> tuple[Finding, ...]:
    wanted = {charge.key: charge for charge in visit.charges}
    return tuple(
        _told(entry, entry.trouble, holds=entry.trouble == "duplicated" or (has_new and key not in wanted))
        for key, entry in entries.items()
        if entry.trouble and _matters(entry, wanted.get(key))
    )


def _matters(entry: LedgerEntry, charge: Charge | None) -> bool:
    """A billed item matters where it would be changed; the others always."""
    if entry.trouble != "billed" or entry.refused:
        return True
    return entry.stands and (charge is None or not charge.says_the_same(entry.charge))


def left_standing(entry: LedgerEntry) -> tuple[Finding, ...]:
    """Of a charge that no visit of the chart explains any more, and that may not be taken back. One that somebody
    deleted does not stand, nor one that the EHR never took."""
    never_there = entry.trouble == "rejected" and entry.item is None
    if entry.trouble in (None, "missing") or never_there:
        return ()
    return (_told(entry, entry.trouble, holds=True),)


def _told(entry: LedgerEntry, trouble: Trouble, *, holds: bool) -> Finding:
    refused_in_error = trouble == "rejected" and entry.status == "entered-in-error"
    finding, what, fix = _NOT_REVERSED if refused_in_error else _TOLD[trouble]
    key = entry.charge.key
    return Finding(
        id=finding,
        severity="error" if holds else "warning",
        administrations=entry.charge.administrations,
        message=f"the ChargeItem of {key.code} on {key.date} {what}",
        fix=fix,
    )


def posted_but_held(steps: Sequence[Step], state: str) -> tuple[Finding, ...]:
    standing = tuple(step.charge for step in steps if isinstance(step, Keep) and step.why == "unsettled")
    if not standing:
        return ()
    codes = ", ".join(sorted({charge.key.code for charge in standing}))
    names = tuple(dict.fromkeys(name for charge in standing for name in charge.administrations))
    return (
        Finding(
            id="posted-but-held",
            severity="warning",
            administrations=names,
            message=f"the visit is {state} while charges of it stand: {codes}; they stay until it is settled",
            fix="settle what holds the visit",
        ),
    )
