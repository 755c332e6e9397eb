"""A secret is named by where it is kept, `env:NAME` or `file:PATH`, never written into the configuration.

Refuses a literal, an unset variable, an unreadable or empty file. What it holds is never printed: not by `repr`, not in
an error.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path


class Secret:
    """Knows a secret and keeps it out of logs; `reveal` is the one way to it."""

    __slots__ = ("_value", "origin")

    def __init__(self, value: str, origin: str) -> None:
        self._value = value
        self.origin = origin

    def reveal(self) -> str:
        return self._value

    def __repr__(self) -> str:
        return f"Secret({self.origin})"


class Database(Secret):
    """`sqlite`, or where a PostgreSQL URL is kept: it holds a password."""

    __slots__ = ()


SQLITE = Database("sqlite", "sqlite")


def database_from(reference: str, environment: Mapping[str, str], folder: Path) -> Database:
    if reference == "sqlite":
        return SQLITE
    secret = secret_from(reference, environment, folder)
    if not secret.reveal().startswith("postgresql+psycopg://"):
        raise ValueError("it does not hold a URL that begins with postgresql+psycopg://")
    return Database(secret.reveal(), secret.origin)


def secret_from(reference: str, environment: Mapping[str, str], folder: Path) -> Secret:
    """Follows `reference`; a relative path begins at `folder`. Raises ValueError with a message for people."""
    kind, _, place = reference.partition(":")
    if kind == "env" and place:
        value = environment.get(place)
        if value is None:
            raise ValueError(f"the environment variable {place} is not set")
    elif kind == "file" and place:
        value = _content(folder / place, place)
    else:
        raise ValueError("a secret is given as env:NAME or file:PATH, never itself")
    if not value.strip():
        raise ValueError(f"{kind}:{place} is empty")
    return Secret(value.strip(), f"{kind}:{place}")


def _content(path: Path, place: str) -> str:
    try:
        return path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "not UTF-8"
        raise ValueError(f"the file {place} cannot be read ({why})") from None
