"""Access tokens by SMART Backend Services: asked for when needed, kept until shortly before they end.

    discovery    .well-known/smart-configuration under the base says where; a configured address saves the question
    one at a time  who needs a token while one is being fetched waits for that one
    clocks       a refused assertion is made once more by the server's own `Date`, where that differs from ours
    keys         refused with one key, the next is tried: the server may not have fetched our new JWKS yet
    scopes       what was asked must be granted (scopes.py); else EhrRefused names what is missing

The access token goes to the EHR only (origin.py). The assertion goes to the token server, on https, or on http where
the EHR itself is; a redirect is not followed. Messages quote the OAuth error code and nothing else of an answer.
Source: https://hl7.org/fhir/smart-app-launch/backend-services.html; RFC 6749, 5.2; RFC 7523.
"""

from __future__ import annotations

import asyncio
import re
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime

import httpx
import msgspec

from fhir_adapter.ehr.answers import check, no_answer
from fhir_adapter.ehr.keys import SigningKey
from fhir_adapter.ehr.scopes import missing_scopes
from fhir_adapter.errors import EhrAnswerInvalid, EhrError, EhrRefused, ForeignOrigin
from fhir_adapter.vocabulary import Clock

ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
DISCOVERY = ".well-known/smart-configuration"
JSON = {"Accept": "application/json"}
WHAT = "token server"
RENEW_BEFORE = timedelta(seconds=30)
UNSTATED = 60.0
"""Seconds that a token is used whose end was not said."""
CLOCK_APART = timedelta(seconds=10)
REFUSED = (400, 401)
_ERROR_CODE = re.compile(r"[a-z_]{1,40}")


class Client(msgspec.Struct, frozen=True, kw_only=True):
    """Who we are to a token server. The first key signs."""

    client_id: str
    keys: tuple[SigningKey, ...]
    scopes: tuple[str, ...]
    token_url: str | None = None


class _Configuration(msgspec.Struct, frozen=True):
    token_endpoint: str


class _Granted(msgspec.Struct, frozen=True):
    access_token: str
    token_type: str = ""
    expires_in: float | None = None
    scope: str | None = None


class _Refusal(msgspec.Struct, frozen=True):
    error: str = ""


class Tokens:
    """The tokens of one EHR, fetched over the EHR's own connections (`http`), but without a token on them."""

    def __init__(self, base: httpx.URL, client: Client, http: httpx.AsyncClient, clock: Clock) -> None:
        self._base, self._client, self._http, self._clock = base, client, http, clock
        self._lock = asyncio.Lock()
        self._token: str | None = None
        self._until: datetime | None = None
        self._endpoint: httpx.URL | None = None

    async def current(self, *, instead_of: str | None = None) -> str:
        """A token that is good now; a new one where the EHR has refused `instead_of`."""
        async with self._lock:
            token = self._token
            if token is None or token == instead_of or self._until is None or self._clock() >= self._until:
                token = await self._fetch()
            return token

    async def _fetch(self) -> str:
        endpoint, self._token, self._endpoint = self._endpoint or await self._discover(), None, None
        granted = _granted(await self._ask(endpoint))
        missing = missing_scopes(self._client.scopes, granted.scope)
        if missing:
            raise EhrRefused(f"{WHAT}: did not grant {' '.join(missing)}")
        length = timedelta(seconds=UNSTATED if granted.expires_in is None else granted.expires_in)
        self._until = self._clock() + max(length - RENEW_BEFORE, length / 2)
        self._token, self._endpoint = granted.access_token, endpoint
        return granted.access_token

    async def _discover(self) -> httpx.URL:
        if self._client.token_url is not None:
            return self._acceptable(self._client.token_url)
        answer = await self._send("GET", self._base.join(DISCOVERY))
        check(f"GET {DISCOVERY}", answer, self._clock(), write=False)
        try:
            return self._acceptable(msgspec.json.decode(answer.content, type=_Configuration).token_endpoint)
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
            raise EhrAnswerInvalid(f"GET {DISCOVERY}: names no token_endpoint") from None

    def _acceptable(self, address: str) -> httpx.URL:
        try:
            url = httpx.URL(address)
        except httpx.InvalidURL:
            raise EhrAnswerInvalid(f"GET {DISCOVERY}: names no token_endpoint") from None
        if url.scheme != "https" and url.scheme != self._base.scheme:
            raise ForeignOrigin(f"{WHAT}: its address is not on https; no assertion goes there")
        return url

    async def _ask(self, endpoint: httpx.URL) -> httpx.Response:
        """The answer that grants; else the last refusal is raised."""
        answer: httpx.Response | None = None
        for key in self._client.keys:
            answer = await self._attempt(key, endpoint, self._clock())
            theirs = _date_of(answer)
            if answer.status_code in REFUSED and theirs and abs(theirs - self._clock()) > CLOCK_APART:
                answer = await self._attempt(key, endpoint, theirs)
            if answer.status_code not in REFUSED:
                check(WHAT, answer, self._clock(), write=False)
                return answer
        raise _refused(answer)

    async def _attempt(self, key: SigningKey, endpoint: httpx.URL, now: datetime) -> httpx.Response:
        return await self._send("POST", endpoint, self._form(key, endpoint, now))

    def _form(self, key: SigningKey, endpoint: httpx.URL, now: datetime) -> dict[str, str]:
        return {
            "grant_type": "client_credentials",
            "scope": " ".join(self._client.scopes),
            "client_assertion_type": ASSERTION_TYPE,
            "client_assertion": key.assertion(self._client.client_id, str(endpoint), now),
        }

    async def _send(self, method: str, url: httpx.URL, form: dict[str, str] | None = None) -> httpx.Response:
        try:
            return await self._http.request(method, url, data=form, headers=JSON, auth=None)
        except httpx.HTTPError as error:
            raise no_answer(WHAT, error, write=False) from None


def _granted(answer: httpx.Response) -> _Granted:
    try:
        granted = msgspec.json.decode(answer.content, type=_Granted)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        raise EhrAnswerInvalid(f"{WHAT}: the answer grants no access_token") from None
    if granted.token_type.lower() != "bearer" or not granted.access_token.isascii():
        raise EhrAnswerInvalid(f"{WHAT}: the answer is no bearer token")
    return granted


def _refused(answer: httpx.Response | None) -> EhrError:
    if answer is None:
        return EhrRefused(f"{WHAT}: there is no key to sign with")
    try:
        code = msgspec.json.decode(answer.content, type=_Refusal).error
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        code = ""
    told = f" ({code})" if _ERROR_CODE.fullmatch(code) else ""
    return EhrRefused(f"{WHAT}: HTTP {answer.status_code}{told}", status=answer.status_code)


def _date_of(answer: httpx.Response) -> datetime | None:
    try:
        return parsedate_to_datetime(answer.headers.get("Date", ""))
    except ValueError:
        return None
