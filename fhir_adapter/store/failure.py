"""What a database driver's error means to the rest of the house.

The driver's own words may quote a row, so they go no further: the message that leaves has a kind and a code only.
"""

from __future__ import annotations

from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from fhir_adapter.errors import StoreBusy, StoreError, StoreFull

SQLITE_BUSY = {5, 6}
SQLITE_NO_ROOM = {8, 10, 13, 14}
"""READONLY, IOERR, FULL, CANTOPEN: primary result codes, https://www.sqlite.org/rescode.html"""
POSTGRES_AWAY = ("08", "57P", "40", "55P03", "25P03")
"""Connection lost, shutting down, rolled back for somebody else's sake, lock not available, asleep in a transaction:
https://www.postgresql.org/docs/current/errcodes-appendix.html"""
POSTGRES_NO_ROOM = ("53100", "25006")


def translated(error: Exception) -> Exception:
    """Errors of the database become StoreErrors; what the work itself raised stays as it is."""
    if isinstance(error, DBAPIError):
        return _of_driver(error)
    if isinstance(error, SQLAlchemyError):
        return StoreError(f"the database did not do what was asked ({type(error).__name__})")
    return error


def _of_driver(error: DBAPIError) -> StoreError:
    sqlite = getattr(error.orig, "sqlite_errorcode", None)
    primary = None if sqlite is None else sqlite & 0xFF
    state = getattr(error.orig, "sqlstate", None) or ""
    if primary in SQLITE_NO_ROOM or state.startswith(POSTGRES_NO_ROOM):
        return StoreFull("the disk under the database is full or not writable")
    away = error.connection_invalidated or (primary is None and not state)
    if primary in SQLITE_BUSY or away or state.startswith(POSTGRES_AWAY):
        return StoreBusy("the database is busy or not reached; try again in a moment")
    return StoreError(f"the database did not do what was asked ({type(error.orig).__name__} {state or sqlite})")
