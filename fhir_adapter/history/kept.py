"""Both sides from the store: visits as they were coded last, and other people's ChargeItems as they were read last.

A foreign item that the last coding of its visit did not find any more, or whose deletion was told, is no charge: it was
deleted in the EHR. One counts when it is a charge (not in error, not aborted) with a known day, one code and units; the
others cannot be compared and are counted by `unreadable`. Its modifiers are in no standard element of R4: JW is taken
from a further coding or from an extension of a modifier's coding, wherever the EHR put it.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
from sqlalchemy import Connection

from fhir_adapter.coding.model import Visit, VisitResult
from fhir_adapter.derive import SecondOpinion
from fhir_adapter.history.opinions import Opinion
from fhir_adapter.history.side import WASTED, CodedVisit, PersonsCharge
from fhir_adapter.reconcile import SeenItem, seen_item
from fhir_adapter.store import versions, visits
from fhir_adapter.store.columns import EPOCH


class _Chart(msgspec.Struct):
    visit: Visit
    charge_items: dict[str, tuple[str, ...]] = {}


class People(msgspec.Struct, frozen=True, kw_only=True):
    """What people charged on the server, and how many of their items could not be read as one line."""

    charges: tuple[PersonsCharge, ...]
    unreadable: int


def coded_visits(conn: Connection, source: str) -> tuple[CodedVisit, ...]:
    """The latest coding of every visit of a source that has an administration."""
    numbers = [summary.number for summary in visits.listed(conn, source=source)]
    kept = (visits.get(conn, number) for number in numbers)
    found = (_coded(one) for one in kept if one is not None)
    return tuple(visit for visit in found if visit.visit.administrations)


def _coded(kept: visits.Kept) -> CodedVisit:
    chart = msgspec.json.decode(kept.visit.chart, type=_Chart)
    return CodedVisit(
        number=kept.summary.number,
        key=kept.summary.key,
        state=kept.summary.state,
        held_by=kept.summary.held_by,
        visit=chart.visit,
        lines=msgspec.json.decode(kept.visit.result, type=VisitResult).lines,
        charge_items=chart.charge_items,
    )


def opinions(conn: Connection, source: str) -> tuple[Opinion, ...]:
    """Of every visit of a source that was coded under a second rulebook too."""
    numbers = [summary.number for summary in visits.listed(conn, source=source)]
    kept = (visits.get(conn, number) for number in numbers)
    return tuple(_opinion(one) for one in kept if one is not None and one.visit.second_opinion)


def _opinion(kept: visits.Kept) -> Opinion:
    second = msgspec.json.decode(kept.visit.second_opinion or b"", type=SecondOpinion)
    coded = _coded(kept)
    return Opinion(
        number=coded.number,
        dates=coded.dates,
        setting=coded.setting,
        rulebook=kept.visit.rulebook,
        other=second.result.rulebook,
        differences=second.differences,
    )


def people_on_the_server(
    conn: Connection, source: str, coded: Sequence[CodedVisit], *, our_system: str, zone: ZoneInfo
) -> People:
    """`coded` are the visits of the source: what was there when they were read."""
    there = frozenset(versions.not_deleted(conn, source, "ChargeItem", EPOCH))
    bodies = [version.body for version in versions.latest(conn, source, "ChargeItem") if version.id in there]
    items = [(body, seen_item(body, our_system=our_system, zone=zone)) for body in bodies]
    read = _read_last(coded)
    foreign = [(body, item) for body, item in items if item.identifier is None and _counts(item, read)]
    charges = tuple(charge for body, item in foreign if (charge := _charge(body, item)))
    return People(charges=charges, unreadable=len(foreign) - len(charges))


def _read_last(coded: Sequence[CodedVisit]) -> dict[str, set[str]]:
    """Encounter → the ids of the ChargeItems that it had when a visit of it was coded last."""
    read: dict[str, set[str]] = {}
    for visit in coded:
        for encounter, ids in visit.charge_items.items():
            read.setdefault(encounter, set()).update(ids)
    return read


def _counts(item: SeenItem, read: Mapping[str, set[str]]) -> bool:
    """An encounter that was not read says nothing about its items."""
    return item.is_a_charge and item.id in read.get(item.encounter, {item.id})


def _charge(body: bytes, item: SeenItem) -> PersonsCharge | None:
    codes = [code for code in item.codes if code != WASTED]
    if len(codes) != 1 or item.date is None or item.units is None:
        return None
    wasted = WASTED in item.codes or WASTED in set(_coded_in_extensions(json.loads(body)))
    return PersonsCharge(
        encounter=item.encounter,
        date=item.date,
        code=codes[0],
        units=Decimal(item.units),
        modifiers=(WASTED,) if wasted else (),
    )


def _coded_in_extensions(item: dict[str, Any]) -> Iterator[str]:
    for extension in item.get("extension", ()):
        coding = extension.get("valueCoding") or {}
        yield str(coding.get("code") or extension.get("valueCode") or "").upper()
