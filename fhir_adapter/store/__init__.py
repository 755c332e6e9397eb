"""Facts are kept here: told, read, decided, sent. Every statement of the house is in this room, in SQLAlchemy Core.

    store = open_store("sqlite", folder, clock)
    number = await store.write(lambda conn: inbox.record(conn, notification, settle=settle, max_wait=max_wait))
    claims = await store.write(lambda conn: due.claim(conn, slots=4, lease=lease, max_attempts=5))

The coding step ends in one transaction; where the claim is lost, nothing of it is kept:

    def conclude(conn):
        versions.keep(conn, claim.source, read)
        numbers = tuple(visits.keep(conn, claim, visit) for visit in coded)
        for entry in entries: ledger.decide(conn, entry, visit_key)
        outbox.ask(conn, claim, requests)
        inbox.coded(conn, claim, numbers)
        due.finish(conn, claim)

and the sending step is `outbox.take`, the request, `ledger.written` with `outbox.settle`, until `take` gives None: it
has then ended the claim. Values in and out are frozen structs.

Refused: naive times, a second writer, another schema version.
"""

from fhir_adapter.store import (
    access,
    condition,
    counters,
    decisions,
    due,
    exports,
    heard,
    inbox,
    ledger,
    outbox,
    pauses,
    progress,
    versions,
    visits,
    watermarks,
)
from fhir_adapter.store.due import Claim
from fhir_adapter.store.opening import Store, open_for_reading, open_store

__all__ = [
    "Claim",
    "Store",
    "access",
    "condition",
    "counters",
    "decisions",
    "due",
    "exports",
    "heard",
    "inbox",
    "ledger",
    "open_for_reading",
    "open_store",
    "outbox",
    "pauses",
    "progress",
    "versions",
    "visits",
    "watermarks",
]
