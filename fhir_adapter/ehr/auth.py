"""How a request proves who we are. An `httpx.Auth` is the seam: a static bearer today, a token server's tomorrow."""

from __future__ import annotations

from collections.abc import Generator

import httpx


class _Bearer(httpx.Auth):
    def __init__(self, token: str) -> None:
        self._header = f"Bearer {token}"

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        request.headers["Authorization"] = self._header
        yield request


def bearer(token: str | None) -> httpx.Auth | None:
    """A fixed token for every request; None sends none."""
    return None if token is None else _Bearer(token)
