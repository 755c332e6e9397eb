"""What became of a patient's orders, in the ledger and the outbox: in the transaction that the sender commits.

In place: the ledger knows item, version and the hash of the body, and the version is to be attested. Left alone: the
order is parked, the ledger says why, and the patient is marked, so that coding finds it where people look.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from hashlib import sha256

from sqlalchemy import Connection

from fhir_adapter.pipeline.parts import Parts
from fhir_adapter.post import InPlace, LeftAlone, Nothing, Outcome
from fhir_adapter.store import Claim, attesting, due, ledger, outbox
from fhir_adapter.store.outbox import Entry

AT_ONCE = timedelta(0)
Done = list[tuple[Entry, Outcome]]


def keep(conn: Connection, claim: Claim, done: Done, parts: Parts) -> None:
    """The claim must still be mine."""
    for entry, outcome in done:
        if isinstance(outcome, LeftAlone):
            _leave_alone(conn, claim, entry, outcome, parts)
        elif isinstance(outcome, InPlace):
            _in_place(conn, claim, entry, outcome, parts)
    for state, entries in _ended(done):
        outbox.settle(conn, claim, entries, state, None, lease=parts.lease)


def _leave_alone(conn: Connection, claim: Claim, entry: Entry, outcome: LeftAlone, parts: Parts) -> None:
    ledger.leave_alone(conn, claim.source, entry.identifier, outcome.trouble)
    outbox.settle(conn, claim, [entry], "parked", outcome.trouble, lease=parts.lease)
    due.mark(conn, claim.source, claim.patient, settle=AT_ONCE, max_wait=AT_ONCE)


def _in_place(conn: Connection, claim: Claim, entry: Entry, outcome: InPlace, parts: Parts) -> None:
    digest = f"sha256:{sha256(entry.body).hexdigest()}"
    item, version = outcome.item, outcome.version
    ledger.written(conn, claim.source, entry.identifier, item=item, version=version, body_hash=digest)
    if parts.source(claim.source).attests:
        attesting.owe(conn, claim, entry.number, item=item, version=version)


def _ended(done: Done) -> Iterator[tuple[outbox.State, list[Entry]]]:
    """What was created and never was is replaced; everything else that was not left alone is sent."""
    ended: dict[outbox.State, list[Entry]] = {}
    for entry, outcome in done:
        if not isinstance(outcome, LeftAlone):
            never_was = isinstance(outcome, Nothing) and entry.action == "create"
            ended.setdefault("replaced" if never_was else "sent", []).append(entry)
    yield from ended.items()
