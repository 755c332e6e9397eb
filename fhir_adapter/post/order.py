"""What shall be true at the EHR of one charge, and how that can end."""

from __future__ import annotations

import msgspec

from fhir_adapter.reconcile import ChargeStatus, Trouble


class SendOrder(msgspec.Struct, frozen=True, kw_only=True):
    """What shall be true. `item` and `version` are what the ledger knows; `body` has no id."""

    identifier: str
    status: ChargeStatus
    body: bytes
    item: str | None = None
    version: str | None = None
    may_have_been_sent: bool = False
    is_superseded: bool = False
    """A later order about the same charge waits: what is not there need not come into being first."""

    @property
    def reverses_the_unknown(self) -> bool:
        """Of an item that nobody has told us of there may still be one."""
        return self.item is None and self.status == "entered-in-error"


class InPlace(msgspec.Struct, frozen=True, kw_only=True):
    """The EHR says what the order says."""

    item: str
    version: str | None


class Nothing(msgspec.Struct, frozen=True):
    """There was never an item, and none is wanted."""


class LeftAlone(msgspec.Struct, frozen=True, kw_only=True):
    """The item was not touched, and may not be."""

    trouble: Trouble


Outcome = InPlace | Nothing | LeftAlone
