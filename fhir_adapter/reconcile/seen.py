"""A ChargeItem of the EHR as reconciliation sees it: whose it is, what it charges, when and how it stands.

Ours is told by the identifier system of this source (docs/charge.md). Another person's item is read tolerantly: any
coding counts as a code, whatever its system, because a charge missed here would be charged twice; its date is the
local one of the source's zone. Refuses only what is no ChargeItem at all (`InputFaults`).
"""

from __future__ import annotations

from datetime import date, datetime, tzinfo

from fhir_adapter.errors import Fault, InputFaults
from fhir_adapter.fhir_r4 import ChargeItem, CodeableConcept, Reference, well_formed_id
from fhir_adapter.fhir_r4.elements import Element
from fhir_adapter.fhir_r4.reading import decode
from fhir_adapter.reconcile.ledger import SeenItem


class _Meta(Element, frozen=True):
    version_id: str | None = None


class _Timing(Element, frozen=True):
    event: tuple[str, ...] = ()


class _Item(ChargeItem, frozen=True):
    resource_type: str = ""
    meta: _Meta = _Meta()
    occurrence_timing: _Timing = _Timing()


def seen_item(body: bytes, *, our_system: str, zone: tzinfo) -> SeenItem:
    """`our_system` is the identifier system of the source that is being reconciled."""
    item, _ = decode(body, _Item, "ChargeItem")
    if item is None or item.resource_type != "ChargeItem" or not item.id:
        raise InputFaults((Fault("$", "not a ChargeItem that can be read"),))
    ours = [identifier.value for identifier in item.identifier if identifier.system == our_system]
    value = item.quantity.value if item.quantity else None
    return SeenItem(
        id=item.id,
        version=well_formed_id(item.meta.version_id),
        status=item.status or "unknown",
        encounter=_id(item.context),
        codes=_codes(item.code),
        date=_local_date(_occurred(item), zone),
        units=None if value is None else f"{value.normalize():f}",
        identifier=ours[0] if ours else None,
    )


def _id(reference: Reference | None) -> str:
    written = (reference.reference if reference else None) or ""
    return written.partition("/_history/")[0].rpartition("/")[2]


def _codes(concept: CodeableConcept | None) -> tuple[str, ...]:
    codings = concept.coding if concept else ()
    return tuple(dict.fromkeys(coding.code.strip().upper() for coding in codings if coding.code))


def _occurred(item: _Item) -> str | None:
    period = item.occurrence_period.start if item.occurrence_period else None
    return item.occurrence_date_time or period or next(iter(item.occurrence_timing.event), None)


def _local_date(occurred: str | None, zone: tzinfo) -> date | None:
    """None for a year, a month or what is no date: such an item may be of any day."""
    try:
        moment = datetime.fromisoformat(occurred or "")
    except ValueError:
        return None
    return moment.astimezone(zone).date() if moment.tzinfo else moment.date()
