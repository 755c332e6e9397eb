"""Visits that the chart no longer has: deleted, cancelled, or one with another now.

Such a visit leaves the list, unless a charge of it stands that could not be taken back (the biller has it, somebody
changed it, the EHR refused). Then it stays there as held, without lines, and says which charge and why, until a person
has seen to it. Nothing is ever left standing in silence.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence

import msgspec
from sqlalchemy import Connection

from fhir_adapter.coding.model import Finding, VisitResult
from fhir_adapter.reconcile import Keep, Step, left_standing
from fhir_adapter.store import Claim, ledger, visits
from fhir_adapter.store.visits import CodedVisit


def retire(conn: Connection, claim: Claim, there: Collection[str], strays: Sequence[Step]) -> tuple[int, ...]:
    """`there`: the keys of the visits that the chart has. The numbers of those that stay on the list come back."""
    standing = _standing(conn, claim, strays)
    for summary in visits.listed(conn, source=claim.source, patient=claim.patient):
        if summary.key not in there and not standing.get(summary.key):
            visits.retire(conn, claim.source, summary.key)
    return tuple(_stays(conn, claim, key, found) for key, found in standing.items() if found and key not in there)


def _standing(conn: Connection, claim: Claim, strays: Sequence[Step]) -> dict[str, list[Finding]]:
    """Key of a visit → what stands of it."""
    found: dict[str, list[Finding]] = defaultdict(list)
    for step in strays:
        if isinstance(step, Keep) and (known := ledger.get(conn, claim.source, step.charge.key.identifier)):
            found[known.visit_key] += left_standing(step.entry)
    return found


def _stays(conn: Connection, claim: Claim, key: str, found: Sequence[Finding]) -> int:
    *_, last = visits.history(conn, claim.source, key)
    kept = visits.get(conn, last.number)
    assert kept is not None, "it was just listed"
    return visits.keep(conn, claim, _held(kept.visit, tuple(found)))


def _held(visit: CodedVisit, found: tuple[Finding, ...]) -> CodedVisit:
    result = msgspec.json.decode(visit.result, type=VisitResult)
    return msgspec.structs.replace(
        visit,
        state="held",
        disposition="held",
        held_by=tuple(dict.fromkeys(finding.id for finding in found)),
        lines=0,
        result=msgspec.json.encode(msgspec.structs.replace(result, disposition="held", lines=(), findings=found)),
        second_opinion=None,
    )
