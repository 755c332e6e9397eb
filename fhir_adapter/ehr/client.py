"""The client: what may be asked of an EHR, one method each. It never retries: the due table does, with the fence held.

Look-ups say `Cache-Control: no-cache`, because a server may answer an equal search of the last minute from its cache.
Creating is POST with If-None-Exist, amending is PUT by id with If-Match; there is no conditional PUT, because racing
ones leave two items. Links are followed as they came, on the configured origin only. Values in If-None-Exist are
escaped as in a URL. Source: https://hl7.org/fhir/R4/http.html and the behaviour of HAPI 8.8.
"""

from __future__ import annotations

import ssl
from collections.abc import AsyncIterator, Mapping, Sequence
from types import TracebackType
from typing import Self

import httpx

from fhir_adapter.ehr.answers import check, no_answer
from fhir_adapter.ehr.auth import Granted
from fhir_adapter.ehr.origin import on_origin, path_of
from fhir_adapter.ehr.pages import Page, page_of
from fhir_adapter.ehr.resource import Resource, Written, id_and_version_of, resource_of, version_of_etag
from fhir_adapter.ehr.statement import Statement, statement_of
from fhir_adapter.ehr.tokens import Client, Tokens
from fhir_adapter.ehr.transaction import Write, answers_of, bundle_of, escaped
from fhir_adapter.errors import EhrAmbiguous, EhrAnswerInvalid
from fhir_adapter.telemetry import Reached, passed
from fhir_adapter.vocabulary import Clock

FHIR_JSON = "application/fhir+json"
MAX_PAGES = 1000
_WRITES = {"Content-Type": FHIR_JSON, "Prefer": "return=minimal"}
"""Id and version stand in the headers of the answer; what was written is known."""
Parameters = Mapping[str, str | list[str]]
"""Search parameters; a list repeats the parameter (both must hold)."""


class EhrClient:
    """One EHR. `transport` and `auth` are seams; `smart` gets tokens from the EHR's token server instead of `auth`.

    `timeout` is the longest wait for a connection or for a byte, `verify` what the connection trusts, `reached` is told
    of the points around each request.
    """

    def __init__(
        self,
        base_url: str,
        *,
        clock: Clock,
        auth: httpx.Auth | None = None,
        smart: Client | None = None,
        verify: ssl.SSLContext | bool = True,
        transport: httpx.AsyncBaseTransport | None = None,
        timeout: float = 30.0,
        reached: Reached = passed,
    ) -> None:
        self.base = httpx.URL(base_url.rstrip("/") + "/")
        self.timeout = timeout
        self._clock = clock
        self._reached = reached
        self._http = httpx.AsyncClient(
            headers={"Accept": FHIR_JSON},
            auth=auth,
            transport=transport,
            timeout=timeout,
            verify=verify,
            follow_redirects=False,
            trust_env=False,
        )
        if smart is not None:
            self._http.auth = Granted(Tokens(self.base, smart, self._http, clock))

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def close(self) -> None:
        await self._http.aclose()

    async def read(self, resource_type: str, resource_id: str) -> Resource:
        """The current version; `EhrNotFound` for 404 and 410."""
        return await self._get(self._url(path_of(resource_type, resource_id)), f"GET {resource_type}")

    async def capability(self) -> Resource:
        return await self._get(self.base.join("metadata"), "GET metadata")

    async def statement(self) -> Statement:
        """What it says that it does."""
        return statement_of((await self.capability()).body)

    async def search(self, resource_type: str, params: Parameters) -> list[Resource]:
        """All pages, or an error: never a part."""
        what = f"SEARCH {resource_type}"
        found: list[Resource] = []
        url: httpx.URL | None = self._search_url(resource_type, params)
        seen: set[httpx.URL] = set()
        while url is not None:
            if url in seen or len(seen) >= MAX_PAGES:
                raise EhrAnswerInvalid(f"{what}: the next links do not come to an end")
            seen.add(url)
            page = await self._page(url, what)
            found.extend(page.resources)
            url = on_origin(self.base, page.next_link, what) if page.next_link else None
        return found

    async def first_page(self, resource_type: str, params: Parameters) -> tuple[Resource, ...]:
        """One page only: for asking whether a search is allowed and understood, never for facts."""
        return (await self._page(self._search_url(resource_type, params), f"SEARCH {resource_type}")).resources

    async def create(self, resource_type: str, body: bytes, *, if_none_exist: Mapping[str, str]) -> Written:
        """POST unless a resource already matches; several that match are an `EhrConflict`."""
        headers = {"If-None-Exist": escaped(if_none_exist)}
        return await self._write("POST", path_of(resource_type), body, headers)

    async def update(self, resource_type: str, resource_id: str, body: bytes, *, if_match: str) -> Written:
        """PUT by id over exactly the version `if_match`; anything newer is an `EhrConflict`."""
        return await self._write("PUT", path_of(resource_type, resource_id), body, {"If-Match": f'W/"{if_match}"'})

    async def create_as(self, resource_type: str, resource_id: str, body: bytes) -> Written:
        """PUT under an id of ours that nothing has yet."""
        return await self._write("PUT", path_of(resource_type, resource_id), body, {"If-None-Match": "*"})

    async def transact(self, writes: Sequence[Write]) -> tuple[Written | None, ...]:
        """All of these or none; None for one whose answer does not say what became of it."""
        what = "POST Bundle"
        body = bundle_of(writes, str(self.base))
        answer = await self._send("POST", httpx.URL(str(self.base).rstrip("/")), what, dict(_WRITES), body)
        return answers_of(answer.content, writes, what)

    async def get(self, link: str, what: str, headers: Mapping[str, str]) -> httpx.Response:
        """Another address of this EHR, such as it named itself; the answer as it is."""
        return await self._send("GET", on_origin(self.base, link, what), what, dict(headers))

    async def delete(self, link: str, what: str) -> None:
        await self._send("DELETE", on_origin(self.base, link, what), what, {})

    async def stream(self, link: str, what: str, headers: Mapping[str, str]) -> AsyncIterator[bytes]:
        """The body of another address as it comes, for what is too long to hold."""
        url = on_origin(self.base, link, what)
        try:
            self._reached("GET: before request")
            async with self._http.stream("GET", url, headers=dict(headers)) as answer:
                self._reached("GET: after answer")
                if not answer.is_success:
                    await answer.aread()
                check(what, answer, self._clock(), write=False)
                async for chunk in answer.aiter_bytes():
                    yield chunk
        except httpx.HTTPError as error:
            raise no_answer(what, error, write=False) from None

    def _url(self, path: str) -> httpx.URL:
        """Below the base. Joining would read the address three times."""
        return httpx.URL(f"{self.base}{path}")

    def _search_url(self, resource_type: str, params: Parameters) -> httpx.URL:
        return self._url(f"{path_of(resource_type)}?{httpx.QueryParams(dict(params))}")

    async def _get(self, url: httpx.URL, what: str) -> Resource:
        answer = await self._send("GET", url, what, {"Cache-Control": "no-cache"})
        return resource_of(answer.content, what, answer.headers.get("ETag"))

    async def _page(self, url: httpx.URL, what: str) -> Page:
        answer = await self._send("GET", url, what, {"Cache-Control": "no-cache"})
        return page_of(answer.content, what)

    async def _write(self, method: str, path: str, body: bytes, headers: dict[str, str]) -> Written:
        what = f"{method} {path.partition('/')[0]}"
        answer = await self._send(method, self._url(path), what, headers | _WRITES, body)
        return _written(answer, what, path.partition("/")[2] or None)

    async def _send(
        self, method: str, url: httpx.URL, what: str, headers: dict[str, str], body: bytes | None = None
    ) -> httpx.Response:
        write = body is not None
        try:
            self._reached(f"{what.partition(' ')[0]}: before request")
            answer = await self._http.request(method, url, headers=headers, content=body)
            self._reached(f"{what.partition(' ')[0]}: after answer")
        except httpx.HTTPError as error:
            raise no_answer(what, error, write=write) from None
        if answer.has_redirect_location:
            on_origin(self.base, answer.headers["Location"], f"{what}: redirect")
        check(what, answer, self._clock(), write=write)
        return answer


def _written(answer: httpx.Response, what: str, known_id: str | None) -> Written:
    """Id and version from the body, ETag, Location or Content-Location, whichever the server sent."""
    located_id, located_version = id_and_version_of(
        answer.headers.get("Content-Location") or answer.headers.get("Location")
    )
    body = _representation(answer, what)
    written_id = known_id or located_id or (body.id if body else None)
    if not written_id:
        raise EhrAmbiguous(f"{what}: HTTP {answer.status_code} without the id of what was written")
    version = version_of_etag(answer.headers.get("ETag")) or located_version or (body.version if body else None)
    return Written(written_id, version, answer.status_code == 201, body.body if body else None)


def _representation(answer: httpx.Response, what: str) -> Resource | None:
    """The resource of the answer, if it has one. A success that speaks no FHIR may come from a proxy: look it up."""
    if not answer.content.strip():
        return None
    try:
        resource = resource_of(answer.content, what)
    except EhrAnswerInvalid:
        raise EhrAmbiguous(f"{what}: HTTP {answer.status_code} with a body that is not FHIR") from None
    return None if resource.type == "OperationOutcome" else resource
