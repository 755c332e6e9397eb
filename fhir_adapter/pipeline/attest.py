"""A claimed patient's attestations: for each version of a ChargeItem that was written, its Provenance, and where the
source wants it an AuditEvent.

    the EHR's CapabilityStatement takes none     `untaken`; it is asked again after an hour
    the EHR refuses one, in words too            `refused`, counted; the charge stands
    the EHR does not answer                      the lane tries again; charges are written meanwhile

Whether one was there already the EHR knows: the create is conditional on target and time of the order.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from fhir_adapter.errors import EhrConflict, EhrNotFound, EhrRejected
from fhir_adapter.pipeline.parts import Parts, SourceParts
from fhir_adapter.post import Kind, Posted, VersionOf, attestation, sources_of
from fhir_adapter.store import Claim, attesting, versions
from fhir_adapter.store.attesting import Attested, Owed

ASKED_AGAIN = timedelta(hours=1)
SEVERAL = 412
"""More than one is there already."""
FOUND_BY: Mapping[Kind, tuple[str, str]] = {"Provenance": ("target", "recorded"), "AuditEvent": ("entity", "date")}
"""The search parameters of what was written, and of when. They are written in order: from then on means this one."""
Taken = tuple[Kind, ...]


class Attest:
    """The step of the lane `attest`. It remembers for a while what each EHR takes."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._known: dict[str, tuple[datetime, Taken]] = {}

    async def __call__(self, claim: Claim) -> None:
        """Ends the claim when nothing is owed, or the source is paused."""
        parts, source = self._parts, self._parts.source(claim.source)
        taken = await self._taken(claim.source, source)
        while owed := await parts.store.write(lambda conn: attesting.take(conn, claim, lease=parts.lease)):
            state = await self._attested(claim.source, source, owed, taken)
            await self._settle(claim, owed.number, state)
            parts.metrics.attested.labels(claim.source, state).inc()

    async def _settle(self, claim: Claim, number: int, state: Attested) -> None:
        parts = self._parts
        await parts.store.write(lambda conn: attesting.settle(conn, claim, number, state, lease=parts.lease))

    async def _taken(self, name: str, source: SourceParts) -> Taken:
        """Which of the two are wanted and taken."""
        asked_at, taken = self._known.get(name, (None, ()))
        now = self._parts.clock()
        if asked_at is None or now - asked_at >= ASKED_AGAIN:
            wanted: dict[Kind, bool] = {"Provenance": source.provenance, "AuditEvent": source.audit_event}
            stated = await source.ehr.statement()
            taken = tuple(kind for kind, is_wanted in wanted.items() if is_wanted and stated.takes(kind))
            self._known[name] = (now, taken)
        return taken

    async def _attested(self, name: str, source: SourceParts, owed: Owed, taken: Taken) -> Attested:
        version_of = await self._versions(name, owed)
        try:
            for kind in taken:
                await _create(kind, _posted(owed), source, version_of)
        except (EhrRejected, EhrNotFound):
            return "refused"
        return "written" if taken else "untaken"

    async def _versions(self, name: str, owed: Owed) -> VersionOf:
        """What had been read of the chart when the order was decided."""
        rests_on = sources_of(owed.body)
        found = await self._parts.store.read(
            lambda conn: {one: versions.as_of(conn, name, *one, owed.created_at) for one in rests_on}
        )
        return lambda kind, resource: found[kind, resource]


def _posted(owed: Owed) -> Posted:
    return Posted(item=owed.item, version=owed.version, action=owed.action, body=owed.body, decided=owed.created_at)


async def _create(kind: Kind, posted: Posted, source: SourceParts, version_of: VersionOf) -> None:
    """What it names may be deleted: refused with references, it is told in words."""
    try:
        await _told(kind, posted, source, attestation(kind, posted, source.names, version_of))
    except EhrRejected:
        await _told(kind, posted, source, attestation(kind, posted, source.names, version_of, in_words=True))


async def _told(kind: Kind, posted: Posted, source: SourceParts, body: bytes) -> None:
    about, at = FOUND_BY[kind]
    try:
        await source.ehr.create(
            kind, body, if_none_exist={about: f"ChargeItem/{posted.item}", at: f"ge{posted.recorded}"}
        )
    except EhrConflict as conflict:
        if conflict.status != SEVERAL:
            raise
