"""The public keys of somebody who signs (a JWKS): fetched when first needed, each hour, and for a new key at once.

Worked example. A sender signs with a key that it made a minute ago: its name (`kid`) is unknown, the set is fetched
once more, the token is good. A forger invents a name for each request: the set is fetched once a minute at most. While
the address does not answer, the keys that are known go on for a day.

Refused (`EhrUnavailable`): no set was ever got, or none for a day. Left out: secret keys, RSA of less than 2048 bits,
redirects; the request carries nothing of ours.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any

import httpx
import msgspec
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, RSAKey

from fhir_adapter.ehr.keys import RSA_BITS
from fhir_adapter.errors import EhrUnavailable
from fhir_adapter.telemetry import log
from fhir_adapter.vocabulary import Clock

FRESH, AGAIN, KEPT = timedelta(hours=1), timedelta(minutes=1), timedelta(days=1)
PATIENCE, LONGEST = 5.0, 1_000_000
PublicKey = RSAKey | ECKey
_KINDS: dict[str, Callable[[dict[str, Any]], PublicKey]] = {"RSA": RSAKey.import_key, "EC": ECKey.import_key}


class _Set(msgspec.Struct, frozen=True):
    keys: tuple[dict[str, Any], ...]


class PublicKeys:
    """One JWKS. `transport` is a seam."""

    def __init__(self, url: str, clock: Clock, transport: httpx.AsyncBaseTransport | None = None) -> None:
        self._url = url
        self._clock = clock
        self._transport = transport
        self._keys: Mapping[str, PublicKey] = {}
        self._got: datetime | None = None
        self._tried: datetime | None = None
        self._one_at_a_time = asyncio.Lock()

    async def key(self, kid: str) -> PublicKey | None:
        """None: whoever publishes these keys has none of that name."""
        if self._is_due(kid):
            async with self._one_at_a_time:
                if self._is_due(kid):
                    await self._renew()
        if self._got is None or self._clock() - self._got > KEPT:
            raise EhrUnavailable("the sender's public keys cannot be had", retry_after=AGAIN.total_seconds())
        return self._keys.get(kid)

    def _is_due(self, kid: str) -> bool:
        now = self._clock()
        if self._tried is not None and now - self._tried < AGAIN:
            return False
        return kid not in self._keys or self._got is None or now - self._got > FRESH

    async def _renew(self) -> None:
        self._tried = self._clock()
        try:
            found = msgspec.json.decode(await self._fetch(), type=_Set)
        except (httpx.HTTPError, httpx.InvalidURL, msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
            log("receive").warning("public keys not fetched", state=type(error).__name__)
            return
        self._keys, self._got = dict(_usable(found.keys)), self._clock()

    async def _fetch(self) -> bytes:
        client = httpx.AsyncClient(transport=self._transport, timeout=PATIENCE, follow_redirects=False, trust_env=False)
        body = bytearray()
        async with client, client.stream("GET", self._url, headers={"Accept": "application/json"}) as answer:
            answer.raise_for_status()
            async for chunk in answer.aiter_bytes():
                body += chunk
                if len(body) > LONGEST:
                    raise httpx.DecodingError("a set of keys is not as long as this")
        return bytes(body)


def _usable(keys: tuple[dict[str, Any], ...]) -> Iterator[tuple[str, PublicKey]]:
    for one in keys:
        kid, read = one.get("kid"), _KINDS.get(str(one.get("kty")))
        if not isinstance(kid, str) or read is None or one.get("use", "sig") != "sig" or _is_weak(one):
            continue
        with suppress(JoseError, ValueError, TypeError, KeyError):
            yield kid, read(one)


def _is_weak(key: Mapping[str, Any]) -> bool:
    """By the length of the modulus, six bits a character."""
    return key["kty"] == "RSA" and len(str(key.get("n", ""))) * 6 < RSA_BITS
