"""What stands of visits that the chart no longer has: deleted, cancelled, or moved to somebody else.

Such a visit leaves the list, unless a charge of it stands that could not be taken back (the biller has it, somebody
changed it, the EHR refused). Then it stays there as held, without lines, and says which charge and why, until a person
has seen to it. Where a part of it is still a visit, that one says so; where its key is another patient's now, it stays
under a key with the patient's name.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence

import msgspec
from msgspec.structs import replace
from sqlalchemy import Connection

from fhir_adapter.coding.model import Finding, VisitResult
from fhir_adapter.reconcile import Keep, Plan, VisitPlan, left_standing
from fhir_adapter.store import Claim, visits
from fhir_adapter.store.visits import CodedVisit

Standing = Mapping[str, Sequence[Finding]]
"""Key of a visit → what stands of it and is explained by no visit of the chart."""


def standing(plan: Plan, visit_of: Mapping[str, str]) -> Standing:
    """`visit_of`: identifier of a charge → the visit that it was decided for."""
    found: dict[str, list[Finding]] = defaultdict(list)
    for step in plan.strays:
        if isinstance(step, Keep):
            found[visit_of[step.charge.key.identifier]] += left_standing(step.entry)
    return {key: findings for key, findings in found.items() if findings}


def with_standing(of_visit: VisitPlan, left: Standing) -> VisitPlan:
    """A visit of which only a part is gone goes on; what stands of that part is a warning on it."""
    told = tuple(replace(finding, severity="warning") for finding in left.get(of_visit.visit, ()))
    return replace(of_visit, findings=of_visit.findings + told)


def retire(conn: Connection, claim: Claim, there: Collection[str], left: Standing) -> tuple[int, ...]:
    """`there`: the keys of the visits that the chart has. The numbers of those that stay on the list come back."""
    stay = {_own_key(conn, claim, key): key for key in left if key not in there}
    for summary in visits.listed(conn, source=claim.source, patient=claim.patient):
        if summary.key not in there and summary.key not in stay:
            visits.retire(conn, claim.source, summary.key)
    kept = ((own, visits.last_of(conn, claim.source, key, claim.patient), left[key]) for own, key in stay.items())
    return tuple(visits.keep(conn, claim, _held(own, last.visit, tuple(found))) for own, last, found in kept if last)


def _own_key(conn: Connection, claim: Claim, key: str) -> str:
    latest = visits.latest(conn, claim.source, key)
    is_anothers = latest is not None and latest.summary.patient != claim.patient
    return f"{key}/{claim.patient.rpartition('/')[2]}" if is_anothers else key


def _held(key: str, visit: CodedVisit, found: tuple[Finding, ...]) -> CodedVisit:
    result = msgspec.json.decode(visit.result, type=VisitResult)
    return replace(
        visit,
        key=key,
        state="held",
        disposition="held",
        held_by=tuple(dict.fromkeys(finding.id for finding in found)),
        lines=0,
        result=msgspec.json.encode(replace(result, disposition="held", lines=(), findings=found)),
        second_opinion=None,
    )
