"""A claimed patient: read, code, reconcile, keep.

The ledger is read before the EHR. So whatever a sender writes meanwhile was either pending in that ledger (and nobody
takes its new version for somebody else's edit) or is what was read.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from datetime import timedelta
from zoneinfo import ZoneInfo

import msgspec
from sqlalchemy import Connection

from fhir_adapter.normalize import ChartVisit, visits_of
from fhir_adapter.normalize.decided import Decision, with_decisions
from fhir_adapter.pipeline import gone
from fhir_adapter.pipeline.coded import Coded, code, to_keep, to_reconcile
from fhir_adapter.pipeline.parts import Parts, SourceParts
from fhir_adapter.pipeline.review import is_released, reviewed
from fhir_adapter.post import DryRun, SendOrder, charge_item, settle
from fhir_adapter.receive.snapshot import Snapshot, read_chart
from fhir_adapter.reconcile import (
    Amend,
    Keep,
    LedgerEntry,
    Order,
    Plan,
    Post,
    SeenItem,
    VisitCharges,
    Void,
    reconcile,
    seen_item,
)
from fhir_adapter.store import Claim, decisions, due, inbox, ledger, outbox, versions, visits
from fhir_adapter.store.outbox import Action
from fhir_adapter.store.visits import CodedVisit

_ACTIONS: dict[type[Order], Action] = {Post: "create", Amend: "amend", Void: "void"}


class Written(msgspec.Struct, frozen=True, kw_only=True):
    """An order with the ChargeItem that it asks for, and the visit it belongs to; None: no visit explains it."""

    order: Order
    visit: str | None
    body: bytes


async def code_patient(claim: Claim, parts: Parts) -> None:
    """Ends the claim, in the transaction that keeps what it made."""
    source = parts.source(claim.source)
    known = await parts.store.read(lambda conn: ledger.of_patient(conn, claim.source, claim.patient))
    words = source.words
    snapshot = await read_chart(
        source.ehr,
        claim.patient,
        first_day=source.first_day,
        zone=ZoneInfo(words.time_zone),
        with_coverage=bool(words.payers),
        with_preauthorizations=words.preauthorization_system is not None,
        in_trouble=tuple(entry.item for entry in known if entry.trouble and entry.item),
    )
    before = _within(source, known, snapshot.missing)
    said = await parts.store.read(lambda conn: decisions.of_patient(conn, claim.source, claim.patient))
    coded = [_code(charted, said, source) for charted in visits_of(snapshot.chart, words, now=parts.clock())]
    to_decide = [_to_decide(each, said, source, claim.source) for each in coded]
    seen = _seen(snapshot, source)
    plan = reconcile(to_decide, before, seen)
    left = await _left(claim, plan, parts)
    kept = [
        to_keep(each, gone.with_standing(of_visit, left), source.mode, seen, needs_product=source.needs_product)
        for each, of_visit in zip(coded, plan.visits, strict=True)
    ]
    written = list(_written(plan, source, parts))
    if source.mode == "shadow":
        await _rehearse(written)
        written = []
    await parts.store.write(lambda conn: _conclude(conn, claim, snapshot, left, kept, written))
    _count(parts, claim.source, kept)


def _code(charted: ChartVisit, said: Sequence[Decision], source: SourceParts) -> Coded:
    coded = code(with_decisions(charted, said), source.rulebook, source.second, source.drugs)
    return reviewed(coded, said) if source.post_when == "review" else coded


def _to_decide(coded: Coded, said: Sequence[Decision], source: SourceParts, name: str) -> VisitCharges:
    return to_reconcile(
        coded,
        name,
        needs_product=source.needs_product,
        is_previewed=source.post_when == "planned",
        is_released=is_released(coded, said),
    )


def _within(source: SourceParts, known: tuple[LedgerEntry, ...], missing: Collection[str]) -> tuple[LedgerEntry, ...]:
    """What was charged before the first day is not read again, so its charges are not this coding's to change. An item
    `missing` was deleted by somebody."""
    first = source.first_day
    within = (entry for entry in known if first is None or entry.charge.key.date >= first)
    return tuple(
        msgspec.structs.replace(entry, trouble="missing") if entry.item in missing else entry for entry in within
    )


def _seen(snapshot: Snapshot, source: SourceParts) -> tuple[SeenItem, ...]:
    system, zone = source.names.identifier_system, ZoneInfo(source.words.time_zone)
    items = (version.body for version in snapshot.versions if version.type == "ChargeItem")
    return tuple(seen_item(body, our_system=system, zone=zone) for body in items)


def _written(plan: Plan, source: SourceParts, parts: Parts) -> Iterator[Written]:
    entered = parts.clock()
    visit_of = {id(step): each.visit for each in plan.visits for step in each.steps}
    for order in plan.orders:
        body = charge_item(order.charge, order.status, source.names, entered)
        yield Written(order=order, visit=visit_of.get(id(order)), body=body)


async def _left(claim: Claim, plan: Plan, parts: Parts) -> gone.Standing:
    if not any(isinstance(step, Keep) for step in plan.strays):
        return {}
    visit_of = await parts.store.read(lambda conn: ledger.visit_keys(conn, claim.source, claim.patient))
    return gone.standing(plan, visit_of)


async def _rehearse(written: Sequence[Written]) -> None:
    """What posting would do, without an EHR: an order that could not be carried out shows before the first day."""
    driver = DryRun()
    for each in written:
        identifier = each.order.charge.key.identifier
        await settle(SendOrder(identifier=identifier, status=each.order.status, body=each.body), driver)


def _conclude(
    conn: Connection,
    claim: Claim,
    snapshot: Snapshot,
    left: gone.Standing,
    kept: Sequence[CodedVisit],
    written: Sequence[Written],
) -> None:
    _mark_former(conn, claim, snapshot)
    versions.keep(conn, claim.source, snapshot.versions)
    numbers = tuple(visits.keep(conn, claim, visit) for visit in kept)
    numbers += gone.retire(conn, claim, {visit.key for visit in kept}, left)
    requests = tuple(_ordered(conn, claim, each) for each in written)
    outbox.ask(conn, claim, requests)
    inbox.coded(conn, claim, numbers)
    due.finish(conn, claim)


def _mark_former(conn: Connection, claim: Claim, snapshot: Snapshot) -> None:
    """What has moved here is told by its newest version, and nobody else may ever tell the chart that it left."""
    for former in versions.former_patients(conn, claim.source, snapshot.versions, claim.patient):
        due.mark(conn, claim.source, former, settle=timedelta(0), max_wait=timedelta(0))


def _ordered(conn: Connection, claim: Claim, written: Written) -> outbox.Request:
    order, key = written.order, written.order.charge.key
    visit = written.visit or _visit_before(conn, claim.source, key.identifier)
    entry = LedgerEntry(patient=claim.patient, charge=order.charge, status=order.status)
    ledger.decide(conn, entry, visit)
    return outbox.Request(visit_key=visit, identifier=key.identifier, action=_ACTIONS[type(order)], body=written.body)


def _visit_before(conn: Connection, source: str, identifier: str) -> str:
    known = ledger.get(conn, source, identifier)
    return known.visit_key if known else ""


def _count(parts: Parts, source: str, kept: Sequence[CodedVisit]) -> None:
    for visit in kept:
        parts.metrics.coded.labels(source, visit.state).inc()
