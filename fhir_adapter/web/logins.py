"""One-time links and the sessions that they open. Kept in memory, by digest: a restart ends them all.

A link opens once, within an hour. A session lasts a working day; its cookie has a name of its own for each process,
because browsers share cookies between the ports of one host.
"""

from __future__ import annotations

from collections.abc import MutableMapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from hashlib import sha256
from secrets import token_hex, token_urlsafe

from fhir_adapter.vocabulary import Clock

LINK = timedelta(hours=1)
SESSION = timedelta(hours=10)


@dataclass(frozen=True)
class Logins:
    """Who may look."""

    clock: Clock
    cookie: str = field(default_factory=lambda: f"desk-{token_hex(4)}")
    _links: dict[bytes, datetime] = field(default_factory=dict)
    _sessions: dict[bytes, datetime] = field(default_factory=dict)

    def new_path(self) -> str:
        """A path with a fresh one-time link."""
        token = token_urlsafe(32)
        self._links[_digest(token)] = self.clock() + LINK
        return f"/login?link={token}"

    def enter(self, token: str) -> str | None:
        """The cookie's value for a link that was never used and is not too old. The link is spent."""
        expires = self._links.pop(_digest(token), None)
        if expires is None or expires <= self.clock():
            return None
        self._forget_old(self._links)
        self._forget_old(self._sessions)
        session = token_urlsafe(32)
        self._sessions[_digest(session)] = self.clock() + SESSION
        return session

    def who(self, session: str | None) -> str | None:
        """The name in the access log of whoever holds this session."""
        digest = _digest(session or "")
        expires = self._sessions.get(digest)
        return f"session {digest.hex()[:8]}" if expires is not None and expires > self.clock() else None

    def form_token(self, session: str | None) -> str:
        """What a form of this session carries, and a page from elsewhere cannot know."""
        return sha256(f"form {session or ''}".encode()).hexdigest()

    def leave(self, session: str | None) -> None:
        self._sessions.pop(_digest(session or ""), None)

    def _forget_old(self, kept: MutableMapping[bytes, datetime]) -> None:
        now = self.clock()
        for digest in [digest for digest, expires in kept.items() if expires <= now]:
            del kept[digest]


def _digest(token: str) -> bytes:
    return sha256(token.encode()).digest()
