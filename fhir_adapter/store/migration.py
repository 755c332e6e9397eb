"""From whatever tables a database has to those of this program, in one transaction, by Alembic's steps.

    nothing there              made, step by step
    tables, no revision        made by the first program: said to be at 0001, then taken on
    an older revision          SQLite is copied aside first; then taken on
    a revision we do not know  a newer program was here; steps only add, so this program works as before
    another schema_version     refused: the promise that steps only add has ended

On PostgreSQL whoever holds an advisory lock makes the tables; processes that start together wait for it.
"""

from __future__ import annotations

from pathlib import Path

import msgspec
from sqlalchemy import Connection, Engine, func, inspect, select, text
from sqlalchemy.exc import SQLAlchemyError

from fhir_adapter.errors import ConfigurationError
from fhir_adapter.store import backup, schema
from fhir_adapter.store.dialect import on_postgresql
from fhir_adapter.store.failure import translated
from fhir_adapter.vocabulary import Clock

FIRST, HEAD = "0001", "0006"
KNOWN = (None, FIRST, "0002", "0003", "0004", "0005", HEAD)
"""Every revision that this program can take on; a test compares it with the steps."""
SCHEMA_LOCK = 7_246_001
"""Any number: whoever holds it in PostgreSQL is the one that makes the tables."""
REVISIONS = "alembic_version"


class Migrated(msgspec.Struct, frozen=True, kw_only=True):
    """From which revision to which (None: nothing was there), and where the copy of before is."""

    before: str | None
    after: str
    copy: Path | None = None


def migrate(engine: Engine, folder: Path, clock: Clock) -> Migrated:
    """Bring the tables to `HEAD`; they may be there already. A copy is made only where there was something to lose."""
    try:
        with engine.connect() as conn, conn.begin():
            _alone(conn)
            found = revision(conn)
            if found not in KNOWN or found == HEAD:
                return Migrated(before=found, after=found or HEAD)
            copy = backup.before_migration(conn, folder, found, clock()) if found else None
            _take_on(conn, found)
            return Migrated(before=found, after=HEAD, copy=copy)
    except SQLAlchemyError as error:
        raise translated(error) from None


def refuse_behind(engine: Engine) -> None:
    """Who only reads cannot migrate, and would miss columns."""
    try:
        with engine.connect() as conn:
            found = revision(conn)
    except SQLAlchemyError as error:
        raise translated(error) from None
    if found in KNOWN and found != HEAD:
        raise ConfigurationError("database: its tables are an earlier program's: run `fhir-adapter db migrate`")


def revision(conn: Connection) -> str | None:
    """Where the tables are; None where there are none. ConfigurationError for tables that are not for this program."""
    tables = inspect(conn).get_table_names()
    if schema.schema_version.name not in tables:
        return None
    version = conn.execute(select(schema.schema_version.c.version)).scalar_one()
    if version != schema.VERSION:
        raise ConfigurationError(f"database: it has schema {version}, this program needs schema {schema.VERSION}")
    if REVISIONS not in tables:
        return FIRST
    return str(conn.execute(text(f"SELECT version_num FROM {REVISIONS}")).scalar_one())


def _alone(conn: Connection) -> None:
    if on_postgresql(conn):
        conn.execute(select(func.pg_advisory_xact_lock(SCHEMA_LOCK)))


def _take_on(conn: Connection, found: str | None) -> None:
    from alembic import command  # imported here: it takes longer than a start that has nothing to migrate
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", "fhir_adapter.store:migrations")
    config.attributes["connection"] = conn
    if found == FIRST and not inspect(conn).has_table(REVISIONS):
        command.stamp(config, FIRST)
    command.upgrade(config, HEAD)
