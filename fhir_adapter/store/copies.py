"""`db backup` and `db restore` for either database, by its address.

SQLite is copied by ourselves (backup.py). PostgreSQL is copied by its own programs, pg_dump and pg_restore, which must
be on the path; the password reaches them in a file that is gone afterwards, never on a command line.
A restore takes the place of everything that is there, so nobody else may be at work: refused otherwise.
"""

from __future__ import annotations

import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from sqlalchemy.engine import URL, make_url

from fhir_adapter.errors import ConfigurationError, StoreBusy, StoreError, StoreLocked
from fhir_adapter.store import backup, engines, folder
from fhir_adapter.vocabulary import Clock


def back_up(url: str, data: Path, to: Path) -> Path:
    """A whole copy, while `serve` goes on."""
    if engines.is_sqlite(url):
        if not (data / folder.DATABASE).exists():
            raise ConfigurationError(f"data: there is no database in {data} yet")
        return backup.copy_sqlite(data / folder.DATABASE, to)
    if to.exists():
        raise ConfigurationError(f"{to}: there is a file of this name; a copy never overwrites one")
    folder.private_file(to)
    try:
        with _connection_of(url) as connection:
            _run("pg_dump", connection, "--format=custom", "--no-owner", f"--file={to}")
    except StoreError:
        to.unlink()
        raise
    return to


def restore(url: str, data: Path, clock: Clock, copy: Path) -> Path | None:
    """Put a copy in place of what is there; where the database of before was kept, if it was."""
    if engines.is_sqlite(url):
        with closing(folder.lock(data)):
            return backup.restore_sqlite(copy, data, clock())
    if not copy.is_file():
        raise ConfigurationError(f"{copy}: there is no such file")
    with _connection_of(url) as connection:
        _refuse_company(connection)
        options = ("--clean", "--if-exists", "--no-owner", "--single-transaction", "--exit-on-error")
        _run("pg_restore", connection, *options, str(copy))
    return None


@contextmanager
def _connection_of(url: str) -> Iterator[str]:
    """The address as libpq reads it, its password in a file of its own."""
    address = make_url(url)
    with tempfile.TemporaryDirectory(prefix="fhir-adapter-") as name:
        secret = Path(name) / "pgpass"
        if address.password is not None:
            folder.private_file(secret).write_text(f"*:*:*:*:{_escaped(str(address.password))}\n", "utf-8")
        yield _libpq(address, secret)


def _libpq(address: URL, secret: Path) -> str:
    from psycopg.conninfo import make_conninfo

    parts = {"host": address.host, "port": address.port, "user": address.username, "dbname": address.database}
    query = {name: value for name, value in address.query.items() if isinstance(value, str)}
    given = {name: str(value) for name, value in (parts | query).items() if value is not None}
    return make_conninfo("", **given, passfile=str(secret))


def _escaped(password: str) -> str:
    return password.replace("\\", "\\\\").replace(":", "\\:")


def _refuse_company(connection: str) -> None:
    import psycopg

    others = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
    try:
        with psycopg.connect(connection) as conn:
            row = conn.execute(others).fetchone()
    except psycopg.Error:
        raise StoreBusy("the database is busy or not reached; try again in a moment") from None
    if row is None or row[0]:
        raise StoreLocked("other processes are connected to the database; stop `serve` and `work` first")


def _run(program: str, connection: str, *arguments: str) -> None:
    """Its own words may name rows; the exit status says enough."""
    try:
        done = subprocess.run([program, f"--dbname={connection}", *arguments], capture_output=True, check=False)
    except FileNotFoundError:
        raise ConfigurationError(f"{program} is not on the path; it comes with PostgreSQL") from None
    if done.returncode != 0:
        raise StoreError(f"{program} ended with status {done.returncode}; nothing was put in place")
