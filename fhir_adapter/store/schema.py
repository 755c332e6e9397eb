"""All tables. Statements on them are in the file named for the table; nothing outside this room writes SQL.

A change here is a step in `migrations/`, which only adds (an index may be replaced): new columns come last in their
table. `VERSION` stands in `schema_version` and says which programs can work on a database at all. It moves when that
promise ends; a database of another version is refused, never guessed at. Instants are microseconds (columns.py), bodies
are bytes as they came; one that retention removed is empty, and its hash stays.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Date,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    text,
)

from fhir_adapter.store.columns import Instant, Number, Words

VERSION = 1
metadata = MetaData()

schema_version = Table("schema_version", metadata, Column("version", Integer, primary_key=True, autoincrement=False))


def _claimable(name: str) -> Table:
    """A patient whose work may be older than its facts. Due and sending are claimed in the same way (due.py)."""
    table = Table(
        name,
        metadata,
        Column("source", String, primary_key=True),
        Column("patient", String, primary_key=True),
        Column("generation", BigInteger, nullable=False),
        Column("coded_generation", BigInteger, nullable=False),
        Column("first_marked_at", Instant, nullable=False),
        Column("due_at", Instant, nullable=False),
        Column("token", String),
        Column("claimed_until", Instant),
        Column("attempts", Integer, nullable=False),
        Column("state", String, nullable=False),
        Column("state_code", String),
    )
    behind = text("generation > coded_generation")
    Index(f"{name}_by_time", table.c.due_at, sqlite_where=behind, postgresql_where=behind)
    return table


due = _claimable("due")
sending = _claimable("sending")
attesting = _claimable("attesting")

inbox = Table(
    "inbox",
    metadata,
    Column("number", Number, primary_key=True),
    Column("received_at", Instant, nullable=False),
    Column("source", String, nullable=False),
    Column("shape", String, nullable=False),
    Column("method", String, nullable=False),
    Column("type", String),
    Column("id", String),
    Column("version", String),
    Column("patient", String),
    Column("body", LargeBinary, nullable=False),
    Column("fault", Text),
    Column("state", String, nullable=False),
    Column("generation", BigInteger),
    Column("coded_generation", BigInteger),
    Column("visits", Words, nullable=False),
    Column("body_hash", String),
    Column("removed_at", Instant),
)
MARKED, _kept = text("state = 'marked'"), text("removed_at IS NULL")
SENDERS = ("POST", "PUT", "DELETE")
"""Methods of what a source itself said; a sweep, a watch and an export are us asking."""
SENT = text(f"method IN {SENDERS}")
Index("inbox_resource", inbox.c.source, inbox.c.type, inbox.c.id)
Index("inbox_marked", inbox.c.source, inbox.c.patient, sqlite_where=MARKED, postgresql_where=MARKED)
Index("inbox_state", inbox.c.state, inbox.c.number)
Index("inbox_sent", inbox.c.source, inbox.c.number, sqlite_where=SENT, postgresql_where=SENT)
Index("inbox_kept", inbox.c.source, inbox.c.patient, sqlite_where=_kept, postgresql_where=_kept)

versions = Table(
    "resource_versions",
    metadata,
    Column("source", String, primary_key=True),
    Column("type", String, primary_key=True),
    Column("id", String, primary_key=True),
    Column("version_id", String, primary_key=True),
    Column("last_updated", Instant),
    Column("patient", String),
    Column("body", LargeBinary, nullable=False),
    Column("kept_at", Instant, nullable=False),
    Column("body_hash", String),
    Column("removed_at", Instant),
)
Index("resource_versions_patient", versions.c.source, versions.c.patient)

visits = Table(
    "coded_visits",
    metadata,
    Column("number", Number, primary_key=True),
    Column("source", String, nullable=False),
    Column("patient", String, nullable=False),
    Column("key", String, nullable=False),
    Column("generation", BigInteger, nullable=False),
    Column("coded_at", Instant, nullable=False),
    Column("rulebook", String, nullable=False),
    Column("rulebook_hash", String, nullable=False),
    Column("data_hash", String, nullable=False),
    Column("engine", String, nullable=False),
    Column("disposition", String, nullable=False),
    Column("state", String, nullable=False),
    Column("held_by", Words, nullable=False),
    Column("lines", Integer, nullable=False),
    Column("result", LargeBinary, nullable=False),
    Column("second_opinion", LargeBinary),
    Column("chart", LargeBinary, nullable=False),
    Column("latest", Boolean, nullable=False),
)
_latest = text("latest")
Index("coded_visits_latest", visits.c.source, visits.c.key, unique=True, sqlite_where=_latest, postgresql_where=_latest)
Index("coded_visits_history", visits.c.source, visits.c.key, visits.c.number)
Index("coded_visits_patient", visits.c.source, visits.c.patient)
Index("coded_visits_state", visits.c.state, visits.c.latest)

ledger = Table(
    "ledger",
    metadata,
    Column("source", String, primary_key=True),
    Column("identifier", String, primary_key=True),
    Column("patient", String, nullable=False),
    Column("encounter", String, nullable=False),
    Column("date", Date, nullable=False),
    Column("code", String, nullable=False),
    Column("modifiers", Words, nullable=False),
    Column("ndc", String),
    Column("units", Integer, nullable=False),
    Column("status", String, nullable=False),
    Column("visit_key", String, nullable=False),
    Column("administrations", Words, nullable=False),
    Column("charge", LargeBinary, nullable=False),
    Column("item", String),
    Column("version", String),
    Column("body_hash", String),
    Column("trouble", String),
    Column("updated_at", Instant, nullable=False),
)
Index("ledger_patient", ledger.c.source, ledger.c.patient)
Index("ledger_visit", ledger.c.source, ledger.c.visit_key)

outbox = Table(
    "outbox",
    metadata,
    Column("number", Number, primary_key=True),
    Column("source", String, nullable=False),
    Column("patient", String, nullable=False),
    Column("visit_key", String, nullable=False),
    Column("generation", BigInteger, nullable=False),
    Column("identifier", String, nullable=False),
    Column("action", String, nullable=False),
    Column("body", LargeBinary, nullable=False),
    Column("state", String, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("state_code", String),
    Column("created_at", Instant, nullable=False),
    Column("settled_at", Instant),
    Column("item", String),
    Column("version", String),
    Column("attested", String),
)
Index("outbox_state", outbox.c.state, outbox.c.number)
UNSENT = text("state IN ('pending', 'ambiguous')")
Index(
    "outbox_unsent",
    outbox.c.source,
    outbox.c.patient,
    outbox.c.number,
    sqlite_where=UNSENT,
    postgresql_where=UNSENT,
)
Index("outbox_identifier", outbox.c.source, outbox.c.identifier, outbox.c.number)
Index("outbox_caused", outbox.c.source, outbox.c.patient, outbox.c.generation)
Index("outbox_visit", outbox.c.source, outbox.c.visit_key)
OWED = text("attested = 'owed'")
Index("outbox_owed", outbox.c.source, outbox.c.patient, outbox.c.number, sqlite_where=OWED, postgresql_where=OWED)

pauses = Table(
    "pauses",
    metadata,
    Column("source", String, primary_key=True),
    Column("since", Instant, nullable=False),
    Column("why", Text, nullable=False),
    Column("who", String, nullable=False),
)

counters = Table(
    "counters",
    metadata,
    Column("name", String, primary_key=True),
    Column("value", BigInteger, nullable=False),
)

watermarks = Table(
    "watermarks",
    metadata,
    Column("source", String, primary_key=True),
    Column("type", String, primary_key=True),
    Column("at", Instant, nullable=False),
)

access = Table(
    "access_log",
    metadata,
    Column("number", Number, primary_key=True),
    Column("at", Instant, nullable=False),
    Column("who", String, nullable=False),
    Column("what", String, nullable=False),
)

decisions = Table(
    "decisions",
    metadata,
    Column("number", Number, primary_key=True),
    Column("source", String, nullable=False),
    Column("patient", String, nullable=False),
    Column("kind", String, nullable=False),
    Column("about", String, nullable=False),
    Column("value", Text, nullable=False),
    Column("drug", String, nullable=False),
    Column("why", Text, nullable=False),
    Column("who", String, nullable=False),
    Column("at", Instant, nullable=False),
    Column("undone_at", Instant),
    Column("undone_by", String),
    Column("undone_why", Text),
)
Index("decisions_patient", decisions.c.source, decisions.c.patient)

heard = Table(
    "heard",
    metadata,
    Column("source", String, primary_key=True),
    Column("subscription", String, primary_key=True),
    Column("number", BigInteger, nullable=False),
)

exports = Table(
    "exports",
    metadata,
    Column("source", String, primary_key=True),
    Column("asked_at", Instant, nullable=False),
    Column("since", Instant),
    Column("group_id", String),
    Column("state", String, nullable=False),
    Column("state_code", String),
    Column("poll", Text),
    Column("files", Words, nullable=False),
    Column("file", Integer, nullable=False),
    Column("line", BigInteger, nullable=False),
    Column("kept", BigInteger, nullable=False),
)
