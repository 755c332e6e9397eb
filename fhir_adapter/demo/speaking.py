"""The demo's two conversations: plain FHIR with the EHR, and JSON with the adapter's desk. Nothing is read elsewhere.

Refuses an answer that is not a success: `DemoFailed` names the method, the kind of resource and the status.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import httpx
import msgspec

from fhir_adapter.errors import AdapterError

Json = dict[str, Any]
_encode = msgspec.json.Encoder(decimal_format="number").encode
_decode = msgspec.json.Decoder(float_hook=Decimal).decode


class DemoFailed(AdapterError):
    """The demo cannot go on; the message says where it stopped."""


class Ehr:
    """The FHIR API of the sandbox, as any client would use it."""

    def __init__(self, base: str) -> None:
        self.base = base
        self._http = httpx.Client(base_url=base, timeout=10, trust_env=False)

    def close(self) -> None:
        self._http.close()

    def create(self, resource: Json) -> Json:
        return self._sent("POST", f"/{resource['resourceType']}", resource)

    def update(self, resource: Json) -> Json:
        return self._sent("PUT", f"/{resource['resourceType']}/{resource['id']}", resource)

    def read(self, reference: str) -> Json:
        return self._sent("GET", f"/{reference}")

    def search(self, kind: str, **parameters: str) -> Iterator[Json]:
        """The resources of every page."""
        page = self._sent("GET", f"/{kind}?{httpx.QueryParams(parameters)}")
        while True:
            yield from (entry["resource"] for entry in page.get("entry", []))
            following = [link["url"] for link in page["link"] if link["relation"] == "next"]
            if not following:
                return
            page = self._sent("GET", following[0])

    def _sent(self, method: str, address: str, resource: Json | None = None) -> Json:
        headers = {"Content-Type": "application/fhir+json", "Cache-Control": "no-cache"}
        content = None if resource is None else _encode(resource)
        request = httpx.Request(method, self._full(address), content=content, headers=headers)
        answer: Json = _answer(self._http, request)
        return answer

    def _full(self, address: str) -> str:
        return address if address.startswith("http") else self.base + address


class Desk:
    """The adapter's own API, entered by the one-time link that it printed."""

    def __init__(self, link: str) -> None:
        self.origin = link.partition("/login")[0]
        self._http = httpx.Client(timeout=10, trust_env=False, follow_redirects=True)
        self._entered = self._http.get(link)
        if not self._entered.is_success:
            raise DemoFailed(f"the adapter's desk refused the login link ({self._entered.status_code})")

    def close(self) -> None:
        self._http.close()

    def visits(self) -> list[Json]:
        found: list[Json] = self._asked("GET", "/api/visits")
        return found

    def visit(self, number: int) -> Json:
        found: Json = self._asked("GET", f"/api/visits/{number}")
        return found

    def link_to(self, number: int) -> str:
        return str(self._asked("POST", f"/api/login-links?visit={number}")["link"])

    def _asked(self, method: str, path: str) -> Any:
        return _answer(self._http, httpx.Request(method, self.origin + path, cookies=self._http.cookies))


def _answer(http: httpx.Client, request: httpx.Request) -> Any:
    what = f"{request.method} {request.url.path}"
    try:
        answer = http.send(request)
    except httpx.TransportError as error:
        raise DemoFailed(f"{what}: no answer ({type(error).__name__})") from None
    if not answer.is_success:
        raise DemoFailed(f"{what}: {answer.status_code} {answer.text[:300]}")
    return _decode(answer.content)
