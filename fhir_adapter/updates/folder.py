"""The releases that a site has installed, below its data folder: immutable folders, and a list of what counts.

    tables/releases/3f2a…/     ndc.csv dosage.csv rejects.csv about.json   named by the hash of its tables
    tables/states.json         every set of releases that ever counted, the newest last

The problem: a coded visit names the tables that it was made with, for years, and an update that breaks off must leave
everything as it was.

Worked example. An update writes its release in a folder with a dot before its name, renames it, and then puts a new
`states.json` in the place of the old one: the rename of one file is the moment from which it counts. A rollback is a
new state with the releases of the one before; nothing is ever deleted.

Decided: of two releases of one table, quarter, setting and part the later import counts. A release whose bytes are not
those of its name is refused (`RulebookError`). Two updates at a time: the second waits for the lock.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from shutil import rmtree

import msgspec

from fhir_adapter.errors import RulebookError
from fhir_adapter.updates.imports import Imported
from fhir_adapter.updates.texts import rejects_text, table_texts

_SHORT = 16


class About(msgspec.Struct, frozen=True, kw_only=True):
    """What a release says of itself; beside its tables in `about.json`."""

    hash: str
    importer: str
    means: str
    release: str
    days: str
    covers: tuple[str, ...]
    setting: str | None
    files: tuple[tuple[str, str], ...]
    rows_in: int
    rows_kept: int
    rows_rejected: int
    imported_at: datetime

    @property
    def stands_for(self) -> tuple[object, ...]:
        """Two releases that are equal in this are one release, imported twice."""
        parts = tuple(name for name, _ in self.files) if self.importer in ("mue", "ptp") else ()
        return self.importer, self.release, self.covers, self.setting, parts


class State(msgspec.Struct, frozen=True):
    """A set of releases that counts from a moment on."""

    at: datetime
    because: str
    releases: tuple[str, ...]


class Folder:
    """`data` is the site's data folder; what is asked before anything was installed is empty."""

    def __init__(self, data: Path) -> None:
        self.path = data / "tables"

    def states(self) -> tuple[State, ...]:
        try:
            return msgspec.json.decode((self.path / "states.json").read_bytes(), type=tuple[State, ...])
        except FileNotFoundError:
            return ()
        except (OSError, msgspec.DecodeError, msgspec.ValidationError) as error:
            raise RulebookError(f"{self.path / 'states.json'}: cannot be read ({error})") from None

    def current(self) -> tuple[str, ...]:
        states = self.states()
        return states[-1].releases if states else ()

    def mark(self) -> tuple[int, int] | None:
        """Another one after each change of what counts: the list is a new file each time."""
        try:
            found = (self.path / "states.json").stat()
        except OSError:
            return None
        return found.st_ino, found.st_mtime_ns

    def about(self, release: str) -> About:
        try:
            return msgspec.json.decode((self._of(release) / "about.json").read_bytes(), type=About)
        except (OSError, msgspec.DecodeError, msgspec.ValidationError):
            raise RulebookError(f"{self._of(release)}: the release is missing or damaged") from None

    def texts(self, release: str) -> dict[str, str]:
        """The tables of a release by file name, proved by its hash."""
        folder = self._of(release)
        try:
            names = sorted(one.name for one in folder.iterdir() if one.suffix == ".csv" and one.name != "rejects.csv")
            texts = {name: (folder / name).read_text("utf-8") for name in names}
        except (OSError, UnicodeDecodeError):
            raise RulebookError(f"{folder}: the release is missing or damaged") from None
        if hash_of(texts) != release:
            raise RulebookError(f"{folder}: the tables are not those that were imported; their hash is another")
        return texts

    def install(self, imports: Sequence[Imported], now: datetime) -> tuple[About, ...]:
        """Keep these releases and let them count, all or none."""
        with self._locked():
            made = tuple(self._kept(one, now) for one in imports)
            replaced = {about.stands_for for about in made}
            before = [one for one in self.current() if self.about(one).stands_for not in replaced]
            after = (*before, *dict.fromkeys(about.hash for about in made))
            if set(after) != set(self.current()):
                self._count(State(now, "update: " + ", ".join(f"{a.means} {a.release}" for a in made), after))
            return made

    def roll_back(self, now: datetime) -> State:
        """Let the releases count that counted before the last update that still stands."""
        with self._locked():
            standing: list[State] = []
            for state in self.states():
                if state.because.startswith("rollback"):
                    standing.pop()
                else:
                    standing.append(state)
            if not standing:
                raise RulebookError("there is no update to take back")
            last = standing.pop()
            before = standing[-1].releases if standing else ()
            state = State(now, f"rollback of {last.because}", before)
            self._count(state)
            return state

    def _of(self, release: str) -> Path:
        return self.path / "releases" / release.removeprefix("sha256:")[:_SHORT]

    def _kept(self, one: Imported, now: datetime) -> About:
        texts = table_texts(one)
        about = _about(one, hash_of(texts), now)
        if not self._of(about.hash).exists():
            self._write(about, texts | {"rejects.csv": rejects_text(one)})
        return about

    def _write(self, about: About, texts: dict[str, str]) -> None:
        target = self._of(about.hash)
        fresh = target.with_name(f".{target.name}.{os.getpid()}")
        fresh.mkdir(parents=True, mode=0o700)
        try:
            for name, text in texts.items():
                _write_through(fresh / name, text.encode())
            _write_through(fresh / "about.json", msgspec.json.format(msgspec.json.encode(about)))
            fresh.rename(target)
        except OSError as error:
            rmtree(fresh, ignore_errors=True)
            raise RulebookError(f"{target}: cannot be written ({error.strerror})") from None

    def _count(self, state: State) -> None:
        path = self.path / "states.json"
        fresh = path.with_name(f".states.{os.getpid()}")
        _write_through(fresh, msgspec.json.format(msgspec.json.encode((*self.states(), state))))
        fresh.replace(path)

    @contextmanager
    def _locked(self) -> Iterator[None]:
        try:
            self.path.mkdir(parents=True, exist_ok=True, mode=0o700)
            with (self.path / "lock").open("w") as held:
                fcntl.flock(held, fcntl.LOCK_EX)
                yield
        except OSError as error:
            raise RulebookError(f"{self.path}: cannot be written ({error.strerror})") from None


def hash_of(texts: dict[str, str]) -> str:
    digest = sha256()
    for name in sorted(texts):
        digest.update(f"{name}\n{texts[name]}".encode())
    return f"sha256:{digest.hexdigest()}"


def _about(one: Imported, hash_: str, now: datetime) -> About:
    return About(
        hash=hash_,
        importer=one.importer,
        means=one.means,
        release=one.release,
        days=one.days,
        covers=one.covers,
        setting=one.setting,
        files=one.files,
        rows_in=one.rows_in,
        rows_kept=one.rows_kept,
        rows_rejected=one.rows_rejected,
        imported_at=now,
    )


def _write_through(path: Path, data: bytes) -> None:
    with path.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    path.chmod(0o600)
