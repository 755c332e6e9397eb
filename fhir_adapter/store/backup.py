"""Copies of a SQLite database, made while it runs, and putting one back. PostgreSQL has its own: pg_dump.

A copy is whole (SQLite's online backup), checked (`quick_check`), on the disk before it has its name, and 0600. What is
put back takes the place of the database in one step; the one before is kept beside the copies.
"""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing
from datetime import datetime
from pathlib import Path

from sqlalchemy import Connection

from fhir_adapter.errors import ConfigurationError, StoreError, StoreFull
from fhir_adapter.settings.folder import private_folder
from fhir_adapter.store.dialect import on_postgresql
from fhir_adapter.store.folder import DATABASE, private_file

COPIES = "backups"


def before_migration(conn: Connection, folder: Path, revision: str, at: datetime) -> Path | None:
    """A copy of what was there, under the name of its revision. On PostgreSQL copies are the database's own affair."""
    if on_postgresql(conn):
        return None
    return copy_sqlite(folder / DATABASE, _place(folder, f"before-migration-of-{revision}", at))


def copy_sqlite(database: Path, to: Path) -> Path:
    """Copy a database that may be written meanwhile: in one look, as a copy by steps begins anew at every commit.
    Refuses to overwrite a file."""
    if to.exists():
        raise ConfigurationError(f"{to}: there is a file of this name; a copy never overwrites one")
    aside = private_file(to.with_name(f"{to.name}.part"))
    try:
        with closing(_reading(database)) as source, closing(sqlite3.connect(aside)) as target:
            source.backup(target)
            target.execute("PRAGMA journal_mode=DELETE")
        check_sqlite(aside)
        _on_disk(aside)
        aside.rename(to)
        _on_disk(to.parent)
    except (OSError, sqlite3.Error):
        aside.unlink(missing_ok=True)
        raise StoreFull(f"{to}: the copy could not be written") from None
    return to


def restore_sqlite(copy: Path, folder: Path, at: datetime) -> Path | None:
    """Put a copy in place of the database; nobody may have it open (hold the writer's lock). Where the old one went."""
    check_sqlite(copy)
    database = folder / DATABASE
    kept = None
    if database.exists():
        kept = copy_sqlite(database, _place(folder, "before-restore", at))
    fresh = database.with_name(f"{DATABASE}.restoring")
    fresh.unlink(missing_ok=True)
    copy_sqlite(copy, fresh)
    for beside in ("-wal", "-shm"):
        database.with_name(database.name + beside).unlink(missing_ok=True)
    fresh.rename(database)
    _on_disk(folder)
    return kept


def check_sqlite(copy: Path) -> None:
    """Refuses a file that is no whole database of ours."""
    if not copy.is_file():
        raise ConfigurationError(f"{copy}: there is no such file")
    try:
        with closing(_reading(copy)) as conn:
            whole = conn.execute("PRAGMA quick_check").fetchone() == ("ok",)
            ours = conn.execute("SELECT count(*) FROM sqlite_master WHERE name = 'schema_version'").fetchone() == (1,)
    except sqlite3.Error:
        whole = ours = False
    if not (whole and ours):
        raise StoreError(f"{copy}: not a whole database of fhir-adapter")


def _place(folder: Path, what: str, at: datetime) -> Path:
    copies = folder / COPIES
    private_folder(copies)
    return copies / f"{what}-{at:%Y%m%dT%H%M%S%fZ}.sqlite3"


def _reading(database: Path) -> sqlite3.Connection:
    """Never the one that checkpoints (engines.py)."""
    conn = sqlite3.connect(f"{database.absolute().as_uri()}?mode=ro", uri=True)
    conn.execute("PRAGMA query_only=ON")
    return conn


def _on_disk(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
