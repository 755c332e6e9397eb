"""The tie-out with its reading: the ledger of a service date, and the EHR's items of the same encounters.

An identifier of ours in an encounter that the ledger never had is not seen; nothing of ours is written there.
"""

from __future__ import annotations

from datetime import date
from zoneinfo import ZoneInfo

from fhir_adapter.ehr import EhrClient
from fhir_adapter.history.tie_out import TieOut, tie_out
from fhir_adapter.reconcile import SeenItem, seen_item
from fhir_adapter.store import Store, ledger

AT_ONCE = 20
PAGE = "200"


async def tie_out_on(store: Store, ehr: EhrClient, source: str, on: date, *, our_system: str, zone: ZoneInfo) -> TieOut:
    """An EhrError means that nothing is known."""
    entries = [one.entry for one in await store.read(lambda conn: ledger.of_date(conn, source, on))]
    encounters = sorted({entry.charge.key.encounter for entry in entries})
    seen = await _items(ehr, encounters, our_system, zone)
    known = {entry.charge.key.identifier for entry in entries}
    return tie_out(source, on, entries, [item for item in seen if item.date == on or item.identifier in known])


async def _items(ehr: EhrClient, encounters: list[str], our_system: str, zone: ZoneInfo) -> list[SeenItem]:
    found: list[SeenItem] = []
    for at in range(0, len(encounters), AT_ONCE):
        part = ",".join(f"Encounter/{encounter}" for encounter in encounters[at : at + AT_ONCE])
        items = await ehr.search("ChargeItem", {"context": part, "_count": PAGE})
        found += [seen_item(item.body, our_system=our_system, zone=zone) for item in items]
    return found
