"""A PostgreSQL server for the tests: a fresh cluster, reached only through a Unix socket in a folder of its own.

PostgreSQL refuses to run as root; then it runs as `postgres` or `nobody`. Where no server is installed, the tests that
need one are skipped with one clear line (in CI a skip is a failure, see tests/conftest.py).
"""

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Callable
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path

import psycopg
import pytest

FAST = "-c listen_addresses='' -c fsync=off -c max_connections=60 -k ."


@dataclass(frozen=True)
class Cluster:
    folder: Path
    numbers: count
    run: Callable[..., None]
    """Runs a program of PostgreSQL on the cluster, as its owner."""

    def restart(self):
        """As a host does that goes down at once: connections end, and for a moment there is no server."""
        self.run("pg_ctl", "-w", "-m", "fast", "-l", self.folder / "log", "-o", FAST, "restart")

    def new_database(self):
        """The URL of an empty database."""
        name = f"d{next(self.numbers)}"
        with psycopg.connect(f"host={self.folder} user=adapter dbname=postgres", autocommit=True) as conn:
            conn.execute(f"CREATE DATABASE {name}")
        return f"postgresql+psycopg://adapter@/{name}?host={self.folder}"


@pytest.fixture(scope="session")
def postgres():
    if _programs() is None:
        pytest.skip("PostgreSQL is not installed (Debian: apt-get install postgresql)")
    with running() as cluster:
        yield cluster


@pytest.fixture
def own_postgres(postgres):
    """One that a test may stop; `postgres` is asked for only to be skipped where there is no server."""
    with running() as cluster:
        yield cluster


@contextmanager
def running():
    programs = _programs()
    owner = _unprivileged()
    folder = Path(tempfile.mkdtemp(prefix="adapter-pg-", dir="/tmp"))
    os.chown(folder, owner.pw_uid, owner.pw_gid)

    def run(program, *arguments):
        command = [programs / program, "-D", folder, *arguments]
        as_owner = {"user": owner.pw_uid, "group": owner.pw_gid} if os.getuid() == 0 else {}
        done = subprocess.run(
            command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False, **as_owner
        )
        assert done.returncode == 0, done.stdout

    run("initdb", "-A", "trust", "-U", "adapter", "-E", "UTF8", "--locale=C", "--no-sync")
    run("pg_ctl", "-w", "-l", folder / "log", "-o", FAST, "start")
    try:
        yield Cluster(folder, count(1), run)
    finally:
        run("pg_ctl", "-m", "immediate", "stop")
        shutil.rmtree(folder, ignore_errors=True)


def _programs():
    on_path = shutil.which("pg_ctl")
    if on_path:
        return Path(on_path).parent
    installed = sorted(Path("/usr/lib/postgresql").glob("*/bin"))
    return installed[-1] if installed else None


def _unprivileged():
    if os.getuid() != 0:
        return pwd.getpwuid(os.getuid())
    known = {user.pw_name: user for user in pwd.getpwall()}
    return known.get("postgres") or known["nobody"]
