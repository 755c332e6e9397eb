"""How long SQLite's WAL may become while others read.

The problem: SQLite copies the WAL into the database by itself (at 1,000 pages), but begins it anew only in a moment in
which nobody reads from it. A busy adapter has no such moment, and the file grows for as long as it is busy.

    9 MB, and readers come and go       those that began before are waited for, at most 100 ms: 0 MB
    9 MB, and a backup reads for long   it is left at that, and tried again ten seconds later

Decided: the one connection that writes looks at the file's length each time it is given back, after the commit. Left
out: a thread of its own, which would have to write beside the writer (engines.py says why not).

Source: https://www.sqlite.org/wal.html ("Avoiding Excessively Large WAL Files").
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from time import monotonic

LENGTH = 8 * 1024 * 1024
PATIENCE_MS, AGAIN_S = 100, 10


class ShortWal:
    """Cuts the WAL of a database back to nothing when it is longer than `length` bytes."""

    def __init__(
        self, database: Path, otherwise_ms: int, length: int = LENGTH, seconds: Callable[[], float] = monotonic
    ) -> None:
        self._wal, self._otherwise_ms = database.with_name(f"{database.name}-wal"), otherwise_ms
        self._length, self._seconds, self._not_before = length, seconds, seconds()

    def __call__(self, connection: sqlite3.Connection) -> None:
        """Outside of a transaction only. What fails here was committed before, and is tried again later."""
        if self._is_long() and self._seconds() >= self._not_before:
            with suppress(sqlite3.Error):
                self._cut(connection)
            if self._is_long():
                self._not_before = self._seconds() + AGAIN_S

    def _is_long(self) -> bool:
        try:
            return self._wal.stat().st_size > self._length
        except FileNotFoundError:
            return False

    def _cut(self, connection: sqlite3.Connection) -> None:
        connection.execute(f"PRAGMA busy_timeout={PATIENCE_MS}")
        try:
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
        finally:
            connection.execute(f"PRAGMA busy_timeout={self._otherwise_ms}")
