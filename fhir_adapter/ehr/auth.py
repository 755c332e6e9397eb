"""How a request proves who we are: a fixed bearer token, or one that a token server grants. The seam is httpx's."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Generator

import httpx

from fhir_adapter.ehr.tokens import Tokens


class _Bearer(httpx.Auth):
    def __init__(self, token: str) -> None:
        self._header = f"Bearer {token}"

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        request.headers["Authorization"] = self._header
        yield request


class Granted(httpx.Auth):
    """A token from a token server. A 401 is answered once with a new one: the old may have ended early."""

    def __init__(self, tokens: Tokens) -> None:
        self._tokens = tokens

    async def async_auth_flow(self, request: httpx.Request) -> AsyncGenerator[httpx.Request, httpx.Response]:
        token = await self._tokens.current()
        request.headers["Authorization"] = f"Bearer {token}"
        answer = yield request
        if answer.status_code == 401:
            token = await self._tokens.current(instead_of=token)
            request.headers["Authorization"] = f"Bearer {token}"
            yield request


def bearer(token: str | None) -> httpx.Auth | None:
    """A fixed token for every request; None sends none."""
    return None if token is None else _Bearer(token)
