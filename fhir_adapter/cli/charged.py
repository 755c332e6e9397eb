"""The lines that somebody billed, from the ChargeItems of a Bundle: what `check --fhir` holds against the chart.

A ChargeItem counts for the visit that has its encounter. Its code is the first coding of five characters; a coding of
two characters, or one of our own modifier extension, is a modifier. Left out: items in error or aborted, and those
without a code, a date or whole units, which no comparison could place.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import msgspec

if TYPE_CHECKING:
    from fhir_adapter.coding.model import BilledLine
    from fhir_adapter.normalize import ChartVisit
    from fhir_adapter.reconcile.ledger import SeenItem

_CODE = re.compile(r"[0-9A-Z]{5}")
_MODIFIER = re.compile(r"[0-9A-Z]{2}")


def billed_in(bundle: bytes, visit: ChartVisit, time_zone: str) -> tuple[BilledLine, ...] | None:
    """The billed lines of one visit; None where its encounters have no ChargeItem."""
    names = {str(encounter.id) for encounter in visit.encounters.values()}
    lines = tuple(_lines(bundle, names, time_zone))
    return lines or None


def _lines(bundle: bytes, encounters: set[str], time_zone: str) -> Iterator[BilledLine]:
    from fhir_adapter.reconcile.seen import seen_item

    for resource in _charge_items(bundle):
        item = seen_item(msgspec.json.encode(resource), our_system="", zone=ZoneInfo(time_zone))
        if item.is_a_charge and item.encounter in encounters and (line := _line(item, resource)) is not None:
            yield line


def _charge_items(bundle: bytes) -> Iterator[dict[str, Any]]:
    for entry in msgspec.json.decode(bundle).get("entry", []):
        resource = entry.get("resource") or {}
        if resource.get("resourceType") == "ChargeItem" and resource.get("id"):
            yield resource


def _line(item: SeenItem, resource: dict[str, Any]) -> BilledLine | None:
    from fhir_adapter.coding.model import BilledLine

    code = next((code for code in item.codes if _CODE.fullmatch(code)), None)
    units = item.units or "1"
    if code is None or item.date is None or not units.isdecimal():
        return None
    own = (said.get("valueCoding", {}).get("code", "") for said in resource.get("extension", []))
    modifiers = sorted({said for said in (*item.codes, *own) if _MODIFIER.fullmatch(said)})
    return BilledLine(code=code, units=int(units), date=item.date, modifiers=tuple(modifiers))
