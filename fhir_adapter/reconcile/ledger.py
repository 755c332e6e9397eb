"""What stands: our own ledger of charges, and what a search of the EHR shows there.

The ledger has one entry per charge key for ever. It says what was decided last (`charge`, `status`) and what is known
to have been written (`item`, `version`); while an order for the entry waits in the outbox, `pending` is true and the
EHR may be behind. `trouble` is why the last order for it was refused or may not be given.
"""

from __future__ import annotations

from datetime import date
from typing import Literal

import msgspec

from fhir_adapter.reconcile.charge import Charge

ChargeStatus = Literal["planned", "billable", "entered-in-error"]
"""The statuses that we set; the others belong to the biller."""

Trouble = Literal["billed", "edited", "missing", "duplicated", "rejected"]
"""Why an item of ours is left alone: the biller has taken it, somebody else changed it, it was deleted, there are two
of it, or the EHR will not take it as it is."""


class LedgerEntry(msgspec.Struct, frozen=True, kw_only=True):
    """One charge key of one patient."""

    patient: str
    charge: Charge
    status: ChargeStatus
    item: str | None = None
    version: str | None = None
    pending: bool = False
    trouble: Trouble | None = None
    refused: bool = False
    """An order was given and could not be carried out: the EHR does not say what `charge` and `status` say."""

    @property
    def stands(self) -> bool:
        """Whether the item is, or is about to be, a charge in the EHR; a preview (`planned`) is none."""
        return self.status == "billable"


class SeenItem(msgspec.Struct, frozen=True, kw_only=True):
    """A ChargeItem as the EHR shows it now. `identifier` is set where it carries one of ours."""

    id: str
    version: str | None
    status: str
    encounter: str
    codes: tuple[str, ...]
    date: date | None
    units: str | None = None
    identifier: str | None = None

    @property
    def is_a_charge(self) -> bool:
        """Whether it counts beside ours: an item in error or aborted does not; a `not-billable` one is somebody's
        decision about the same service, and does."""
        return self.status not in ("entered-in-error", "aborted")
