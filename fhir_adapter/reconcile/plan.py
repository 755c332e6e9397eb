"""What is to be done about the charges of one patient: one step per charge key, one verdict per visit."""

from __future__ import annotations

from datetime import date
from typing import Literal

import msgspec

from fhir_adapter.coding.model import Finding
from fhir_adapter.reconcile.charge import Charge
from fhir_adapter.reconcile.ledger import ChargeStatus, LedgerEntry


class VisitCharges(msgspec.Struct, frozen=True, kw_only=True):
    """A coded visit as reconciliation needs it. `held_by` are the ids of the findings that hold it."""

    visit: str
    charges: tuple[Charge, ...]
    is_open: bool
    held_by: tuple[str, ...] = ()
    administrations: frozenset[str] = frozenset()
    reversed_ids: frozenset[str] = frozenset()
    """Administrations of the visit that the chart now calls entered-in-error or not-done."""
    places: frozenset[tuple[str, date]] = frozenset()
    """The (encounter, service date) pairs that are this visit's."""
    is_released: bool = False
    """A person has released these charges; they may be posted late."""
    is_previewed: bool = False
    """Its charges are shown as `planned` while the visit is open."""

    @property
    def is_settled(self) -> bool:
        return not self.is_open and not self.held_by


class Post(msgspec.Struct, frozen=True, tag=True):
    """A charge that does not stand yet, under a key that was never written."""

    charge: Charge
    status: ChargeStatus = "billable"


class Amend(msgspec.Struct, frozen=True, tag=True):
    """The same item says something else now; also a reversed one whose line came back."""

    charge: Charge
    entry: LedgerEntry
    status: ChargeStatus = "billable"


class Void(msgspec.Struct, frozen=True, tag=True):
    """The line is gone: the item, as it was, becomes entered-in-error."""

    charge: Charge
    entry: LedgerEntry
    status: ChargeStatus = "entered-in-error"


class Keep(msgspec.Struct, frozen=True, tag=True):
    """No write: nothing changed, or the item may not be touched (`why`)."""

    charge: Charge
    entry: LedgerEntry
    why: Literal["unchanged", "unsettled", "untouchable"]


Step = Post | Amend | Void | Keep
Order = Post | Amend | Void
"""The steps that write; `status` is what the item shall have."""
Unsettled = Literal["open", "held"]


class VisitPlan(msgspec.Struct, frozen=True, kw_only=True):
    """The verdict on one visit, with what reconciliation found about it."""

    visit: str
    state: Unsettled | Literal["settled"]
    steps: tuple[Step, ...] = ()
    findings: tuple[Finding, ...] = ()


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """All of one patient at one source. `strays` are steps for entries that no visit of the chart explains."""

    visits: tuple[VisitPlan, ...]
    strays: tuple[Step, ...] = ()

    @property
    def steps(self) -> tuple[Step, ...]:
        return tuple(step for visit in self.visits for step in visit.steps) + self.strays

    @property
    def orders(self) -> tuple[Order, ...]:
        return tuple(step for step in self.steps if not isinstance(step, Keep))
